//! The transient shaper: more or less attack, more or less sustain, whatever the level.

use super::{Dynamics, FLOOR, Follower, Settled, Shape, Share, Step};
use crate::dsp::F8;
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports};

pub(super) const KIND: Kind = Kind {
    name: "transient",
    aliases: &["transient_shaper"],
    class: Class::Effect,
    summary: "Makes attacks sharper or softer, and tails longer or shorter.",
    details: "Differential envelopes, as in the SPL Transient Designer: where a follower of 1 ms attack \
              is above one of 25 ms there is an attack; where one of 400 ms release is above one of \
              40 ms there is a tail. Each difference, up to 12 dB, times its amount is the gain: it \
              does not depend on the level. Both channels are linked.",
    ports: Ports::Linked,
    params: &[
        Param::number("attack", "ratio", (-1.0, 1.0), 0.0, "1 raises attacks by up to 12 dB."),
        Param::number("sustain", "ratio", (-1.0, 1.0), 0.0, "1 raises tails by up to 12 dB."),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| Dynamics::boxed(cx, Transient::default(), 2, None)),
    example: "track(\"a\", noise()).fx(transient(0.6, -0.3))",
};

/// Largest difference that counts, in octaves (12 dB).
const MOST: f32 = 2.0;

#[derive(Default)]
struct Transient {
    attack: F8,
    sustain: F8,
    quick: Share,
    slow: Share,
    short: Share,
    long: Share,
    fast: Follower,
    late: Follower,
    held: Follower,
}

impl Shape for Transient {
    #[inline(always)]
    fn settle(&mut self, from: &Settled) {
        self.attack = from.value(0, -1.0, 1.0);
        self.sustain = from.value(1, -1.0, 1.0);
        self.quick = from.share(F8::splat(0.001));
        self.slow = from.share(F8::splat(0.025));
        self.short = from.share(F8::splat(0.04));
        self.long = from.share(F8::splat(0.4));
    }

    #[inline(always)]
    fn gain(&mut self, level: F8, step: Step) -> F8 {
        let (quick, short) = (self.quick.of(step), self.short.of(step));
        let fast = self.fast.follow(level, quick, short).max(FLOOR).log2();
        let late = self.late.follow(level, self.slow.of(step), short).max(FLOOR).log2();
        let held = self.held.follow(level, quick, self.long.of(step)).max(FLOOR).log2();
        let attack = (fast - late).clamp(0.0, MOST) * self.attack;
        let sustain = (held - fast).clamp(0.0, MOST) * self.sustain;
        (attack + sustain).exp2()
    }

    fn reset(&mut self, lane: usize) {
        self.fast.reset(lane);
        self.late.reset(lane);
        self.held.reset(lane);
    }
}
