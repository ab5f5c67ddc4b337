//! A job: the tasks of one strip (or of up to eight alike ones), run in order over a chunk of blocks.
//!
//! Jobs share nothing that they write: each has its own buffers, and publishes its outputs for the jobs
//! after it. So jobs may run on different threads without changing a bit.

mod lanes;
mod process;
mod published;

pub use lanes::{LaneTask, LineLoad, LineStore, Load, Store};
pub use process::ProcessTask;
pub use published::Published;

use super::block::{Buffer, Ramp};
use super::event::{Event, EventKind};
use super::midi::Outgoing;
use super::slots::{Chunk, Slots};
use super::update::Constant;
use crate::dsp::controls::Board;
use crate::dsp::unit::{BLOCK, Meta};
use crate::dsp::wide;
use std::collections::VecDeque;

/// Below this (-140 dB) an output whose input is silent counts as silence.
pub(crate) const SILENCE: f32 = 1e-7;

/// An output of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRef {
    /// Level of the job.
    pub level: u16,
    /// Index of the job in its level.
    pub job: u16,
    /// Index of the channel among the job's exports.
    pub port: u16,
}

/// Where an import comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// A job before this one in the order, this block.
    Port(PortRef),
    /// This job or one after it, one block late: index into the schedule's feedback lines.
    Feedback(u16),
    /// A channel from outside, from 0.
    Inlet(u16),
}

/// Adds a scaled output of another job to a buffer of this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Import {
    /// Where from.
    pub from: From,
    /// Linear gain.
    pub level: Level,
    /// Buffer that it is added to.
    pub to: u16,
}

/// A gain that moves in straight lines after an edit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Where it is when it does not move.
    gain: f32,
    /// Where it is now.
    was: f32,
    /// What it moves in a block; set when the move begins.
    step: f32,
}

/// Blocks in which a [`Level`] moves after an edit: 20 ms at 48 kHz.
pub const MOVE: f32 = 15.0;

impl Level {
    /// A gain that goes from `was` to `gain`.
    #[must_use]
    pub fn new(was: f32, gain: f32) -> Level {
        Level { gain, was, step: 0.0 }
    }

    /// Whether it is 0 and stays there.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.gain == 0.0 && self.was == 0.0
    }

    /// Whether it is 0, or goes there.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.gain == 0.0
    }

    /// The gain in the next block of a sound.
    pub fn advance(&mut self) -> Ramp {
        if self.was == self.gain {
            return Ramp::constant(self.gain);
        }
        if self.step == 0.0 {
            self.step = (self.gain - self.was) / MOVE;
        }
        let near = (self.gain - self.was).abs() <= self.step.abs() * 1.5;
        let to = if near { self.gain } else { self.was + self.step };
        let ramp = Ramp { from: self.was, to };
        self.was = to;
        ramp
    }

    /// Where nothing sounds, nothing need move.
    pub fn arrive(&mut self) {
        self.was = self.gain;
    }
}

/// One step of a job.
pub enum Task {
    /// Zeroes a buffer and adds the imports to it.
    Gather(u16, Vec<Import>),
    /// Runs light units.
    Lanes(Box<LaneTask>),
    /// Runs a processor.
    Process(Box<ProcessTask>),
}

/// An event on its way to a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    /// Absolute frame.
    pub frame: u64,
    /// Level of the job.
    pub level: u16,
    /// Job in the level.
    pub job: u16,
    /// Task in the job.
    pub task: u16,
    /// What happens.
    pub kind: EventKind,
}

/// A node that put out something that is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Absolute frame of the block.
    pub frame: u64,
    /// Node of the session.
    pub node: u32,
}

/// Buffers of a job and what is known of them.
pub struct Bench {
    /// The buffers; taken out while they are written.
    pub buffers: Vec<Option<Box<Buffer>>>,
    /// Which of them hold nothing but zeros.
    pub silent: Vec<bool>,
    /// Control lines between tasks.
    pub lines: Lines,
}

/// Control lines: constants, and what lane tasks put out for processors and each other.
pub struct Lines {
    /// The lines.
    pub values: Vec<Ramp>,
    /// Those that move in this block and stand from the next one on.
    moving: Vec<u16>,
}

impl Lines {
    /// Takes over what a constant of another job had come to.
    pub(super) fn adopt(&mut self, old: &Lines, constant: Constant) {
        let was = old.values[constant.from as usize];
        let line = &mut self.values[constant.to as usize];
        if !constant.changed {
            *line = was;
        } else if self.moving.len() < self.moving.capacity() {
            line.from = was.to;
            self.moving.push(constant.to);
        }
    }

    /// Ends the moves of the block.
    fn settle(&mut self) {
        for index in self.moving.drain(..) {
            let line = &mut self.values[index as usize];
            line.from = line.to;
        }
    }
}

impl Bench {
    /// `buffers` silent buffers and `lines` lines at 0.
    #[must_use]
    pub fn new(buffers: usize, lines: usize) -> Bench {
        Bench {
            buffers: (0..buffers).map(|_| Some(Box::default())).collect(),
            silent: vec![true; buffers],
            lines: Lines {
                values: vec![Ramp::default(); lines],
                moving: Vec::with_capacity(lines),
            },
        }
    }

    fn silence(&mut self, id: u16) {
        if !self.silent[id as usize] {
            if let Some(buffer) = &mut self.buffers[id as usize] {
                **buffer = Buffer::SILENCE;
            }
            self.silent[id as usize] = true;
        }
    }
}

/// One strip, or several alike ones. Run on the audio thread, or on a worker.
pub struct Job {
    /// Names of the strips, for messages.
    pub names: Vec<String>,
    /// The steps, in order.
    pub tasks: Vec<Task>,
    /// Buffers.
    pub bench: Bench,
    /// Buffers that other jobs and the output read, in port order.
    pub exports: Vec<u16>,
    /// Tasks that send MIDI out.
    outlets: Vec<u16>,
    inbox: VecDeque<Timed>,
    faults: Vec<Fault>,
    dropped: u32,
}

/// Events that can wait in a job; more are dropped and counted.
const INBOX: usize = 16_384;

impl Job {
    /// A job of `tasks`, which work on `bench` and leave their results in the buffers `exports`.
    #[must_use]
    pub fn new(names: Vec<String>, tasks: Vec<Task>, bench: Bench, exports: Vec<u16>) -> Job {
        let sends = |task: &Task| matches!(task, Task::Process(task) if task.sends());
        let outlets = (0..).zip(&tasks).filter(|(_, task)| sends(task)).map(|(i, _)| i).collect();
        Job {
            names,
            outlets,
            tasks,
            bench,
            exports,
            inbox: VecDeque::with_capacity(INBOX),
            faults: Vec::with_capacity(16),
            dropped: 0,
        }
    }

    /// Takes an event in, behind all that are not later.
    pub fn push(&mut self, event: Timed) {
        self.insert(event, |other| other.frame > event.frame);
    }

    /// Takes an event in, before all that are not earlier.
    pub(super) fn push_first(&mut self, event: Timed) {
        self.insert(event, |other| other.frame >= event.frame);
    }

    fn insert(&mut self, event: Timed, follows: impl Fn(&Timed) -> bool) {
        if self.inbox.len() == self.inbox.capacity() {
            self.dropped += 1;
            return;
        }
        self.inbox.push_back(event);
        let mut i = self.inbox.len() - 1;
        while i > 0 && follows(&self.inbox[i - 1]) {
            self.inbox.swap(i - 1, i);
            i -= 1;
        }
    }

    /// Events that wait, in the order of their frames.
    pub(super) fn waiting(&self) -> impl DoubleEndedIterator<Item = &Timed> {
        self.inbox.iter()
    }

    /// Drops the events before a frame.
    pub(super) fn forget_before(&mut self, frame: u64) {
        while self.inbox.front().is_some_and(|e| e.frame < frame) {
            self.inbox.pop_front();
        }
    }

    /// Drops the events from a frame on, but for the ends of notes.
    pub(super) fn forget_from(&mut self, frame: u64) {
        let ends = |e: &Timed| matches!(e.kind, EventKind::NoteOff { .. });
        self.inbox.retain(|e| e.frame < frame || ends(e));
    }

    /// Faults since the last call, through `f`.
    pub fn drain_faults(&mut self, mut f: impl FnMut(Fault)) {
        self.faults.drain(..).for_each(&mut f);
    }

    /// What its tasks have sent out in the last block, through `f`.
    pub(super) fn drain_outgoing(&mut self, f: &mut dyn FnMut(Outgoing)) {
        for &index in &self.outlets {
            if let Some(Task::Process(task)) = self.tasks.get_mut(usize::from(index)) {
                task.drain_outgoing(f);
            }
        }
    }

    /// Events that were dropped because too many were waiting.
    #[must_use]
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Renders block `block` of the chunk. `done` holds the outputs of the jobs before this one.
    pub fn run(&mut self, block: usize, chunk: Chunk, done: &Slots) {
        let meta = &chunk.metas[block];
        self.deliver(meta);
        for task in &mut self.tasks {
            let fault = match task {
                Task::Gather(to, imports) => {
                    gather(&mut self.bench, *to, imports, block, chunk, done);
                    None
                }
                Task::Lanes(task) => task.run(&mut self.bench, meta),
                Task::Process(task) => task.run(&mut self.bench, meta),
            };
            if let Some(node) = fault
                && self.faults.len() < self.faults.capacity()
            {
                self.faults.push(Fault { frame: meta.frame, node });
            }
        }
        self.bench.lines.settle();
    }

    /// Hands the events of the block to their tasks.
    fn deliver(&mut self, meta: &Meta) {
        let end = meta.frame + BLOCK as u64;
        while let Some(timed) = self.inbox.front().copied().filter(|t| t.frame < end) {
            self.inbox.pop_front();
            let offset = timed.frame.saturating_sub(meta.frame) as u32;
            let event = Event { offset, kind: timed.kind };
            match self.tasks.get_mut(timed.task as usize) {
                Some(Task::Process(task)) => task.accept(event),
                Some(Task::Lanes(task)) => task.accept(event),
                _ => {}
            }
        }
    }

    /// Joins all that listens to controllers to them. Control thread.
    pub fn connect(&mut self, board: &mut dyn Board) {
        for task in &mut self.tasks {
            match task {
                Task::Gather(..) => {}
                Task::Lanes(task) => task.connect(board),
                Task::Process(task) => task.connect(board),
            }
        }
    }

    /// Forgets events and state.
    pub fn reset(&mut self) {
        self.inbox.clear();
        for task in &mut self.tasks {
            match task {
                Task::Gather(..) => {}
                Task::Lanes(task) => task.reset(),
                Task::Process(task) => task.reset(),
            }
        }
    }
}

fn gather(
    bench: &mut Bench,
    to: u16,
    imports: &mut [Import],
    block: usize,
    chunk: Chunk,
    done: &Slots,
) {
    bench.silence(to);
    for import in imports {
        if import.level.is_off() {
            // Muted: not even a tail too soft to be heard keeps what follows awake.
            continue;
        }
        let from = match import.from {
            From::Port(port) => done.output(port, block),
            From::Feedback(i) => Some(&chunk.kept[i as usize]),
            From::Inlet(channel) => chunk.inlets.block(channel, block),
        };
        if let (Some(from), Some(sum)) = (from, &mut bench.buffers[to as usize]) {
            let gain = import.level.advance();
            if gain.from == gain.to {
                wide::add_row(&mut sum.0, &from.0, gain.to);
            } else {
                for (i, (y, x)) in sum.0.iter_mut().zip(&from.0).enumerate() {
                    *y += x * gain.at(i);
                }
            }
            bench.silent[to as usize] = false;
        } else {
            import.level.arrive();
        }
    }
}
