//! The limiter and the meter: true peaks below the ceiling, nothing done to what is soft.

use crate::listen::*;
use crate::rig::{RATE, Rig};
use ebur128::{EbuR128, Mode};
use rhapsode::dsp::unit::Meta;
use rhapsode::nodes::meter::{Levels, Meter};
use rhapsode::rt::{Block, Buffer, Inputs, Processor};
use std::sync::Arc;

/// True peak over all channels, in decibels, as EBU R 128 meters read it.
fn true_peak(x: &[Vec<f32>]) -> f64 {
    let mut meter = EbuR128::new(x.len() as u32, RATE as u32, Mode::TRUE_PEAK).expect("a meter");
    let planes: Vec<&[f32]> = x.iter().map(Vec::as_slice).collect();
    meter.add_frames_planar_f32(&planes).expect("frames");
    let peaks = (0..x.len() as u32).map(|c| meter.true_peak(c).expect("a channel"));
    db(peaks.fold(0.0, f64::max))
}

const HALF: usize = 128;

/// Hann-windowed sinc of 256 taps that cuts at `width` of the Nyquist frequency, `at` of a frame late.
fn taps(at: f64, width: f64) -> Vec<f64> {
    let pi = std::f64::consts::PI;
    let tap = |k: usize| {
        let t = k as f64 - (HALF - 1) as f64 - at;
        let window = libm::cos(pi * t / (2 * HALF + 2) as f64);
        if t == 0.0 { width } else { libm::sin(pi * t * width) / (pi * t) * window * window }
    };
    (0..2 * HALF).map(tap).collect()
}

fn filtered(x: &[f32], taps: &[f64]) -> Vec<f32> {
    let sum = |x: &[f32]| x.iter().zip(taps).map(|(x, h)| f64::from(*x) * h).sum::<f64>() as f32;
    x.windows(taps.len()).map(sum).collect()
}

/// The highest value of the curve through the samples, read at 16 places a frame, in decibels.
fn highest_between(x: &[f32]) -> f64 {
    let places = (1..16).map(|i| filtered(x, &taps(f64::from(i) / 16.0, 1.0)));
    db(places.map(|y| f64::from(peak(&y))).fold(0.0, f64::max))
}

#[test]
fn dense_noise_stays_below_the_ceiling_too() {
    let mut bright = noise(5, frames(0.3));
    for times in 0..4 {
        let audible = filtered(&bright, &taps(0.0, 21_000.0 / (RATE / 2.0)));
        let limited = |x: &[f32]| {
            let x = x.iter().map(|x| x * 2.0).collect();
            Rig::new("limiter", 1, &[("ceiling", -1.0)]).run(&[x])
        };
        let (full, part) = (true_peak(&limited(&bright)), true_peak(&limited(&audible)));
        assert!(full.max(part) <= -1.0, "{times} differences: a meter reads {full}, {part} dB");
        let fine = highest_between(&limited(&audible)[0]);
        assert!(fine <= -0.9, "{times} differences: {fine} dB between the samples");
        // The weight goes more and more towards the Nyquist frequency.
        bright = bright.windows(3).map(|w| w[0] - 2.0 * w[1] + w[2]).collect();
    }
}

/// Signals whose peaks lie between the samples, loud ones, sudden ones.
fn hard() -> Vec<(&'static str, Vec<f32>)> {
    let n = frames(1.0);
    let quarter = |phase: f64, amplitude: f64| -> Vec<f32> {
        let step = std::f64::consts::TAU * 0.25;
        (0..n).map(|i| (amplitude * libm::sin(step * i as f64 + phase)) as f32).collect()
    };
    let mut sudden = silence(n);
    for i in (1000..n - 3).step_by(7919) {
        (sudden[i], sudden[i + 1], sudden[i + 2]) = (1.0, 1.0, -1.0);
    }
    let square = (0..n).map(|i| if (i * 997 / 24_000) % 2 == 0 { 2.0 } else { -2.0 }).collect();
    let burst =
        noise(9, n).iter().enumerate().map(|(i, x)| x * ((i / 6000 % 2) * 4) as f32).collect();
    vec![
        ("a quarter of the rate between the samples", quarter(std::f64::consts::FRAC_PI_4, 1.41)),
        ("the same, much too loud", quarter(std::f64::consts::FRAC_PI_4, 8.0)),
        ("near the top", sine(19_000.0, 2.0, n)),
        ("a low sine", sine(50.0, 3.0, n)),
        ("sudden pairs", sudden),
        ("a square wave", square),
        ("bursts of noise", burst),
    ]
}

#[test]
fn no_true_peak_passes_the_ceiling() {
    for ceiling in [-1.0, -6.0] {
        for (what, input) in hard() {
            let mut rig = Rig::new("limiter", 1, &[("ceiling", ceiling)]);
            let got = true_peak(&rig.run(&[input]));
            println!("{what}: {got:.3} dB below a ceiling of {ceiling} dB");
            assert!(got <= ceiling, "{what}: {got} dB above {ceiling} dB");
            assert!(got > ceiling - 1.5, "{what}: {got} dB, far below {ceiling} dB");
        }
    }
}

#[test]
fn what_is_soft_only_comes_later() {
    let mut rig = Rig::new("limiter", 2, &[("ceiling", -1.0), ("lookahead", 0.005)]);
    let late = rig.latency();
    assert_eq!(late, 240 + 33);
    let input = [noise(1, 48_000).iter().map(|x| x * 0.3).collect(), sine(997.0, 0.8, 48_000)];
    let out = rig.run(&input);
    for c in 0..2 {
        for i in late..48_000 {
            assert!((out[c][i] - input[c][i - late]).abs() < 1e-6, "channel {c} frame {i}");
        }
    }
}

#[test]
fn channels_are_turned_down_together_and_recover() {
    let n = frames(1.0);
    let mut loud = sine(100.0, 4.0, n / 2);
    loud.resize(n, 0.0);
    let mut rig = Rig::new("limiter", 2, &[("ceiling", -1.0), ("release", 0.05)]);
    let out = rig.run(&[loud, sine(1000.0, 0.1, n)]);
    let level = |from: f64| db(tone(&out[1][frames(from)..frames(from + 0.05)], 1000.0) / 0.1);
    assert!((-14.0..-11.0).contains(&level(0.3)), "{}", level(0.3));
    assert!(level(0.9).abs() < 0.05, "{}", level(0.9));
}

#[test]
fn a_meter_measures_peak_and_power_and_changes_nothing() {
    let levels = Arc::new(Levels::default());
    let mut meter = Meter::new(RATE, 1, levels.clone());
    let input = sine(1000.0, 0.5, frames(2.0));
    for x in input.as_chunks::<64>().0 {
        let pool = [Some(Box::new(Buffer(*x)))];
        let mut outs = [Box::new(Buffer::SILENCE)];
        meter.process(&mut Block {
            ins: Inputs::new(&[0], &pool),
            outs: &mut outs,
            events: &[],
            params: &[],
            meta: &Meta::default(),
        });
        assert_eq!(outs[0].0, *x);
    }
    assert!((levels.take_peak() - 0.5).abs() < 1e-3);
    assert_eq!(levels.take_peak(), 0.0);
    assert!((levels.rms() - 0.353_55).abs() < 2e-3, "{}", levels.rms());
}
