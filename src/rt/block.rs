//! One block of 64 frames as a processor sees it.

use super::event::Event;
use crate::dsp::unit::{BLOCK, Meta};
use crate::dsp::wide;

/// One channel of one block, on its own cache lines.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Buffer(pub [f32; BLOCK]);

impl Buffer {
    /// Silence.
    pub const SILENCE: Buffer = Buffer([0.0; BLOCK]);

    /// Largest magnitude; infinite if a frame is not finite.
    #[must_use]
    pub fn peak(&self) -> f32 {
        let mut bits = 0;
        wide::fold_bits(&mut bits, &self.0);
        if bits >= 0x7f80_0000 { f32::INFINITY } else { f32::from_bits(bits as u32) }
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer::SILENCE
    }
}

/// A straight line over a block: the value at its first frame and just after its last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp {
    /// Value at the first frame.
    pub from: f32,
    /// Value just after the last frame.
    pub to: f32,
}

impl Ramp {
    /// A value that does not move.
    #[must_use]
    pub const fn constant(x: f32) -> Ramp {
        Ramp { from: x, to: x }
    }

    /// The value at frame `i` of the block.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, i: usize) -> f32 {
        self.from + (self.to - self.from) * (i as f32 * (1.0 / BLOCK as f32))
    }
}

/// The audio inputs of a processor, one buffer a channel.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    ids: &'a [u16],
    pool: &'a [Option<Box<Buffer>>],
}

impl<'a> Inputs<'a> {
    /// Joins buffer numbers to the pool they stand in.
    #[must_use]
    pub fn new(ids: &'a [u16], pool: &'a [Option<Box<Buffer>>]) -> Inputs<'a> {
        Inputs { ids, pool }
    }

    /// Channel `i`; silence if there is no such channel.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, i: usize) -> &'a [f32; BLOCK] {
        const SILENCE: &Buffer = &Buffer::SILENCE;
        let buffer = self.ids.get(i).and_then(|&id| self.pool[id as usize].as_deref());
        &buffer.unwrap_or(SILENCE).0
    }

    /// Number of channels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no channel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// What a processor is called with: 64 frames of everything it is joined to.
pub struct Block<'a> {
    /// Audio in, channels x 64 frames.
    pub ins: Inputs<'a>,
    /// Audio out, channels x 64 frames; holds old samples, so every frame must be written.
    pub outs: &'a mut [Box<Buffer>],
    /// Events for this processor in order of their offsets.
    pub events: &'a [Event],
    /// One line for each numeric parameter, in the order of the node's table.
    pub params: &'a [Ramp],
    /// Time and tempo.
    pub meta: &'a Meta,
}
