//! The gate: lets through only what is loud enough.

use super::{Dynamics, SIDECHAIN, Settled, Shape, Share, Step, Trigger};
use crate::dsp::F8;
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports};

pub(super) const KIND: Kind = Kind {
    name: "gate",
    aliases: &[],
    class: Class::Effect,
    summary: "Lets through only what is above a threshold.",
    details: "Opens when a peak of either channel (or of the side-chain) passes the threshold, closes \
              once the level has stayed `hysteresis` below it for `hold`. The gain moves exponentially \
              with the time constants `attack` and `release`. U. Zoelzer (ed.), \"DAFX\", 2nd ed., \
              4.2.3.",
    ports: Ports::Linked,
    params: &[
        Param::number("threshold", "dB", (-80.0, 0.0), -40.0, "Level that opens it."),
        Param::number("attack", "s", (0.0001, 1.0), 0.001, "Time to open.").exponential(),
        Param::number("hold", "s", (0.0, 5.0), 0.03, "Time for which it stays open after."),
        Param::number("release", "s", (0.001, 5.0), 0.08, "Time to close.").exponential(),
        Param::number("range", "dB", (0.0, 120.0), 80.0, "By how much it turns down when closed."),
        Param::number(
            "hysteresis",
            "dB",
            (0.0, 24.0),
            3.0,
            "How far below the threshold it closes.",
        ),
        SIDECHAIN,
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| Dynamics::boxed(cx, Gate::default(), 7, Some(6))),
    example: "track(\"a\", noise() * 0.1).fx(gate(-30))",
};

#[derive(Default)]
struct Gate {
    on: F8,
    off: F8,
    attack: Share,
    hold: F8,
    release: Share,
    closed: F8,
    trigger: Trigger,
    gain: F8,
}

impl Shape for Gate {
    #[inline(always)]
    fn settle(&mut self, from: &Settled) {
        let threshold = from.octaves(0, -120.0, 24.0);
        self.on = threshold.exp2();
        self.attack = from.time(1);
        self.hold = from.value(2, 0.0, 60.0) * from.rate;
        self.release = from.time(3);
        self.closed = (-from.octaves(4, 0.0, 240.0)).exp2();
        self.off = (threshold - from.octaves(5, 0.0, 60.0)).exp2();
    }

    #[inline(always)]
    fn gain(&mut self, level: F8, step: Step) -> F8 {
        let open = self.trigger.open(level, self.on, self.off, self.hold, step);
        let target = self.closed + (F8::ONE - self.closed) * open;
        let share = target.gt(self.gain).select(self.attack.of(step), self.release.of(step));
        self.gain = self.gain + (target - self.gain) * share;
        self.gain
    }

    fn reset(&mut self, lane: usize) {
        self.trigger.hold.0[lane] = 0.0;
        self.gain.0[lane] = 0.0;
    }
}
