//! Arithmetic on signals, lane by lane: no result is ever infinite or not a number for finite inputs.

use super::table::{Class, Kind, Make, OutRate, Param, Ports};
use crate::dsp::F8;

const WIDE: (f64, f64) = (-1e9, 1e9);

const fn number(name: &'static str, default: f64, doc: &'static str) -> Param {
    Param::number(name, "", WIDE, default, doc)
}

macro_rules! maths {
    ($name:literal, $params:expr, $summary:literal, $example:literal, $function:expr) => {
        maths!($name, $params, $summary, "", $example, $function)
    };
    ($name:literal, $params:expr, $summary:literal, $details:literal, $example:literal, $function:expr) => {
        Kind {
            name: $name,
            aliases: &[],
            class: Class::Math,
            summary: $summary,
            details: $details,
            ports: Ports::Signal,
            params: $params,
            rate: OutRate::Follow,
            make: Make::Math($function, |rate| crate::dsp::align::pure(rate, $function)),
            example: $example,
        }
    };
}

/// The kinds of this file. A function sees its input, then its parameters.
pub const KINDS: &[Kind] = &[
    maths!(
        "add",
        &[number("b", 0.0, "What is added.")],
        "Sum of two signals; also `a + b`.",
        "track(\"a\", sine(220).add(sine(330)) * 0.2)",
        |x| x[0] + x[1]
    ),
    maths!(
        "sub",
        &[number("b", 0.0, "What is taken away.")],
        "Difference of two signals; also `a - b`.",
        "track(\"a\", sine(220).sub(sine(330)) * 0.2)",
        |x| x[0] - x[1]
    ),
    maths!(
        "mul",
        &[number("b", 1.0, "Factor.")],
        "Product of two signals; also `a * b`.",
        "track(\"a\", sine(220).mul(0.2))",
        |x| x[0] * x[1]
    ),
    maths!(
        "div",
        &[number("b", 1.0, "Divisor; where it is zero, so is the result.")],
        "Quotient of two signals; also `a / b`.",
        "track(\"a\", sine(220).div(5))",
        |x| x[1].abs().lt(1e-30).select(F8::ZERO, x[0] / x[1])
    ),
    maths!(
        "neg",
        &[],
        "The signal upside down; also `-a`.",
        "track(\"a\", sine(220).neg() * 0.2)",
        |x| { -x[0] }
    ),
    maths!(
        "abs",
        &[],
        "Magnitude (full-wave rectifier).",
        "track(\"a\", sine(220).abs() * 0.2)",
        |x| { x[0].abs() }
    ),
    maths!(
        "min",
        &[number("b", 1.0, "The other signal.")],
        "The smaller of two signals.",
        "track(\"a\", sine(220).min(0.3) * 0.2)",
        |x| x[0].min(x[1])
    ),
    maths!(
        "max",
        &[number("b", 0.0, "The other signal.")],
        "The larger of two signals.",
        "track(\"a\", sine(220).max(0.0) * 0.2)",
        |x| x[0].max(x[1])
    ),
    maths!(
        "pow",
        &[number("exponent", 2.0, "Exponent; the result is limited to 2^126.")],
        "Power of a signal.",
        "Of a negative base: the true power for whole exponents, 0 for others. Relative error below 1e-5.",
        "track(\"a\", lfo(\"tri\", 1).pow(3) * sine(220) * 0.2)",
        |x| power(x[0], x[1])
    ),
    maths!(
        "exp",
        &[],
        "e to the power of the signal (limited to 2^126).",
        "track(\"a\", sine(220) * lfo(\"saw\", 1).mul(-5).exp() * 0.2)",
        |x| x[0].exp()
    ),
    maths!(
        "log",
        &[],
        "Natural logarithm; of zero and negatives -87.3.",
        "track(\"a\", sine(lfo(\"saw\", 1).add(1).log() * 400 + 200) * 0.2)",
        |x| x[0].log2() * core::f32::consts::LN_2
    ),
    maths!(
        "sqrt",
        &[],
        "Square root; of negatives 0.",
        "track(\"a\", sine(220) * lfo(\"saw\", 1).sqrt() * 0.2)",
        |x| x[0].max(0.0).sqrt()
    ),
    maths!(
        "floor",
        &[],
        "Largest integer not above the signal.",
        "track(\"a\", sine(lfo(\"tri\", 0.5).mul(5).floor() * 110 + 110) * 0.2)",
        |x| x[0].floor()
    ),
    maths!(
        "fract",
        &[],
        "What is above the largest integer: 0..1.",
        "track(\"a\", sine(220) * lfo(\"saw\", 0.25).mul(4).fract() * 0.2)",
        |x| x[0] - x[0].floor()
    ),
    maths!(
        "round",
        &[],
        "Nearest integer (halves to the even one).",
        "track(\"a\", sine(lfo(\"tri\", 0.5).mul(5).round() * 110 + 110) * 0.2)",
        |x| x[0].round()
    ),
    maths!("sin", &[], "Sine of radians.", "track(\"a\", (sine(110) * 3).sin() * 0.2)", |x| {
        (x[0] * (0.5 * core::f32::consts::FRAC_1_PI)).sin_cycles()
    }),
    maths!("cos", &[], "Cosine of radians.", "track(\"a\", (sine(110) * 3).cos() * 0.2)", |x| {
        (x[0] * (0.5 * core::f32::consts::FRAC_1_PI)).cos_cycles()
    }),
    maths!(
        "tanh",
        &[],
        "Hyperbolic tangent: a soft limit at -1 and 1.",
        "track(\"a\", (saw(110) * 3).tanh() * 0.2)",
        |x| x[0].tanh()
    ),
    maths!(
        "clamp",
        &[number("lo", -1.0, "Lower limit."), number("hi", 1.0, "Upper limit.")],
        "Limits the signal to lo..hi.",
        "track(\"a\", (sine(110) * 3).clamp(-0.5, 0.5) * 0.2)",
        |x| x[0].clamp(x[1], x[2])
    ),
    maths!(
        "range",
        &[number("lo", 0.0, "Value at 0."), number("hi", 1.0, "Value at 1.")],
        "Maps a control signal of 0..1 to lo..hi in a straight line.",
        "lfo, random, perlin, adsr and follow all move in 0..1. An audio oscillator (-1..1) is brought \
         there by `* 0.5 + 0.5`.",
        "track(\"a\", saw(110) |> lowpass(lfo(\"sine\", 1.0 / 8).range(300, 3000)))",
        |x| x[1] + (x[2] - x[1]) * x[0]
    ),
    maths!(
        "exp_range",
        &[
            number("lo", 20.0, "Value at 0; above 0."),
            number("hi", 20_000.0, "Value at 1; above 0.")
        ],
        "Maps a control signal of 0..1 to lo..hi in even ratios (for frequencies and times).",
        "track(\"a\", saw(110) |> lowpass(lfo(\"sine\", 1.0 / 8).exp_range(100, 8000)))",
        |x| {
            let lo = x[1].clamp(1e-9, 1e9);
            lo * (x[2].clamp(1e-9, 1e9) / lo).pow(x[0])
        }
    ),
    maths!(
        "quantize",
        &[number("step", 1.0, "Distance of the steps; 0 changes nothing.")],
        "The nearest multiple of a step.",
        "track(\"a\", sine(lfo(\"tri\", 0.5).range(200, 800).quantize(100)) * 0.2)",
        |x| {
            let step = x[1].abs();
            let whole = (x[0] / step.max(1e-9)).clamp(-4e6, 4e6).round() * step;
            step.lt(1e-9).select(x[0], whole)
        }
    ),
    maths!(
        "select",
        &[number("a", 1.0, "Where the signal is above 0."), number("b", 0.0, "Elsewhere.")],
        "One of two signals: a where the input is above 0, else b.",
        "track(\"a\", lfo(\"square\", 1).sub(0.5).select(sine(220), sine(330)) * 0.2)",
        |x| x[0].gt(0.0).select(x[1], x[2])
    ),
    maths!(
        "lt",
        &[number("b", 0.0, "The other signal.")],
        "1 where the signal is less than b, else 0.",
        "track(\"a\", sine(220) * lfo(\"saw\", 1).lt(0.3) * 0.2)",
        |x| x[0].lt(x[1]).select(F8::ONE, F8::ZERO)
    ),
    maths!(
        "gt",
        &[number("b", 0.0, "The other signal.")],
        "1 where the signal is greater than b, else 0.",
        "track(\"a\", sine(220) * lfo(\"saw\", 1).gt(0.3) * 0.2)",
        |x| x[0].gt(x[1]).select(F8::ONE, F8::ZERO)
    ),
    maths!(
        "mtof",
        &[],
        "Frequency in hertz of a MIDI note number (69 is 440 Hz).",
        "track(\"a\", sine(lfo(\"tri\", 0.5).range(48, 60).round().mtof()) * 0.2)",
        |x| ((x[0] - 69.0) * (1.0 / 12.0)).exp2() * 440.0
    ),
    maths!(
        "dbtoa",
        &[],
        "Amplitude factor of decibels (-6.02 is 0.5).",
        "track(\"a\", sine(220) * lfo(\"tri\", 1).range(-40, -6).dbtoa())",
        |x| decibels(x[0])
    ),
];

/// The amplitude factor of `db` decibels, limited to -400..200 dB.
#[inline(always)]
pub(super) fn decibels(db: F8) -> F8 {
    (db.clamp(-400.0, 200.0) * (core::f32::consts::LOG2_10 / 20.0)).exp2()
}

fn power(base: F8, exponent: F8) -> F8 {
    let whole = exponent.clamp(-1e6, 1e6).round();
    let is_whole = (exponent - whole).abs().lt(1e-9);
    let half = whole * 0.5;
    let is_odd = (half - half.round()).abs().gt(0.25);
    let size = base.abs().pow(exponent);
    // 0^x is 0 for x > 0 and 1 for x = 0: the kernel's log2(0) is only -126.
    let size = base.abs().gt(0.0).select(size, exponent.gt(0.0).select(F8::ZERO, F8::ONE));
    let signed = is_odd.select(size.copysign(base), size);
    base.lt(0.0).select(is_whole.select(signed, F8::ZERO), size)
}
