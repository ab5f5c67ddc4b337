//! The audio half of a plugin in another process: asks for a block in shared memory, and waits for it.

use super::futex;
use super::life::{Cause, Life};
use super::region::{GONE, Question, Region, STOP};
use super::scheduling;
use crate::plugin::buffers::Places;
use crate::plugin::event::MOST;
use crate::plugin::{AudioHalf, BLOCK, Description, Event, Outcome, Sent, Setup, Transport};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long to look at the word before sleeping, which takes the system longer than many a plugin.
const SPIN: Duration = Duration::from_micros(20);

/// How long to wait, and when to give up.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest wait in a block.
    pub budget: Duration,
    /// Misses in a row after which it is not waited for.
    pub misses: u32,
    /// How long it may not answer until the child is ended.
    pub hang: Duration,
}

/// What waiting has brought.
enum Wait {
    Answered,
    Late,
    Gone,
}

/// Samples and events of its own, and a view of the shared memory.
pub struct Half {
    region: Arc<Region>,
    life: Arc<Life>,
    ins: Box<[f32]>,
    outs: Box<[f32]>,
    in_places: Places,
    out_places: Places,
    inbox: Sent,
    sent: Sent,
    dropped: u64,
    pace: Pace,
    spin: Duration,
    block: usize,
    /// The number of the newest request.
    number: u32,
    /// It has not been answered.
    pending: bool,
    /// What is in the inbox has not been asked yet.
    unasked: bool,
    reset: bool,
    /// Blocks come one at a time, with pauses in which processors fall asleep.
    paced: bool,
    /// The child runs on the processor on which this half waits.
    beside: bool,
    misses: u32,
    missed: Instant,
    over: bool,
    /// Tells the other half that this one lives.
    _alive: Arc<()>,
}

impl Half {
    /// The half of an instance that has just been activated.
    pub fn new(
        d: &Description,
        setup: &Setup,
        region: Arc<Region>,
        life: Arc<Life>,
        pace: Pace,
        alive: Arc<()>,
    ) -> Half {
        let (in_places, out_places) = (Places::new(&d.inputs), Places::new(&d.outputs));
        let alone = std::thread::available_parallelism().is_ok_and(|n| n.get() == 1);
        Half {
            region,
            life,
            ins: vec![0.0; in_places.channels() * BLOCK].into(),
            outs: vec![0.0; out_places.channels() * BLOCK].into(),
            in_places,
            out_places,
            inbox: Sent::new(),
            sent: Sent::new(),
            dropped: 0,
            pace,
            // Where there is one processor the child needs it.
            spin: if alone { Duration::ZERO } else { SPIN },
            block: setup.block.clamp(1, BLOCK),
            number: 0,
            pending: false,
            unasked: false,
            reset: false,
            paced: !setup.offline,
            beside: false,
            misses: 0,
            missed: Instant::now(),
            over: false,
            _alive: alive,
        }
    }

    fn ask(&mut self, frames: usize, time: &Transport) {
        for (channel, samples) in self.ins.chunks_exact(BLOCK).enumerate() {
            self.region.write(channel, samples);
        }
        for (index, event) in self.inbox.events().iter().enumerate() {
            self.region.put_event(false, index, event.into());
        }
        let events = self.inbox.events().len() as u32;
        let reset = u32::from(std::mem::take(&mut self.reset));
        self.region.put_question(Question {
            reset,
            frames: frames as u32,
            events,
            processor: if self.paced { scheduling::processor() } else { 0 },
            time: time.into(),
        });
        self.number = (self.number + 1) % STOP;
        (self.pending, self.unasked) = (true, false);
        self.region.request().store(self.number, Ordering::Release);
        futex::wake(self.region.request());
    }

    /// Waits for the answer to the newest request; only looks for it if it has been late too often.
    fn wait(&self, begin: Instant) -> Wait {
        let word = self.region.answer();
        let budget =
            if self.misses >= self.pace.misses { Duration::ZERO } else { self.pace.budget };
        loop {
            let answer = word.load(Ordering::Acquire);
            if answer == self.number {
                return Wait::Answered;
            }
            if answer == GONE || self.life.gone() {
                return Wait::Gone;
            }
            let waited = begin.elapsed();
            let Some(left) = budget.checked_sub(waited) else { return Wait::Late };
            // Where both share a processor, the child needs it.
            if waited < self.spin && !self.beside {
                std::hint::spin_loop();
            } else {
                futex::wait(word, answer, Some(left));
            }
        }
    }

    /// Takes what the child has rendered.
    fn take(&mut self, frames: usize) -> Outcome {
        let reply = self.region.reply();
        let first = self.in_places.channels();
        for (channel, samples) in self.outs.chunks_exact_mut(BLOCK).enumerate() {
            self.region.read(first + channel, samples);
        }
        for index in 0..(reply.sent as usize).min(MOST) {
            if let Some(event) = self.region.event(true, index).event() {
                self.sent.push(event, frames);
            }
        }
        self.sent.counted(reply.sent_dropped, reply.sent_moved);
        self.dropped = reply.dropped;
        self.beside = reply.beside == 1;
        match reply.outcome {
            0 => Outcome::Playing,
            1 => Outcome::Silent,
            _ => {
                self.outs.fill(0.0);
                Outcome::Failed
            }
        }
    }

    /// There is no answer in time.
    fn late(&mut self) -> Outcome {
        self.outs.fill(0.0);
        if self.misses == 0 {
            self.missed = Instant::now();
        }
        self.misses = self.misses.saturating_add(1);
        if self.missed.elapsed() >= self.pace.hang {
            self.life.kill(Cause::Late);
            return self.gone();
        }
        Outcome::Late
    }

    /// There will be no answer any more.
    fn gone(&mut self) -> Outcome {
        self.over = true;
        self.outs.fill(0.0);
        Outcome::Failed
    }
}

impl AudioHalf for Half {
    fn input(&mut self, bus: usize, channel: usize) -> &mut [f32] {
        match self.in_places.find(bus, channel) {
            Some(at) => &mut self.ins[at * BLOCK..][..BLOCK],
            None => &mut [],
        }
    }

    fn output(&self, bus: usize, channel: usize) -> &[f32] {
        let at = self.out_places.find(bus, channel);
        at.map_or(&[], |at| &self.outs[at * BLOCK..][..BLOCK])
    }

    fn process(&mut self, frames: usize, events: &[Event], time: &Transport) -> Outcome {
        let begin = Instant::now();
        let frames = frames.min(self.block);
        self.sent.clear();
        if self.over {
            return Outcome::Failed;
        }
        // The ends of notes must not be lost with a block that was not asked for.
        if self.unasked {
            self.inbox.add(events, frames);
        } else {
            self.inbox.fill(events, frames);
        }
        self.unasked = true;
        if self.pending {
            match self.wait(begin) {
                // It is in time again, for all that is known.
                Wait::Answered => (self.pending, self.misses) = (false, 0),
                Wait::Late => return self.late(),
                Wait::Gone => return self.gone(),
            }
        }
        self.ask(frames, time);
        match self.wait(begin) {
            Wait::Answered => {
                (self.pending, self.misses) = (false, 0);
                self.take(frames)
            }
            Wait::Late => self.late(),
            Wait::Gone => self.gone(),
        }
    }

    fn sent(&self) -> &Sent {
        &self.sent
    }

    fn dropped(&self) -> u64 {
        self.inbox.dropped() + self.dropped
    }

    fn reset(&mut self) {
        // What waited to be played is not to sound any more either.
        if self.unasked {
            self.inbox.clear();
        }
        self.reset = true;
    }
}
