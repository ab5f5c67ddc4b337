//! Effects that are driven by a clock of their own: ring modulation, tremolo, and bit crushing.

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::unit::{Io, Kernel, UnitCx};

const EFFECT: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Effect,
    summary: "",
    details: "",
    ports: Ports::Each,
    params: &[],
    rate: OutRate::Audio,
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "ring_mod",
        summary: "Multiplies by a sine: sums and differences of frequencies, as of bells.",
        params: &[Param::number("freq", "Hz", (0.0, 20_000.0), 440.0, "Frequency of the sine.")
            .exponential()],
        make: Make::Unit(|cx| Box::new(RingMod { phase: Phase8::default(), scale: scale(cx) })),
        example: "track(\"a\", sine(220) * 0.2 |> ring_mod(313))",
        ..EFFECT
    },
    Kind {
        name: "tremolo",
        summary: "Moves the level up and down.",
        details: "The level moves between 1 and 1 - depth, from 1 down first.",
        params: &[
            Param::number("rate", "Hz", (0.0, 100.0), 5.0, "Cycles in a second.").exponential(),
            Param::number("depth", "ratio", (0.0, 1.0), 0.5, "0 none, 1 down to silence."),
            Param::other(
                "shape",
                ParamKind::Choice(&["sine", "tri", "square"]),
                "sine",
                "Course of the level; the square has edges of 5 % of the cycle, lest it clicks.",
            ),
        ],
        make: Make::Unit(|cx| {
            // The square is a triangle, made steep and clipped.
            let (sine, steep) = match cx.settings.text("shape") {
                "tri" => (false, 1.0),
                "square" => (false, 10.0),
                _ => (true, 1.0),
            };
            Box::new(Tremolo { phase: Phase8::default(), scale: scale(cx), sine, steep })
        }),
        example: "track(\"a\", saw(110) * 0.2 |> tremolo(6, 0.8))",
        ..EFFECT
    },
    Kind {
        name: "bitcrush",
        summary: "Lowers the resolution: fewer bits, fewer frames a second.",
        details: "Rounds to 2^bits steps between -1 and 1, and holds each frame `downsample` frames long.",
        params: &[
            Param::number("bits", "bits", (1.0, 24.0), 8.0, "Bits a frame; fractions too."),
            Param::number(
                "downsample",
                "ratio",
                (1.0, 512.0),
                1.0,
                "Frames for which one is held.",
            )
            .exponential(),
        ],
        make: Make::Unit(|_| Box::new(Crush { phase: Phase8::default(), held: F8::ZERO })),
        example: "track(\"a\", saw(110) * 0.3 |> bitcrush(6, 8))",
        ..EFFECT
    },
];

fn scale(cx: &UnitCx) -> f32 {
    (1.0 / cx.rate) as f32
}

struct RingMod {
    phase: Phase8,
    scale: f32,
}

impl Kernel for RingMod {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, freq) = (io.ins.wire(0), io.ins.wire(1));
        let mut phase = self.phase;
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            *y = x.at(i, n) * phase.sin();
            phase = phase.plus(Phase8::from_cycles(freq.at(i, n) * self.scale));
        }
        self.phase = phase;
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = 0;
    }
}

struct Tremolo {
    phase: Phase8,
    scale: f32,
    sine: bool,
    steep: f32,
}

impl Kernel for Tremolo {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, rate, depth) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let mut phase = self.phase;
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            // 1 at phase 0, -1 half a cycle later.
            let wave = if self.sine {
                let half_turn = phase.half_cycles();
                (F8::splat(0.5) - half_turn.abs()).sin_quarter()
            } else {
                ((F8::ONE - phase.half_cycles().abs() * 2.0) * self.steep).clamp(-1.0, 1.0)
            };
            let down = (F8::ONE - wave) * 0.5 * depth.at(i, n).clamp(0.0, 1.0);
            *y = x.at(i, n) * (F8::ONE - down);
            phase = phase.plus(Phase8::from_cycles(rate.at(i, n) * self.scale));
        }
        self.phase = phase;
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = 0;
    }
}

struct Crush {
    phase: Phase8,
    held: F8,
}

impl Kernel for Crush {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let (x, bits, hold) = (io.ins.wire(0), io.ins.wire(1), io.ins.wire(2));
        let (mut phase, mut held) = (self.phase, self.held);
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            let steps = (bits.at(i, n).clamp(1.0, 24.0) - 1.0).exp2();
            let hold = hold.at(i, n).clamp(1.0, 512.0);
            let step = Phase8::from_cycles(F8::ONE / hold);
            // At 1 every frame is new; a step of a whole cycle cannot be told from none.
            let new = phase.before(step);
            let fresh = hold.lt(1.001).select(F8::ONE, new.select(F8::ONE, F8::ZERO)).gt(0.5);
            held = fresh.select(x.at(i, n), held);
            *y = (held.clamp(-4.0, 4.0) * steps).round() / steps;
            phase = phase.plus(step);
        }
        (self.phase, self.held) = (phase, held);
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = 0;
        self.held.0[lane] = 0.0;
    }
}
