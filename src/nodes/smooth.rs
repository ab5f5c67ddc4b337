//! Control signals from signals: smoothing, and sampling in time with the beat.

use super::table::{Class, Curve, Kind, Make, OutRate, Param, ParamKind, Ports};
use crate::dsp::F8;
use crate::dsp::clock::{Clock, Time};
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::{Io, Kernel};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "smooth",
        aliases: &[],
        class: Class::Control,
        summary: "Follows a signal without jumps: 63 % of the way in its time.",
        details: "A one-pole filter that begins at the signal's first value.",
        ports: Ports::Signal,
        params: &[Param::number(
            "seconds",
            "s",
            (0.0, 60.0),
            0.05,
            "Time constant; 0 changes nothing.",
        )
        .exponential()],
        rate: OutRate::Follow,
        make: Make::Unit(|_| Box::new(Smooth { level: F8::ZERO, fresh: [true; LANES] })),
        example: "track(\"a\", sine(random(2).range(200, 800).smooth(0.1)) * 0.2)",
    },
    Kind {
        name: "sample_hold",
        aliases: &[],
        class: Class::Control,
        summary: "Takes the value of a signal `rate` times a beat and holds it.",
        details: "Takes a new value in the block of 64 frames in which its moment falls.",
        ports: Ports::Signal,
        params: &[Param {
            name: "rate",
            kind: ParamKind::Number,
            unit: "cycles/beat",
            range: (0.0, 64.0),
            default: 1.0,
            text: "",
            curve: Curve::Exponential,
            doc: "Values in a beat.",
        }],
        rate: OutRate::Control,
        make: Make::Unit(|cx| {
            let clock = Clock::new(cx, 1, Time::Beats);
            Box::new(Hold { clock, held: F8::ZERO, cycle: [f64::NEG_INFINITY; LANES] })
        }),
        example: "track(\"a\", sine(lfo(\"tri\", 0.3).sample_hold(2).range(200, 800)) * 0.2)",
    },
];

struct Smooth {
    level: F8,
    /// Lanes that begin anew, at the signal's value.
    fresh: [bool; LANES],
}

impl Smooth {
    /// Part of the distance that is covered in `frames` frames.
    #[inline(always)]
    fn part(seconds: F8, rate: f64, frames: usize) -> F8 {
        let constants = F8::splat((frames as f64 / rate) as f32) / seconds.max(1e-9);
        F8::ONE - (-constants).exp()
    }
}

impl Kernel for Smooth {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (n, rate) = (io.frames, io.meta.rate);
        let (x, seconds) = (io.ins.wire(0), io.ins.wire(1).first());
        for lane in 0..LANES {
            if self.fresh[lane] {
                self.level.0[lane] = x.first().0[lane];
            }
        }
        self.fresh = [false; LANES];
        let part = Self::part(seconds, rate, 1);
        let mut level = self.level;
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            level = level + (x.at(i, n) - level) * part;
            *y = level;
        }
        if io.outs.audio(0).is_empty() {
            level = level + (x.last() - level) * Self::part(seconds, rate, n);
        }
        io.outs.ramp(0, self.level, level);
        self.level = level;
    }

    fn reset(&mut self, lane: usize) {
        self.fresh[lane] = true;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

struct Hold {
    clock: Clock,
    held: F8,
    /// The cycle in which each lane's value was taken.
    cycle: [f64; LANES],
}

impl Kernel for Hold {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (x, rate) = (io.ins.wire(0), io.ins.wire(1));
        let (from, to) = self.clock.advance(&rate, io.meta, io.frames);
        let mut first = self.held;
        for lane in 0..LANES {
            let began = libm::floor(from[lane]);
            if self.cycle[lane] < began {
                self.cycle[lane] = began;
                self.held.0[lane] = x.first().0[lane];
                first.0[lane] = self.held.0[lane];
            }
            let ends = libm::floor(to[lane]);
            if self.cycle[lane] < ends && to[lane] > ends {
                self.cycle[lane] = ends;
                self.held.0[lane] = x.last().0[lane];
            }
        }
        io.outs.ramp(0, first, self.held);
    }

    fn reset(&mut self, lane: usize) {
        self.cycle[lane] = f64::NEG_INFINITY;
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
