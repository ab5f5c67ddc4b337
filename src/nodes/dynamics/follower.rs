//! The envelope follower: the level of a sound as a control signal.

use crate::dsp::F8;
use crate::dsp::lanes::one_frame;
use crate::dsp::unit::{Io, Kernel};
use crate::nodes::table::{Class, Kind, Make, OutRate, Param, Ports};

pub(super) const KIND: Kind = Kind {
    name: "envelope_follower",
    aliases: &["envelope"],
    class: Class::Analyser,
    summary: "The level of a sound, 0..1, as a control signal.",
    details: "The larger magnitude of the channels, through an exponential rise of time constant \
              `attack` and fall of time constant `release`: 1 for a full-scale square wave, and close \
              to 1 for a full-scale sine if the release is long against its period.",
    ports: Ports::Analyse,
    params: &[
        Param::number("attack", "s", (0.0001, 1.0), 0.005, "Time to rise.").exponential(),
        Param::number("release", "s", (0.001, 5.0), 0.1, "Time to fall.").exponential(),
    ],
    rate: OutRate::Audio,
    make: Make::Unit(|cx| {
        Box::new(EnvelopeFollower { rate: cx.rate as f32, follower: super::Follower::default() })
    }),
    example: "track(\"a\", saw(110) |> lowpass(200 + envelope_follower(noise()) * 2000))",
};

struct EnvelopeFollower {
    rate: f32,
    follower: super::Follower,
}

impl Kernel for EnvelopeFollower {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let channels = io.ins.len().saturating_sub(2).clamp(1, 2);
        let (left, right) = (io.ins.wire(0), io.ins.wire(channels - 1));
        let settled = super::Settled { ins: &io.ins, base: channels, rate: self.rate, rest: 1 };
        let (attack, release) = (settled.time(0), settled.time(1));
        // Every frame is a step of one frame: the rest.
        let step = super::Step { frames: 1, last: true };
        let (attack, release) = (attack.of(step), release.of(step));
        let mut follower = self.follower;
        for (i, y) in io.outs.audio(0).iter_mut().enumerate() {
            one_frame();
            let level = left.at(i, n).abs().max(right.at(i, n).abs()).max(F8::ZERO);
            *y = follower.follow(level.min(1e3), attack, release);
        }
        self.follower = follower;
    }

    fn reset(&mut self, lane: usize) {
        self.follower.reset(lane);
    }

    fn tail(&self) -> usize {
        // Falls to nothing within twenty of the longest release.
        (100.0 * self.rate) as usize
    }
}
