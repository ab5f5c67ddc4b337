//! Compressor, gate, expander, ducker, transient shaper, envelope follower: curves and times.

use crate::listen::*;
use crate::rig::{Rig, Shelf};

/// Output level in decibels of a kilohertz at `level` decibels, once settled.
fn settled(name: &str, options: &[(&'static str, f64)], level: f64) -> f64 {
    let mut rig = Rig::new(name, 1, options);
    let out = &rig.run(&[sine(1000.0, amplitude(level), frames(2.0))])[0];
    db(tone(&out[frames(1.0)..], 1000.0))
}

#[test]
fn the_static_curve_of_the_compressor_is_right() {
    let hard = [("threshold", -20.0), ("ratio", 4.0), ("knee", 0.0), ("release", 0.3)];
    for (input, want) in
        [(-40.0, -40.0), (-25.0, -25.0), (-12.0, -18.0), (-4.0, -16.0), (0.0, -15.0)]
    {
        let got = settled("compressor", &hard, input);
        assert!((got - want).abs() < 0.1, "{input} dB in: {got} dB, not {want} dB");
    }
    let soft =
        [("threshold", -20.0), ("ratio", 4.0), ("knee", 12.0), ("release", 0.3), ("makeup", 3.0)];
    // In the middle of the knee: (1 - 1/4) * 6^2 / 24 dB less, and 3 dB more.
    for (input, want) in [(-30.0, -27.0), (-20.0, -20.0 - 1.125 + 3.0), (-8.0, -14.0)] {
        let got = settled("compressor", &soft, input);
        assert!((got - want).abs() < 0.1, "{input} dB in: {got} dB, not {want} dB");
    }
}

#[test]
fn attack_and_release_take_their_time_constants() {
    // A square wave has a level that does not ripple.
    let square = |level: f64, n: usize| -> Vec<f32> {
        (0..n).map(|i| amplitude(level) as f32 * if i / 24 % 2 == 0 { 1.0 } else { -1.0 }).collect()
    };
    let mut input = square(-40.0, 9600);
    input.extend(square(0.0, 48_000));
    input.extend(square(-40.0, 48_000));
    let options =
        [("threshold", -20.0), ("ratio", 2.0), ("knee", 0.0), ("attack", 0.02), ("release", 0.2)];
    let mut rig = Rig::new("compressor", 1, &options);
    let out = &rig.run(&[input.clone()])[0];
    let gain = |i: usize| db(f64::from(out[i] / input[i]));
    // 10 dB of reduction: 6.32 dB of it after one attack time.
    assert!((gain(9600 + 960) + 6.32).abs() < 0.15, "{}", gain(9600 + 960));
    assert!((gain(57_599) + 10.0).abs() < 0.05, "{}", gain(57_599));
    // Back: 3.68 dB are left a release time later (and the attack's 20 ms of smoothing).
    let left = gain(57_600 + 9600);
    assert!((-4.3..-3.6).contains(&left), "{left}");
}

#[test]
fn both_channels_get_the_gain_of_the_louder_one() {
    let options = [("threshold", -20.0), ("ratio", 4.0), ("knee", 0.0), ("release", 0.5)];
    let mut rig = Rig::new("compressor", 2, &options);
    let n = frames(1.0);
    let out = rig.run(&[sine(1000.0, 1.0, n), sine(700.0, 0.1, n)]);
    let right = db(tone(&out[1][n / 2..], 700.0));
    assert!((right + 35.0).abs() < 0.1, "{right}");
}

#[test]
fn a_side_chain_is_heard_in_place_of_the_input() {
    let options = [("threshold", -20.0), ("ratio", 4.0), ("knee", 0.0), ("release", 0.5)];
    let mut rig =
        Rig::with("compressor", 1, &options, &[], true, &Shelf::default()).expect("builds");
    let n = frames(1.0);
    let out = &rig.run(&[sine(1000.0, 0.01, n), sine(90.0, 1.0, n)])[0];
    let got = db(tone(&out[n / 2..], 1000.0));
    assert!((got + 55.0).abs() < 0.3, "{got}");
}

#[test]
fn look_ahead_is_latency_and_acts_before_the_peak() {
    let options = [("threshold", -20.0), ("ratio", 100.0), ("attack", 0.001), ("lookahead", 0.005)];
    let mut rig = Rig::new("compressor", 1, &options);
    assert_eq!(rig.latency(), 240);
    let mut input = silence(4800);
    input.extend(sine(1000.0, 1.0, 4800));
    let out = &rig.run(&[input])[0];
    assert_eq!(peak(&out[..4800 + 240]), 0.0);
    assert!(peak(out) < 0.12, "the attack is over when the sound comes: {}", peak(out));
    let mut late = Rig::new("compressor", 1, &options[..3]);
    let mut input = silence(4800);
    input.extend(sine(1000.0, 1.0, 4800));
    assert!(peak(&late.run(&[input])[0]) > 0.5);
}

#[test]
fn a_gate_shuts_what_is_soft_and_lets_what_is_loud() {
    let options = [("threshold", -30.0), ("range", 60.0)];
    assert!((settled("gate", &options, -20.0) + 20.0).abs() < 0.05);
    assert!((settled("gate", &options, -36.0) + 96.0).abs() < 0.3);
    let mut input = sine(1000.0, 0.5, 9600);
    input.extend(sine(1000.0, 0.001, 48_000));
    let mut rig = Rig::new("gate", 1, &[("threshold", -30.0), ("hold", 0.1), ("release", 0.05)]);
    let out = &rig.run(&[input])[0];
    let soft = |from: f64| peak(&out[frames(from)..frames(from + 0.01)]);
    assert!(soft(0.28) > 0.00099, "held for 100 ms: {}", soft(0.28));
    assert!((soft(0.3495) - 0.00037).abs() < 0.0001, "37 % after a release: {}", soft(0.3495));
    assert!(soft(0.9) < 0.000_001, "closed: {}", soft(0.9));
}

#[test]
fn an_expander_multiplies_the_distance_below_the_threshold() {
    let options = [("threshold", -30.0), ("ratio", 3.0), ("release", 0.3), ("range", 40.0)];
    for (input, want) in [(-20.0, -20.0), (-36.0, -48.0), (-40.0, -60.0), (-70.0, -110.0)] {
        let got = settled("expander", &options, input);
        assert!((got - want).abs() < 0.3, "{input} dB in: {got} dB, not {want} dB");
    }
}

#[test]
fn a_ducker_makes_room_by_its_depth_and_comes_back() {
    let n = frames(1.5);
    let mut kick = sine(60.0, 0.8, frames(0.5));
    kick.resize(n, 0.0);
    let options = [("depth", 18.0), ("attack", 0.005), ("release", 0.1)];
    let mut rig = Rig::with("ducker", 1, &options, &[], true, &Shelf::default()).expect("builds");
    let out = &rig.run(&[sine(1000.0, 0.5, n), kick])[0];
    let level = |from: f64| db(tone(&out[frames(from)..frames(from + 0.05)], 1000.0) / 0.5);
    assert!((level(0.3) + 18.0).abs() < 0.05, "{}", level(0.3));
    assert!(level(1.3).abs() < 0.05, "{}", level(1.3));
    let alone = &Rig::new("ducker", 1, &options).run(&[sine(1000.0, 0.5, n)])[0];
    assert_eq!(alone[..n], sine(1000.0, 0.5, n)[..], "no side-chain, no change");
}

#[test]
fn a_transient_shaper_changes_attacks_whatever_the_level() {
    let hit = |level: f32| -> Vec<f32> {
        let mut x = silence(4800);
        let decay = |i: usize| libm::expf(-(i as f32) / 4800.0) * level;
        x.extend(sine(400.0, 1.0, 24_000).iter().enumerate().map(|(i, s)| s * decay(i)));
        x
    };
    let shape = |attack: f64, sustain: f64, level: f32| {
        let mut rig = Rig::new("transient", 1, &[("attack", attack), ("sustain", sustain)]);
        rig.run(&[hit(level)]).remove(0)
    };
    let start = |x: &[f32]| db(rms(&x[4800..5300]));
    let end = |x: &[f32]| db(rms(&x[16_000..24_000]));
    let dry = hit(0.5);
    let sharp = shape(1.0, 0.0, 0.5);
    assert!(start(&sharp) - start(&dry) > 5.0, "{}", start(&sharp) - start(&dry));
    assert!((end(&sharp) - end(&dry)).abs() < 0.5, "{}", end(&sharp) - end(&dry));
    let soft = shape(-1.0, 0.0, 0.5);
    assert!(start(&soft) - start(&dry) < -5.0, "{}", start(&soft) - start(&dry));
    let long = shape(0.0, 1.0, 0.5);
    assert!(end(&long) - end(&dry) > 4.0, "{}", end(&long) - end(&dry));
    let quiet = shape(1.0, 0.0, 0.05);
    let difference = start(&sharp) - start(&quiet);
    assert!((difference - 20.0).abs() < 0.3, "the same at another level: {difference}");
}

#[test]
fn an_envelope_follower_rises_and_falls_with_its_times() {
    let mut input = vec![0.8; 24_000];
    input.extend(silence(48_000));
    let mut rig = Rig::new("envelope_follower", 1, &[("attack", 0.05), ("release", 0.2)]);
    let out = &rig.run(&[input])[0];
    assert!((out[2400] - 0.8 * 0.632).abs() < 0.003, "{}", out[2400]);
    assert!((out[23_999] - 0.8).abs() < 0.001);
    let fallen = out[24_000 + 9600 + 2400];
    assert!((0.2..0.4).contains(&fallen), "{fallen}");
    let mut stereo = Rig::new("envelope_follower", 2, &[]);
    let out = stereo.run(&[silence(9600), vec![0.5; 9600]]);
    assert!(out.len() == 1 && (out[0][9599] - 0.5).abs() < 0.001);
}

#[test]
fn wild_parameters_give_no_nan() {
    for name in ["compressor", "gate", "expander", "transient", "ducker", "envelope_follower"] {
        let mut rig = Rig::new(name, 1, &[]);
        let kind = rhapsode::nodes::find(name).expect("a kind");
        for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e20, -1e20] {
            for p in kind.params.iter().filter(|p| p.kind == rhapsode::nodes::ParamKind::Number) {
                rig.set(p.name, wild);
            }
            let out = &rig.run(&[noise(2, 6400)])[0];
            assert!(out.iter().all(|y| y.is_finite()), "{name} with {wild}");
        }
    }
}
