//! A parameter that a wire of the graph moves: a line over each block, or a signal frame by frame.

use super::Mover;
use crate::dsp::unit::BLOCK;
use crate::plugin::event::MOST;
use crate::plugin::{Event, EventKind};
use crate::rt::Ramp;

/// A signal that moves slowly gets a point whenever it has come so far, of the range of the parameter: each point is a
/// run of the plugin of its own.
const STEP: f64 = 1.0 / 1024.0;

/// A line over a block gets at most so many points, and one for each 64th of the range that it goes through.
const MOST_OF_LINE: f64 = 4.0;

/// A parameter, and where it is.
pub struct Line {
    pub mover: Mover,
    /// What the plugin has heard last, normalised; not a number if that is not known.
    pub last: f64,
}

impl Line {
    pub fn new(mover: Mover) -> Line {
        Line { mover, last: f64::NAN }
    }

    fn push(&mut self, offset: usize, value: f64, to: &mut Vec<Event>) {
        if value != self.last && to.len() < MOST {
            self.last = value;
            let kind = EventKind::Parameter { index: self.mover.index, value };
            to.push(Event { offset: offset as u32, kind });
        }
    }

    /// Follows a line over a block: from its first frame on, or at that alone if it is to be `still`. Audio thread.
    pub fn draw(&mut self, ramp: Ramp, still: bool, to: &mut Vec<Event>) {
        let (from, end) = (self.mover.normalise(ramp.from), self.mover.normalise(ramp.to));
        self.push(0, from, to);
        let points = if still { 1.0 } else { ((end - from).abs() * 64.0).ceil().min(MOST_OF_LINE) };
        for k in 1..points as usize {
            let frame = k * BLOCK / points as usize;
            let value = self.mover.normalise(ramp.at(frame));
            self.push(frame, value, to);
        }
    }

    /// Follows a signal: jumps at their frames, what moves slowly in small steps. Audio thread.
    pub fn trace(&mut self, signal: &[f32; BLOCK], to: &mut Vec<Event>) {
        for (frame, &x) in signal.iter().enumerate() {
            let value = self.mover.normalise(x);
            let near = (value - self.last).abs() < STEP;
            // At the end of a block it has come to where it is.
            if !near || frame == BLOCK - 1 {
                self.push(frame, value, to);
            }
        }
    }
}
