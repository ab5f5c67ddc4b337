//! Oscillators: partials and aliases against the Fourier series, sidebands against Bessel functions.

use crate::rig::*;
use std::f64::consts::{PI, TAU};

fn made(source: &str, frames: usize) -> Vec<f32> {
    hear(source, &[], frames)
}

/// What the polynomials of two frames leave of a partial: the kernel is a triangle, two frames wide.
fn kernel(freq: f64) -> f64 {
    let x = PI * freq / RATE;
    (x.sin() / x).powi(2)
}

/// Asserts that all partials of `freq` up to the sample rate are what the series says, those above the half of it as
/// aliases: within a part of the fundamental.
fn series(source: &str, freq: f64, amplitude: impl Fn(f64) -> f64, bound: f64) {
    let x = made(source, 48_000);
    let mut worst = 0.0f64;
    for k in (1..).map(f64::from).take_while(|k| k * freq < RATE - 500.0) {
        let heard = if k * freq < RATE / 2.0 { k * freq } else { RATE - k * freq };
        let wanted = amplitude(k) * kernel(k * freq);
        worst = worst.max((tone(&x, heard) - wanted).abs() / amplitude(1.0));
    }
    below(source, worst, bound);
}

#[test]
fn a_phase_rises_by_its_frequency() {
    let x = made("dsp(|| d::phasor(997.0))", 48_000);
    let wrong = x.iter().enumerate().map(|(i, y)| {
        let off = (f64::from(*y) - 997.0 / RATE * i as f64).rem_euclid(1.0);
        off.min(1.0 - off)
    });
    below("phase", wrong.fold(0.0, f64::max), 1e-7);
}

#[test]
fn a_sine_is_that_of_the_node() {
    let [x, y] = ["dsp(|| d::sine(440.0))", "sine(440)"].map(|source| made(source, 48_000));
    // The node's step has 32 bits: after a second it is late by some 1e-5 cycles.
    below("sine", residue(&x, &y), -83.0);
}

#[test]
fn partials_and_aliases_are_those_of_the_kernel() {
    // Aliases of 2637 Hz fall between its partials.
    for freq in [220.5, 2_637.0] {
        let saw = |k: f64| 2.0 / (PI * k);
        series(&format!("dsp(|| d::saw({freq:?}))"), freq, saw, 1e-7);
        let pulse = |k: f64| 4.0 / (PI * k) * (PI * k * 0.3).sin().abs();
        series(&format!("dsp(|| d::pulse({freq:?}, 0.3))"), freq, pulse, 1e-7);
        let triangle = |k: f64| if k % 2.0 == 0.0 { 0.0 } else { 8.0 / (PI * k).powi(2) };
        series(&format!("dsp(|| d::triangle({freq:?}))"), freq, triangle, 1e-7);
    }
}

#[test]
fn waves_begin_as_those_of_the_nodes_and_stay_beside_them() {
    for (part, node, bound) in [
        ("d::saw(110.0)", "saw(110)", -34.0),
        ("d::pulse(110.0, 0.3)", "square(110, 0.3)", -36.0),
        ("d::triangle(110.0)", "triangle(110)", -72.0),
    ] {
        let [x, y] = [&format!("dsp(|| {part})"), node].map(|source| made(source, 48_000));
        below(part, residue(&x, &y), bound);
    }
}

#[test]
fn sidebands_are_bessel_functions_of_the_index() {
    for index in [0.5, 2.5] {
        let source = format!("d::fm_source(#{{freq: 5000, ratio: 0.1, index: {index:?}}})");
        let x = made(&source, 48_000);
        for n in -6..=6 {
            let wanted = libm::jn(n, index).abs();
            let heard = tone(&x, 5_000.0 + 500.0 * f64::from(n));
            below(&format!("sideband {n} of index {index}"), (heard - wanted).abs(), 1e-5);
        }
    }
}

#[test]
fn an_operator_hears_the_mean_of_its_last_two_frames() {
    let x = made("dsp(|| d::operator(300.0, 0.5, 1.2))", 9_600);
    let mut worst = 0.0f64;
    for i in 2..x.len() {
        let own = 0.6 * (f64::from(x[i - 1]) + f64::from(x[i - 2]));
        let wanted = (TAU * 300.0 / RATE * i as f64 + 0.5 + own).sin();
        worst = worst.max((f64::from(x[i]) - wanted).abs());
    }
    below("operator", worst, 1e-7);
}

#[test]
fn noise_is_white_and_even() {
    let x = made("dsp(|| d::noise())", 96_000);
    let mean = |f: &dyn Fn(usize) -> f64| (1..x.len()).map(f).sum::<f64>() / x.len() as f64;
    let at = |i: usize| f64::from(x[i]);
    below("mean", mean(&at).abs(), 0.003);
    below("power beside a third", (mean(&|i| at(i) * at(i)) - 1.0 / 3.0).abs(), 0.003);
    below("from frame to frame", mean(&|i| at(i) * at(i - 1)).abs(), 0.003);
    let peak = x.iter().fold(0.0f32, |p, y| p.max(y.abs()));
    assert!(peak > 0.999 && peak <= 1.0, "{peak}");
}
