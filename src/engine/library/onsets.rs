//! Where notes begin in a whole sound: spectral flux, peaks of it, and the very frame.
//!
//! Rises of the logarithmic magnitudes from one hop to the next are added up (half-wave rectified spectral flux) and
//! peaks above a moving mean are taken, as in J. P. Bello et al., "A Tutorial on Onset Detection in Music Signals",
//! IEEE TSAP 13(5), 2005; the rules for peaks (a maximum within some hops, above the mean of more of them, some time
//! after the last) are those of S. Dixon, "Onset Detection Revisited", DAFx 2006.

use crate::nodes::table::Sample;
use realfft::RealFftPlanner;

/// Seconds of a spectrum, and from one to the next.
const WINDOW: f64 = 0.02;
const HOP: f64 = 0.005;
/// Hops on either side among which a peak is the highest, and over which the mean is taken.
const NEAR: usize = 3;
const AROUND: usize = 20;
/// Seconds between two onsets at least.
const GAP: f64 = 0.05;
/// Frames of the cells in which the beginning of an attack is looked for.
const CELL: usize = 32;
/// Parts that a sound is cut into at most.
const MOST: usize = 4096;

/// First frames of the notes of a sound at `rate` hertz, in order; the first frame of the sound if it has none. A
/// `sensitivity` of 1 finds the softest.
pub(super) fn find(sound: &Sample, rate: u32, sensitivity: f64) -> Vec<usize> {
    let mono = mono(sound);
    let rate = f64::from(rate);
    let hop = ((HOP * rate) as usize).max(1);
    let size = ((WINDOW * rate) as usize).next_power_of_two().max(64);
    let flux = flux(&mono, size, hop);
    let hard = 1.0 - sensitivity.clamp(0.0, 1.0);
    let gap = (GAP * rate) as usize;
    let mut starts: Vec<usize> = Vec::new();
    for n in peaks(&flux, hard as f32) {
        if falls(&mono, n * hop, size) {
            continue;
        }
        let start = attack(&mono, n * hop, size);
        if starts.last().is_none_or(|last| start >= last + gap) && starts.len() < MOST {
            starts.push(start);
        }
    }
    if starts.is_empty() {
        starts.push(0);
    }
    starts
}

fn mono(sound: &Sample) -> Vec<f32> {
    let frame = |i: usize| sound.channels.iter().map(|channel| channel[i]).sum();
    (0..sound.frames()).map(frame).collect()
}

/// Mean rise of the logarithmic spectrum at each hop; spectrum `n` is centred at frame `n * hop`.
fn flux(mono: &[f32], size: usize, hop: usize) -> Vec<f32> {
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
    let tau = core::f64::consts::TAU;
    let hann = |i: usize| (0.5 - 0.5 * libm::cos(tau * i as f64 / size as f64)) as f32;
    let shape: Vec<f32> = (0..size).map(hann).collect();
    let (mut time, mut spectrum) = (forward.make_input_vec(), forward.make_output_vec());
    let mut last = vec![0.0f32; spectrum.len()];
    let scale = 4.0 / size as f32;
    let hops = mono.len().div_ceil(hop);
    let mut all = Vec::with_capacity(hops);
    for n in 0..hops {
        for (i, y) in time.iter_mut().enumerate() {
            let at = (n * hop + i).checked_sub(size / 2);
            *y = at.and_then(|at| mono.get(at)).copied().unwrap_or(0.0) * shape[i];
        }
        // The buffers have the lengths that the plan asks for, so it cannot fail.
        let done = forward.process(&mut time, &mut spectrum);
        debug_assert!(done.is_ok());
        let mut rise = 0.0;
        for (bin, last) in spectrum.iter().zip(&mut last) {
            let magnitude = (bin.re * bin.re + bin.im * bin.im).sqrt() * scale;
            // Compressed so that -60 dB counts a little and 0 dB not too much.
            let now = libm::log2f(1.0 + 1000.0 * magnitude);
            rise += (now - *last).max(0.0);
            *last = now;
        }
        all.push(rise / last.len() as f32);
    }
    all
}

/// Hops at which notes begin.
fn peaks(flux: &[f32], hard: f32) -> Vec<usize> {
    let around = |n: usize, by: usize| &flux[n.saturating_sub(by)..(n + by + 1).min(flux.len())];
    let is_peak = |&n: &usize| {
        let near = around(n, NEAR);
        let wide = around(n, AROUND);
        let mean = wide.iter().sum::<f32>() / wide.len() as f32;
        let highest = near.iter().all(|x| *x <= flux[n]);
        // Of equal neighbours the first counts.
        let first = n == 0 || flux[n] > flux[n - 1];
        highest && first && flux[n] > mean * (1.0 + hard) + 0.02 + 0.3 * hard
    };
    (0..flux.len()).filter(is_peak).collect()
}

/// Whether it is the end of a sound rather than a beginning, which has as wide a spectrum if it is sudden: at most a
/// quarter of the energy is left.
fn falls(mono: &[f32], centre: usize, size: usize) -> bool {
    let energy = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>();
    let before = energy(&mono[centre.saturating_sub(size)..centre]);
    let after = energy(&mono[centre..(centre + size).min(mono.len())]);
    after * 4.0 < before
}

/// The frame at which the attack in the spectrum centred at `centre` begins: the cell whose peak rises most above what
/// came before.
fn attack(mono: &[f32], centre: usize, size: usize) -> usize {
    let from = centre.saturating_sub(size / 2);
    let to = (centre + size / 2).min(mono.len());
    let peak = |cell: &[f32]| cell.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    let before = peak(&mono[from.saturating_sub(4 * CELL)..from]);
    let mut recent = [before; 4];
    let (mut best, mut start) = (f32::NEG_INFINITY, from);
    for (n, cell) in mono[from.min(to)..to].chunks(CELL).enumerate() {
        let now = peak(cell);
        let rise = now - peak(&recent);
        if rise > best {
            (best, start) = (rise, from + n * CELL);
        }
        recent.rotate_left(1);
        recent[3] = now;
    }
    // Within the cell: where it first leaves what was there before.
    let floor = peak(&mono[start.saturating_sub(4 * CELL)..start]);
    let cell = &mono[start.min(mono.len())..(start + CELL).min(mono.len())];
    start + cell.iter().position(|x| x.abs() > floor).unwrap_or(0)
}
