//! An edit as the audio thread takes it: a new schedule, and what of the old one lives on in it.
//!
//! Everything is built on the control thread. Taking an update swaps pointers: states that are kept move
//! from the old schedule to the new one, and the old schedule goes back in the same box to be freed.

use super::event::EventKind;
use super::job::{Job, Task, Timed};
use super::renderer::Renderer;
use super::schedule::Schedule;
use super::slots::Slots;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A task of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskSpot {
    /// Level of the job.
    pub level: u16,
    /// Job in the level.
    pub job: u16,
    /// Task in the job.
    pub task: u16,
}

/// A constant of a node that lives on: where it stood, and where it stands now. For light units these are
/// scalars of the lane program, for processors lines of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Index in the old task or job.
    pub from: u16,
    /// Index in the new one.
    pub to: u16,
    /// The script says another value than before: it moves there over a block. Else what the old one had
    /// come to (an event may have set it) is kept.
    pub changed: bool,
}

/// A constant inside a processor that is made of lane programs: an instrument, a kit, a bank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tune {
    /// Sound of a kit, or group of a bank; 0 for an instrument.
    pub part: u16,
    /// Scalar of the program.
    pub scalar: u16,
    /// Lane, for banks; in instruments all voices are alike.
    pub lane: u8,
    /// New value.
    pub value: f32,
}

/// State that moves from the old schedule to the new one.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// A light unit, from operation to operation of two lane programs.
    Unit {
        /// Where it was, and its index in the program.
        from: (TaskSpot, u16),
        /// Where it goes.
        to: (TaskSpot, u16),
        /// Its constant inputs.
        constants: Vec<Constant>,
    },
    /// A processor, with the events that wait for it.
    Processor {
        /// Where it was.
        from: TaskSpot,
        /// Where it goes.
        to: TaskSpot,
        /// Its constant parameters.
        constants: Vec<Constant>,
        /// Constants inside it that the script has changed.
        tunes: Vec<Tune>,
    },
    /// Whether a lane task slept: where all of its units live on.
    Sleep {
        /// The old task.
        from: TaskSpot,
        /// The new one.
        to: TaskSpot,
    },
}

/// A new schedule and what it keeps. Goes to the audio thread and comes back with the old schedule.
pub struct Update {
    /// The new schedule; the old one once the update has been taken.
    pub schedule: Box<Schedule>,
    /// What lives on.
    pub moves: Vec<Move>,
    /// Feedback lines that live on: index in the old schedule, in the new one.
    pub feedback: Vec<(u16, u16)>,
    /// The frame from which the new music plays. Of the old music's events, those from here on are
    /// dropped, but for the ends of notes that sound on. An update that comes too late for it is taken at once,
    /// and says here when.
    pub at: u64,
    /// Where its fades begin: they read it here.
    pub start: Option<Arc<AtomicU64>>,
}

impl Renderer {
    /// Takes an update before the block that holds its frame. No allocation, free or lock. Called on the
    /// audio thread.
    pub fn take(&mut self, update: &mut Update) {
        if update.at < self.frame {
            update.at = self.frame;
            if let Some(start) = &update.start {
                start.store(update.at, Ordering::Relaxed);
            }
            // What begins before has been played by the old music.
            update.schedule.slots.jobs().for_each(|job| job.forget_before(self.frame));
        }
        std::mem::swap(&mut self.schedule, &mut update.schedule);
        let Update { schedule: old, moves, feedback, at, .. } = update;
        let new = &mut self.schedule;
        for &(from, to) in feedback.iter() {
            new.kept[to as usize] = old.kept[from as usize];
        }
        for step in moves.iter() {
            match step {
                Move::Unit { from, to, constants } => {
                    if let (Some((Task::Lanes(a), _)), Some((Task::Lanes(b), _))) =
                        (find(old, from.0), find(new, to.0))
                    {
                        b.adopt(to.1, a, from.1, constants);
                    }
                }
                Move::Sleep { from, to } => {
                    if let (Some((Task::Lanes(a), _)), Some((Task::Lanes(b), _))) =
                        (find(old, *from), find(new, *to))
                    {
                        b.sleep_like(a);
                    }
                    carry(old, new, (*from, *to), *at, false);
                }
                Move::Processor { from, to, constants, tunes } => {
                    if let (Some((Task::Process(a), before)), Some((Task::Process(b), after))) =
                        (find(old, *from), find(new, *to))
                    {
                        b.adopt(a, tunes);
                        constants.iter().for_each(|c| after.adopt(before, *c));
                    }
                    carry(old, new, (*from, *to), *at, true);
                }
            }
        }
        let Schedule { routes, slots, .. } = &mut **new;
        for route in &old.routes {
            let moved = moves.iter().find_map(|step| match step {
                Move::Processor { from, to, .. } if *from == route.to => Some(*to),
                _ => None,
            });
            if let Some(to) = moved.filter(|to| !routes.iter().any(|r| r.continues(route, *to))) {
                self.keys.abandon(route, to, *at, |event| push(slots, event));
            }
        }
    }
}

/// Puts an event where it belongs.
pub(super) fn push(slots: &mut Slots, event: Timed) {
    if let Some(job) = slots.job(event.level, event.job) {
        job.push(event);
    }
}

/// A task and the lines of its job.
fn find(schedule: &mut Schedule, at: TaskSpot) -> Option<(&mut Task, &mut super::job::Lines)> {
    let job = schedule.slots.job(at.level, at.job)?;
    Some((job.tasks.get_mut(at.task as usize)?, &mut job.bench.lines))
}

/// Hands waiting events on to the task that has taken a state over: what comes before `at`, and the ends
/// of notes.
fn carry(
    old: &mut Schedule,
    new: &mut Schedule,
    (from, to): (TaskSpot, TaskSpot),
    at: u64,
    notes: bool,
) {
    let old: Option<&mut Job> = old.slots.job(from.level, from.job);
    let new = new.slots.job(to.level, to.job);
    let (Some(old), Some(new)) = (old, new) else { return };
    // From the last to the first, each before what stands there for the new music.
    for event in old.waiting().rev().filter(|e| e.task == from.task) {
        if event.frame < at || (notes && matches!(event.kind, EventKind::NoteOff { .. })) {
            new.push_first(Timed { level: to.level, job: to.job, task: to.task, ..*event });
        }
    }
}
