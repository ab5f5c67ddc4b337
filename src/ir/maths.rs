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
    ($($name:literal $form:ident($($x:ident),*) = $value:expr;)*) => {
        /// All of them.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            form: Form::$form({
                extern "C" fn function($($x: f64),*) -> f64 { $value }
                function
            }),
        }),*];
    };
}

functions! {
    "sin" One(x) = libm::sin(x);
    "cos" One(x) = libm::cos(x);
    "tan" One(x) = libm::tan(x);
    "asin" One(x) = libm::asin(x);
    "acos" One(x) = libm::acos(x);
    "atan" One(x) = libm::atan(x);
    "sinh" One(x) = libm::sinh(x);
    "cosh" One(x) = libm::cosh(x);
    "tanh" One(x) = libm::tanh(x);
    "asinh" One(x) = libm::asinh(x);
    "acosh" One(x) = libm::acosh(x);
    "atanh" One(x) = libm::atanh(x);
    "exp" One(x) = libm::exp(x);
    "exp2" One(x) = libm::exp2(x);
    "ln" One(x) = libm::log(x);
    "log" One(x) = libm::log10(x);
    "log2" One(x) = libm::log2(x);
    "sqrt" One(x) = libm::sqrt(x);
    "cbrt" One(x) = libm::cbrt(x);
    "floor" One(x) = libm::floor(x);
    "ceiling" One(x) = libm::ceil(x);
    "ceil" One(x) = libm::ceil(x);
    "round" One(x) = libm::round(x);
    "trunc" One(x) = libm::trunc(x);
    "fract" One(x) = x - libm::floor(x);
    "db_to_gain" One(x) = crate::units::db_to_gain(x);
    "gain_to_db" One(x) = crate::units::gain_to_db(x);
    "note_to_hz" One(x) = crate::units::note_to_hz(x);
    "hz_to_note" One(x) = crate::units::hz_to_note(x);
    "to_radians" One(x) = x * (PI / 180.0);
    "to_degrees" One(x) = x * (180.0 / PI);
    "atan" Two(y, x) = libm::atan2(y, x);
    "atan2" Two(y, x) = libm::atan2(y, x);
    "hypot" Two(x, y) = libm::hypot(x, y);
    "log" Two(x, base) = libm::log(x) / libm::log(base);
    "pow" Two(x, y) = libm::pow(x, y);
    "**" Two(x, y) = libm::pow(x, y);
    "min" Two(x, y) = min(x, y);
    "max" Two(x, y) = max(x, y);
    "%" Two(x, y) = x % y;
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
