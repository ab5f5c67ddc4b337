//! A lane program: units joined by wires, run over eight lanes.
//!
//! One program is one group of voices, of alike tracks, or of terms of a sum. Its audio wires stand in a
//! pool of buffers that programs of a job share; its control wires and constants in a table of ramps.

use crate::dsp::F8;
use crate::dsp::controls::Board;
use crate::dsp::unit::{Frames, Ins, Io, Meta, Mishap, Outs, Ramp8, Source, Unit};

/// Audio buffers, taken out while they are written to.
pub type Pool = Vec<Option<Box<Frames>>>;

/// A pool of `n` silent buffers.
#[must_use]
pub fn pool(n: usize) -> Pool {
    (0..n).map(|_| Some(Box::new([F8::ZERO; crate::dsp::unit::BLOCK]))).collect()
}

/// One unit and its wires.
pub struct Op {
    /// The unit.
    pub unit: Box<dyn Unit>,
    /// Where its inputs come from.
    pub ins: Vec<Source>,
    /// Where its outputs go: at most two.
    pub outs: [Option<Source>; 2],
    /// The node it was made from, for messages.
    pub node: u32,
}

/// Units in the order in which they run. Run on the audio thread.
pub struct Program {
    /// The units.
    pub ops: Vec<Op>,
    /// Constants, voice inputs and control wires.
    pub scalars: Vec<Ramp8>,
    /// One bit a lane, set where something may sound.
    pub lanes: u8,
    /// Units that run what a user has written: by operation.
    pub watched: Vec<u16>,
}

impl Program {
    /// Renders `frames` frames from `start` of the block that `meta` describes (`meta` is that range's).
    pub fn run(&mut self, pool: &mut Pool, start: usize, frames: usize, meta: &Meta) {
        for op in &mut self.ops {
            let mut buffers = [None, None];
            for (slot, out) in buffers.iter_mut().zip(&op.outs) {
                if let Some(Source::Audio(k)) = out {
                    *slot = pool[*k as usize].take();
                }
            }
            let mut ramps = [Ramp8::default(); 2];
            let ins = Ins::new(&op.ins, &self.scalars, pool, start, frames);
            let outs = Outs::new(&mut buffers, &mut ramps, start, frames);
            op.unit.process(&mut Io { ins, outs, frames, meta, lanes: self.lanes });
            for (k, out) in op.outs.iter().enumerate() {
                match out {
                    Some(Source::Audio(at)) => pool[*at as usize] = buffers[k].take(),
                    Some(Source::Scalar(at)) => self.scalars[*at as usize] = ramps[k],
                    None => {}
                }
            }
        }
    }

    /// What went wrong in a unit that a user has written since it was last asked, and its node.
    pub fn mishap(&mut self) -> Option<(u32, Mishap)> {
        let Program { ops, watched, .. } = self;
        watched.iter().find_map(|&index| {
            let op = ops.get_mut(index as usize)?;
            Some((op.node, op.unit.mishap()?))
        })
    }

    /// The lanes in which an envelope still sounds, as bits; `None` if no unit has a say.
    #[must_use]
    pub fn sounding(&self) -> Option<u8> {
        self.ops.iter().filter_map(|op| op.unit.sounding()).reduce(|a, b| a | b)
    }

    /// Joins its units to controllers. Control thread.
    pub fn connect(&mut self, board: &mut dyn Board) {
        self.ops.iter_mut().for_each(|op| op.unit.connect(board));
    }

    /// Clears the state of `lane` in every unit.
    pub fn reset(&mut self, lane: usize) {
        for op in &mut self.ops {
            op.unit.reset(lane);
        }
    }

    /// Takes the functions of the script from a program that is made alike, where theirs compute something else; what
    /// they have kept stays. Audio thread.
    pub fn take_code(&mut self, from: &mut Program) {
        for (own, other) in self.ops.iter_mut().zip(&mut from.ops) {
            if other.unit.inherit(&mut *own.unit) {
                std::mem::swap(&mut own.unit, &mut other.unit);
            }
        }
    }

    /// The longest finite tail of its units, in frames.
    #[must_use]
    pub fn tail(&self) -> usize {
        self.ops.iter().map(|op| op.unit.tail()).filter(|&t| t < usize::MAX).max().unwrap_or(0)
    }

    /// Whether some unit sounds without input.
    #[must_use]
    pub fn endless(&self) -> bool {
        self.ops.iter().any(|op| op.unit.tail() == usize::MAX)
    }

    /// Ends the move of scalar `index`: it stands where it was going.
    pub fn settle(&mut self, index: u16) {
        let scalar = &mut self.scalars[index as usize];
        scalar.from = scalar.to;
    }

    /// Sets `lane` of scalar `index` to `value`, at once.
    pub fn set(&mut self, index: u16, lane: usize, value: f32) {
        let scalar = &mut self.scalars[index as usize];
        scalar.from.0[lane] = value;
        scalar.to.0[lane] = value;
    }
}
