//! Test signals, and measures of what comes back.

use crate::rig::RATE;

/// A sine of `amplitude`, one channel.
pub fn sine(freq: f64, amplitude: f64, frames: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * freq / RATE;
    (0..frames).map(|i| (amplitude * libm::sin(step * i as f64)) as f32).collect()
}

/// Silence, one channel.
pub fn silence(frames: usize) -> Vec<f32> {
    vec![0.0; frames]
}

/// One impulse of `amplitude` at frame `at`.
pub fn impulse(at: usize, amplitude: f32, frames: usize) -> Vec<f32> {
    let mut x = silence(frames);
    x[at] = amplitude;
    x
}

/// White noise in -1..1 from a linear congruential generator.
pub fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut state = seed;
    (0..frames)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// Frames in `seconds`.
pub fn frames(seconds: f64) -> usize {
    (seconds * RATE) as usize
}

/// Largest magnitude.
pub fn peak(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |m, x| m.max(x.abs()))
}

/// Root of the mean square.
pub fn rms(x: &[f32]) -> f64 {
    (x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / x.len() as f64).sqrt()
}

/// Decibels of an amplitude.
pub fn db(x: f64) -> f64 {
    20.0 * libm::log10(x.max(1e-12))
}

/// Amplitude of a decibel value.
pub fn amplitude(db: f64) -> f64 {
    libm::pow(10.0, db / 20.0)
}

/// Amplitude of the sine of `freq` in `x` (Hann-windowed correlation).
pub fn tone(x: &[f32], freq: f64) -> f64 {
    let tau = std::f64::consts::TAU;
    let (mut re, mut im, mut sum) = (0.0, 0.0, 0.0);
    for (i, &y) in x.iter().enumerate() {
        let window = 0.5 - 0.5 * libm::cos(tau * i as f64 / x.len() as f64);
        let phase = tau * freq / RATE * i as f64;
        re += window * f64::from(y) * libm::cos(phase);
        im += window * f64::from(y) * libm::sin(phase);
        sum += window;
    }
    2.0 * libm::hypot(re, im) / sum
}

/// Largest step from a frame to the next: a click is a step that the signal itself would not make.
pub fn step(x: &[f32]) -> f32 {
    x.windows(2).fold(0.0, |m, w| m.max((w[1] - w[0]).abs()))
}

/// Amplitude of the sine of `freq` that fits `x` best, and the root mean square of what it leaves.
pub fn fit(x: &[f32], freq: f64) -> (f64, f64) {
    let wave = |i: usize| {
        let phase = std::f64::consts::TAU * freq / RATE * i as f64;
        (libm::cos(phase), libm::sin(phase))
    };
    let (mut cc, mut cs, mut ss, mut xc, mut xs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, &y) in x.iter().enumerate() {
        let (c, s) = wave(i);
        (cc, cs, ss) = (cc + c * c, cs + c * s, ss + s * s);
        (xc, xs) = (xc + f64::from(y) * c, xs + f64::from(y) * s);
    }
    let det = cc * ss - cs * cs;
    let (a, b) = ((xc * ss - xs * cs) / det, (xs * cc - xc * cs) / det);
    let left = x.iter().enumerate().map(|(i, &y)| {
        let (c, s) = wave(i);
        let rest = f64::from(y) - a * c - b * s;
        rest * rest
    });
    (libm::hypot(a, b), (left.sum::<f64>() / x.len() as f64).sqrt())
}
