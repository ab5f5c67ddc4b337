//! Analysers of whole stretches of sound: its pitch, and where notes begin.

mod onset;
mod pitch;

use super::table::Kind;
use crate::dsp::unit::BLOCK;
use crate::rt::Block;

/// The kinds of this family.
pub const KINDS: &[Kind] = &[onset::KIND, pitch::KIND];

/// The last frames of the sum of the inputs, oldest first, and when they are due to be looked at.
struct Window {
    frames: Vec<f32>,
    hop: usize,
    waited: usize,
}

impl Window {
    /// The last `size` frames, looked at every `hop` (both multiples of a block).
    fn new(size: usize, hop: usize) -> Window {
        Window { frames: vec![0.0; size], hop, waited: 0 }
    }

    /// Takes a block in; whether it is time to look.
    fn push(&mut self, block: &Block) -> bool {
        let start = self.frames.len() - BLOCK;
        self.frames.copy_within(BLOCK.., 0);
        let new = &mut self.frames[start..];
        new.fill(0.0);
        for c in 0..block.ins.len() {
            for (y, x) in new.iter_mut().zip(block.ins.get(c)) {
                // What is not finite would stay in the sums for ever.
                *y += if x.is_finite() { *x } else { 0.0 };
            }
        }
        self.waited += BLOCK;
        let due = self.waited >= self.hop;
        self.waited = if due { 0 } else { self.waited };
        due
    }

    fn reset(&mut self) {
        self.frames.fill(0.0);
        self.waited = 0;
    }
}

/// The next multiple of a block.
fn blocks(frames: f64) -> usize {
    (frames.max(1.0) as usize).div_ceil(BLOCK) * BLOCK
}
