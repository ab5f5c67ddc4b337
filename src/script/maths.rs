//! Deterministic maths on plain numbers: `libm` in place of the platform's functions, integers welcome.

use super::build::{Fallible, number};
use super::operators::fail;
use rhai::{Dynamic, Engine};

type One = (&'static str, fn(f64) -> f64);
type Two = (&'static str, fn(f64, f64) -> f64);

/// Functions of one number.
const ONE: &[One] = &[
    ("sin", libm::sin),
    ("cos", libm::cos),
    ("tan", libm::tan),
    ("asin", libm::asin),
    ("acos", libm::acos),
    ("atan", libm::atan),
    ("sinh", libm::sinh),
    ("cosh", libm::cosh),
    ("tanh", libm::tanh),
    ("asinh", libm::asinh),
    ("acosh", libm::acosh),
    ("atanh", libm::atanh),
    ("exp", libm::exp),
    ("exp2", libm::exp2),
    ("ln", libm::log),
    ("log", libm::log10),
    ("log2", libm::log2),
    ("sqrt", libm::sqrt),
    ("cbrt", libm::cbrt),
    ("floor", libm::floor),
    ("ceiling", libm::ceil),
    ("ceil", libm::ceil),
    ("round", libm::round),
    ("trunc", libm::trunc),
    ("fract", |x| x - libm::floor(x)),
    ("db_to_gain", crate::units::db_to_gain),
    ("gain_to_db", crate::units::gain_to_db),
    ("note_to_hz", crate::units::note_to_hz),
    ("hz_to_note", crate::units::hz_to_note),
    ("to_radians", |x| x * (core::f64::consts::PI / 180.0)),
    ("to_degrees", |x| x * (180.0 / core::f64::consts::PI)),
];

/// Functions of two numbers.
const TWO: &[Two] = &[
    ("atan", libm::atan2),
    ("atan2", libm::atan2),
    ("hypot", libm::hypot),
    ("log", |x, base| libm::log(x) / libm::log(base)),
    ("pow", libm::pow),
    ("**", libm::pow),
    ("min", f64::min),
    ("max", f64::max),
];

/// Binds them, for integers and floats in any mixture.
pub fn register(engine: &mut Engine) {
    for &(name, f) in ONE {
        engine.register_fn(name, f);
        engine.register_fn(name, move |x: i64| f(x as f64));
    }
    for &(name, f) in TWO {
        engine.register_fn(name, f);
        engine.register_fn(name, move |x: i64, y: f64| f(x as f64, y));
        engine.register_fn(name, move |x: f64, y: i64| f(x, y as f64));
    }
    let two: [Two; 3] = [("atan", libm::atan2), ("atan2", libm::atan2), ("hypot", libm::hypot)];
    for (name, f) in two {
        engine.register_fn(name, move |x: i64, y: i64| f(x as f64, y as f64));
    }
    for (name, pick) in [("min", Ord::min as fn(i64, i64) -> i64), ("max", Ord::max)] {
        engine.register_fn(name, pick);
    }
    engine.register_fn("pow", |x: i64, y: i64| libm::pow(x as f64, y as f64));
    engine.register_fn("fract", |_: i64| 0.0);
    engine.register_fn("clamp", |x: Dynamic, lo: Dynamic, hi: Dynamic| -> Fallible<Dynamic> {
        match (number(&x), number(&lo), number(&hi)) {
            (Some(a), Some(b), Some(c)) if b <= c => Ok(if a < b {
                lo
            } else if a > c {
                hi
            } else {
                x
            }),
            _ => fail("`clamp(x, lo, hi)` takes three numbers, lo not above hi"),
        }
    });
    engine.register_fn("lerp", |from: Dynamic, to: Dynamic, part: Dynamic| -> Fallible<f64> {
        match (number(&from), number(&to), number(&part)) {
            (Some(a), Some(b), Some(part)) => Ok(a + (b - a) * part),
            _ => fail("`lerp(from, to, part)` takes three numbers"),
        }
    });
    engine.register_fn("/", divide);
}

/// Integer division; a zero that is no zero is refused, for nearly always a fraction was meant.
fn divide(a: i64, b: i64) -> Fallible<i64> {
    match a.checked_div(b) {
        None => fail(format!("{a} cannot be divided by {b}")),
        Some(0) if a != 0 => fail(format!(
            "{a}/{b} is 0, for both numbers are integers\n\
             write {a}.0 / {b} to get a fraction"
        )),
        Some(quotient) => Ok(quotient),
    }
}
