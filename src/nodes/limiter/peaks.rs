//! Peaks between the samples: the signal read at seven places between two frames, and as meters read it.

use super::larger;
use crate::dsp::unit::BLOCK;

/// Taps of one fine interpolator. Fewer lose the top of the spectrum: noise near the Nyquist frequency
/// then peaks up to 1 dB higher than what is read (24 taps), or 0.4 dB (32).
pub(super) const TAPS: usize = 64;
/// Frames between a frame's coming and its peak being known.
pub(super) const REACH: usize = TAPS / 2;
/// Places read between two frames.
const BETWEEN: usize = 7;
/// Taps of an interpolator of a meter.
const METER_TAPS: usize = 12;

/// The interpolators, and how far they can lead above the samples.
pub(super) struct Interpolators {
    fine: [[f32; TAPS]; BETWEEN],
    /// As `libebur128` reads, whose verdict a limiter's user will ask for. It leaves the top of the
    /// spectrum out, and so can read higher than what is really there.
    meter: [[f32; METER_TAPS]; 3],
    /// No value between is larger than the largest sample times this.
    bound: f32,
}

impl Interpolators {
    pub(super) fn new() -> Interpolators {
        let fine =
            std::array::from_fn(|i| windowed_sinc((i + 1) as f64 / (BETWEEN + 1) as f64, 1.0));
        let meter = std::array::from_fn(|i| windowed_sinc((i + 1) as f64 / 4.0, 0.0));
        let sum = |taps: &[f32]| taps.iter().map(|x| x.abs()).sum::<f32>();
        let bound =
            fine.iter().map(|t| sum(t)).chain(meter.iter().map(|t| sum(t))).fold(1.0, larger);
        Interpolators { fine, meter, bound }
    }

    /// Raises `peaks` to the peaks of `recent` (the last [`TAPS`] frames, then the block), [`REACH`]
    /// frames late. Where nothing can pass `ceiling`, only the samples are looked at.
    pub(super) fn peaks(
        &self,
        recent: &[f32; TAPS + BLOCK],
        ceiling: f32,
        peaks: &mut [f32; BLOCK],
    ) {
        for (p, x) in peaks.iter_mut().zip(&recent[REACH..]) {
            *p = larger(*p, x.abs());
        }
        let loudest = recent.iter().fold(0.0, |m, x| larger(m, x.abs()));
        if loudest * self.bound <= ceiling {
            return;
        }
        for taps in &self.fine {
            raise(peaks, taps, &recent[1..]);
        }
        for taps in &self.meter {
            raise(peaks, taps, &recent[1 + REACH - METER_TAPS / 2..]);
        }
    }
}

/// Raises `peaks` to what `taps` read, the first of them on the first of `x`.
fn raise(peaks: &mut [f32; BLOCK], taps: &[f32], x: &[f32]) {
    let mut between = [0.0f32; BLOCK];
    for (h, x) in taps.iter().zip(x.windows(BLOCK)) {
        for (y, x) in between.iter_mut().zip(x) {
            *y += h * x;
        }
    }
    for (p, y) in peaks.iter_mut().zip(&between) {
        *p = larger(*p, y.abs());
    }
}

/// Hann-windowed sinc that reads `t` of a frame after the middle of its `N` taps; the window is zero
/// `wider` frames beyond them.
fn windowed_sinc<const N: usize>(t: f64, wider: f64) -> [f32; N] {
    std::array::from_fn(|k| {
        let x = k as f64 - (N / 2 - 1) as f64 - t;
        let sinc = libm::sin(core::f64::consts::PI * x) / (core::f64::consts::PI * x);
        let window = libm::cos(core::f64::consts::PI * x / (N as f64 + wider));
        (sinc * window * window) as f32
    })
}
