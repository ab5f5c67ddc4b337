//! The jobs of a schedule in the order in which they run, and how threads share them.
//!
//! A chunk is rendered as a wave: in slices of some blocks, where a slice of a job may run as soon as
//! the same slice of each job that it reads is done. So a job that waits for all others (the master's
//! reverb) works on one slice while they are at the next. Each job is run by one thread at a time, in the
//! order of its slices, and reads the same blocks whoever runs it: the bits do not depend on the threads.

use super::block::Buffer;
use super::denormal::FlushToZero;
use super::inlets::Inlets;
use super::job::{From, Import, Job, PortRef, Published, Task};
use super::workers::{Patience, Workers};
use crate::dsp::unit::Meta;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Blocks of a slice (11 ms at 48 kHz): long beside the cost of handing a job over, short beside a chunk.
const SLICE: usize = 8;

/// A job, what it puts out, and how far it is.
struct Slot {
    job: UnsafeCell<Job>,
    out: Published,
    /// Jobs that it reads, as indices in the order.
    reads: Vec<usize>,
    /// Slices of the chunk that are done.
    done: AtomicUsize,
    /// A thread has it.
    busy: AtomicBool,
}

// SAFETY: `job` is only touched by the thread that has set `busy`, or through `&mut`.
unsafe impl Sync for Slot {}

/// All jobs of a schedule: each reads only from jobs before it, or from feedback lines.
pub struct Slots {
    slots: Vec<Slot>,
    /// Where each level begins.
    starts: Vec<usize>,
    /// A thread has panicked; the others must not wait for its job.
    broken: AtomicBool,
}

/// What there is to do for a thread.
enum Turn {
    /// This slice of this job.
    Run(usize, usize),
    /// Nothing until another thread has finished a slice.
    Wait,
    /// Nothing any more.
    Over,
}

/// What is rendered: a chunk.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    /// Where and when each block is.
    pub metas: &'a [Meta],
    /// What the feedback lines hold.
    pub kept: &'a [Buffer],
    /// What comes in from outside.
    pub inlets: &'a Inlets,
}

impl Slots {
    /// `levels` of jobs, with room for their outputs over chunks of `chunk` blocks. Control thread.
    #[must_use]
    pub fn new(levels: Vec<Vec<Job>>, chunk: usize) -> Slots {
        let mut starts = Vec::new();
        let mut slots: Vec<Slot> = Vec::new();
        for level in levels {
            starts.push(slots.len());
            for job in level {
                let reads = reads(&job, &starts);
                debug_assert!(
                    reads.iter().all(|&r| r < slots.len()),
                    "a job reads from later ones"
                );
                slots.push(Slot {
                    out: Published::new(job.exports.len(), chunk),
                    job: UnsafeCell::new(job),
                    reads,
                    done: AtomicUsize::new(0),
                    busy: AtomicBool::new(false),
                });
            }
        }
        Slots { slots, starts, broken: AtomicBool::new(false) }
    }

    /// Job `job` of level `level`, if there is one.
    pub fn job(&mut self, level: u16, job: u16) -> Option<&mut Job> {
        let start = *self.starts.get(level as usize)?;
        let end = self.starts.get(level as usize + 1).copied().unwrap_or(self.slots.len());
        self.slots[start..end].get_mut(job as usize).map(|slot| slot.job.get_mut())
    }

    /// All jobs, in order.
    pub fn jobs(&mut self) -> impl Iterator<Item = &mut Job> {
        self.slots.iter_mut().map(|slot| slot.job.get_mut())
    }

    /// What `port` put out in block `block` of the last chunk; `None` if that is silence.
    #[must_use]
    pub fn output(&self, port: PortRef, block: usize) -> Option<&Buffer> {
        let slot = &self.slots[self.starts[port.level as usize] + port.job as usize];
        slot.out.output(port.port, block)
    }

    /// Renders a chunk on this thread. Audio thread.
    pub fn run(&mut self, chunk: Chunk) {
        let _flush = FlushToZero::new();
        for slice in 0..chunk.metas.len().div_ceil(SLICE) {
            for index in 0..self.slots.len() {
                // SAFETY: `self` is borrowed mutably, so no other thread has any job; the jobs that this
                // one reads are before it in the order.
                unsafe { self.slice(index, slice, chunk) };
            }
        }
    }

    /// The same on all threads of `workers`, with the same bits.
    pub fn run_on(&mut self, workers: &mut Workers, chunk: Chunk) {
        if workers.threads() < 2 || self.slots.len() < 2 {
            self.run(chunk);
            return;
        }
        self.slots.iter_mut().for_each(|slot| *slot.done.get_mut() = 0);
        let slots = &*self;
        workers.run(&|| slots.share(chunk));
    }

    /// Takes turns at the jobs until the chunk is done. Runs on several threads at once.
    fn share(&self, chunk: Chunk) {
        let _flush = FlushToZero::new();
        let slices = chunk.metas.len().div_ceil(SLICE);
        let mut patience = Patience::default();
        loop {
            match self.turn(slices) {
                Turn::Run(index, slice) => {
                    let alarm = Alarm(&self.broken);
                    // SAFETY: `turn` has set `busy` for this thread, and the slices that it reads are done.
                    unsafe { self.slice(index, slice, chunk) };
                    std::mem::forget(alarm);
                    let slot = &self.slots[index];
                    slot.done.store(slice + 1, Ordering::Release);
                    slot.busy.store(false, Ordering::Release);
                    patience = Patience::default();
                }
                Turn::Wait => patience.wait(),
                Turn::Over => return,
            }
        }
    }

    /// Takes the job that is least far of those that can go on, the first in the order if there are several.
    fn turn(&self, slices: usize) -> Turn {
        if self.broken.load(Ordering::Relaxed) {
            return Turn::Over;
        }
        let (mut best, mut over) = (None, true);
        for (index, slot) in self.slots.iter().enumerate() {
            let done = slot.done.load(Ordering::Acquire);
            if done == slices {
                continue;
            }
            over = false;
            let ready = |r: &usize| self.slots[*r].done.load(Ordering::Acquire) > done;
            if best.is_none_or(|(_, least)| done < least)
                && !slot.busy.load(Ordering::Relaxed)
                && slot.reads.iter().all(ready)
            {
                best = Some((index, done));
            }
        }
        match best {
            None if over => Turn::Over,
            None => Turn::Wait,
            Some((index, done)) => {
                let slot = &self.slots[index];
                if slot.busy.swap(true, Ordering::Acquire) {
                    return Turn::Wait;
                }
                // Another thread may have had it between the look and the swap.
                if slot.done.load(Ordering::Acquire) != done {
                    slot.busy.store(false, Ordering::Release);
                    return Turn::Wait;
                }
                Turn::Run(index, done)
            }
        }
    }

    /// Runs one slice of a job.
    ///
    /// # Safety
    /// No other thread may run this job meanwhile, and the slices that it reads must be done.
    unsafe fn slice(&self, index: usize, slice: usize, chunk: Chunk) {
        let slot = &self.slots[index];
        // SAFETY: the caller's promise.
        let job = unsafe { &mut *slot.job.get() };
        let blocks = slice * SLICE..chunk.metas.len().min((slice + 1) * SLICE);
        for block in blocks {
            job.run(block, chunk, self);
            // SAFETY: others read this block once `done` says that the slice is.
            unsafe { slot.out.publish(block, &job.bench, &job.exports) };
        }
    }
}

/// Tells the other threads, if it is dropped by a panic, that a job will never be done.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The jobs that `job` reads.
fn reads(job: &Job, starts: &[usize]) -> Vec<usize> {
    let imports = job.tasks.iter().flat_map(|task| match task {
        Task::Gather(_, imports) => imports.as_slice(),
        _ => &[],
    });
    let index = |import: &Import| match import.from {
        From::Port(port) => Some(starts[port.level as usize] + port.job as usize),
        From::Feedback(_) | From::Inlet(_) => None,
    };
    let mut reads: Vec<usize> = imports.filter_map(index).collect();
    reads.sort_unstable();
    reads.dedup();
    reads
}
