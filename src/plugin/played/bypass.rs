//! What is heard where a plugin should be and does not answer: what goes in, as late as the plugin was.

use super::Joined;
use crate::dsp::unit::BLOCK;
use crate::rt::Block;

/// The dry sound of a channel, held back by the latency of the plugin.
struct Dry {
    ring: Box<[f32]>,
    at: usize,
    now: [f32; BLOCK],
}

impl Dry {
    fn feed(&mut self, input: &[f32; BLOCK]) {
        if self.ring.is_empty() {
            self.now = *input;
            return;
        }
        for (now, x) in self.now.iter_mut().zip(input) {
            *now = std::mem::replace(&mut self.ring[self.at], *x);
            self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
        }
    }
}

/// Dry sound for each output, and fades of one block between it and the plugin.
pub struct Bypass {
    dry: Box<[Dry]>,
    /// Inputs that are heard dry.
    inputs: usize,
    /// The last frame of each output.
    last: Box<[f32]>,
    /// The plugin did not play in the last block.
    on: bool,
}

impl Bypass {
    /// For a plugin that is so many frames late; one without input is silent.
    pub fn new(joined: Joined, latency: usize) -> Bypass {
        let inputs = joined.input.min(joined.output);
        let dry = |_| Dry { ring: vec![0.0; latency].into(), at: 0, now: [0.0; BLOCK] };
        Bypass {
            dry: (0..inputs).map(dry).collect(),
            inputs: joined.input,
            last: vec![0.0; joined.output].into(),
            on: false,
        }
    }

    /// Leaves what the plugin has put out as it is if it `plays`, or puts the dry sound in its place, without a click
    /// between the two. Audio thread.
    pub fn settle(&mut self, block: &mut Block, plays: bool) {
        for (c, dry) in self.dry.iter_mut().enumerate() {
            dry.feed(block.ins.get(c % self.inputs.max(1)));
        }
        let (was, is) = (self.on, !plays);
        self.on = is;
        const SILENCE: &[f32; BLOCK] = &[0.0; BLOCK];
        for (c, (out, last)) in block.outs.iter_mut().zip(&mut self.last).enumerate() {
            let dry = if self.dry.is_empty() { SILENCE } else { &self.dry[c % self.dry.len()].now };
            let step = |i: usize| (i + 1) as f32 / BLOCK as f32;
            match (was, is) {
                (false, false) => {}
                (true, true) => out.0 = *dry,
                (false, true) => {
                    // The plugin's sound has broken off: its last frame is led away.
                    for (i, (y, x)) in out.0.iter_mut().zip(dry).enumerate() {
                        *y = *last + (x - *last) * step(i);
                    }
                }
                (true, false) => {
                    for (i, (y, x)) in out.0.iter_mut().zip(dry).enumerate() {
                        *y = x + (*y - x) * step(i);
                    }
                }
            }
            let end = out.0[BLOCK - 1];
            *last = if end.is_finite() { end } else { 0.0 };
        }
    }

    /// Goes on like one that is joined alike. Audio thread.
    pub fn copy(&mut self, before: &Bypass) {
        for (dry, old) in self.dry.iter_mut().zip(&before.dry) {
            dry.ring.copy_from_slice(&old.ring);
            dry.at = old.at;
        }
        self.last.copy_from_slice(&before.last);
        self.on = before.on;
    }

    /// Forgets the sound.
    pub fn reset(&mut self) {
        for dry in &mut self.dry {
            dry.ring.fill(0.0);
        }
        self.last.fill(0.0);
    }
}
