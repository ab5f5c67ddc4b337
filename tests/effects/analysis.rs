//! Analysers: pitch in hertz, onsets in time.

use crate::listen::*;
use crate::rig::{RATE, Rig};

#[test]
fn the_pitch_of_tones_is_found_within_three_cents() {
    for freq in [55.0, 82.4, 220.0, 441.3, 1000.0, 1900.0] {
        let tones: Vec<(&str, Vec<f32>)> = vec![
            ("sine", sine(freq, 0.3, 48_000)),
            // Without its fundamental: overtones 2 to 5.
            ("overtones", {
                let parts: Vec<_> =
                    (2..=5).map(|k| sine(freq * f64::from(k), 0.1, 48_000)).collect();
                (0..48_000).map(|i| parts.iter().map(|p| p[i]).sum()).collect()
            }),
        ];
        for (what, x) in tones {
            let out = &Rig::new("pitch", 1, &[]).run(&[x])[0];
            let cents = 1200.0 * libm::log2(f64::from(out[47_999]) / freq);
            assert!(cents.abs() < 3.0, "{what} of {freq} Hz: {} Hz", out[47_999]);
        }
    }
}

#[test]
fn silence_and_noise_leave_the_last_pitch() {
    let mut x = sine(330.0, 0.5, 24_000);
    x.extend(silence(12_000));
    x.extend(noise(5, 24_000));
    let out = &Rig::new("pitch", 1, &[]).run(&[x])[0];
    assert_eq!(out[0], 0.0);
    let found = out.iter().position(|y| *y > 0.0).expect("a pitch");
    assert!(found < frames(0.06), "after {found} frames");
    for i in [23_000, 35_000, 59_000] {
        assert!((out[i] - 330.0).abs() < 2.0, "frame {i}: {} Hz", out[i]);
    }
}

#[test]
fn pitch_follows_a_melody() {
    let mut x = sine(220.0, 0.5, 12_000);
    x.extend(sine(330.0, 0.5, 12_000));
    let out = &Rig::new("pitch", 2, &[]).run(&[x.clone(), x])[0];
    assert!((out[11_900] - 220.0).abs() < 0.5, "{}", out[11_900]);
    assert!((out[12_000 + frames(0.06)] - 330.0).abs() < 1.0, "{}", out[12_000 + frames(0.06)]);
}

#[test]
fn onsets_are_found_once_and_soon() {
    let beats: Vec<usize> = (0..8).map(|k| 5000 + k * 11_003).collect();
    let mut x = noise(77, 100_000).iter().map(|x| x * 0.001).collect::<Vec<_>>();
    for (k, &at) in beats.iter().enumerate() {
        let freq = 110.0 * f64::from(1 << (k % 3));
        for (i, s) in sine(freq, 0.4, 10_000).iter().enumerate() {
            x[at + i] += s * libm::expf(-(i as f32) / 1200.0);
        }
    }
    let out = &Rig::new("onset", 1, &[("decay", 0.05)]).run(&[x])[0];
    let rises: Vec<usize> = (1..out.len()).filter(|&i| out[i] > out[i - 1] + 0.3).collect();
    assert_eq!(rises.len(), beats.len(), "{rises:?} for {beats:?}");
    for (rise, beat) in rises.iter().zip(&beats) {
        let late = *rise as f64 - *beat as f64;
        assert!((-64.0..0.02 * RATE).contains(&late), "{late} frames late");
        assert!((out[*rise] - 1.0).abs() < 1e-6);
        let fallen = out[rise + 1200];
        assert!((db(f64::from(fallen)) + 30.0).abs() < 0.5, "half the decay: {fallen}");
    }
}

#[test]
fn a_steady_sound_has_one_onset() {
    for x in [sine(200.0, 0.5, 48_000), noise(3, 48_000)] {
        let out = &Rig::new("onset", 1, &[]).run(&[x])[0];
        let rises = (1..out.len()).filter(|&i| out[i] > out[i - 1] + 0.2).count()
            + usize::from(out[0] > 0.5);
        assert_eq!(rises, 1);
    }
}
