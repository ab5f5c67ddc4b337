//! Fades between the music before an edit and the music after it.

use super::lanes::F8;
use super::unit::{Io, Kernel, Rate, Wire};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a [`Fade`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// From its first input to its second, for two versions of one sound: the gains add up to 1.
    Cross,
    /// From its first input to its second with equal power, for two different sounds.
    Power,
    /// Its input comes in.
    In,
    /// Its input goes out.
    Out,
}

/// A fade that begins at an absolute frame. Before it and after it, it is transparent to the bit.
pub struct Fade {
    /// What it does.
    pub shape: Shape,
    /// Rate of the output.
    pub rate: Rate,
    /// The first frame of the fade; set by the control side before the fade is heard.
    pub start: Arc<AtomicU64>,
    /// Its length.
    pub frames: u32,
}

impl Fade {
    /// The value `past` frames after the start.
    #[inline(always)]
    fn mix(&self, old: F8, new: F8, past: f64) -> F8 {
        let t = past / f64::from(self.frames.max(1));
        if t <= 0.0 {
            return if self.shape == Shape::In { F8::ZERO } else { old };
        }
        if t >= 1.0 {
            return match self.shape {
                Shape::In => old,
                Shape::Out => F8::ZERO,
                Shape::Cross | Shape::Power => new,
            };
        }
        // Without corners: 3 t^2 - 2 t^3.
        let t = (t * t * (3.0 - 2.0 * t)) as f32;
        match self.shape {
            Shape::In => old * t,
            Shape::Out => old * (1.0 - t),
            Shape::Cross => old * (1.0 - t) + new * t,
            // The squares of the two gains add up to 1.
            Shape::Power => old * (1.0 - t).sqrt() + new * t.sqrt(),
        }
    }
}

impl Kernel for Fade {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let start = self.start.load(Ordering::Relaxed);
        let past = |i: usize| (io.meta.frame + i as u64) as f64 - start as f64;
        let old = io.ins.wire(0);
        let new = if io.ins.len() > 1 { io.ins.wire(1) } else { Wire::Const(F8::ZERO) };
        if self.rate != Rate::Audio {
            let from = self.mix(old.first(), new.first(), past(0));
            let to = self.mix(old.last(), new.last(), past(io.frames));
            io.outs.ramp(0, from, to);
            return;
        }
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            *y = self.mix(old.at(i, io.frames), new.at(i, io.frames), past(i));
        }
    }
}
