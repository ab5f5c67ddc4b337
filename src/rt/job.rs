//! A job: the tasks of one strip (or of up to eight alike ones), run in order over a chunk of blocks.
//!
//! Jobs share nothing that they write: each has its own buffers, and publishes its outputs for the jobs
//! after it. So jobs may run on different threads without changing a bit.

mod bench;
mod import;
mod lanes;
mod level;
mod process;
mod published;

pub use bench::{Bench, Lines};
pub use import::{From, Import};
pub use lanes::{LaneTask, LineLoad, LineStore, Load, Store};
pub use level::{Level, MOVE};
pub use process::ProcessTask;
pub use published::Published;

use self::import::gather;
use super::event::{Event, EventKind};
use super::midi::Outgoing;
use super::slots::{Chunk, Slots};
use crate::dsp::controls::Board;
use crate::dsp::unit::{BLOCK, Meta, Mishap};
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

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It put out something that is not a number.
    NotANumber,
    /// It is a plugin that has ended: what went in is heard in its place.
    Ended,
    /// It runs what a user has written, which went wrong.
    Mishap(Mishap),
}

/// A node with which something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Absolute frame of the block.
    pub frame: u64,
    /// Node of the session.
    pub node: u32,
    /// What is wrong.
    pub trouble: Trouble,
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
    /// Tasks whose notes others hear: from, to.
    links: Vec<(u16, u16)>,
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
            links: Vec::new(),
            tasks,
            bench,
            exports,
            inbox: VecDeque::with_capacity(INBOX),
            faults: Vec::with_capacity(16),
            dropped: 0,
        }
    }

    /// The same with tasks that hear the notes of tasks before them: from, to.
    #[must_use]
    pub fn linked(self, links: Vec<(u16, u16)>) -> Job {
        Job { links, ..self }
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
        for index in 0..self.tasks.len() {
            let fault = match &mut self.tasks[index] {
                Task::Gather(to, imports) => {
                    gather(&mut self.bench, *to, imports, block, chunk, done);
                    None
                }
                Task::Lanes(task) => task.run(&mut self.bench, meta),
                Task::Process(task) => task.run(&mut self.bench, meta),
            };
            if let Some((node, trouble)) = fault
                && self.faults.len() < self.faults.capacity()
            {
                self.faults.push(Fault { frame: meta.frame, node, trouble });
            }
            self.pass_on(index);
        }
        self.bench.lines.settle();
    }

    /// Hands the notes that a task has sent in this block to the task behind it that hears them.
    fn pass_on(&mut self, index: usize) {
        let link = self.links.iter().find(|link| usize::from(link.0) == index);
        let Some(to) = link.map(|link| usize::from(link.1)).filter(|to| *to > index) else {
            return;
        };
        let (before, behind) = self.tasks.split_at_mut(to);
        let Task::Process(from) = &mut before[index] else { return };
        match behind.first_mut() {
            Some(Task::Process(to)) => from.drain_notes(&mut |event| to.accept(event)),
            Some(Task::Lanes(to)) => from.drain_notes(&mut |event| to.accept(event)),
            _ => {}
        }
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
