//! The ducker: makes room while another sound plays.

use super::{Dynamics, Settled, Shape, Share, Step, Trigger};
use crate::dsp::F8;
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports};

pub(super) const KIND: Kind = Kind {
    name: "ducker",
    aliases: &["duck"],
    class: Class::Effect,
    summary: "Turns the sound down while another one plays.",
    details: "While the side-chain is above the threshold (and 10 ms longer), the gain goes down by \
              `depth`, whatever its level, exponentially in decibels with the time constants `attack` \
              and `release`: the pumping of a kick drum under a pad.",
    ports: Ports::Linked,
    params: &[
        Param::other("sidechain", ParamKind::Audio, "", "The sound that makes room for itself."),
        Param::number("depth", "dB", (0.0, 80.0), 12.0, "By how much it turns down."),
        Param::number("attack", "s", (0.0001, 1.0), 0.005, "Time to turn down.").exponential(),
        Param::number("release", "s", (0.001, 5.0), 0.2, "Time to come back.").exponential(),
        Param::number(
            "threshold",
            "dB",
            (-80.0, 0.0),
            -20.0,
            "Level of the side-chain that counts.",
        ),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| Dynamics::keyed(cx, Ducker::default(), 5, 0)),
    example: "track(\"pad\", saw(110)).fx(ducker(sine(2), 12))",
};

#[derive(Default)]
struct Ducker {
    depth: F8,
    attack: Share,
    release: Share,
    threshold: F8,
    hold: F8,
    trigger: Trigger,
    reduction: F8,
}

impl Shape for Ducker {
    #[inline(always)]
    fn settle(&mut self, from: &Settled) {
        self.depth = from.octaves(1, 0.0, 120.0);
        self.attack = from.time(2);
        self.release = from.time(3);
        self.threshold = from.octaves(4, -120.0, 24.0).exp2();
        self.hold = F8::splat(0.01 * from.rate);
    }

    #[inline(always)]
    fn gain(&mut self, level: F8, step: Step) -> F8 {
        let open = self.trigger.open(level, self.threshold, self.threshold, self.hold, step);
        let target = open * self.depth;
        let down = target.gt(self.reduction);
        let share = down.select(self.attack.of(step), self.release.of(step));
        self.reduction = self.reduction + (target - self.reduction) * share;
        (-self.reduction).exp2()
    }

    fn reset(&mut self, lane: usize) {
        self.trigger.hold.0[lane] = 0.0;
        self.reduction.0[lane] = 0.0;
    }
}
