//! The functions of numbers that scripts know: one table for the interpreter of scripts, for functions compiled for
//! the audio thread, and for what folds constants.
//!
//! All are deterministic: `libm` in place of the platform's functions, no fused multiply-add.

use core::f64::consts::PI;
use serde::{Deserialize, Serialize};

/// How a function is computed.
#[derive(Clone, Copy)]
pub enum Form {
    /// Of one number.
    One(extern "C" fn(f64) -> f64),
    /// Of two numbers.
    Two(extern "C" fn(f64, f64) -> f64),
}

/// A function of numbers: floats in, a float out. Integers are taken for floats.
#[derive(Clone, Copy)]
pub struct Function {
    /// Name in scripts.
    pub name: &'static str,
    /// How it is computed.
    pub form: Form,
    /// What the manual says.
    pub doc: &'static str,
}

/// A function by its place in [`FUNCTIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FunctionId(pub u16);

impl FunctionId {
    /// The function.
    #[inline(always)]
    #[must_use]
    pub fn function(self) -> &'static Function {
        &FUNCTIONS[self.0 as usize]
    }
}

impl Function {
    /// Number of arguments.
    #[must_use]
    pub fn arity(&self) -> usize {
        match self.form {
            Form::One(_) => 1,
            Form::Two(_) => 2,
        }
    }

    /// Where its code is.
    #[must_use]
    pub fn address(&self) -> *const u8 {
        match self.form {
            Form::One(f) => f as *const u8,
            Form::Two(f) => f as *const u8,
        }
    }

    /// Its value; what is missing is 0.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, x: &[f64]) -> f64 {
        let at = |i: usize| x.get(i).copied().unwrap_or(0.0);
        match self.form {
            Form::One(f) => f(at(0)),
            Form::Two(f) => f(at(0), at(1)),
        }
    }
}

macro_rules! functions {
    ($($name:literal $form:ident($($x:ident),*) = $value:expr, $doc:literal;)*) => {
        /// All of them.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            form: Form::$form({
                extern "C" fn function($($x: f64),*) -> f64 { $value }
                function
            }),
            doc: $doc,
        }),*];
    };
}

functions! {
    "sin" One(x) = libm::sin(x), "Sine; the angle in radians.";
    "cos" One(x) = libm::cos(x), "Cosine; the angle in radians.";
    "tan" One(x) = libm::tan(x), "Tangent; the angle in radians.";
    "asin" One(x) = libm::asin(x), "Angle in radians of a sine.";
    "acos" One(x) = libm::acos(x), "Angle in radians of a cosine.";
    "atan" One(x) = libm::atan(x), "Angle in radians of a tangent.";
    "sinh" One(x) = libm::sinh(x), "Hyperbolic sine.";
    "cosh" One(x) = libm::cosh(x), "Hyperbolic cosine.";
    "tanh" One(x) = libm::tanh(x), "Hyperbolic tangent: soft clipping.";
    "asinh" One(x) = libm::asinh(x), "Inverse of `sinh`.";
    "acosh" One(x) = libm::acosh(x), "Inverse of `cosh`.";
    "atanh" One(x) = libm::atanh(x), "Inverse of `tanh`.";
    "exp" One(x) = libm::exp(x), "e to the power of x.";
    "exp2" One(x) = libm::exp2(x), "2 to the power of x.";
    "ln" One(x) = libm::log(x), "Natural logarithm.";
    "log" One(x) = libm::log10(x), "Logarithm to base 10.";
    "log2" One(x) = libm::log2(x), "Logarithm to base 2.";
    "sqrt" One(x) = libm::sqrt(x), "Square root.";
    "cbrt" One(x) = libm::cbrt(x), "Cube root.";
    "floor" One(x) = libm::floor(x), "Largest whole number not above x.";
    "ceiling" One(x) = libm::ceil(x), "Smallest whole number not below x.";
    "ceil" One(x) = libm::ceil(x), "Smallest whole number not below x.";
    "round" One(x) = libm::round(x), "Nearest whole number; halves away from 0.";
    "trunc" One(x) = libm::trunc(x), "Whole part.";
    "fract" One(x) = x - libm::floor(x), "What is above the whole number below x: 0 to 1.";
    "db_to_gain" One(x) = crate::units::db_to_gain(x), "Factor of a number of decibels.";
    "gain_to_db" One(x) = crate::units::gain_to_db(x), "Decibels of a factor.";
    "note_to_hz" One(x) = crate::units::note_to_hz(x), "Frequency of a MIDI note.";
    "hz_to_note" One(x) = crate::units::hz_to_note(x), "MIDI note of a frequency.";
    "to_radians" One(x) = x * (PI / 180.0), "Radians of degrees.";
    "to_degrees" One(x) = x * (180.0 / PI), "Degrees of radians.";
    "atan" Two(y, x) = libm::atan2(y, x), "Angle in radians of the point (x, y).";
    "atan2" Two(y, x) = libm::atan2(y, x), "Angle in radians of the point (x, y).";
    "hypot" Two(x, y) = libm::hypot(x, y), "Length of the diagonal.";
    "log" Two(x, base) = libm::log(x) / libm::log(base), "Logarithm to a base.";
    "pow" Two(x, y) = libm::pow(x, y), "x to the power of y.";
    "**" Two(x, y) = libm::pow(x, y), "x to the power of y.";
    "min" Two(x, y) = min(x, y), "The smaller one.";
    "max" Two(x, y) = max(x, y), "The larger one.";
    "%" Two(x, y) = x % y, "What is left of x when it is divided by y.";
}

/// The smaller of two numbers; the second one where one is not a number, or both are the same. Unlike [`f64::min`] it
/// says which zero it gives, so that machines agree.
#[inline(always)]
#[must_use]
pub fn min(x: f64, y: f64) -> f64 {
    if x < y { x } else { y }
}

/// The larger of two numbers, as [`min`].
#[inline(always)]
#[must_use]
pub fn max(x: f64, y: f64) -> f64 {
    if x > y { x } else { y }
}

/// The function called `name` with `arity` arguments.
#[must_use]
pub fn function(name: &str, arity: usize) -> Option<FunctionId> {
    let found = FUNCTIONS.iter().position(|f| f.name == name && f.arity() == arity)?;
    Some(FunctionId(found as u16))
}
