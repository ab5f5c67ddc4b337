//! Values that controllers move, as units read them: steps at their frames.
//!
//! The audio thread writes them before a block; units of any thread read them while it is rendered. So a value is
//! the same for all who read it, whether they run in a track's effects or in each voice of an instrument.

use crate::units::Controller;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Steps that are remembered; a value that moves more often within a block ends where it should.
const STEPS: usize = 16;

/// A value over time, in straight steps.
#[derive(Debug, Default)]
pub struct Steps {
    /// Steps since the start.
    count: AtomicUsize,
    frames: [AtomicU64; STEPS],
    values: [AtomicU32; STEPS],
}

impl Steps {
    /// From `frame` on it is `value`. Frames must not fall. Audio thread, not while units run.
    pub fn step(&self, frame: u64, value: f32) {
        let count = self.count.load(Ordering::Relaxed);
        let oldest = self.frames[count % STEPS].load(Ordering::Relaxed);
        // What the block that is about to be rendered begins with must not be lost.
        let full = count >= STEPS && oldest + super::unit::BLOCK as u64 > frame;
        let at = if full { count - 1 } else { count };
        self.frames[at % STEPS].store(frame, Ordering::Relaxed);
        self.values[at % STEPS].store(value.to_bits(), Ordering::Relaxed);
        self.count.store(at + 1, Ordering::Release);
    }

    /// It is `value`, and has always been. Not while units run.
    pub fn restart(&self, value: f32) {
        self.frames[0].store(0, Ordering::Relaxed);
        self.values[0].store(value.to_bits(), Ordering::Relaxed);
        self.count.store(1, Ordering::Release);
    }

    /// The newest value; `None` if there is none so far. Any thread.
    #[must_use]
    pub fn now(&self) -> Option<f32> {
        let last = self.count.load(Ordering::Acquire).checked_sub(1)?;
        Some(f32::from_bits(self.values[last % STEPS].load(Ordering::Relaxed)))
    }

    /// The value at `frame`; `None` if the first step is later.
    #[must_use]
    pub fn at(&self, frame: u64) -> Option<f32> {
        let count = self.count.load(Ordering::Relaxed);
        let known = count.saturating_sub(STEPS)..count;
        let value = |i: usize| f32::from_bits(self.values[i % STEPS].load(Ordering::Relaxed));
        let before = |i: &usize| self.frames[i % STEPS].load(Ordering::Relaxed) <= frame;
        known.rev().find(before).map(value)
    }

    /// The steps after frame `from` and before frame `to`, in order.
    pub fn between(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, f32)> + '_ {
        let count = self.count.load(Ordering::Relaxed);
        (count.saturating_sub(STEPS)..count).filter_map(move |i| {
            let frame = self.frames[i % STEPS].load(Ordering::Relaxed);
            let value = f32::from_bits(self.values[i % STEPS].load(Ordering::Relaxed));
            (frame > from && frame < to).then_some((frame, value))
        })
    }
}

/// A parameter that controllers may take over.
#[derive(Debug, Default)]
pub struct Target {
    /// Where they have moved it.
    pub steps: Steps,
    /// Bits of what it is by itself.
    base: AtomicU32,
    /// The number of the mapping that holds it; 0 for none.
    holder: AtomicU32,
}

impl Target {
    /// A parameter that is `base` by itself.
    #[must_use]
    pub fn new(base: f32) -> Target {
        Target { base: AtomicU32::new(base.to_bits()), ..Target::default() }
    }

    /// What it is by itself. Any thread.
    #[must_use]
    pub fn base(&self) -> f32 {
        f32::from_bits(self.base.load(Ordering::Relaxed))
    }

    /// By itself it is `value` from now on: what holds it lets go, if that is something new. Audio thread.
    pub fn set_base(&self, value: f32) {
        if self.base() != value {
            self.base.store(value.to_bits(), Ordering::Relaxed);
            self.holder.store(0, Ordering::Relaxed);
        }
    }

    /// By itself it moves, and is at `value` now: what holds it does not mind. Audio thread.
    pub fn follow(&self, value: f32) {
        self.base.store(value.to_bits(), Ordering::Relaxed);
    }

    /// The number of the mapping that holds it, from 1. Any thread.
    #[must_use]
    pub fn holder(&self) -> Option<u32> {
        Some(self.holder.load(Ordering::Relaxed)).filter(|&h| h > 0)
    }

    /// Lets mapping `number` hold it; 0 lets go. Not while units run.
    pub fn hold(&self, number: u32) {
        self.holder.store(number, Ordering::Relaxed);
    }

    /// What it is now, held or not. Any thread.
    #[must_use]
    pub fn now(&self) -> f32 {
        self.holder().and_then(|_| self.steps.now()).unwrap_or(self.base())
    }
}

/// What units that listen to controllers are joined to, once they are played.
pub trait Board {
    /// The value of a controller on a channel (1..=16, or 0 for any) of the port called so (empty for any);
    /// `None` if there are too many.
    fn controller(&mut self, controller: Controller, channel: u8, port: &str)
    -> Option<Arc<Steps>>;

    /// The parameter with this path.
    fn target(&mut self, path: &str) -> Option<Arc<Target>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_at_their_frames() {
        let steps = Steps::default();
        assert_eq!((steps.now(), steps.at(9)), (None, None));
        steps.step(10, 0.5);
        steps.step(70, 0.25);
        assert_eq!(
            (steps.at(9), steps.at(10), steps.at(69), steps.at(70)),
            (None, Some(0.5), Some(0.5), Some(0.25))
        );
        assert_eq!(steps.between(9, 71).collect::<Vec<_>>(), [(10, 0.5), (70, 0.25)]);
        assert_eq!(steps.between(10, 70).count(), 0);
    }

    #[test]
    fn more_steps_than_are_remembered_end_where_they_should() {
        let steps = Steps::default();
        for i in 0..100 {
            steps.step(1000 + i / 3, i as f32);
        }
        assert_eq!(steps.now(), Some(99.0));
        assert_eq!(steps.at(1063), Some(99.0));
        assert!(steps.between(999, 1064).count() <= STEPS);
    }
}
