//! State-variable filters with zero-delay feedback: low-pass, high-pass, band-pass, notch, ...

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::unit::{Io, Unit, Wire};

const CUTOFF: Param =
    Param::number("cutoff", "Hz", (10.0, 20_000.0), 1000.0, "Corner frequency.").exponential();
const Q: Param =
    Param::number("q", "ratio", (0.1, 100.0), 0.707, "Resonance; 0.707 is flat.").exponential();

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "lowpass",
    aliases: &["lpf"],
    class: Class::Effect,
    summary: "A 12 dB/octave low-pass filter.",
    details: "Topology-preserving transform of the analogue state-variable filter: A. Simper, \
              \"Linear Trapezoidal Integrated SVF\", Cytomic 2013.",
    ports: Ports::Each,
    params: &[CUTOFF, Q],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| {
        Box::new(LowPass { s1: F8::ZERO, s2: F8::ZERO, scale: 1.0 / cx.rate as f32 })
    }),
    example: "track(\"a\", saw(110) |> lowpass(800, 0.9))",
}];

struct LowPass {
    s1: F8,
    s2: F8,
    scale: f32,
}

impl LowPass {
    #[inline(always)]
    fn coefficients(&self, cutoff: F8, q: F8) -> (F8, F8, F8) {
        let g = (cutoff * self.scale).tan_pi();
        let a1 = F8::ONE / (g * (g + F8::ONE / q.max(0.05)) + 1.0);
        let a2 = g * a1;
        (a1, a2, g * a2)
    }
}

impl Unit for LowPass {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (input, cutoff, q) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let out = io.outs.audio(0);
        let (mut s1, mut s2) = (self.s1, self.s2);
        let audio = matches!(cutoff, Wire::Audio(_)) || matches!(q, Wire::Audio(_));
        // Coefficients once a range and in a straight line between, unless the modulator is audio.
        let (mut a1, mut a2, mut a3) = self.coefficients(cutoff.first(), q.first());
        let (b1, b2, b3) = self.coefficients(cutoff.last(), q.last());
        let per = 1.0 / n as f32;
        let (d1, d2, d3) = ((b1 - a1) * per, (b2 - a2) * per, (b3 - a3) * per);
        for (i, y) in out.iter_mut().enumerate() {
            if audio {
                (a1, a2, a3) = self.coefficients(cutoff.at(i, n), q.at(i, n));
            }
            let v3 = input.at(i, n) - s2;
            let v1 = a1 * s1 + a2 * v3;
            let v2 = s2 + a2 * s1 + a3 * v3;
            s1 = v1 + v1 - s1;
            s2 = v2 + v2 - s2;
            *y = v2;
            if !audio {
                (a1, a2, a3) = (a1 + d1, a2 + d2, a3 + d3);
            }
        }
        (self.s1, self.s2) = (s1, s2);
    }

    fn reset(&mut self, lane: usize) {
        self.s1.0[lane] = 0.0;
        self.s2.0[lane] = 0.0;
    }
}
