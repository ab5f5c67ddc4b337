//! Cycles since the start, in eight lanes: a function of time while the rate is fixed.

use super::lanes::LANES;
use super::unit::{Meta, Rate, UnitCx, Wire};

/// What a clock counts its cycles in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Cycles per beat.
    Beats,
    /// Cycles per second.
    Seconds,
}

/// Turns a rate into cycles.
pub struct Clock {
    time: Time,
    /// Cycles so far, where the rate is a signal and has to be summed up.
    sum: Option<[f64; LANES]>,
    started: bool,
}

impl Clock {
    /// A clock whose rate comes in on wire `wire`.
    #[must_use]
    pub fn new(cx: &UnitCx, wire: usize, time: Time) -> Clock {
        let moves = cx.ins.get(wire).is_some_and(|r| *r != Rate::Const);
        Clock { time, sum: moves.then_some([0.0; LANES]), started: false }
    }

    /// Cycles at the first frame of the range of `frames` frames, and just after its last.
    #[must_use]
    pub fn advance(
        &mut self,
        rate: &Wire,
        meta: &Meta,
        frames: usize,
    ) -> ([f64; LANES], [f64; LANES]) {
        let (start, end) = match self.time {
            Time::Beats => (meta.beat, meta.beat_end),
            Time::Seconds => {
                let at = |frame: u64| frame as f64 / meta.rate;
                (at(meta.frame), at(meta.frame + frames as u64))
            }
        };
        let (from, to) = (rate.first(), rate.last());
        let Some(sum) = &mut self.sum else {
            let at = |time: f64| core::array::from_fn(|i| f64::from(from.0[i]) * time);
            return (at(start), at(end));
        };
        if !self.started {
            *sum = core::array::from_fn(|i| f64::from(from.0[i]) * start);
            self.started = true;
        }
        let before = *sum;
        for i in 0..LANES {
            sum[i] += f64::from(from.0[i] + to.0[i]) * 0.5 * (end - start);
        }
        (before, *sum)
    }
}
