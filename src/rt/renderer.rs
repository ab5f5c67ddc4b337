//! The renderer: runs a schedule block by block, on one thread or several, always to the same bits.

use super::block::{Buffer, Ramp};
use super::ceiling::Ceiling;
use super::clock_out::ClockOut;
use super::controllers::Controllers;
use super::inlets::Inlets;
use super::job::{Fault, PortRef, Timed};
use super::keys::Keys;
use super::midi::{Arrival, Outgoing, PLUGGED};
use super::pace::Pace;
use super::schedule::{Schedule, Tap};
use super::slots::Chunk;
use super::update::push;
use super::workers::Workers;
use crate::dsp::unit::{BLOCK, Meta};

/// Owns the graph and time. Lives on the audio thread, or is driven by an offline render.
pub struct Renderer {
    pub(super) schedule: Box<Schedule>,
    /// First frame of the next chunk.
    pub(super) frame: u64,
    ceiling: Option<Ceiling>,
    metas: Vec<Meta>,
    out: Vec<[Buffer; 2]>,
    faults: Vec<Fault>,
    limited: u64,
    inlets: Inlets,
    pub(super) keys: Keys,
    controllers: Controllers,
    pace: Pace,
    clock: ClockOut,
    outgoing: Vec<Outgoing>,
}

/// Messages that can go out between two calls of [`Renderer::take_outgoing`]; more are dropped.
const OUTGOING: usize = 4096;

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
            inlets: Inlets::new(0, 0),
            keys: Keys::new(),
            controllers: Controllers::new(None),
            pace: Pace::new(),
            clock: ClockOut::new(),
            outgoing: Vec::with_capacity(OUTGOING),
            schedule,
        }
    }

    /// The same with room for what comes in from outside.
    #[must_use]
    pub fn with_inlets(self, inlets: Inlets) -> Renderer {
        Renderer { inlets, ..self }
    }

    /// The same with controllers that scripts listen to.
    #[must_use]
    pub fn with_controllers(self, controllers: Controllers) -> Renderer {
        Renderer { controllers, ..self }
    }

    /// Time as somebody else gives it.
    pub fn pace(&mut self) -> &mut Pace {
        &mut self.pace
    }

    /// Drops the events from `frame` on that were sent ahead, but for the ends of notes.
    pub fn forget_from(&mut self, frame: u64) {
        self.schedule.slots.jobs().for_each(|job| job.forget_from(frame));
    }

    /// What comes in while the next chunk is rendered.
    pub fn inlets(&mut self) -> &mut Inlets {
        &mut self.inlets
    }

    /// Takes a MIDI message in, to be played at its frame by the tasks that listen to its port.
    pub fn hear(&mut self, arrival: Arrival) {
        self.keys.hear(arrival);
    }

    /// Sends a message out with the next block; one of [`PLUGGED`] is for the clock of its port. Audio thread.
    pub fn tell(&mut self, message: Outgoing) {
        if message.bytes[0] == PLUGGED {
            return self.clock.greet(message.port);
        }
        keep(&mut self.outgoing, Outgoing { frame: self.frame, ..message });
    }

    /// MIDI messages that have gone out since the last call, in the order of their frames in each port.
    pub fn take_outgoing(&mut self, f: impl FnMut(Outgoing)) {
        self.outgoing.drain(..).for_each(f);
    }

    /// Frames a second, in hertz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.schedule.timeline.rate()
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
        push(&mut self.schedule.slots, event);
    }

    /// Renders `blocks` blocks (at most [`chunk`](Renderer::chunk)) on this thread and returns them,
    /// stereo. No allocation, lock or system call. Called on the audio thread.
    pub fn render(&mut self, blocks: usize) -> &[[Buffer; 2]] {
        let blocks = self.begin(blocks);
        let Schedule { slots, kept, .. } = &mut *self.schedule;
        slots.run(Chunk { metas: &self.metas[..blocks], kept, inlets: &self.inlets });
        self.end(blocks)
    }

    /// The same on all threads of `workers`, with the same bits. No allocation and no lock.
    pub fn render_on(&mut self, blocks: usize, workers: &mut Workers) -> &[[Buffer; 2]] {
        let blocks = self.begin(blocks);
        let Schedule { slots, kept, .. } = &mut *self.schedule;
        let chunk = Chunk { metas: &self.metas[..blocks], kept, inlets: &self.inlets };
        slots.run_on(workers, chunk);
        self.end(blocks)
    }

    fn begin(&mut self, blocks: usize) -> usize {
        let blocks = blocks.min(self.schedule.chunk).min(self.metas.len());
        for (i, meta) in self.metas[..blocks].iter_mut().enumerate() {
            let (timeline, frame) = (&mut self.schedule.timeline, self.frame + (i * BLOCK) as u64);
            *meta = self.pace.meta(timeline, frame, BLOCK);
        }
        self.pace.advance(self.frame);
        for block in 0..blocks {
            self.tick(block);
        }
        let Schedule { routes, slots, maps, .. } = &mut *self.schedule;
        while let Some(arrival) = self.keys.next(self.frame + (blocks * BLOCK) as u64) {
            let frame = arrival.frame.max(self.frame);
            self.controllers.receive(Arrival { frame, ..arrival }, maps);
            self.keys.play(arrival, routes, |event| push(slots, event));
        }
        blocks
    }

    /// Sends the ticks of a block of the chunk.
    fn tick(&mut self, block: usize) {
        let Schedule { clocks, timeline, .. } = &mut *self.schedule;
        if self.clock.is_idle(clocks) {
            return;
        }
        let now = &self.metas[block];
        let meta = self.pace.meta(timeline, now.frame + clocks.early, BLOCK);
        let outgoing = &mut self.outgoing;
        self.clock.run((&meta, now.beat), clocks, |message| keep(outgoing, message));
    }

    /// Tells all that get a clock to stop, for good. Audio thread.
    pub fn end_clocks(&mut self) {
        let outgoing = &mut self.outgoing;
        self.clock.end(self.frame, &mut |message| keep(outgoing, message));
    }

    /// Gathers outputs, feedback and faults, and moves time on.
    fn end(&mut self, blocks: usize) -> &[[Buffer; 2]] {
        let schedule = &mut *self.schedule;
        for (kept, line) in schedule.kept.iter_mut().zip(&schedule.feedback) {
            *kept = schedule.slots.output(line.from, blocks - 1).copied().unwrap_or_default();
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
        schedule.listen();
        for job in schedule.slots.jobs() {
            let room = &mut self.faults;
            job.drain_faults(|fault| {
                if room.len() < room.capacity() {
                    room.push(fault);
                }
            });
            job.drain_outgoing(&mut |message| keep(&mut self.outgoing, message));
        }
        self.frame += (blocks * BLOCK) as u64;
        &self.out[..blocks]
    }

    /// What `port` put out in block `block` of the last chunk.
    #[must_use]
    pub fn output(&self, port: PortRef, block: usize) -> Option<&Buffer> {
        self.schedule.output(port, block)
    }

    /// What is heard of the strips in the last block: each with left and right, and the gain of those; `None`
    /// for silence.
    pub fn taps(&self) -> impl ExactSizeIterator<Item = (&Tap, [Option<(&Buffer, Ramp)>; 2])> {
        self.schedule.taps.iter().map(|tap| {
            let get = |c: usize| Some((self.schedule.output(tap.post[c], 0)?, tap.heard[c]?));
            (tap, [get(0), get(1)])
        })
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
        self.keys.reset();
        for job in self.schedule.slots.jobs() {
            job.reset();
            job.drain_outgoing(&mut |message| keep(&mut self.outgoing, message));
        }
        self.schedule.kept.fill(Buffer::SILENCE);
    }
}

/// Keeps a message while there is room: the audio thread does not allocate.
fn keep(outgoing: &mut Vec<Outgoing>, message: Outgoing) {
    if outgoing.len() < outgoing.capacity() {
        outgoing.push(message);
    }
}
