//! Deterministic maths on plain numbers: `libm` in place of the platform's functions, integers welcome.

use super::build::{Fallible, number};
use super::operators::fail;
use crate::ir::maths::{FUNCTIONS, Form};
use rhai::{Dynamic, Engine};

/// Binds them, for integers and floats in any mixture.
pub fn register(engine: &mut Engine) {
    for function in FUNCTIONS {
        let name = function.name;
        match function.form {
            Form::One(f) => {
                engine.register_fn(name, move |x: f64| f(x));
                engine.register_fn(name, move |x: i64| f(x as f64));
            }
            // Rhai has its own remainder, which is exact.
            Form::Two(_) if name == "%" => {}
            Form::Two(f) => {
                engine.register_fn(name, move |x: f64, y: f64| f(x, y));
                engine.register_fn(name, move |x: i64, y: f64| f(x as f64, y));
                engine.register_fn(name, move |x: f64, y: i64| f(x, y as f64));
            }
        }
    }
    for function in FUNCTIONS.iter().filter(|f| matches!(f.name, "atan" | "atan2" | "hypot")) {
        if let Form::Two(f) = function.form {
            engine.register_fn(function.name, move |x: i64, y: i64| f(x as f64, y as f64));
        }
    }
    for (name, pick) in [("min", Ord::min as fn(i64, i64) -> i64), ("max", Ord::max)] {
        engine.register_fn(name, pick);
    }
    engine.register_fn("lerp", |a: Dynamic, b: Dynamic, t: Dynamic| -> Fallible<f64> {
        match (number(&a), number(&b), number(&t)) {
            (Some(a), Some(b), Some(t)) => Ok(a + (b - a) * t),
            _ => fail("`lerp(a, b, t)` takes three numbers"),
        }
    });
    engine.register_fn(
        "select",
        |condition: bool, yes: Dynamic, no: Dynamic| {
            if condition { yes } else { no }
        },
    );
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
    engine.register_fn("/", divide);
    for &(name, holds) in COMPARISONS {
        engine.register_fn(name, holds);
        engine.register_fn(name, move |x: i64, y: f64| holds(x as f64, y));
        engine.register_fn(name, move |x: f64, y: i64| holds(x, y as f64));
    }
}

/// Comparisons are exact, as they are on the audio thread: Rhai's own take numbers for equal that differ in their last
/// bit.
const COMPARISONS: &[(&str, fn(f64, f64) -> bool)] = &[
    ("==", |x, y| x == y),
    ("!=", |x, y| x != y),
    ("<", |x, y| x < y),
    ("<=", |x, y| x <= y),
    (">", |x, y| x > y),
    (">=", |x, y| x >= y),
];

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
