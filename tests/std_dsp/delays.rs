//! Delays to the frame and between frames; combs and strings: pitch and decay.

use crate::rig::*;
use std::f64::consts::{PI, TAU};

/// The frames of `x` that are not silent, and what they are.
fn hits(x: &[f32], from: f32) -> Vec<(usize, f32)> {
    x.iter().copied().enumerate().filter(|(_, y)| y.abs() > from).collect()
}

#[test]
fn whole_frames_are_exact() {
    for part in ["d::delay_linear(x, 0.1, 0.5)", "d::delay_cubic(x, 0.1, 0.5)"] {
        let x = impulse(&format!("dsp(|x| {part})"), 48_000);
        let found = hits(&x, 1e-6);
        assert_eq!(found.len(), 1, "{part}: {found:?}");
        assert_eq!(found[0].0, 4_800);
        below(part, f64::from((found[0].1 - 1.0).abs()), 1e-6);
    }
    let x = impulse("dsp(|x| d::delay_linear(x, 0.0, 0.5))", 100);
    assert_eq!(hits(&x, 1e-6), [(0, 1.0)]);
    let x = impulse("dsp(|x| d::delay_linear(x, 5.0, 0.01))", 48_000);
    assert_eq!(hits(&x, 1e-6), [(480, 1.0)], "no longer than the longest");
}

#[test]
fn half_a_frame_is_the_mean_of_two() {
    let x = impulse("dsp(|x| d::delay_linear(x, 100.5 / sample_rate, 0.1))", 1_000);
    let found = hits(&x, 1e-6);
    assert_eq!(found.len(), 2, "{found:?}");
    for (i, (frame, level)) in found.iter().enumerate() {
        assert_eq!(*frame, 100 + i);
        below("half", f64::from((level - 0.5).abs()), 1e-6);
    }
}

#[test]
fn between_frames_a_cubic_is_near_the_sine_itself() {
    for (part, freq, bound) in
        [("cubic", 1_000.0, 1e-5), ("cubic", 6_000.0, 0.008), ("linear", 1_000.0, 0.0022)]
    {
        let effect = format!("heard |> dsp(|x| d::delay_{part}(x, 40.4 / sample_rate, 0.1))");
        let late = hear(&effect, &sine(freq, 9_600), 9_600);
        let worst = (200..9_600)
            .map(|i| ((TAU * freq / RATE * (i as f64 - 40.4)).sin() - f64::from(late[i])).abs())
            .fold(0.0, f64::max);
        below(&format!("{part} at {freq} Hz"), worst, bound);
    }
}

#[test]
fn echoes_are_those_of_the_node() {
    let part = "d::echo_fx(#{time: 0.05, feedback: 0.6, damp: 0.0, mix: 0.5})";
    // A time of 32 bits is not a whole number of frames, to which the node rounds it.
    alike(part, "delay(0.05, 0.6, 0.5, 0.0)", -84.0);
    // What is damped loses treble with each echo, and no bass.
    let x = impulse("d::echo_fx(#{time: 0.05, feedback: 0.6, damp: 0.5, mix: 1.0})", 48_000);
    let second = &x[4_700..6_900];
    below("bass", (spectrum(second, 20.0).0.hypot(spectrum(second, 20.0).1) - 0.6).abs(), 1e-5);
    let treble = spectrum(second, 23_999.0);
    // (1 - d) / (1 + d) of it is left.
    below("treble", (treble.0.hypot(treble.1) - 0.2).abs(), 3e-5);
}

#[test]
fn a_comb_is_that_of_the_node() {
    for (freq, feedback, damp) in
        [(220, "0.9", "0.2"), (1_234, "-0.95", "0.0"), (50, "0.99", "0.6")]
    {
        let part = format!("d::comb_fx(#{{freq: {freq}, feedback: {feedback}, damp: {damp}}})");
        alike(&part, &format!("comb({freq}, {feedback}, {damp})"), -98.0);
    }
}

/// Amplitude and phase of the partial at `freq` of a part of `x`.
fn partial(x: &[f32], from: usize, freq: f64) -> (f64, f64) {
    let part = &x[from..from + 4_800];
    let windowed: Vec<f32> = part
        .iter()
        .enumerate()
        .map(|(i, y)| y * (0.5 - 0.5 * (TAU * i as f64 / 4_800.0).cos()) as f32)
        .collect();
    let (re, im) = spectrum(&windowed, freq);
    (re.hypot(im), im.atan2(re))
}

/// Cents that a partial is beside `freq`, and seconds in which it falls by 60 dB.
fn ringing(x: &[f32], freq: f64) -> (f64, f64) {
    let (a, b) = (partial(x, 4_800, freq), partial(x, 4_800 + 960, freq));
    let turn = b.1 - a.1 - TAU * freq * 0.02;
    let off = (turn + PI).rem_euclid(TAU) - PI;
    let far = partial(x, 4_800 + 14_400, freq);
    (1_200.0 * (1.0 + off / (TAU * 0.02) / freq).log2(), 0.3 * 60.0 / db(a.0 / far.0))
}

#[test]
fn a_string_has_its_pitch_and_its_decay() {
    for (freq, decay, damp) in
        [(110.0, 3.0, 0.5), (441.3, 1.0, 0.1), (441.3, 1.0, 1.0), (1_500.0, 2.0, 0.05)]
    {
        let x = impulse(
            &format!("d::string_fx(#{{freq: {freq:?}, decay: {decay:?}, damp: {damp:?}}})"),
            48_000,
        );
        let (cents, seconds) = ringing(&x, freq);
        below(&format!("cents beside {freq} Hz, damp {damp}"), cents.abs(), 0.001);
        below(&format!("decay of {decay} s"), (seconds / decay - 1.0).abs(), 0.002);
    }
}

#[test]
fn the_treble_of_a_string_dies_sooner() {
    let x = impulse("d::string_fx(#{freq: 220.0, decay: 3.0, damp: 0.5})", 48_000);
    let turns = |k: f64| {
        // The weighted mean of two frames, against what it is at the fundamental.
        let own = |k: f64| (0.625 + 0.375 * (TAU * 220.0 * k / RATE).cos()).sqrt();
        220.0 * (own(k) / own(1.0)).ln() - 6.907_755 / 3.0
    };
    for k in [5.0, 20.0] {
        let (_, seconds) = ringing(&x, 220.0 * k);
        let wanted = -6.907_755 / turns(k);
        below(&format!("partial {k}: {seconds} s"), (seconds / wanted - 1.0).abs(), 0.015);
    }
}

#[test]
fn a_pluck_sounds_when_the_gate_opens() {
    let gate = "signal(|t| if t < 0.25 || t > 0.5 { 1.0 } else { 0.0 }, #{audio: true})";
    let source = format!("d::pluck_source(#{{freq: 220, gate: {gate}, decay: 0.5, damp: 0.2}})");
    let x = hear(&source, &[], 48_000);
    let level = |seconds: f64| rms(&x[(seconds * RATE) as usize..][..2_400]);
    assert!(level(0.0) > 0.2, "{}", level(0.0));
    // 60 dB in 0.5 s are 48 dB in 0.4 s, and the treble is gone before.
    below("before the second pluck, in decibels", db(level(0.44) / level(0.04)), -48.0);
    below("the second one, in decibels", db(level(0.5) / level(0.0)).abs(), 0.2);
    let (cents, seconds) = ringing(&x, 220.0);
    below("cents", cents.abs(), 0.01);
    below("decay", (seconds / 0.5 - 1.0).abs(), 1e-5);
}

#[test]
fn a_pluck_in_an_instrument_has_the_pitch_of_its_note() {
    // The track's own bracket closes after it.
    let track = "instrument(|v| d::pluck_source(#{decay: 1.0}))).play(\"a3\"";
    let (cents, _) = ringing(&hear(track, &[], 48_000), 220.0);
    below("cents beside a3", cents.abs(), 0.005);
}
