//! Arithmetic, comparison and choice between the values of two patterns.

use super::combine::Structure;
use super::core::Pattern;
use super::error::PatternError;
use super::join::Join;
use super::value::{Controls, Value};
use std::sync::Arc;

/// What to do with two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the documentation; the table describes each")]
pub enum Op {
    Set,
    Keep,
    KeepIf,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Band,
    Bor,
    Bxor,
    Blshift,
    Brshift,
    Lt,
    Gt,
    Lte,
    Gte,
    Eq,
    Eqt,
    Ne,
    Net,
    And,
    Or,
}

/// Whose structure the result has, and whether patterns start over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Structure from the left (the default).
    In,
    /// Structure from the right.
    Out,
    /// Structure from both.
    Mix,
    /// A cycle of the right one squeezed into each event of the left.
    Squeeze,
    /// A cycle of the left one squeezed into each event of the right.
    SqueezeOut,
    /// The left one's cycle starts over at each event of the right.
    Reset,
    /// The left one starts from cycle 0 at each event of the right.
    Restart,
    /// The right one sped up to the left one's steps.
    Poly,
}

impl Pattern {
    /// Combines two patterns by an operator.
    pub fn operate(&self, op: Op, how: How, other: &Pattern) -> Pattern {
        let (a, b) = (self.clone(), other.clone());
        match how {
            How::In => self.combine(Structure::Left, other, move |a, b| op.apply(a, b)),
            How::Out => self.combine(Structure::Right, other, move |a, b| op.apply(a, b)),
            How::Mix => self.combine(Structure::Both, other, move |a, b| op.apply(a, b)),
            How::Squeeze | How::Poly => {
                let join = if how == How::Poly { Join::Poly } else { Join::Squeeze };
                self.join(join, move |x| {
                    let x = x.clone();
                    Ok(b.try_map(move |y| op.apply(&x, y)))
                })
            }
            How::SqueezeOut | How::Reset | How::Restart => {
                let join = match how {
                    How::SqueezeOut => Join::Squeeze,
                    How::Reset => Join::Reset,
                    _ => Join::Restart,
                };
                b.join(join, move |y| {
                    let y = y.clone();
                    Ok(a.try_map(move |x| op.apply(x, &y)))
                })
            }
        }
    }

    /// The sum of two patterns, with the structure of this one.
    pub fn add(&self, other: &Pattern) -> Pattern {
        self.operate(Op::Add, How::In, other)
    }

    /// The product of two patterns, with the structure of this one.
    pub fn mul(&self, other: &Pattern) -> Pattern {
        self.operate(Op::Mul, How::In, other)
    }

    /// Values 0..1 spread over `low..high`.
    pub fn range(&self, low: f64, high: f64) -> Pattern {
        self.mul(&Pattern::pure(high - low)).add(&Pattern::pure(low))
    }
}

impl Op {
    /// The result for two values: of two maps of controls, the operator works on the controls they
    /// share and keeps the others; `None` when there is no event.
    ///
    /// # Errors
    /// When arithmetic meets something that is neither a number nor a note name.
    pub fn apply(self, a: &Value, b: &Value) -> Result<Option<Value>, PatternError> {
        if self == Op::KeepIf {
            return Ok(b.truthy().then(|| a.clone()));
        }
        let merged = match (a, b) {
            (Value::Map(x), Value::Map(y)) => self.merge(x, y)?,
            (Value::Map(x), y) => self.merge(x, &unnamed(y))?,
            (x, Value::Map(y)) => self.merge(&unnamed(x), y)?,
            _ => return self.scalar(a, b).map(Some),
        };
        Ok(Some(Value::Map(merged)))
    }

    fn merge(self, a: &Controls, b: &Controls) -> Result<Controls, PatternError> {
        // A bare value has no control of its own to work on.
        if b.len() == 1 && b.contains_key("value") {
            return Ok(a.clone());
        }
        let mut out = a.clone();
        for (k, y) in b {
            let v = match a.get(k) {
                Some(x) => self.scalar(x, y)?,
                None => y.clone(),
            };
            out.insert(k.clone(), v);
        }
        Ok(out)
    }

    fn scalar(self, a: &Value, b: &Value) -> Result<Value, PatternError> {
        let num = |f: fn(f64, f64) -> f64| Ok(Value::Num(f(numeral(a)?, numeral(b)?)));
        let bits = |f: fn(i32, i32) -> i32| {
            Ok(Value::Num(f64::from(f(int32(numeral(a)?), int32(numeral(b)?)))))
        };
        let truth = |t: bool| Ok(Value::Bool(t));
        match self {
            Op::Set => Ok(b.clone()),
            Op::Keep | Op::KeepIf => Ok(a.clone()),
            Op::Add => num(|x, y| x + y),
            Op::Sub => num(|x, y| x - y),
            Op::Mul => num(|x, y| x * y),
            Op::Div => num(|x, y| x / y),
            Op::Mod => num(|x, y| ((x % y) + y) % y),
            Op::Pow => num(libm::pow),
            Op::Band => bits(|x, y| x & y),
            Op::Bor => bits(|x, y| x | y),
            Op::Bxor => bits(|x, y| x ^ y),
            Op::Blshift => bits(|x, y| x.wrapping_shl(y as u32)),
            Op::Brshift => bits(|x, y| x.wrapping_shr(y as u32)),
            Op::Lt => truth(ordered(a, b, |o| o.is_lt())),
            Op::Gt => truth(ordered(a, b, |o| o.is_gt())),
            Op::Lte => truth(ordered(a, b, |o| o.is_le())),
            Op::Gte => truth(ordered(a, b, |o| o.is_ge())),
            Op::Eq => truth(alike(a, b)),
            Op::Ne => truth(!alike(a, b)),
            Op::Eqt => truth(a == b),
            Op::Net => truth(a != b),
            Op::And => Ok(if a.truthy() { b.clone() } else { a.clone() }),
            Op::Or => Ok(if a.truthy() { a.clone() } else { b.clone() }),
        }
    }
}

fn unnamed(v: &Value) -> Controls {
    Controls::from([(Arc::from("value"), v.clone())])
}

fn numeral(v: &Value) -> Result<f64, PatternError> {
    v.as_numeral().ok_or_else(|| {
        let what = v.kind();
        PatternError::new(format!("arithmetic needs numbers or note names, found {what} ({v})"))
    })
}

/// Wraps a number to 32 bits, as the bit operators see it.
fn int32(x: f64) -> i32 {
    if x.is_finite() { (libm::trunc(x) % 4_294_967_296.0) as i64 as i32 } else { 0 }
}

fn ordered(a: &Value, b: &Value, test: fn(std::cmp::Ordering) -> bool) -> bool {
    match (a, b) {
        (Value::Text(x), Value::Text(y)) => test(x.cmp(y)),
        _ => a.as_num().zip(b.as_num()).and_then(|(x, y)| x.partial_cmp(&y)).is_some_and(test),
    }
}

/// Equality that lets a text equal the number it reads as.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(x), Value::Text(y)) => x == y,
        (Value::List(_) | Value::Map(_), Value::List(_) | Value::Map(_)) => a == b,
        _ => a.as_num().zip(b.as_num()).is_some_and(|(x, y)| x == y),
    }
}
