//! Dynamics: what follows the level of a signal and turns it up or down.
//!
//! One `Dynamics` unit measures the level (of both channels, or of a side-chain), asks a `Shape` for a
//! gain every `STEP` frames, and applies it in straight lines. A shape is a compressor, a gate, ...

mod compressor;
mod ducker;
mod expander;
mod follower;
mod gate;
mod transient;

use super::table::{Kind, Param, ParamKind};
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::lanes::one_frame;
use crate::dsp::lines::Lines;
use crate::dsp::unit::{BLOCK, Ins, Io, Kernel, Rate, Unit, UnitCx};

/// The kinds of this family.
pub const KINDS: &[Kind] =
    &[compressor::KIND, ducker::KIND, expander::KIND, follower::KIND, gate::KIND, transient::KIND];

/// Frames from one gain to the next: logarithms and powers cost a quarter, and the level is the
/// largest of the frames between, so that no peak is missed.
const STEP: usize = 4;

/// Decibels in an octave of amplitude, the unit of all logarithms here.
const DB: f32 = 6.020_6;

/// Amplitude below which everything counts as silence (-120 dB).
const FLOOR: f32 = 1e-6;

const SIDECHAIN: Param = Param::other(
    "sidechain",
    ParamKind::Audio,
    "",
    "The signal whose level is measured; the input itself if not given.",
);

/// The parameters of a range, as a shape reads them.
struct Settled<'a> {
    ins: &'a Ins<'a>,
    /// Wire of the first parameter.
    base: usize,
    rate: f32,
    /// Frames in the last, shorter step of the range.
    rest: usize,
}

impl Settled<'_> {
    /// Parameter `i` at the end of the range.
    #[inline(always)]
    fn value(&self, i: usize, lo: f32, hi: f32) -> F8 {
        self.ins.wire(self.base + i).last().clamp(lo, hi)
    }

    /// Parameter `i`, a level in decibels, in octaves.
    #[inline(always)]
    fn octaves(&self, i: usize, lo: f32, hi: f32) -> F8 {
        self.value(i, lo, hi) * (1.0 / DB)
    }

    /// Parameter `i`, a time, as the share of the way that is gone in a step.
    #[inline(always)]
    fn time(&self, i: usize) -> Share {
        self.share(self.value(i, 1e-5, 100.0))
    }

    /// The share of the way that an exponential approach of time constant `seconds` goes in a step.
    #[inline(always)]
    fn share(&self, seconds: F8) -> Share {
        let per = F8::splat(-core::f32::consts::LOG2_E / self.rate) / seconds;
        let whole = F8::ONE - (per * STEP as f32).exp2();
        let rest = if self.rest == 0 { whole } else { F8::ONE - (per * self.rest as f32).exp2() };
        Share([whole, rest])
    }
}

/// Share of the way to the target that is gone in a whole step and in the last one of the range.
#[derive(Clone, Copy, Default)]
struct Share([F8; 2]);

impl Share {
    #[inline(always)]
    fn of(&self, step: Step) -> F8 {
        self.0[usize::from(step.last)]
    }
}

/// One step of a range.
#[derive(Clone, Copy)]
struct Step {
    /// Frames in it.
    frames: usize,
    /// Whether it is the shorter one at the end.
    last: bool,
}

/// From levels to gains. Runs on the audio thread.
trait Shape: Send {
    /// Reads the parameters of a range.
    fn settle(&mut self, from: &Settled);
    /// The gain at the end of a step whose largest magnitude is `level`.
    fn gain(&mut self, level: F8, step: Step) -> F8;
    /// Forgets the state of a lane.
    fn reset(&mut self, lane: usize);
}

/// A peak follower: rises with the time constant `attack`, after a detector that rises at once and falls
/// with `release`. D. Giannoulis, M. Massberg, J. Reiss, "Digital Dynamic Range Compressor Design",
/// JAES 60(6), 2012, the smooth decoupled detector (17).
#[derive(Clone, Copy, Default)]
struct Follower {
    peak: F8,
    level: F8,
}

impl Follower {
    #[inline(always)]
    fn follow(&mut self, x: F8, attack: F8, release: F8) -> F8 {
        self.peak = x.max(self.peak + (x - self.peak) * release);
        self.level = self.level + (self.peak - self.level) * attack;
        self.level
    }

    fn reset(&mut self, lane: usize) {
        self.peak.0[lane] = 0.0;
        self.level.0[lane] = 0.0;
    }
}

/// Is it loud? Opens above a threshold, closes below a lower one, not before a time has passed.
#[derive(Clone, Copy, Default)]
struct Trigger {
    /// Frames for which it stays open, lane by lane.
    hold: F8,
}

impl Trigger {
    /// 1 where it is open.
    #[inline(always)]
    fn open(&mut self, level: F8, on: F8, off: F8, hold: F8, step: Step) -> F8 {
        let was = self.hold.gt(0.0);
        let loud = level.gt(on).select(F8::ONE, was.and(level.gt(off)).select(F8::ONE, F8::ZERO));
        let left = (self.hold - step.frames as f32).max(0.0);
        self.hold = loud.gt(0.5).select(hold.max(1.0), left);
        self.hold.gt(0.0).select(F8::ONE, F8::ZERO)
    }
}

/// The unit: measures, asks its shape, applies.
struct Dynamics<S> {
    shape: S,
    /// Number of wires that are parameters.
    params: usize,
    /// Which of them is the side-chain, if one is given.
    sidechain: Option<usize>,
    /// Whether the side-chain stands in for the input when it is not given.
    own: bool,
    rate: f32,
    gain: F8,
    /// Delays of the channels by the look-ahead.
    ahead: Option<[Lines; 2]>,
    latency: usize,
}

impl<S: Shape + 'static> Dynamics<S> {
    /// A unit of `params` wires, the `sidechain`-th of which is measured in place of the input.
    fn boxed(cx: &UnitCx, shape: S, params: usize, sidechain: Option<usize>) -> Box<dyn Unit> {
        Dynamics::looking_ahead(cx, shape, params, sidechain, 0.0)
    }

    /// The same, with the gain `seconds` before the sound.
    fn looking_ahead(
        cx: &UnitCx,
        shape: S,
        params: usize,
        sidechain: Option<usize>,
        seconds: f64,
    ) -> Box<dyn Unit> {
        let channels = cx.ins.len().saturating_sub(params);
        let given = |i: &usize| cx.ins.get(channels + i).is_some_and(|r| *r != Rate::Const);
        let latency = libm::rint(seconds.clamp(0.0, 0.1) * cx.rate) as usize;
        let lines = || Lines::new(cx.lanes, latency + 2 * BLOCK);
        Box::new(Dynamics {
            shape,
            params,
            sidechain: sidechain.filter(given),
            own: true,
            rate: cx.rate as f32,
            gain: F8::ONE,
            ahead: (latency > 0).then(|| [lines(), lines()]),
            latency,
        })
    }

    /// The same, which listens to the side-chain or to nothing.
    fn keyed(cx: &UnitCx, shape: S, params: usize, sidechain: usize) -> Box<dyn Unit> {
        let channels = cx.ins.len().saturating_sub(params);
        let given = cx.ins.get(channels + sidechain).is_some_and(|r| *r != Rate::Const);
        Box::new(Dynamics {
            shape,
            params,
            sidechain: given.then_some(sidechain),
            own: false,
            rate: cx.rate as f32,
            gain: F8::ONE,
            ahead: None,
            latency: 0,
        })
    }
}

#[inline(always)]
fn largest(frames: &[F8]) -> F8 {
    let mut peak = F8::ZERO;
    for x in frames {
        one_frame();
        peak = x.abs().max(peak);
    }
    peak
}

impl<S: Shape> Dynamics<S> {
    /// Delays channel `c` of `out` by the look-ahead, in place.
    #[inline(always)]
    fn delay(&mut self, c: usize, out: &mut [F8]) {
        if let Some(lines) = &mut self.ahead {
            let line = &mut lines[c];
            let start = line.now() - self.latency as i64;
            line.write(out);
            for lane in 0..line.lanes() {
                line.read(lane, start, out);
            }
        }
    }
}

impl<S: Shape> Kernel for Dynamics<S> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let n = io.frames;
        let channels = io.ins.len().saturating_sub(self.params).clamp(1, 2);
        let rest = n % STEP;
        self.shape.settle(&Settled { ins: &io.ins, base: channels, rate: self.rate, rest });
        let (left, right) = (io.ins.wire(0), io.ins.wire(channels - 1));
        let key = io.ins.wire(channels + self.sidechain.unwrap_or(0));
        let mut scratch = [[F8::ZERO; BLOCK]; 3];
        let [first, second, third] = &mut scratch;
        let (left, right) = (left.frames(n, first), right.frames(n, second));
        let key = self.sidechain.map(|_| key.frames(n, third));
        let mut gains = [F8::ONE; BLOCK];
        let mut gain = self.gain;
        let mut start = 0;
        while start < n {
            let end = (start + STEP).min(n);
            let level = match key {
                Some(key) => largest(&key[start..end]),
                None if !self.own => F8::ZERO,
                None if channels == 1 => largest(&left[start..end]),
                None => largest(&left[start..end]).max(largest(&right[start..end])),
            };
            let frames = end - start;
            let to = self.shape.gain(level, Step { frames, last: frames < STEP });
            let step = (to - gain) * (1.0 / frames as f32);
            for g in &mut gains[start..end] {
                one_frame();
                gain += step;
                *g = gain;
            }
            gain = to;
            start = end;
        }
        self.gain = gain;
        for (c, input) in [left, right].into_iter().take(channels).enumerate() {
            let out = io.outs.audio(c);
            if self.ahead.is_none() {
                for ((y, x), g) in out.iter_mut().zip(input).zip(&gains) {
                    one_frame();
                    *y = *x * *g;
                }
                continue;
            }
            out.copy_from_slice(input);
            self.delay(c, out);
            for (y, g) in out.iter_mut().zip(&gains) {
                one_frame();
                *y = *y * *g;
            }
        }
    }

    fn reset(&mut self, lane: usize) {
        self.shape.reset(lane);
        self.gain.0[lane] = 1.0;
        for line in self.ahead.iter_mut().flatten() {
            if lane < LANES.min(line.lanes()) {
                line.reset(lane);
            }
        }
    }

    fn latency(&self) -> usize {
        self.latency
    }

    fn tail(&self) -> usize {
        self.latency
    }
}
