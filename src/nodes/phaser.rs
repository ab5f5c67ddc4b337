//! The phaser: a chain of all-pass filters that sweeps notches through the spectrum.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::unit::{Io, Kernel};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "phaser",
    aliases: &[],
    class: Class::Effect,
    summary: "Sweeps three notches through the spectrum.",
    details: "Six first-order all-pass filters with feedback (J. Smith, \"Physical Audio Signal \
              Processing\", phasing), swept between 200 Hz and 4 kHz in even ratios; right moves a quarter \
              cycle after left.",
    ports: Ports::Stereo,
    params: &[
        Param::number("rate", "Hz", (0.0, 20.0), 0.3, "Cycles in a second.").exponential(),
        Param::number("depth", "ratio", (0.0, 1.0), 0.8, "How far it sweeps."),
        Param::number("feedback", "ratio", (-0.95, 0.95), 0.4, "Sharpness of the notches."),
        Param::number("mix", "ratio", (0.0, 1.0), 0.5, "0 only the input, 1 only the effect."),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| {
        Box::new(Phaser {
            sides: [Side::default(); 2],
            phase: Phase8::default(),
            rate: cx.rate as f32,
        })
    }),
    example: "track(\"a\", saw(110) * 0.2 |> phaser(0.4))",
}];

const STAGES: usize = 6;

#[derive(Clone, Copy, Default)]
struct Side {
    states: [F8; STAGES],
    last: F8,
}

struct Phaser {
    sides: [Side; 2],
    phase: Phase8,
    rate: f32,
}

impl Phaser {
    /// The all-pass coefficient g / (1 + g) for a place in the sweep.
    #[inline(always)]
    fn coefficient(&self, phase: Phase8, depth: F8) -> F8 {
        // 894 Hz in the middle, 2.16 octaves either way.
        let hz = (phase.sin() * depth.clamp(0.0, 1.0) * 2.16).exp2() * 894.4;
        let g = (hz * (1.0 / self.rate)).tan_pi();
        g / (g + 1.0)
    }
}

impl Side {
    #[inline(always)]
    fn next(&mut self, x: F8, g: F8, feedback: F8) -> F8 {
        let mut y = x + self.last * feedback;
        for s in &mut self.states {
            let v = (y - *s) * g;
            let low = v + *s;
            *s = low + v;
            y = low * 2.0 - y;
        }
        self.last = y;
        y
    }
}

impl Kernel for Phaser {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let wire = |i: usize| io.ins.wire(i);
        let (a, b, rate, depth) = (wire(0), wire(1), wire(2), wire(3));
        let (feedback, mix) = (wire(4), wire(5));
        // The sweep is slow: its coefficients move in straight lines over the range.
        let quarter = Phase8([0x4000_0000; LANES]);
        let cycles = (rate.first() + rate.last()).clamp(0.0, 40.0) * (0.5 / self.rate);
        let end = self.phase.plus(Phase8::from_cycles(cycles * n as f32));
        let mut g =
            [self.phase, self.phase.plus(quarter)].map(|p| self.coefficient(p, depth.first()));
        let to = [end, end.plus(quarter)].map(|p| self.coefficient(p, depth.last()));
        let step = [(to[0] - g[0]) * (1.0 / n as f32), (to[1] - g[1]) * (1.0 / n as f32)];
        let (left, right) = io.outs.stereo();
        for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
            one_frame();
            let feedback = feedback.at(i, n).clamp(-0.95, 0.95);
            let mix = mix.at(i, n).clamp(0.0, 1.0);
            for (side, (y, x)) in [(l, a.at(i, n)), (r, b.at(i, n))].into_iter().enumerate() {
                let wet = self.sides[side].next(x, g[side], feedback);
                *y = x + (wet - x) * mix;
                g[side] += step[side];
            }
        }
        self.phase = end;
        for side in &mut self.sides {
            side.states = side.states.map(F8::flushed);
            side.last = side.last.flushed();
        }
    }

    fn reset(&mut self, lane: usize) {
        for side in &mut self.sides {
            side.states.iter_mut().for_each(|s| s.0[lane] = 0.0);
            side.last.0[lane] = 0.0;
        }
        self.phase.0[lane] = 0;
    }

    fn tail(&self) -> usize {
        self.rate as usize
    }
}
