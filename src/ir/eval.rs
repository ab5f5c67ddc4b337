//! What operations give: the meaning of the form, which the interpreter uses as it is and machine code must equal.

use super::maths;
use super::op::{Binary, Compare, Op, Type, Unary};

/// A value as its bits: of a float, of a whole number, or 0 and 1.
pub type Bits = u64;

/// Whole numbers below this can be floats without loss, and floats below this whole numbers.
const LARGEST: f64 = 9_223_372_036_854_775_808.0;

/// The bits of a float.
#[inline(always)]
#[must_use]
pub fn bits(x: f64) -> Bits {
    x.to_bits()
}

#[inline(always)]
fn float(x: Bits) -> f64 {
    f64::from_bits(x)
}

/// A number from 0 to below 1 for each `count`: SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators", 2014), the upper 53 bits.
#[must_use]
pub extern "C" fn random(seed: i64, count: i64) -> f64 {
    let mut x = (seed as u64).wrapping_add((count as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The value of an operation that reads neither wires nor memory, and whether it is to blame. The operands are in
/// the order of [`Op::reads`].
#[inline(always)]
#[must_use]
pub fn apply(op: &Op, float_operands: bool, x: Bits, y: Bits, z: Bits) -> (Bits, bool) {
    match op {
        Op::Float(v) => (bits(*v), false),
        Op::Int(v) => (*v as u64, false),
        Op::Bool(v) => (u64::from(*v), false),
        Op::Unary(op, _) => unary(*op, x),
        Op::Binary(op, ..) => binary(*op, x, y),
        Op::Compare(op, ..) => (u64::from(compare(*op, float_operands, x, y)), false),
        Op::Select(..) => (if x == 0 { z } else { y }, false),
        Op::Call(f, _) => (bits(f.function().of(&[float(x), float(y)])), false),
        Op::Random(..) => (bits(random(x as i64, y as i64)), false),
        Op::Input(_) | Op::Clock(_) | Op::Seed | Op::Length(_) | Op::Load(..) | Op::Store(..) => {
            (0, false)
        }
    }
}

#[inline(always)]
fn unary(op: Unary, x: Bits) -> (Bits, bool) {
    let int = x as i64;
    let value = match op {
        Unary::FloatNeg => bits(-float(x)),
        Unary::FloatAbs => bits(float(x).abs()),
        Unary::Sqrt => bits(float(x).sqrt()),
        Unary::Floor => bits(libm::floor(float(x))),
        Unary::Ceil => bits(libm::ceil(float(x))),
        Unary::Trunc => bits(libm::trunc(float(x))),
        Unary::IntNeg => return (int.wrapping_neg() as u64, int == i64::MIN),
        Unary::IntAbs => return (int.wrapping_abs() as u64, int == i64::MIN),
        Unary::Not => x ^ 1,
        Unary::ToFloat => bits(int as f64),
        Unary::ToInt => {
            let x = float(x);
            // A comparison with what is no number is false.
            let fits = x > -LARGEST && x < LARGEST;
            return (if fits { x as i64 as u64 } else { 0 }, !fits);
        }
    };
    (value, false)
}

#[inline(always)]
fn binary(op: Binary, x: Bits, y: Bits) -> (Bits, bool) {
    let (a, b) = (float(x), float(y));
    let (i, j) = (x as i64, y as i64);
    let checked = |(value, over): (i64, bool)| (value as u64, over);
    let value = match op {
        Binary::FloatAdd => bits(a + b),
        Binary::FloatSub => bits(a - b),
        Binary::FloatMul => bits(a * b),
        Binary::FloatDiv => bits(a / b),
        Binary::FloatMin => bits(maths::min(a, b)),
        Binary::FloatMax => bits(maths::max(a, b)),
        Binary::IntAdd => return checked(i.overflowing_add(j)),
        Binary::IntSub => return checked(i.overflowing_sub(j)),
        Binary::IntMul => return checked(i.overflowing_mul(j)),
        Binary::IntDiv | Binary::IntRem => {
            let bad = j == 0 || (i == i64::MIN && j == -1);
            let j = if bad { 1 } else { j };
            let value = if op == Binary::IntDiv { i / j } else { i % j };
            return (value as u64, bad);
        }
        Binary::IntMin => i.min(j) as u64,
        Binary::IntMax => i.max(j) as u64,
        Binary::IntAnd | Binary::And => x & y,
        Binary::IntOr | Binary::Or => x | y,
        Binary::IntXor | Binary::Xor => x ^ y,
        Binary::IntShl => i.wrapping_shl(j as u32) as u64,
        Binary::IntShr => i.wrapping_shr(j as u32) as u64,
    };
    (value, false)
}

#[inline(always)]
fn compare(op: Compare, floats: bool, x: Bits, y: Bits) -> bool {
    let (a, b) = (float(x), float(y));
    let (i, j) = (x as i64, y as i64);
    match (op, floats) {
        (Compare::Equal, true) => a == b,
        (Compare::NotEqual, true) => a != b,
        (Compare::Less, true) => a < b,
        (Compare::LessEqual, true) => a <= b,
        (Compare::Greater, true) => a > b,
        (Compare::GreaterEqual, true) => a >= b,
        (Compare::Equal, false) => i == j,
        (Compare::NotEqual, false) => i != j,
        (Compare::Less, false) => i < j,
        (Compare::LessEqual, false) => i <= j,
        (Compare::Greater, false) => i > j,
        (Compare::GreaterEqual, false) => i >= j,
    }
}

/// Type of the result of an operation whose first operand (the second one of a choice) is of type `of`.
#[must_use]
pub(super) fn result(op: &Op, of: Type) -> Type {
    match op {
        Op::Float(_) | Op::Input(_) | Op::Clock(_) | Op::Call(..) | Op::Random(..) => Type::Float,
        Op::Int(_) | Op::Seed | Op::Length(_) => Type::Int,
        Op::Bool(_) | Op::Compare(..) => Type::Bool,
        Op::Unary(op, _) => match op {
            Unary::IntNeg | Unary::IntAbs | Unary::ToInt => Type::Int,
            Unary::Not => Type::Bool,
            _ => Type::Float,
        },
        Op::Binary(op, ..) => match op {
            Binary::FloatAdd
            | Binary::FloatSub
            | Binary::FloatMul
            | Binary::FloatDiv
            | Binary::FloatMin
            | Binary::FloatMax => Type::Float,
            Binary::And | Binary::Or | Binary::Xor => Type::Bool,
            _ => Type::Int,
        },
        Op::Select(..) | Op::Load(..) | Op::Store(..) => of,
    }
}
