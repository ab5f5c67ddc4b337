//! Slow periodic and random control signals: functions of musical time alone.

use super::table::{Class, Curve, Kind, Make, OutRate, Param, ParamKind, Ports};
use crate::dsp::F8;
use crate::dsp::clock::{Clock, Time};
use crate::dsp::lanes::LANES;
use crate::dsp::random::at_index;
use crate::dsp::unit::{Io, Kernel, UnitCx};

/// The shapes of an lfo.
pub(super) const SHAPES: &[&str] =
    &["sine", "cosine", "tri", "saw", "ramp", "isaw", "square", "random", "smooth"];

const SHAPE: Param = Param::other(
    "shape",
    ParamKind::Choice(SHAPES),
    "sine",
    "sine (from 0.5 up), cosine (from 1), tri (from 0 up), saw or ramp (rise), isaw (falls), square (1 \
     first), random (a value a cycle), smooth (between random values).",
);
const PHASE: Param = Param::number("phase", "cycles", (0.0, 1.0), 0.0, "Phase at the start.");
const BEATS: Param = Param {
    name: "rate",
    kind: ParamKind::Number,
    unit: "cycles/beat",
    range: (0.0, 64.0),
    default: 0.25,
    text: "",
    curve: Curve::Exponential,
    doc: "Cycles in a beat: 0.25 is one cycle in a bar of four.",
};
const DETAILS: &str = "Moves in 0..1 (see range and exp_range). A function of the beat alone: its phase is \
                       exact at every beat, wherever playing begins, as long as its rate does not move. \
                       Straight lines between the ends of each block of 64 frames.";

const SIGNAL: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Control,
    summary: "",
    details: DETAILS,
    ports: Ports::Source(1),
    params: &[],
    rate: OutRate::Control,
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "lfo",
        summary: "A periodic control signal 0..1, in cycles per beat.",
        params: &[SHAPE, BEATS, PHASE],
        make: Make::Unit(|cx| Box::new(Lfo::new(cx, cx.settings.text("shape"), Time::Beats, 1))),
        example: "track(\"a\", saw(110) |> lowpass(lfo(\"sine\", 1.0 / 8).range(300, 3000)))",
        ..SIGNAL
    },
    Kind {
        name: "lfo_hz",
        summary: "A periodic control signal 0..1, in hertz.",
        details: "As lfo, but a function of the seconds since the start.",
        params: &[
            SHAPE,
            Param::number("freq", "Hz", (0.0, 100.0), 1.0, "Cycles in a second.").exponential(),
            PHASE,
        ],
        make: Make::Unit(|cx| Box::new(Lfo::new(cx, cx.settings.text("shape"), Time::Seconds, 1))),
        example: "track(\"a\", saw(110) |> gain(lfo_hz(\"tri\", 3)))",
        ..SIGNAL
    },
    Kind {
        name: "random",
        summary: "A control signal that jumps to a random value in 0..1, `rate` times a beat.",
        params: &[BEATS],
        make: Make::Unit(|cx| Box::new(Lfo::new(cx, "random", Time::Beats, 0))),
        example: "track(\"a\", sine(random(2).range(200, 800)) * 0.2)",
        ..SIGNAL
    },
    Kind {
        name: "perlin",
        summary: "A control signal that wanders smoothly in 0..1, towards a new value `rate` times a beat.",
        details: "Value noise with the fifth-degree fade of K. Perlin, \"Improving Noise\", SIGGRAPH 2002. \
                  A function of the beat and the seed alone.",
        params: &[BEATS],
        make: Make::Unit(|cx| Box::new(Lfo::new(cx, "smooth", Time::Beats, 0))),
        example: "track(\"a\", saw(110) |> lowpass(perlin(1).range(300, 3000)))",
        ..SIGNAL
    },
];

struct Lfo {
    shape: &'static str,
    clock: Clock,
    /// Wires after the rate's: 1 if there is a phase.
    phases: usize,
    seeds: [u64; LANES],
}

/// Largest integer not above `x`, for |x| < 2^63: an instruction or two, where `libm` asks for the bits.
#[inline(always)]
fn floor(x: f64) -> f64 {
    let whole = x as i64 as f64;
    if whole > x { whole - 1.0 } else { whole }
}

impl Lfo {
    fn new(cx: &UnitCx, shape: &str, time: Time, phases: usize) -> Lfo {
        let shape = SHAPES.iter().find(|s| **s == shape).unwrap_or(&"sine");
        Lfo { shape, clock: Clock::new(cx, 0, time), phases, seeds: cx.seeds }
    }

    fn value(&self, cycles: [f64; LANES]) -> F8 {
        let whole: [f64; LANES] = core::array::from_fn(|i| floor(cycles[i]));
        let p = F8(core::array::from_fn(|i| (cycles[i] - whole[i]) as f32));
        match self.shape {
            "cosine" => p.cos_cycles() * 0.5 + 0.5,
            "tri" => F8::ONE - (p * 2.0 - 1.0).abs(),
            "saw" | "ramp" => p,
            "isaw" => F8::ONE - p,
            "square" => p.lt(0.5).select(F8::ONE, F8::ZERO),
            "random" => self.drawn(&whole, 0),
            "smooth" => {
                let fade = p * p * p * (p * (p * 6.0 - 15.0) + 10.0);
                let (a, b) = (self.drawn(&whole, 0), self.drawn(&whole, 1));
                a + (b - a) * fade
            }
            _ => p.sin_cycles() * 0.5 + 0.5,
        }
    }

    fn drawn(&self, cycle: &[f64; LANES], ahead: i64) -> F8 {
        F8(core::array::from_fn(|i| at_index(self.seeds[i], cycle[i] as i64 + ahead)))
    }
}

impl Kernel for Lfo {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let rate = io.ins.wire(0);
        let phase = |last: bool| match (self.phases, last) {
            (0, _) => F8::ZERO,
            (_, false) => io.ins.wire(1).first(),
            (_, true) => io.ins.wire(1).last(),
        };
        let (from_phase, to_phase) = (phase(false), phase(true));
        let (from, to) = self.clock.advance(&rate, io.meta, io.frames);
        let late = |x: [f64; LANES], p: F8| core::array::from_fn(|i| x[i] + f64::from(p.0[i]));
        io.outs.ramp(0, self.value(late(from, from_phase)), self.value(late(to, to_phase)));
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
