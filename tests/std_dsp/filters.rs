//! Filters against built-in nodes of the same transfer function: what differs is 32 bits against 64.

use crate::rig::*;

#[test]
fn input_comes_in_at_once_and_as_it_is() {
    let x = noise(2_000);
    assert_eq!(hear("heard", &x, 2_000)[..2_000], x);
}

#[test]
fn one_poles_are_those_of_the_nodes() {
    for cutoff in ["30", "1000", "15000"] {
        let part = format!("dsp(|x| d::one_pole_low(x, {cutoff}.0))");
        alike(&part, &format!("onepole({cutoff})"), -120.0);
    }
    alike("dsp(|x| d::one_pole_high(x, 90.0))", "dc_block(90)", -140.0);
}

#[test]
fn state_variable_filters_are_those_of_the_nodes() {
    for (cutoff, q) in [(60, "0.7071"), (1000, "5.0"), (12_000, "20.0")] {
        for (part, node) in
            [("low", "lowpass"), ("band", "bandpass"), ("high", "highpass"), ("notch", "notch")]
        {
            let part = format!("d::svf_{part}_fx(#{{cutoff: {cutoff}, q: {q}}})");
            alike(&part, &format!("{node}({cutoff}, {q})"), -112.0);
        }
    }
}

#[test]
fn defaults_come_from_the_comments() {
    alike("d::svf_low_fx()", "lowpass(1000, 0.7071)", -126.0);
    alike("d::ladder_fx()", "ladder(1000, 0.3, 1)", -126.0);
}

#[test]
fn a_cutoff_may_move_frame_by_frame() {
    let sweep = "signal(|t| 1000.0 + 800.0 * sin(TAU * t * 70.0), #{audio: true})";
    alike(
        &format!("d::svf_low_fx(#{{cutoff: {sweep}, q: 3.0}})"),
        &format!("lowpass({sweep}, 3)"),
        -122.0,
    );
}

#[test]
fn biquads_have_the_responses_of_the_nodes() {
    for (cutoff, q) in [(60, "0.7071"), (1000, "5.0"), (12_000, "2.0")] {
        for (part, node) in [
            ("low", "lowpass"),
            ("band", "bandpass"),
            ("high", "highpass"),
            ("notch", "notch"),
            ("all", "allpass"),
        ] {
            let part = format!("dsp(|x| d::biquad_{part}(x, {cutoff}.0, {q}))");
            alike(&part, &format!("{node}({cutoff}, {q})"), -112.0);
        }
        for (part, node) in
            [("peak", "peak"), ("low_shelf", "low_shelf"), ("high_shelf", "high_shelf")]
        {
            for gain in ["9.0", "-15.0"] {
                let part = format!("dsp(|x| d::biquad_{part}(x, {cutoff}.0, {q}, {gain}))");
                alike(&part, &format!("{node}({cutoff}, {q}, {gain})"), -118.0);
            }
        }
    }
}

#[test]
fn the_ladder_is_that_of_the_node() {
    for (cutoff, resonance, drive) in
        [(200, "0.0", "1.0"), (900, "0.8", "4.0"), (6_000, "0.5", "0.2")]
    {
        let part =
            format!("d::ladder_fx(#{{cutoff: {cutoff}, resonance: {resonance}, drive: {drive}}})");
        alike(&part, &format!("ladder({cutoff}, {resonance}, {drive})"), -122.0);
    }
}

#[test]
fn the_ladder_sings_at_its_corner() {
    let sung = impulse("d::ladder_fx(#{cutoff: 1234.5, resonance: 1.0})", 48_000);
    let rest = &sung[24_000..];
    let rising: Vec<usize> =
        (1..rest.len()).filter(|&i| rest[i - 1] < 0.0 && rest[i] >= 0.0).collect();
    let hertz = RATE * (rising.len() - 1) as f64 / (rising[rising.len() - 1] - rising[0]) as f64;
    below("cents beside the corner", (1200.0 * (hertz / 1234.5).log2()).abs(), 0.1);
    assert!(rms(rest) > 0.05, "{}", rms(rest));
}
