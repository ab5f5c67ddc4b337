//! The value of a wire at each frame, as types: one loop is compiled for each rate.

use super::lanes::F8;
use super::unit::{Ramp8, Wire};

/// Something with a value at each frame of a range.
pub trait Values: Copy {
    /// The value at frame `i`; the same bits as [`Wire::at`](super::unit::Wire::at).
    fn at(&self, i: usize) -> F8;
}

/// A value that does not move.
#[derive(Clone, Copy)]
pub struct Held(pub F8);

/// A straight line.
#[derive(Clone, Copy)]
pub struct Line {
    from: F8,
    change: F8,
    per_frame: f32,
}

/// A value for every frame.
#[derive(Clone, Copy)]
pub struct Stream<'a>(pub &'a [F8]);

/// A wire of any rate, over so many frames; for what is rare, as it asks for the rate each frame.
#[derive(Clone, Copy)]
pub struct Any<'a>(pub Wire<'a>, pub usize);

impl Line {
    /// `ramp` over `frames`.
    #[inline(always)]
    #[must_use]
    pub fn new(ramp: &Ramp8, frames: usize) -> Line {
        Line { from: ramp.from, change: ramp.to - ramp.from, per_frame: 1.0 / frames as f32 }
    }
}

impl Values for Held {
    #[inline(always)]
    fn at(&self, _: usize) -> F8 {
        self.0
    }
}

impl Values for Line {
    #[inline(always)]
    fn at(&self, i: usize) -> F8 {
        self.from + self.change * (i as f32 * self.per_frame)
    }
}

impl Values for Stream<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> F8 {
        self.0[i]
    }
}

impl Values for Any<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> F8 {
        self.0.at(i, self.1)
    }
}

/// Evaluates an expression with a wire bound as the [`Values`] type of its rate.
macro_rules! by_rate {
    ($wire:expr, $frames:expr, $name:ident => $body:expr) => {
        match $wire {
            $crate::dsp::unit::Wire::Const(x) => {
                let $name = $crate::dsp::values::Held(x);
                $body
            }
            $crate::dsp::unit::Wire::Ramp(ramp) => {
                let $name = $crate::dsp::values::Line::new(&ramp, $frames);
                $body
            }
            $crate::dsp::unit::Wire::Audio(frames) => {
                let $name = $crate::dsp::values::Stream(frames);
                $body
            }
        }
    };
}
pub(crate) use by_rate;
