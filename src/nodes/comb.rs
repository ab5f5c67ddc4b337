//! A comb filter: a tuned feedback delay, as of a string or a tube.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::ring::Ring;
use crate::dsp::unit::{Io, Kernel, UnitCx};

const LOWEST: f64 = 16.0;

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "comb",
    aliases: &[],
    class: Class::Effect,
    summary: "Resonates at a frequency and its multiples.",
    details: "Feedback comb with a one-pole low-pass in the loop (J. Smith, \"Physical Audio Signal \
              Processing\", the Karplus-Strong string); the delay is read between frames by third-order \
              Lagrange interpolation, and the delay of the low-pass is tuned out.",
    ports: Ports::Each,
    params: &[
        Param::number("freq", "Hz", (LOWEST, 10_000.0), 220.0, "Lowest resonance.").exponential(),
        Param::number(
            "feedback",
            "ratio",
            (-0.999, 0.999),
            0.9,
            "Strength; negative gives odd multiples.",
        ),
        Param::number("damp", "ratio", (0.0, 0.99), 0.2, "How fast the treble dies."),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| Box::new(Comb::new(cx))),
    example: "track(\"a\", dust(4) |> comb(220, 0.97, 0.3))",
}];

struct Comb {
    rings: Vec<Ring>,
    low: [f32; LANES],
    rate: f32,
}

impl Comb {
    fn new(cx: &UnitCx) -> Comb {
        let longest = (cx.rate / LOWEST) as usize + 1;
        let lanes = cx.lanes.clamp(1, LANES);
        let rings = (0..lanes).map(|_| Ring::new(longest)).collect();
        Comb { rings, low: [0.0; LANES], rate: cx.rate as f32 }
    }
}

impl Kernel for Comb {
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, freq) = (io.ins.wire(0), io.ins.wire(1));
        let (feedback, damp) = (io.ins.wire(2), io.ins.wire(3));
        let out = io.outs.audio(0);
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            let (x, f) = (x.at(i, n), freq.at(i, n).max(LOWEST as f32));
            let (g, d) = (feedback.at(i, n).clamp(-0.999, 0.999), damp.at(i, n).clamp(0.0, 0.99));
            // One frame for the loop's own delay; d / (1 - d) is that of the low-pass at low frequencies.
            let delay = F8::splat(self.rate) / f - d / (F8::ONE - d) - 1.0;
            *y = F8::ZERO;
            for (lane, ring) in self.rings.iter_mut().enumerate() {
                let echo = ring.read(delay.0[lane]);
                self.low[lane] = echo + (self.low[lane] - echo) * d.0[lane];
                let sum = x.0[lane] + self.low[lane] * g.0[lane];
                let sum = if sum.abs() < 1e-20 { 0.0 } else { sum };
                ring.push(sum);
                y.0[lane] = sum;
            }
        }
    }

    fn reset(&mut self, lane: usize) {
        if let Some(ring) = self.rings.get_mut(lane) {
            ring.clear();
        }
        self.low[lane] = 0.0;
    }

    fn tail(&self) -> usize {
        // A feedback of 0.999 at 16 Hz takes 6900 turns to fall by 60 dB: as good as endless.
        usize::MAX
    }
}
