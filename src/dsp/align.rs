//! A delay of whole frames, and the adaptor that makes a unit of a pure function.

use super::lanes::one_frame;
use super::lanes::{F8, LANES};
use super::unit::{Io, Kernel, Rate, Unit, Wire};

/// Delays one wire by a fixed number of frames: latency compensation.
pub struct Align {
    ring: Vec<F8>,
    at: usize,
}

impl Align {
    /// A delay of `frames` frames.
    #[must_use]
    pub fn new(frames: usize) -> Align {
        Align { ring: vec![F8::ZERO; frames.max(1)], at: 0 }
    }
}

impl Kernel for Align {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let input = io.ins.wire(0);
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            let slot = &mut self.ring[self.at];
            *y = core::mem::replace(slot, input.at(i, io.frames));
            self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
        }
    }

    fn reset(&mut self, lane: usize) {
        self.ring.iter_mut().for_each(|x| x.0[lane] = 0.0);
    }

    fn tail(&self) -> usize {
        self.ring.len()
    }
}

/// Lets sound through until the piece ends ([`Meta::stop`](super::unit::Meta::stop)), then fades it out
/// within 10 ms: for sources that would play for ever.
pub struct UntilStop;

impl Kernel for UntilStop {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let input = io.ins.wire(0);
        let end = io.meta.frame + io.frames as u64;
        let fade = (0.01 * io.meta.rate).max(1.0);
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            *y = input.at(i, io.frames);
        }
        if end <= io.meta.stop {
            return;
        }
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            let past = (io.meta.frame + i as u64).saturating_sub(io.meta.stop) as f64;
            *y = *y * (1.0 - past / fade).max(0.0) as f32;
        }
    }
}

/// Adds any number of wires, in order.
pub struct Sum {
    /// Rate of the output.
    pub rate: Rate,
}

impl Kernel for Sum {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        if self.rate != Rate::Audio {
            let (mut from, mut to) = (F8::ZERO, F8::ZERO);
            for i in 0..io.ins.len() {
                let wire = io.ins.wire(i);
                from += wire.first();
                to += wire.last();
            }
            io.outs.ramp(0, from, to);
            return;
        }
        let out = io.outs.audio(0);
        out.fill(F8::ZERO);
        for i in 0..io.ins.len() {
            match io.ins.wire(i) {
                Wire::Audio(x) => {
                    for (y, x) in out.iter_mut().zip(x) {
                        one_frame();
                        *y += *x;
                    }
                }
                wire => {
                    let (mut x, step) = wire.line(io.frames);
                    for y in out.iter_mut() {
                        one_frame();
                        *y += x;
                        x += step;
                    }
                }
            }
        }
    }
}

/// Most arguments of a [`Pure`] function.
pub const PURE_ARGUMENTS: usize = 6;

/// A pure function of its inputs as a unit: computed per frame if one of them is audio, else once a
/// range at both ends.
pub struct Pure<F> {
    /// The function, lane by lane.
    pub function: F,
    /// Rate of the output.
    pub rate: Rate,
}

impl<F: Fn(&[F8]) -> F8 + Send> Kernel for Pure<F> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let count = io.ins.len().min(PURE_ARGUMENTS);
        let mut args = [F8::ZERO; PURE_ARGUMENTS];
        if self.rate != Rate::Audio {
            (0..count).for_each(|k| args[k] = io.ins.wire(k).first());
            let from = (self.function)(&args);
            (0..count).for_each(|k| args[k] = io.ins.wire(k).last());
            let to = (self.function)(&args);
            io.outs.ramp(0, from, to);
            return;
        }
        let out = io.outs.audio(0);
        // What nearly all maths is made of gets loops without a question per frame.
        match (count, io.ins.wire(0), io.ins.wire(count.min(2) - 1)) {
            (1 | 2, Wire::Audio(a), last) if count == 1 || matches!(last, Wire::Const(_)) => {
                args[1] = if count == 2 { last.first() } else { F8::ZERO };
                for (y, a) in out.iter_mut().zip(a) {
                    one_frame();
                    args[0] = *a;
                    *y = (self.function)(&args);
                }
                return;
            }
            (2, Wire::Audio(a), Wire::Audio(b)) => {
                for ((y, a), b) in out.iter_mut().zip(a).zip(b) {
                    one_frame();
                    (args[0], args[1]) = (*a, *b);
                    *y = (self.function)(&args);
                }
                return;
            }
            _ => {}
        }
        let mut wires = [Wire::Const(F8::ZERO); PURE_ARGUMENTS];
        (0..count).for_each(|k| wires[k] = io.ins.wire(k));
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            for (x, wire) in args[..count].iter_mut().zip(&wires) {
                *x = wire.at(i, io.frames);
            }
            *y = (self.function)(&args);
        }
    }
}

/// The unit that computes `function` at `rate`.
#[must_use]
pub fn pure(rate: Rate, function: impl Fn(&[F8]) -> F8 + Send + 'static) -> Box<dyn Unit> {
    Box::new(Pure { function, rate })
}

/// Evaluates a pure function of constants, for folding.
#[must_use]
pub fn fold(function: fn(&[F8]) -> F8, args: &[f64]) -> f64 {
    let args: Vec<F8> = args.iter().map(|&x| F8::splat(x as f32)).collect();
    debug_assert!(args.len() <= PURE_ARGUMENTS && LANES == 8);
    f64::from(function(&args).0[0])
}
