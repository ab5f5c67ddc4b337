//! Random sources: white and pink noise, random impulses; and impulses that are not random.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::phase::Phase8;
use crate::dsp::random::Random8;
use crate::dsp::unit::{Io, Kernel};
use crate::dsp::values::{Any, Values, by_rate};

const SOURCE: Kind = Kind {
    name: "",
    aliases: &[],
    class: Class::Source,
    summary: "",
    details: "",
    ports: Ports::Source(1),
    params: &[],
    rate: OutRate::Audio,
    make: Make::Structural,
    example: "",
};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "noise",
        aliases: &["white"],
        summary: "White noise, evenly spread in -1..1 (RMS -4.8 dB).",
        details: "A generator of its own for each voice and channel (G. Marsaglia, \"Xorshift RNGs\", 2003), \
                  seeded by the session; it runs on from note to note.",
        make: Make::Unit(|cx| Box::new(White { random: Random8::new(&cx.seeds) })),
        example: "track(\"a\", noise() * 0.1)",
        ..SOURCE
    },
    Kind {
        name: "pink",
        aliases: &["pink_noise"],
        summary: "Pink noise: -3 dB an octave, RMS about -17 dB.",
        details: "White noise through P. Kellet's refined filter of six one-pole sections (music-dsp list, \
                  1999): within 0.05 dB of -3 dB/octave above 9 Hz at 44.1 kHz.",
        make: Make::Unit(|cx| {
            Box::new(Pink { random: Random8::new(&cx.seeds), poles: [F8::ZERO; 7] })
        }),
        example: "track(\"a\", pink() * 0.3)",
        ..SOURCE
    },
    Kind {
        name: "impulse",
        aliases: &["impulses"],
        summary: "Single frames of 1, `freq` times a second, the first at once.",
        details: "Not band-limited: each impulse falls on the frame on which its cycle begins.",
        params: &[
            Param::number("freq", "Hz", (0.0, 20_000.0), 1.0, "Impulses a second.").exponential()
        ],
        make: Make::Unit(|cx| {
            Box::new(Impulse { phase: Phase8([EARLY; 8]), scale: (1.0 / cx.rate) as f32 })
        }),
        example: "track(\"a\", impulse(8) |> bandpass(2000, 20))",
        ..SOURCE
    },
    Kind {
        name: "dust",
        aliases: &[],
        summary: "Single frames of 0..1 at random moments, `rate` a second on average.",
        details: "A Bernoulli trial each frame (SuperCollider's Dust).",
        params: &[Param::number(
            "rate",
            "Hz",
            (0.0, 20_000.0),
            10.0,
            "Impulses a second, on average.",
        )
        .exponential()],
        make: Make::Unit(|cx| {
            Box::new(Dust { random: Random8::new(&cx.seeds), scale: (1.0 / cx.rate) as f32 })
        }),
        example: "track(\"a\", dust(20) |> bandpass(3000, 10))",
        ..SOURCE
    },
    Kind {
        name: "dc",
        aliases: &["constant"],
        summary: "A signal that is its parameter.",
        details: "Makes audio of a number or a control signal.",
        params: &[Param::number("value", "", (-1.0, 1.0), 1.0, "The value of every frame.")],
        make: Make::Unit(|_| Box::new(Constant)),
        example: "track(\"a\", dc(0.5) * sine(220) * 0.5)",
        ..SOURCE
    },
];

struct White {
    random: Random8,
}

impl Kernel for White {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let mut random = self.random;
        for y in io.outs.audio(0) {
            one_frame();
            *y = random.bipolar();
        }
        self.random = random;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

struct Pink {
    random: Random8,
    poles: [F8; 7],
}

/// Pole and gain of each section of Kellet's filter.
const SECTIONS: [(f32, f32); 6] = [
    (0.99886, 0.055_517_9),
    (0.99332, 0.075_075_9),
    (0.969, 0.153_852),
    (0.8665, 0.310_485_6),
    (0.55, 0.532_952_2),
    (-0.7616, -0.016_898),
];

impl Kernel for Pink {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (mut random, mut poles) = (self.random, self.poles);
        for y in io.outs.audio(0) {
            one_frame();
            let white = random.bipolar();
            let mut sum = poles[6] + white * 0.5362;
            for (s, (pole, gain)) in poles.iter_mut().zip(SECTIONS) {
                *s = *s * pole + white * gain;
                sum += *s;
            }
            poles[6] = white * 0.115_926;
            // The gain of the filter is about 4: back to the level of a usual source.
            *y = sum * 0.08;
        }
        (self.random, self.poles) = (random, poles);
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

/// A first phase that is ahead by more than a step's rounding, so that the next impulses are not late.
const EARLY: u32 = 512;

struct Impulse {
    phase: Phase8,
    scale: f32,
}

impl Impulse {
    #[inline(always)]
    fn fill(&mut self, freq: impl Values, out: &mut [F8]) {
        let mut phase = self.phase;
        for (i, y) in out.iter_mut().enumerate() {
            one_frame();
            let step = Phase8::from_cycles((freq.at(i) * self.scale).abs());
            *y = phase.before(step).select(F8::ONE, F8::ZERO);
            phase = phase.plus(step);
        }
        self.phase = phase;
    }
}

impl Kernel for Impulse {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let freq = io.ins.wire(0);
        by_rate!(freq, io.frames, f => self.fill(f, io.outs.audio(0)));
    }

    fn reset(&mut self, lane: usize) {
        self.phase.0[lane] = EARLY;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

struct Dust {
    random: Random8,
    scale: f32,
}

impl Kernel for Dust {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let rate = Any(io.ins.wire(0), io.frames);
        let mut random = self.random;
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            let chance = (rate.at(i) * self.scale).clamp(1e-12, 1.0);
            let draw = random.bipolar() * 0.5 + 0.5;
            *y = draw.lt(chance).select(draw / chance, F8::ZERO);
        }
        self.random = random;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

struct Constant;

impl Kernel for Constant {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let value = Any(io.ins.wire(0), io.frames);
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            *y = value.at(i);
        }
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
