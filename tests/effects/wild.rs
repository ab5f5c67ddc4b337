//! Every processor of this suite with parameters that no one should give it.

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
