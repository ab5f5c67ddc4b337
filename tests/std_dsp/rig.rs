//! Renders a sound of a script, and measures it.

use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options, Runtime};
use std::f64::consts::TAU;
use std::sync::Arc;

pub const RATE: f64 = 48_000.0;

/// Both channels of `sound`, an expression that may use `std/dsp` as `d`, and `heard`, which is `input`.
pub fn render(sound: &str, input: &[f32], frames: usize) -> [Vec<f32>; 2] {
    let script = format!(
        "import \"std/dsp\" as d;\nlet heard = audio_in(1);\ntrack(\"a\", {sound});\n\
         track(\"b\", heard * 0.0);"
    );
    let piece = Runtime::new().eval(&script).unwrap_or_else(|e| panic!("{sound}: {e:#?}"));
    let mut input = input.to_vec();
    input.resize(frames, 0.0);
    let options = Options {
        length: Length::Seconds(frames as f64 / RATE),
        tail: Tail::None,
        ceiling: None,
        input: Arc::new([input]),
        ..Options::default()
    };
    let mut offline = piece.start(options).unwrap_or_else(|e| panic!("{sound}: {e:#?}"));
    let mut out = [Vec::new(), Vec::new()];
    while offline.advance() {
        for (left, right) in offline.frames() {
            out[0].push(left);
            out[1].push(right);
        }
    }
    let warnings = offline.take_warnings();
    assert!(warnings.is_empty(), "{sound}: {warnings:#?}");
    assert!(out[0].len() >= frames, "{} frames", out[0].len());
    out
}

/// The left channel of `sound`.
pub fn hear(sound: &str, input: &[f32], frames: usize) -> Vec<f32> {
    let [left, _] = render(sound, input, frames);
    left
}

/// What `effect` makes of an impulse.
pub fn impulse(effect: &str, frames: usize) -> Vec<f32> {
    hear(&format!("heard |> {effect}"), &[1.0], frames)
}

/// Real and imaginary part of the spectrum of `x` at `freq`.
pub fn spectrum(x: &[f32], freq: f64) -> (f64, f64) {
    x.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, y)| {
        let (s, c) = (TAU * freq / RATE * i as f64).sin_cos();
        (re + f64::from(*y) * c, im - f64::from(*y) * s)
    })
}

/// Amplitude of the sine of `freq` in `x`, behind a Blackman window: others must be four bins away.
pub fn tone(x: &[f32], freq: f64) -> f64 {
    let window = |i: usize| {
        let w = TAU * i as f64 / x.len() as f64;
        0.42 - 0.5 * w.cos() + 0.08 * (2.0 * w).cos()
    };
    let part: Vec<f32> =
        x.iter().enumerate().map(|(i, y)| (f64::from(*y) * window(i)) as f32).collect();
    let (re, im) = spectrum(&part, freq);
    2.0 * re.hypot(im) / (0.42 * x.len() as f64)
}

/// Noise between -0.5 and 0.5.
pub fn noise(frames: usize) -> Vec<f32> {
    let mut state = 12_345u32;
    (0..frames)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        })
        .collect()
}

/// A sine of amplitude 1.
pub fn sine(freq: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|i| (TAU * freq / RATE * i as f64).sin() as f32).collect()
}

/// Decibels of an amplitude.
pub fn db(x: f64) -> f64 {
    20.0 * x.abs().max(1e-15).log10()
}

/// Root of the mean square.
pub fn rms(x: &[f32]) -> f64 {
    (x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / x.len() as f64).sqrt()
}

/// Decibels of what is left of the difference, against the second one.
pub fn residue(x: &[f32], y: &[f32]) -> f64 {
    let rest: Vec<f32> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    db(rms(&rest) / rms(y))
}

/// Asserts that a measure is not above its bound.
#[track_caller]
pub fn below(what: &str, measured: f64, bound: f64) {
    println!("{what}: {measured:.3e} (bound {bound})");
    assert!(measured <= bound, "{what}: {measured}, and not below {bound}");
}

/// Asserts that an effect makes of noise what another one makes of it, but for so many decibels.
#[track_caller]
pub fn alike(one: &str, other: &str, bound: f64) {
    let x = noise(24_000);
    let [one_heard, other_heard] =
        [one, other].map(|effect| hear(&format!("heard |> {effect}"), &x, 24_000));
    assert!(rms(&other_heard) > 1e-3, "{other} sounds");
    below(&format!("{one} and {other}"), residue(&one_heard, &other_heard), bound);
}
