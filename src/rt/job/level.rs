//! A gain on the way from one job to another.

use crate::rt::block::Ramp;

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
