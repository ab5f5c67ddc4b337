//! The renderer: runs a schedule block by block, on one thread or several, always to the same bits.

use super::block::Buffer;
use super::ceiling::Ceiling;
use super::denormal::FlushToZero;
use super::job::{Fault, Job, PortRef, Published, Timed};
use super::schedule::Schedule;
use crate::dsp::unit::{BLOCK, Meta};
use std::sync::{Mutex, PoisonError};

/// Owns the graph and time. Lives on the audio thread, or is driven by an offline render.
pub struct Renderer {
    pub(super) schedule: Box<Schedule>,
    /// First frame of the next chunk.
    frame: u64,
    ceiling: Option<Ceiling>,
    metas: Vec<Meta>,
    out: Vec<[Buffer; 2]>,
    faults: Vec<Fault>,
    limited: u64,
}

impl Renderer {
    /// A renderer at frame 0. `ceiling` is the linear level that no output exceeds; `None` (explicitly)
    /// takes the safety limiter away.
    #[must_use]
    pub fn new(schedule: Box<Schedule>, ceiling: Option<f32>) -> Renderer {
        let rate = schedule.timeline.rate();
        Renderer {
            metas: vec![Meta::default(); schedule.chunk],
            out: vec![[Buffer::SILENCE; 2]; schedule.chunk],
            ceiling: ceiling.map(|c| Ceiling::new(c, rate)),
            faults: Vec::with_capacity(64),
            frame: 0,
            limited: 0,
            schedule,
        }
    }

    /// The first frame that has not been rendered.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Most blocks that one call of [`render`](Renderer::render) gives.
    #[must_use]
    pub fn chunk(&self) -> usize {
        self.schedule.chunk
    }

    /// Frames by which the output is late.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.schedule.latency
    }

    /// Blocks in which the safety limiter had to act.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.limited
    }

    /// Sends an event; it acts at its frame, or at the next block's first if that is past.
    pub fn push(&mut self, event: Timed) {
        let job = self.schedule.levels.get_mut(event.level as usize);
        if let Some(job) = job.and_then(|level| level.get_mut(event.job as usize)) {
            job.push(event);
        }
    }

    /// Renders `blocks` blocks (at most [`chunk`](Renderer::chunk)) on this thread and returns them,
    /// stereo. No allocation, lock or system call. Called on the audio thread.
    pub fn render(&mut self, blocks: usize) -> &[[Buffer; 2]] {
        let blocks = self.begin(blocks);
        let _flush = FlushToZero::new();
        for level in 0..self.schedule.levels.len() {
            let Schedule { levels, outputs, kept, .. } = &mut *self.schedule;
            let (done, rest) = outputs.split_at_mut(level);
            for (job, out) in levels[level].iter_mut().zip(&mut rest[0]) {
                run(job, &self.metas[..blocks], done, kept, out);
            }
        }
        self.end(blocks)
    }

    /// The same on `threads` threads: jobs of a level side by side. For offline renders: it starts threads.
    pub fn render_parallel(&mut self, blocks: usize, threads: usize) -> &[[Buffer; 2]] {
        let widest = self.schedule.levels.iter().map(Vec::len).max().unwrap_or(0);
        if threads < 2 || widest < 2 {
            return self.render(blocks);
        }
        let blocks = self.begin(blocks);
        for level in 0..self.schedule.levels.len() {
            let Schedule { levels, outputs, kept, .. } = &mut *self.schedule;
            let (done, rest) = outputs.split_at_mut(level);
            let (done, kept, metas) = (&*done, &*kept, &self.metas[..blocks]);
            let jobs = Mutex::new(levels[level].iter_mut().zip(&mut rest[0]));
            let work = || {
                let _flush = FlushToZero::new();
                loop {
                    // A worker that panicked poisons the lock, but the iterator is still good.
                    let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((job, out)) = next else { break };
                    run(job, metas, done, kept, out);
                }
            };
            std::thread::scope(|scope| {
                for _ in 1..threads {
                    scope.spawn(work);
                }
                work();
            });
        }
        self.end(blocks)
    }

    fn begin(&mut self, blocks: usize) -> usize {
        let blocks = blocks.min(self.schedule.chunk).min(self.metas.len());
        for (i, meta) in self.metas[..blocks].iter_mut().enumerate() {
            *meta = self.schedule.timeline.meta(self.frame + (i * BLOCK) as u64, BLOCK);
        }
        blocks
    }

    /// Gathers outputs, feedback and faults, and moves time on.
    fn end(&mut self, blocks: usize) -> &[[Buffer; 2]] {
        let schedule = &mut *self.schedule;
        for (kept, line) in schedule.kept.iter_mut().zip(&schedule.feedback) {
            let port = &schedule.outputs[line.from.level as usize][line.from.job as usize];
            *kept = port.output(line.from.port, blocks - 1).copied().unwrap_or_default();
        }
        for (i, out) in self.out[..blocks].iter_mut().enumerate() {
            for (buffer, port) in out.iter_mut().zip(schedule.master) {
                *buffer = schedule.output(port, i).copied().unwrap_or_default();
            }
            if let Some(ceiling) = &mut self.ceiling {
                let [left, right] = out;
                self.limited += u64::from(ceiling.process(left, right));
            }
        }
        for job in schedule.levels.iter_mut().flatten() {
            let room = &mut self.faults;
            job.drain_faults(|fault| {
                if room.len() < room.capacity() {
                    room.push(fault);
                }
            });
        }
        self.frame += (blocks * BLOCK) as u64;
        &self.out[..blocks]
    }

    /// What `port` put out in block `block` of the last chunk.
    #[must_use]
    pub fn output(&self, port: PortRef, block: usize) -> Option<&Buffer> {
        self.schedule.output(port, block)
    }

    /// The first `blocks` blocks of the last chunk.
    #[must_use]
    pub fn last(&self, blocks: usize) -> &[[Buffer; 2]] {
        &self.out[..blocks]
    }

    /// Faults since the last call.
    pub fn take_faults(&mut self, mut f: impl FnMut(Fault)) {
        self.faults.drain(..).for_each(&mut f);
    }

    /// Silences everything: events, notes and tails.
    pub fn reset(&mut self) {
        self.schedule.levels.iter_mut().flatten().for_each(Job::reset);
        self.schedule.kept.fill(Buffer::SILENCE);
    }
}

fn run(
    job: &mut Job,
    metas: &[Meta],
    done: &[Vec<Published>],
    kept: &[Buffer],
    out: &mut Published,
) {
    for (i, meta) in metas.iter().enumerate() {
        job.run(i, meta, done, kept, out);
    }
}
