//! Frequency responses, of the impulse responses, against the formulas.

use crate::rig::*;
use std::f64::consts::{PI, TAU};

const FREQS: [f64; 7] = [40.0, 200.0, 700.0, 1000.0, 1500.0, 5_000.0, 18_000.0];

/// Asserts a magnitude in decibels at all frequencies; what is far down may be as much off as it is down.
fn magnitude(effect: &str, wanted: impl Fn(f64) -> f64, bound: f64) {
    let response = impulse(effect, 48_000);
    let mut worst = 0.0f64;
    for freq in FREQS {
        let (re, im) = spectrum(&response, freq);
        worst = worst.max((re.hypot(im) - wanted(freq)).abs());
    }
    below(effect, worst, bound);
}

/// Where the bilinear transform has an analogue frequency, against the corner.
fn bent(freq: f64, corner: f64) -> f64 {
    (PI * freq / RATE).tan() / (PI * corner / RATE).tan()
}

#[test]
fn one_poles_fall_by_six_decibels_an_octave() {
    let low = |freq: f64| 1.0 / 1f64.hypot(bent(freq, 1000.0));
    magnitude("dsp(|x| d::one_pole_low(x, 1000.0))", low, 1e-7);
    let high = |freq: f64| bent(freq, 1000.0) * low(freq);
    magnitude("dsp(|x| d::one_pole_high(x, 1000.0))", high, 1e-7);
    magnitude("dsp(|x| d::one_pole_all(x, 1000.0))", |_| 1.0, 1e-7);
    let (re, im) = spectrum(&impulse("dsp(|x| d::one_pole_all(x, 1000.0))", 48_000), 1000.0);
    below("a quarter turn at the corner", (im.atan2(re) + PI / 2.0).abs(), 1e-7);
}

#[test]
fn second_order_filters_have_their_prototypes_responses() {
    let q = 3.0;
    let w = |freq: f64| bent(freq, 1000.0);
    let under = |freq: f64| (1.0 - w(freq) * w(freq)).hypot(w(freq) / q);
    for family in ["svf", "biquad"] {
        let part = |name: &str| format!("dsp(|x| d::{family}_{name}(x, 1000.0, 3.0))");
        magnitude(&part("low"), |f| 1.0 / under(f), 1e-6);
        magnitude(&part("high"), |f| w(f) * w(f) / under(f), 1e-6);
        magnitude(&part("band"), |f| w(f) / q / under(f), 1e-6);
        magnitude(&part("notch"), |f| (1.0 - w(f) * w(f)).abs() / under(f), 1e-6);
    }
    magnitude("dsp(|x| d::biquad_all(x, 1000.0, 3.0))", |_| 1.0, 1e-6);
    let a = 10f64.powf(6.0 / 40.0);
    let peak = |f: f64| {
        (1.0 - w(f) * w(f)).hypot(w(f) * a / q) / (1.0 - w(f) * w(f)).hypot(w(f) / (a * q))
    };
    magnitude("dsp(|x| d::biquad_peak(x, 1000.0, 3.0, 6.0))", peak, 1e-6);
    // A (s^2 + sqrt(A) s / q + A) / (A s^2 + sqrt(A) s / q + 1), and the same with 1 / s.
    let shelf = |s: f64| {
        let side = a.sqrt() * s / q;
        a * (a - s * s).hypot(side) / (1.0 - a * s * s).hypot(side)
    };
    magnitude("dsp(|x| d::biquad_low_shelf(x, 1000.0, 3.0, 6.0))", |f| shelf(w(f)), 1e-6);
    magnitude("dsp(|x| d::biquad_high_shelf(x, 1000.0, 3.0, 6.0))", |f| shelf(1.0 / w(f)), 1e-6);
}

#[test]
fn direct_current_is_blocked_and_the_rest_is_not() {
    let pole = (-TAU * 5.0 / RATE).exp();
    let wanted = |freq: f64| {
        let (s, c) = (TAU * freq / RATE).sin_cos();
        (1.0 - c).hypot(s) / (1.0 - pole * c).hypot(pole * s)
    };
    // It sleeps when it is as good as silent, which cuts off the end of its response.
    magnitude("dsp(|x| d::dc_block(x, 5.0))", wanted, 2.5e-5);
    let left = hear("heard |> dsp(|x| d::dc_block(x, 5.0))", &[1.0; 48_000], 48_000);
    below("of a constant after a second", f64::from(left[47_999].abs()), 1e-12);
}

#[test]
fn the_linear_ladder_falls_by_24_decibels_an_octave() {
    // So quiet that the tanh is a line; the feedback lowers all of it by 1 + k.
    let k = 0.5 * 4.2;
    let wanted = |freq: f64| {
        let w = bent(freq, 1000.0);
        // (1 + jw)^4 + k
        let (re, im) = (1.0 - 6.0 * w * w + w.powi(4) + k, 4.0 * w - 4.0 * w * w * w);
        1.0 / re.hypot(im)
    };
    let effect = "dsp(|x| d::ladder(x * 0.001, 1000.0, 0.5, 1.0) * 1000.0)";
    magnitude(effect, wanted, 5e-7);
}
