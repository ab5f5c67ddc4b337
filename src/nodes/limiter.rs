//! The look-ahead limiter: no peak above the ceiling, not even between the samples.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::unit::BLOCK;
use crate::rt::{Block, Processor, Status};
use gain::{MovingAverage, SlidingMinimum};
use peaks::{Interpolators, REACH, TAPS};

mod gain;
mod peaks;

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "limiter",
    aliases: &[],
    class: Class::Effect,
    summary: "Holds true peaks below a ceiling, without distortion.",
    details: "Peaks between the samples are measured at eight times the sample rate with interpolators of \
              64 taps (true within 0.05 dB up to 0.9 of the Nyquist frequency), and also as true-peak \
              meters do, at four times with 12 (ITU-R BS.1770-5, annex 2). The gain that each needs is \
              held over the look-ahead (sliding minimum), recovers exponentially, and is smoothed by a \
              moving average as long as the look-ahead, so that it has arrived when the peak comes. \
              Channels are linked. Late by the look-ahead and 33 frames, which the graph compensates.",
    ports: Ports::Linked,
    params: &[
        Param::number("ceiling", "dB", (-40.0, 0.0), -1.0, "Level that no true peak passes."),
        Param::number("release", "s", (0.005, 5.0), 0.1, "Time constant of the recovery.")
            .exponential(),
        Param::number("lookahead", "s", (0.0005, 0.05), 0.005, "Time to turn down before a peak.")
            .fixed(),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| {
        let lookahead = cx.settings.number("lookahead").clamp(0.0005, 0.05);
        Ok(Box::new(Limiter::new(cx.rate, cx.channels, lookahead)))
    }),
    example: "master(limiter(-1))",
}];

/// A share of a decibel by which the gain goes lower than the measured peaks ask for: what other
/// true-peak meters, with other interpolators, may read higher.
const MARGIN_DB: f32 = 0.05;

struct Limiter {
    rate: f64,
    lookahead: usize,
    interpolators: Box<Interpolators>,
    channels: Vec<Channel>,
    needed: SlidingMinimum,
    released: f32,
    average: MovingAverage,
    /// Frames since the input was last above silence.
    idle: usize,
}

struct Channel {
    /// The last taps, then the block.
    recent: [f32; TAPS + BLOCK],
    delay: Vec<f32>,
    at: usize,
}

impl Limiter {
    fn new(rate: f64, channels: usize, lookahead: f64) -> Limiter {
        let lookahead = (libm::rint(lookahead * rate) as usize).max(8);
        let mut limiter = Limiter {
            rate,
            lookahead,
            interpolators: Box::new(Interpolators::new()),
            channels: Vec::new(),
            // Three frames more than the average reaches back: a peak between two frames is made of
            // both and of their neighbours.
            needed: SlidingMinimum::new(lookahead + 4),
            released: 1.0,
            average: MovingAverage::new(lookahead),
            idle: usize::MAX / 2,
        };
        let delay = vec![0.0; limiter.latency()];
        limiter.channels = (0..channels.max(1))
            .map(|_| Channel { recent: [0.0; TAPS + BLOCK], delay: delay.clone(), at: 0 })
            .collect();
        limiter
    }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

impl Processor for Limiter {
    fn process(&mut self, block: &mut Block) -> Status {
        let mut sound = 0.0f32;
        for (c, channel) in self.channels.iter_mut().enumerate() {
            channel.recent.copy_within(BLOCK.., 0);
            channel.recent[TAPS..].copy_from_slice(block.ins.get(c));
            sound = block.ins.get(c).iter().fold(sound, |m, x| larger(m, x.abs()));
        }
        self.idle = if sound > 0.0 { 0 } else { self.idle.saturating_add(BLOCK) };
        let ceiling = |db: f32| {
            let octaves = (db.clamp(-60.0, 0.0) - MARGIN_DB) / 6.020_6;
            F8::splat(octaves).exp2().0[0]
        };
        let release = f64::from(block.params[1].to).clamp(0.001, 100.0);
        let recover = (1.0 - libm::exp(-1.0 / (release * self.rate))) as f32;
        let (from, to) = (ceiling(block.params[0].from), ceiling(block.params[0].to));
        let step = (to - from) / BLOCK as f32;
        let mut peaks = [0.0f32; BLOCK];
        for channel in &self.channels {
            self.interpolators.peaks(&channel.recent, from.min(to), &mut peaks);
        }
        for (i, peak) in peaks.iter().enumerate() {
            let ceiling = from + step * i as f32;
            let need = if *peak > ceiling { ceiling / peak } else { 1.0 };
            let least = self.needed.push(need);
            let recovered = self.released + (1.0 - self.released) * recover;
            self.released = if least < recovered { least } else { recovered };
            let gain = self.average.push(self.released);
            for (c, channel) in self.channels.iter_mut().enumerate() {
                let x = std::mem::replace(&mut channel.delay[channel.at], channel.recent[TAPS + i]);
                channel.at = if channel.at + 1 == channel.delay.len() { 0 } else { channel.at + 1 };
                if let Some(out) = block.outs.get_mut(c) {
                    out.0[i] = x * gain;
                }
            }
        }
        if self.idle > self.latency() + BLOCK { Status::Silent } else { Status::Playing }
    }

    fn reset(&mut self) {
        for channel in &mut self.channels {
            channel.recent = [0.0; TAPS + BLOCK];
            channel.delay.fill(0.0);
        }
        self.needed.reset();
        self.average.reset();
        self.released = 1.0;
        self.idle = usize::MAX / 2;
    }

    fn latency(&self) -> usize {
        self.lookahead + REACH + 1
    }

    fn tail(&self) -> usize {
        self.latency() + BLOCK
    }
}
