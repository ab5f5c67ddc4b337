//! Oscillators and noises.

use crate::listen::{db, rms, spectrum};
use rhapsode::nodes::harness::{Feed, Setup};

const N: usize = 1 << 15;

/// Largest component below 20 kHz that is no harmonic of `freq`, under the fundamental, in dB.
fn aliasing(name: &str, freq: f64) -> f64 {
    let mut unit = Setup::new(name).set("freq", freq).build();
    unit.run(4096);
    let s = spectrum(&unit.lane(0, N));
    let bin = 48_000.0 / N as f64;
    let near = |k: usize| {
        let h = (k as f64 * bin / freq).round();
        h >= 0.0 && (k as f64 * bin - h * freq).abs() < 6.0 * bin
    };
    let top = (20_000.0 / bin) as usize;
    let fundamental = (freq / bin) as usize;
    let level = s[fundamental - 3..fundamental + 4].iter().fold(0.0, |a: f64, b| a.max(*b));
    let worst = (8..top).filter(|&k| !near(k)).map(|k| s[k]).fold(0.0, f64::max);
    db(worst) - db(level)
}

#[test]
fn aliases_of_5_khz_are_60_db_down() {
    for name in ["saw", "square", "triangle"] {
        // Beside 5 kHz too, where aliases do not fall on round frequencies.
        for freq in [5000.0, 4987.3] {
            let worst = aliasing(name, freq);
            println!("{name} {freq}: {worst:.1} dB");
            assert!(worst < -60.0, "{name} at {freq} Hz: {worst} dB");
        }
    }
    for (name, freq) in [("saw", 440.0), ("square", 1234.5), ("triangle", 9000.0), ("saw", 9000.0)]
    {
        println!("{name} {freq}: {:.1} dB", aliasing(name, freq));
    }
}

#[test]
fn harmonics_have_the_levels_of_their_waves() {
    let level = |name: &str, harmonic: usize| {
        // 187.5 Hz is bin 128.
        let mut unit = Setup::new(name).set("freq", 187.5).build();
        unit.run(64);
        spectrum(&unit.lane(3, N))[128 * harmonic]
    };
    let pi = core::f64::consts::PI;
    for h in [1usize, 2, 3, 5, 10] {
        let odd = h % 2 == 1;
        let h1 = h as f64;
        let near = |name: &str, want: f64| {
            let got = level(name, h);
            assert!((got - want).abs() < 0.002 + want * 0.02, "{name} {h}: {got} {want}");
        };
        near("saw", 2.0 / (pi * h1));
        near("square", if odd { 4.0 / (pi * h1) } else { 0.0 });
        near("triangle", if odd { 8.0 / (pi * pi * h1 * h1) } else { 0.0 });
        near("sine", if h == 1 { 1.0 } else { 0.0 });
    }
}

#[test]
fn a_sine_is_clean_and_exact() {
    let tau = core::f64::consts::TAU;
    for freq in [20.0, 440.0, 12_345.0f64] {
        let got = Setup::new("sine").set("freq", freq).build().lane(7, 48_000);
        // The frequency is a whole number of 2^-32 cycles a frame: 11 uHz apart.
        let grid = 4_294_967_296.0;
        let step = (f64::from(freq as f32 * (1.0 / 48_000.0) as f32) * grid).round() / grid;
        let worst = (0..48_000)
            .map(|n| (f64::from(got[n]) - (tau * step * n as f64).sin()).abs())
            .fold(0.0, f64::max);
        println!("sine {freq}: {worst:e}");
        assert!(worst < 1e-5, "{freq}: {worst}");
    }
}

#[test]
fn sources_do_not_mind_how_a_block_is_split() {
    for name in ["saw", "square", "triangle", "noise", "pink", "impulse", "dust"] {
        let whole = Setup::new(name).build().run(1000);
        assert_eq!(whole, Setup::new(name).build().split(&[1, 17, 40]).run(1000), "{name}");
    }
    let whole = Setup::new("sine").build().lane(0, 1000);
    let split = Setup::new("sine").build().split(&[1, 17, 40]).lane(0, 1000);
    for (a, b) in whole.iter().zip(&split) {
        assert!((a - b).abs() < 4e-6, "{a} {b}");
    }
}

#[test]
fn noises_have_their_levels_and_slopes() {
    let white = Setup::new("noise").build().lane(2, 1 << 18);
    assert!((rms(&white) - 1.0 / 3f64.sqrt()).abs() < 0.003, "{}", rms(&white));
    let mean = white.iter().sum::<f32>() / white.len() as f32;
    assert!(mean.abs() < 0.005, "{mean}");
    let pink = Setup::new("pink").build().lane(2, 1 << 20);
    println!("pink {} dB", db(rms(&pink)));
    assert!((db(rms(&pink)) + 17.0).abs() < 1.5);
    let power = |lo: usize| {
        // Mean power a bin, over an octave.
        let mut sum = 0.0;
        for part in pink.chunks_exact(1 << 14) {
            sum += spectrum(part)[lo..2 * lo].iter().map(|a| a * a).sum::<f64>();
        }
        10.0 * (sum / lo as f64).log10()
    };
    for lo in [32, 128, 512, 2048] {
        let slope = power(2 * lo) - power(lo);
        assert!((slope + 3.01).abs() < 0.35, "{slope} dB an octave at bin {lo}");
    }
}

#[test]
fn voices_hear_different_noise_and_a_reset_goes_on() {
    let mut unit = Setup::new("noise").build();
    let x = unit.run(256);
    assert!(x[0].iter().all(|x| x.0[0] != x.0[1]));
    unit.unit().reset(0);
    let y = unit.run(256);
    assert!(x[0].iter().zip(&y[0]).all(|(x, y)| x.0[0] != y.0[0]));
}

#[test]
fn impulses_come_on_time() {
    let x = Setup::new("impulse").set("freq", 480.0).build().lane(0, 1000);
    let at: Vec<usize> = (0..1000).filter(|&i| x[i] != 0.0).collect();
    assert_eq!(at[..4], [0, 100, 200, 300]);
    let dust = Setup::new("dust").set("rate", 1000.0).build().lane(0, 480_000);
    let count = dust.iter().filter(|x| **x > 0.0).count();
    assert!((count as f64 - 10_000.0).abs() < 400.0, "{count}");
}

#[test]
fn a_pulse_is_high_for_its_width() {
    let x = Setup::new("square").set("freq", 48.0).set("width", 0.25).build().lane(0, 48_000);
    let high = x.iter().filter(|x| **x > 0.0).count();
    assert!((high as f64 - 12_000.0).abs() < 100.0, "{high}");
}

#[test]
fn wild_frequencies_stay_finite() {
    for name in ["sine", "saw", "square", "triangle", "impulse"] {
        for freq in [0.0, -1e9, 1e9, 24_000.0, 1e-30] {
            for feed in [
                Feed::Const(freq),
                Feed::audio(move |_| freq),
                Feed::control(move |n| freq * n as f32),
            ] {
                let out = Setup::new(name).param("freq", feed).build().lane(0, 256);
                assert!(out.iter().all(|y| y.abs() < 2.5), "{name} {freq}: {out:?}");
            }
        }
    }
}
