//! Nodes in circumstances that they do not choose: wild parameters, split blocks, few lanes.

use crate::listen::*;
use crate::rig::{Rig, Shelf};
use rhapsode::nodes::table::Sample;
use rhapsode::nodes::{ParamKind, find};

#[test]
fn wild_parameters_give_finite_sound_and_a_reset_gives_silence() {
    let mut shelf = Shelf::default();
    shelf.put("ir.wav", Sample { channels: vec![noise(3, 500)], ..Sample::default() });
    for name in ["limiter", "reverb", "convolve", "pitch_shift", "meter", "pitch", "onset"] {
        let texts: &[_] = if name == "convolve" { &[("path", "ir.wav")] } else { &[] };
        for channels in [1, 2] {
            let mut rig = Rig::with(name, channels, &[], texts, false, &shelf).expect("builds");
            let kind = find(name).expect("a kind");
            for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e20, -1e20, 0.0] {
                for p in kind.params.iter().filter(|p| p.kind == ParamKind::Number) {
                    rig.set(p.name, wild);
                }
                let input: Vec<_> = (0..channels).map(|c| noise(c as u32, 6400)).collect();
                for out in rig.run(&input) {
                    assert!(out.iter().all(|y| y.is_finite()), "{name} with {wild}");
                }
            }
            for p in kind.params.iter().filter(|p| p.kind == ParamKind::Number) {
                rig.set(p.name, p.default);
            }
            rig.reset();
            let quiet = rig.run(&vec![silence(9600); channels]);
            assert!(quiet.iter().all(|c| peak(c) == 0.0), "{name} after a reset");
        }
    }
}

#[test]
fn what_is_not_a_number_goes_away_with_a_reset() {
    for name in ["limiter", "reverb", "pitch_shift", "meter", "pitch", "onset"] {
        let mut rig = Rig::new(name, 1, &[]);
        let mut bad = noise(1, 640);
        bad[100] = f32::NAN;
        bad[200] = f32::INFINITY;
        rig.run(&[bad]);
        rig.reset();
        let out = rig.run(&[sine(440.0, 0.3, 48_000)]);
        assert!(out.iter().flatten().all(|y| y.is_finite()), "{name}");
    }
}

/// Units of this suite, and how far split blocks may take them: echoes not at all, gains that open within
/// a few milliseconds by the few frames that their steps move.
const UNITS: &[(&str, f32)] = &[
    ("compressor", 1e-3),
    ("delay", 0.0),
    ("ducker", 0.0),
    ("envelope_follower", 1e-5),
    ("expander", 0.05),
    ("gate", 0.05),
    ("pingpong", 0.0),
    ("transient", 0.05),
];

fn burst() -> Vec<f32> {
    let mut x = sine(333.0, 0.7, 9600);
    x.extend(sine(333.0, 0.07, 38_400));
    x
}

fn hear(mut rig: Rig, channels: usize) -> Vec<f32> {
    rig.run(&vec![burst(); channels]).remove(0)
}

#[test]
fn blocks_may_be_split_anywhere() {
    for &(name, most) in UNITS {
        for split in [1, 13, 62] {
            let channels = if name == "pingpong" { 2 } else { 1 };
            let whole = hear(Rig::new(name, channels, &[]), channels);
            let mut rig = Rig::new(name, channels, &[]);
            rig.split = split;
            let parts = hear(rig, channels);
            let worst = whole.iter().zip(&parts).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(worst <= most, "{name} split at {split}: {worst}");
        }
    }
}

#[test]
fn one_lane_sounds_like_eight() {
    for &(name, _) in UNITS {
        let channels = if name == "pingpong" { 2 } else { 1 };
        let eight = hear(Rig::new(name, channels, &[]), channels);
        let one = hear(Rig::lone(name, channels, &[]), channels);
        assert_eq!(eight, one, "{name}");
    }
}

#[test]
fn echoes_say_how_long_they_ring() {
    let ring = |feedback: f64| {
        let mut rig = Rig::new("delay", 1, &[("time", 0.1), ("feedback", feedback)]);
        rig.run(&[silence(64)]);
        rig.tail()
    };
    assert!(ring(0.0) <= frames(0.4), "{}", ring(0.0));
    // 0.5^15 is -90 dB.
    assert!((frames(1.5)..frames(2.0)).contains(&ring(0.5)), "{}", ring(0.5));
    assert!(ring(0.99) > frames(80.0));
}
