//! The look-ahead limiter: no peak above the ceiling, not even between the samples.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;
use crate::dsp::unit::BLOCK;
use crate::rt::{Block, Processor, Status};

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "limiter",
    aliases: &[],
    class: Class::Effect,
    summary: "Holds true peaks below a ceiling, without distortion.",
    details: "Peaks are measured at four times the sample rate (ITU-R BS.1770-5, annex 2, with a longer \
              interpolator). The gain that each needs is held over the look-ahead (sliding minimum), \
              recovers exponentially, and is smoothed by a moving average as long as the look-ahead, so \
              that it has arrived when the peak comes. Channels are linked. Late by the look-ahead and \
              13 frames, which the graph compensates. Dense noise near the Nyquist frequency has been \
              measured up to 0.3 dB above the ceiling between the samples, never at them.",
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

/// Taps of one phase of the interpolator, and its delay.
const TAPS: usize = 24;
const HALF: usize = TAPS / 2;

/// A share of a decibel by which the gain goes lower than the measured peaks ask for: what other
/// true-peak meters, with other interpolators, may read higher.
const MARGIN_DB: f32 = 0.05;

/// Fixed-point one of the moving average, whose sum must not drift.
const UNIT: f32 = 1_073_741_824.0;

struct Limiter {
    rate: f64,
    lookahead: usize,
    /// Interpolators for a quarter, half and three quarters of a frame.
    phases: [[f32; TAPS]; 3],
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
            phases: [interpolator(0.25), interpolator(0.5), interpolator(0.75)],
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

    /// True peaks of all channels around each frame of the block, [`HALF`] frames late.
    fn peaks(&self) -> [f32; BLOCK] {
        let mut peaks = [0.0f32; BLOCK];
        for channel in &self.channels {
            let x = &channel.recent;
            for (p, x) in peaks.iter_mut().zip(&x[HALF..]) {
                *p = larger(*p, x.abs());
            }
            for phase in &self.phases {
                let mut between = [0.0f32; BLOCK];
                for (k, h) in phase.iter().enumerate() {
                    for (y, x) in between.iter_mut().zip(&x[k + 1..]) {
                        *y += h * x;
                    }
                }
                for (p, y) in peaks.iter_mut().zip(&between) {
                    *p = larger(*p, y.abs());
                }
            }
        }
        peaks
    }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// Windowed sinc that reads `t` of a frame after the middle of its taps.
fn interpolator(t: f64) -> [f32; TAPS] {
    let mut taps = [0.0f64; TAPS];
    for (k, tap) in taps.iter_mut().enumerate() {
        // The taps stand over frames m - 11 ..= m + 12; the peak is sought at m + t.
        let x = k as f64 - (HALF - 1) as f64 - t;
        let sinc = libm::sin(core::f64::consts::PI * x) / (core::f64::consts::PI * x);
        let window = libm::cos(core::f64::consts::PI * x / (TAPS as f64 + 1.0));
        *tap = sinc * window * window;
    }
    taps.map(|tap| tap as f32)
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
        let peaks = self.peaks();
        let ceiling = |db: f32| {
            let octaves = (db.clamp(-60.0, 0.0) - MARGIN_DB) / 6.020_6;
            F8::splat(octaves).exp2().0[0]
        };
        let release = f64::from(block.params[1].to).clamp(0.001, 100.0);
        let recover = (1.0 - libm::exp(-1.0 / (release * self.rate))) as f32;
        let (from, to) = (ceiling(block.params[0].from), ceiling(block.params[0].to));
        let step = (to - from) / BLOCK as f32;
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
        self.lookahead + HALF + 1
    }

    fn tail(&self) -> usize {
        self.latency() + BLOCK
    }
}

/// The least of the last `window` values (D. Lemire, "Streaming Maximum-Minimum Filter Using No More than
/// Three Comparisons per Element", 2006).
struct SlidingMinimum {
    /// Rising values and when they came, in a ring.
    ring: Vec<(u64, f32)>,
    first: usize,
    count: usize,
    now: u64,
    window: u64,
}

impl SlidingMinimum {
    fn new(window: usize) -> SlidingMinimum {
        let ring = vec![(0, 1.0); window + 1];
        SlidingMinimum { ring, first: 0, count: 0, now: 0, window: window as u64 }
    }

    fn push(&mut self, x: f32) -> f32 {
        let size = self.ring.len();
        while self.count > 0 && self.ring[(self.first + self.count - 1) % size].1 >= x {
            self.count -= 1;
        }
        self.ring[(self.first + self.count) % size] = (self.now, x);
        self.count += 1;
        self.now += 1;
        if self.ring[self.first].0 + self.window < self.now {
            self.first = (self.first + 1) % size;
            self.count -= 1;
        }
        self.ring[self.first].1
    }

    fn reset(&mut self) {
        self.count = 0;
    }
}

/// Mean of the last values of a gain, 0..1, summed in integers.
struct MovingAverage {
    ring: Vec<i64>,
    at: usize,
    sum: i64,
}

impl MovingAverage {
    fn new(length: usize) -> MovingAverage {
        let mut average = MovingAverage { ring: vec![0; length], at: 0, sum: 0 };
        average.reset();
        average
    }

    fn push(&mut self, x: f32) -> f32 {
        let new = (x * UNIT) as i64;
        self.sum += new - std::mem::replace(&mut self.ring[self.at], new);
        self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
        (self.sum / self.ring.len() as i64) as f32 / UNIT
    }

    fn reset(&mut self) {
        self.ring.fill(UNIT as i64);
        self.sum = UNIT as i64 * self.ring.len() as i64;
    }
}
