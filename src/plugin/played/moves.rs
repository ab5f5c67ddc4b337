//! Parameters that move along the piece, whenever its frames are played.

use crate::dsp::unit::{BLOCK, Meta};
use crate::plugin::event::MOST;
use crate::plugin::{Event, EventKind};

/// The points of an automation by their frames, and the next of them.
pub struct Moves {
    /// Frame of the piece, parameter, normalised value.
    points: Box<[(u64, u32, f64)]>,
    next: usize,
    /// The frame at which the next block is due.
    due: i64,
}

impl Moves {
    pub fn new(points: Vec<(u64, u32, f64)>) -> Moves {
        Moves { points: points.into(), next: 0, due: i64::MIN }
    }

    /// Writes the points of a block, in order of their frames. Audio thread.
    pub fn write(&mut self, meta: &Meta, to: &mut Vec<Event>) {
        if self.points.is_empty() {
            return;
        }
        let start = (meta.seconds * meta.rate).round() as i64;
        if start != self.due {
            // The music has begun, or jumped: what stands before is as it was.
            self.next = self.points.partition_point(|p| (p.0 as i64) < start);
        }
        self.due = start + BLOCK as i64;
        while let Some(&(frame, index, value)) = self.points.get(self.next)
            && (frame as i64) < self.due
        {
            self.next += 1;
            if to.len() < MOST {
                let offset = (frame as i64 - start).max(0) as u32;
                to.push(Event { offset, kind: EventKind::Parameter { index, value } });
            }
        }
    }
}
