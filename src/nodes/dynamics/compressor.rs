//! The compressor: turns down what is above a threshold.

use super::{DB, Dynamics, FLOOR, Follower, SIDECHAIN, Settled, Shape, Share, Step};
use crate::dsp::F8;
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports};

pub(super) const KIND: Kind = Kind {
    name: "compressor",
    aliases: &["comp"],
    class: Class::Effect,
    summary: "Turns down what is above a threshold.",
    details: "Feed-forward, peak-sensing, both channels linked. Soft knee and smooth decoupled \
              detector in the logarithmic domain: D. Giannoulis, M. Massberg, J. Reiss, \"Digital \
              Dynamic Range Compressor Design - A Tutorial and Analysis\", JAES 60(6), 2012. Attack \
              and release are time constants (63 % of the way, in decibels). `lookahead` delays the \
              sound, which the graph compensates.",
    ports: Ports::Linked,
    params: &[
        Param::number("threshold", "dB", (-80.0, 0.0), -18.0, "Level above which it works."),
        Param::number("ratio", "ratio", (1.0, 100.0), 4.0, "Decibels in for one decibel out.")
            .exponential(),
        Param::number("attack", "s", (0.0001, 1.0), 0.01, "Time to turn down.").exponential(),
        Param::number("release", "s", (0.001, 5.0), 0.15, "Time to turn up again.").exponential(),
        Param::number("knee", "dB", (0.0, 40.0), 6.0, "Width of the bend around the threshold."),
        Param::number("makeup", "dB", (-24.0, 40.0), 0.0, "Gain after it."),
        Param::number(
            "mix",
            "ratio",
            (0.0, 1.0),
            1.0,
            "Less than 1 adds the dry sound (parallel).",
        ),
        SIDECHAIN,
        Param::number("lookahead", "s", (0.0, 0.1), 0.0, "Time by which it sees peaks before.")
            .fixed(),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| {
        let ahead = cx.settings.number("lookahead");
        Dynamics::looking_ahead(cx, Compressor::default(), 8, Some(7), ahead)
    }),
    example: "track(\"a\", saw(110)).fx(compressor(#{threshold: -14, ratio: 4}))",
};

#[derive(Default)]
struct Compressor {
    threshold: F8,
    /// 1 - 1/ratio.
    slope: F8,
    attack: Share,
    release: Share,
    knee: F8,
    makeup: F8,
    mix: F8,
    reduction: Follower,
}

impl Shape for Compressor {
    #[inline(always)]
    fn settle(&mut self, from: &Settled) {
        self.threshold = from.octaves(0, -120.0, 24.0);
        self.slope = F8::ONE - F8::ONE / from.value(1, 1.0, 1e6);
        self.attack = from.time(2);
        self.release = from.time(3);
        self.knee = from.octaves(4, 1e-3, 60.0);
        self.makeup = from.value(5, -120.0, 60.0) * (1.0 / DB);
        self.mix = from.value(6, 0.0, 1.0);
    }

    #[inline(always)]
    fn gain(&mut self, level: F8, step: Step) -> F8 {
        let over = level.max(FLOOR).log2() - self.threshold;
        // Within the knee a parabola, above it a line.
        let bent = (over + self.knee * 0.5).clamp(0.0, self.knee);
        let above = bent * bent / (self.knee + self.knee) + (over - self.knee * 0.5).max(0.0);
        let (attack, release) = (self.attack.of(step), self.release.of(step));
        let reduction = self.reduction.follow(above * self.slope, attack, release);
        (self.makeup - reduction).exp2() * self.mix + (F8::ONE - self.mix)
    }

    fn reset(&mut self, lane: usize) {
        self.reduction.reset(lane);
    }
}
