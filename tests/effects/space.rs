//! Reverb and convolution: decay, energy, exactness.

use crate::listen::*;
use crate::rig::{RATE, Rig};
use rhapsode::rt::Status;

/// RT60 of an impulse response from the slope of its backward-integrated energy between -5 and -35 dB
/// (M. R. Schroeder, JASA 1965; ISO 3382).
fn rt60(x: &[f32]) -> f64 {
    let mut left = vec![0.0f64; x.len() + 1];
    for i in (0..x.len()).rev() {
        left[i] = left[i + 1] + f64::from(x[i]) * f64::from(x[i]);
    }
    let at = |level: f64| {
        let limit = left[0] * libm::pow(10.0, level / 10.0);
        left.iter().position(|e| *e < limit).expect("it decays")
    };
    (at(-35.0) - at(-5.0)) as f64 / RATE * 2.0
}

#[test]
fn the_decay_is_what_was_asked_for() {
    for size in [0.1, 0.6, 1.0] {
        for decay in [0.3, 1.0, 3.0] {
            let options = [("size", size), ("decay", decay), ("damp", 0.0), ("mix", 1.0)];
            let mut rig = Rig::new("reverb", 1, &options);
            let out = rig.run(&[impulse(0, 1.0, frames(decay * 1.5 + 0.5))]);
            for (c, out) in out.iter().enumerate() {
                let got = rt60(out);
                println!("size {size}, decay {decay}, channel {c}: {got:.3} s");
                assert!((got / decay - 1.0).abs() < 0.1, "size {size}: {got} s, not {decay} s");
            }
        }
    }
}

#[test]
fn damping_shortens_treble_and_leaves_bass() {
    let render = |damp: f64| {
        let options = [("decay", 2.0), ("damp", damp), ("mix", 1.0)];
        Rig::new("reverb", 1, &options).run(&[impulse(0, 1.0, frames(3.0))]).remove(0)
    };
    // Two one-pole low passes at 150 Hz; the difference of neighbours.
    let split = |x: &[f32]| -> (Vec<f32>, Vec<f32>) {
        let (mut once, mut low, mut last) = (0.0, 0.0, 0.0);
        x.iter()
            .map(|x| {
                once += (x - once) * 0.02;
                low += (once - low) * 0.02;
                (low, x - std::mem::replace(&mut last, *x))
            })
            .unzip()
    };
    let (bright_low, _) = split(&render(0.0));
    let (dark_low, dark_high) = split(&render(0.7));
    assert!((rt60(&dark_low) / rt60(&bright_low)) > 0.75, "{}", rt60(&dark_low));
    assert!(rt60(&dark_high) < 0.8, "{}", rt60(&dark_high));
}

#[test]
fn the_room_is_as_loud_as_the_sound_whatever_its_decay_and_wide() {
    for decay in [0.5, 2.0, 8.0] {
        let options = [("decay", decay), ("damp", 0.0), ("mix", 1.0)];
        let mut rig = Rig::new("reverb", 2, &options);
        let n = frames(decay * 2.0 + 1.0);
        let out = rig.run(&[noise(1, n), noise(2, n)]);
        let level = db(rms(&out[0][n / 2..]) / rms(&noise(1, n)));
        println!("decay {decay}: {level:.2} dB");
        assert!(level.abs() < 2.5, "decay {decay}: {level} dB");
        let (l, r) = (&out[0][n / 2..], &out[1][n / 2..]);
        let product: f64 = l.iter().zip(r).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let correlation = product / (rms(l) * rms(r) * l.len() as f64);
        assert!(correlation.abs() < 0.3, "{correlation}");
    }
}

#[test]
fn the_room_answers_after_the_predelay_then_falls_silent() {
    let options = [("decay", 0.3), ("predelay", 0.1), ("mix", 1.0), ("size", 0.0)];
    let mut rig = Rig::new("reverb", 1, &options);
    let out = rig.run(&[impulse(0, 1.0, frames(0.5))]);
    let first = out[0].iter().position(|y| y.abs() > 1e-6).expect("an answer");
    assert!((4800..4800 + 1000).contains(&first), "{first}");
    rig.run(&[silence(frames(3.0))]);
    assert_eq!(rig.status, Status::Silent);
    assert_eq!(peak(&rig.run(&[silence(640)])[0]), 0.0);
    rig.run(&[impulse(0, 1.0, 64)]);
    assert_eq!(rig.status, Status::Playing, "it wakes up");
}

#[test]
fn a_dry_reverb_changes_nothing_and_wild_parameters_stay_finite() {
    let input = noise(4, 6400);
    let dry = Rig::new("reverb", 1, &[("mix", 0.0)]).run(std::slice::from_ref(&input));
    assert_eq!(dry[0], input);
    let mut rig = Rig::new("reverb", 2, &[]);
    for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e9, -1e9, 0.0] {
        for name in ["size", "decay", "damp", "predelay", "mix", "width"] {
            rig.set(name, wild);
        }
        let out = rig.run(&[noise(1, 12_800), noise(2, 12_800)]);
        assert!(peak(&out[0]) < 20.0 && out[0].iter().all(|y| y.is_finite()), "with {wild}");
    }
}
