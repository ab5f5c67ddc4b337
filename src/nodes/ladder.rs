//! The transistor ladder: a 24 dB/octave low-pass filter that saturates and sings.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::{Io, Kernel, Ramp8, Wire};
use crate::dsp::values::{Any, Held, Line, Stream, Values};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "ladder",
    aliases: &["moog"],
    class: Class::Effect,
    summary: "A 24 dB/octave low-pass filter with a saturating resonance that can sing by itself.",
    details: "Four one-pole filters with zero-delay feedback and a tanh where the feedback joins: \
              V. Zavalishin, \"The Art of VA Filter Design\", chapter 5; the feedback is solved for the \
              linear ladder, then bent. Resonance 1 is a little above self-oscillation (a gain of 4.2).",
    ports: Ports::Each,
    params: &[
        Param::number("cutoff", "Hz", (10.0, 20_000.0), 1000.0, "Corner frequency.").exponential(),
        Param::number(
            "resonance",
            "ratio",
            (0.0, 1.0),
            0.3,
            "0 none, 0.95 and above: it oscillates.",
        ),
        Param::number("drive", "ratio", (0.01, 100.0), 1.0, "Gain into the saturating input.")
            .exponential(),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| {
        Box::new(Ladder { states: [F8::ZERO; 4], scale: (1.0 / cx.rate) as f32 })
    }),
    example: "track(\"a\", saw(55) * 0.3 |> ladder(lfo(\"sine\", 0.25).exp_range(200, 3000), 0.7))",
}];

struct Ladder {
    states: [F8; 4],
    scale: f32,
}

impl Ladder {
    #[inline(always)]
    fn coefficient(cutoff: F8, scale: f32) -> F8 {
        let g = (cutoff * scale).clamp(1e-5, 0.49).tan_pi();
        g / (g + 1.0)
    }

    #[inline(always)]
    fn filter(
        &mut self,
        x: impl Values,
        g: impl Values,
        resonance: impl Values,
        drive: impl Values,
        out: &mut [F8],
    ) {
        let [mut s0, mut s1, mut s2, mut s3] = self.states;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            let g = g.at(i);
            let k = resonance.at(i).clamp(0.0, 1.0) * 4.2;
            let x = x.at(i) * drive.at(i).clamp(0.01, 100.0);
            // What the output would be without input: y = g^4 u + rest.
            let keep = F8::ONE - g;
            let g2 = g * g;
            let rest = (((s0 * g + s1) * g + s2) * g + s3) * keep;
            let u = ((x - k * rest) / (k * (g2 * g2) + 1.0)).tanh();
            let v0 = (u - s0) * g;
            let y0 = v0 + s0;
            s0 = y0 + v0;
            let v1 = (y0 - s1) * g;
            let y1 = v1 + s1;
            s1 = y1 + v1;
            let v2 = (y1 - s2) * g;
            let y2 = v2 + s2;
            s2 = y2 + v2;
            let v3 = (y2 - s3) * g;
            let y3 = v3 + s3;
            s3 = y3 + v3;
            *y = y3;
        }
        self.states = [s0.flushed(), s1.flushed(), s2.flushed(), s3.flushed()];
    }
}

/// The coefficient of a cutoff that moves frame by frame.
#[derive(Clone, Copy)]
struct Moving<'a>(&'a [F8], f32);

impl Values for Moving<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> F8 {
        Ladder::coefficient(self.0[i], self.1)
    }
}

impl Kernel for Ladder {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let wire = |i: usize| io.ins.wire(i);
        let (x, cutoff, resonance, drive) = (wire(0), wire(1), wire(2), wire(3));
        let out = io.outs.audio(0);
        if let Wire::Audio(cutoff) = cutoff {
            let g = Moving(cutoff, self.scale);
            self.filter(Any(x, n), g, Any(resonance, n), Any(drive, n), out);
            return;
        }
        let g = Line::new(
            &Ramp8 {
                from: Ladder::coefficient(cutoff.first(), self.scale),
                to: Ladder::coefficient(cutoff.last(), self.scale),
            },
            n,
        );
        match (x, resonance, drive) {
            (Wire::Audio(x), Wire::Const(r), Wire::Const(d)) => {
                self.filter(Stream(x), g, Held(r), Held(d), out);
            }
            (x, r, d) => self.filter(Any(x, n), g, Any(r, n), Any(d, n), out),
        }
    }

    fn reset(&mut self, lane: usize) {
        for s in &mut self.states {
            s.0[lane] = 0.0;
        }
    }
}
