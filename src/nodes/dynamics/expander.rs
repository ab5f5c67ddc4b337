//! The expander: turns down further what is below a threshold.

use super::{Dynamics, FLOOR, Follower, SIDECHAIN, Settled, Shape, Share, Step};
use crate::dsp::F8;
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports};

pub(super) const KIND: Kind = Kind {
    name: "expander",
    aliases: &[],
    class: Class::Effect,
    summary: "Turns down further what is below a threshold.",
    details: "A downward expander over a peak follower, both channels linked: a level `x` dB below the \
              threshold leaves `x * ratio` dB below it, but never more than `range` lower. Detector: \
              Giannoulis, Massberg, Reiss, JAES 60(6), 2012.",
    ports: Ports::Linked,
    params: &[
        Param::number("threshold", "dB", (-80.0, 0.0), -40.0, "Level below which it works."),
        Param::number("ratio", "ratio", (1.0, 20.0), 2.0, "Decibels out for one decibel in.")
            .exponential(),
        Param::number("attack", "s", (0.0001, 1.0), 0.002, "Time to open.").exponential(),
        Param::number("release", "s", (0.001, 5.0), 0.1, "Time to close.").exponential(),
        Param::number("range", "dB", (0.0, 120.0), 60.0, "The most that it turns down."),
        SIDECHAIN,
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| Dynamics::boxed(cx, Expander::default(), 6, Some(5))),
    example: "track(\"a\", noise() * 0.1).fx(expander(-30, 3))",
};

#[derive(Default)]
struct Expander {
    threshold: F8,
    slope: F8,
    attack: Share,
    release: Share,
    range: F8,
    level: Follower,
}

impl Shape for Expander {
    #[inline(always)]
    fn settle(&mut self, from: &Settled) {
        self.threshold = from.octaves(0, -120.0, 24.0);
        self.slope = from.value(1, 1.0, 1000.0) - 1.0;
        self.attack = from.time(2);
        self.release = from.time(3);
        self.range = from.octaves(4, 0.0, 240.0);
    }

    #[inline(always)]
    fn gain(&mut self, level: F8, step: Step) -> F8 {
        let level = self.level.follow(level, self.attack.of(step), self.release.of(step));
        let below = (self.threshold - level.max(FLOOR).log2()).max(0.0);
        (-(below * self.slope).min(self.range)).exp2()
    }

    fn reset(&mut self, lane: usize) {
        self.level.reset(lane);
    }
}
