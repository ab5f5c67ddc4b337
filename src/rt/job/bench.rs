//! What the tasks of a job work on: buffers of sound, and control lines.

use crate::rt::block::{Buffer, Ramp};
use crate::rt::update::Constant;

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
    pub(in crate::rt) fn adopt(&mut self, old: &Lines, constant: Constant) {
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
    pub(super) fn settle(&mut self) {
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

    pub(super) fn silence(&mut self, id: u16) {
        if !self.silent[id as usize] {
            if let Some(buffer) = &mut self.buffers[id as usize] {
                **buffer = Buffer::SILENCE;
            }
            self.silent[id as usize] = true;
        }
    }
}
