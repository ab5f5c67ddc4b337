//! The sine: a polynomial of the phase, and for whole blocks of a fixed frequency rotations.

use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::unit::{BLOCK, Io, Kernel, UnitCx, Wire};
use crate::dsp::values::{Held, Values, by_rate};

/// Frames that are made from one sine and cosine.
const SPAN: usize = 8;
/// Spans before sine and cosine are made anew from the phase, so that errors do not add up.
const SPANS: usize = 4;

/// Eight sines.
pub(super) struct Sine {
    phase: Phase8,
    scale: f32,
    turns: Turns,
}

/// Sine and cosine of 1 to [`SPAN`] frames of a frequency.
struct Turns {
    /// The frequency as a step of the phase.
    step: Phase8,
    sin: [F8; SPAN],
    cos: [F8; SPAN],
}

const QUARTER: Phase8 = Phase8([0x4000_0000; 8]);

impl Turns {
    #[inline(always)]
    fn new(step: Phase8) -> Turns {
        let mut turns = Turns { step, sin: [F8::ZERO; SPAN], cos: [F8::ZERO; SPAN] };
        let mut phase = step;
        for i in 0..SPAN {
            (turns.sin[i], turns.cos[i]) = (phase.sin(), phase.plus(QUARTER).sin());
            phase = phase.plus(step);
        }
        turns
    }
}

impl Sine {
    pub fn new(cx: &UnitCx) -> Sine {
        let turns = Turns::new(Phase8::default());
        Sine { phase: Phase8::default(), scale: (1.0 / cx.rate) as f32, turns }
    }

    /// A whole block of a fixed frequency: sin(a + b) = sin a cos b + cos a sin b.
    #[inline(always)]
    fn fixed(&mut self, step: Phase8, offset: Phase8, out: &mut [F8]) {
        if self.turns.step != step {
            self.turns = Turns::new(step);
        }
        let Turns { sin, cos, .. } = &self.turns;
        for long in out.chunks_exact_mut(SPAN * SPANS) {
            let phase = self.phase.plus(offset);
            let (mut s, mut c) = (phase.sin(), phase.plus(QUARTER).sin());
            for short in long.chunks_exact_mut(SPAN) {
                one_frame();
                short[0] = s;
                for i in 1..SPAN {
                    short[i] = s * cos[i - 1] + c * sin[i - 1];
                }
                let next = s * cos[SPAN - 1] + c * sin[SPAN - 1];
                c = c * cos[SPAN - 1] - s * sin[SPAN - 1];
                s = next;
            }
            for (phase, step) in self.phase.0.iter_mut().zip(step.0) {
                *phase = phase.wrapping_add(step.wrapping_mul((SPAN * SPANS) as u32));
            }
        }
    }

    #[inline(always)]
    fn moving(&mut self, freq: impl Values, offset: impl Values, out: &mut [F8]) {
        let mut phase = self.phase;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            *y = (phase.half_cycles() * 0.5 + offset.at(i)).sin_cycles();
            phase = phase.plus(Phase8::from_cycles(freq.at(i) * self.scale));
        }
        self.phase = phase;
    }
}

impl Kernel for Sine {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (freq, offset) = (io.ins.wire(0), io.ins.wire(1));
        let out = io.outs.audio(0);
        let (Wire::Const(f), Wire::Const(o)) = (freq, offset) else {
            match offset {
                Wire::Const(o) => by_rate!(freq, n, f => self.moving(f, Held(o), out)),
                _ => by_rate!(freq, n, f => by_rate!(offset, n, o => self.moving(f, o, out))),
            }
            return;
        };
        let step = Phase8::from_cycles(f * self.scale);
        let offset = Phase8::from_cycles(o - o.round());
        if out.len() == BLOCK {
            self.fixed(step, offset, out);
            return;
        }
        for y in out.iter_mut() {
            one_frame();
            *y = self.phase.plus(offset).sin();
            self.phase = self.phase.plus(step);
        }
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = 0;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
