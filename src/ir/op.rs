//! Operations on values, and their types.

use super::Value;
use super::maths::{self, FunctionId};
use serde::{Deserialize, Serialize};

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Type {
    /// A number with a fraction: 64 bits, as in Rhai.
    Float,
    /// A whole number: 64 bits, with a sign.
    Int,
    /// True or false.
    Bool,
}

/// Why a block of frames was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Blame {
    /// An index outside of its array.
    Index,
    /// A whole number divided by 0.
    Division,
    /// A whole number too large for 64 bits.
    Overflow,
    /// What is no whole number was made one.
    Whole,
    /// Loops took too many turns.
    Fuel,
}

impl Blame {
    /// All of them; the place of one in this list is its number.
    pub const ALL: [Blame; 5] =
        [Blame::Index, Blame::Division, Blame::Overflow, Blame::Whole, Blame::Fuel];

    /// Its number.
    #[must_use]
    pub fn code(self) -> u8 {
        Blame::ALL.iter().position(|blame| *blame == self).unwrap_or(0) as u8
    }

    /// What went wrong, and what to do.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Blame::Index => {
                ("an index was outside of its array", "keep it inside: `i % line.len()`")
            }
            Blame::Division => {
                ("a whole number was divided by 0", "test the divisor, or use fractions")
            }
            Blame::Overflow => ("a whole number became too large", "use fractions: `x.to_float()`"),
            Blame::Whole => {
                ("what is no number, or far too large, was made a whole number", "clamp it first")
            }
            Blame::Fuel => {
                ("a loop took too many turns", "see to it that the loop ends after some turns")
            }
        }
    }
}

/// What the transport says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Clock {
    /// Seconds since the start.
    Seconds,
    /// Beats since the start.
    Beat,
    /// Beats per minute, the same for a whole block.
    Tempo,
}

/// Operations on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named like what they do")]
pub enum Unary {
    FloatNeg,
    FloatAbs,
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    IntNeg,
    IntAbs,
    Not,
    /// A whole number as a float.
    ToFloat,
    /// A float without its fraction, as a whole number.
    ToInt,
}

/// Operations on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named like what they do")]
pub enum Binary {
    FloatAdd,
    FloatSub,
    FloatMul,
    FloatDiv,
    FloatMin,
    FloatMax,
    IntAdd,
    IntSub,
    IntMul,
    IntDiv,
    IntRem,
    IntMin,
    IntMax,
    IntAnd,
    IntOr,
    IntXor,
    IntShl,
    IntShr,
    And,
    Or,
    Xor,
}

/// Comparisons, of two floats or two whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named like what they do")]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// What makes a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// A constant float.
    Float(#[serde(with = "by_bits")] f64),
    /// A constant whole number.
    Int(i64),
    /// A constant truth value.
    Bool(bool),
    /// What comes in on a wire, in this frame.
    Input(u16),
    /// What the transport says.
    Clock(Clock),
    /// A number of the instance's and the lane's own, for random numbers.
    Seed,
    /// Of one value.
    Unary(Unary, Value),
    /// Of two values.
    Binary(Binary, Value, Value),
    /// Compares two floats (true) or two whole numbers.
    Compare(Compare, Value, Value),
    /// The second value if the first one is true, else the third.
    Select(Value, Value, Value),
    /// A function of floats and its arguments.
    Call(FunctionId, Vec<Value>),
    /// A number from 0 to below 1, of a seed and a count.
    Random(Value, Value),
    /// Length of an array that is known only once the function is about to run.
    Length(u32),
    /// An element of an array.
    Load(u32, Value),
    /// Sets an element of an array.
    Store(u32, Value, Value),
}

/// Floats as their bits: JSON has no infinity.
mod by_bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(x: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(x.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        u64::deserialize(from).map(f64::from_bits)
    }
}

impl Op {
    /// The values that it reads.
    #[must_use]
    pub fn reads(&self) -> Vec<Value> {
        match self {
            Op::Unary(_, x) | Op::Load(_, x) => vec![*x],
            Op::Binary(_, x, y) | Op::Compare(_, x, y) | Op::Random(x, y) | Op::Store(_, x, y) => {
                vec![*x, *y]
            }
            Op::Select(c, x, y) => vec![*c, *x, *y],
            Op::Call(_, args) => args.clone(),
            _ => Vec::new(),
        }
    }

    /// The same with other values in the place of those that it reads.
    pub fn rename(&mut self, new: impl Fn(Value) -> Value) {
        match self {
            Op::Unary(_, x) | Op::Load(_, x) => *x = new(*x),
            Op::Binary(_, x, y) | Op::Compare(_, x, y) | Op::Random(x, y) | Op::Store(_, x, y) => {
                (*x, *y) = (new(*x), new(*y))
            }
            Op::Select(c, x, y) => (*c, *x, *y) = (new(*c), new(*x), new(*y)),
            Op::Call(_, args) => args.iter_mut().for_each(|x| *x = new(*x)),
            _ => {}
        }
    }

    /// What it can be blamed for.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        match self {
            Op::Unary(Unary::IntNeg | Unary::IntAbs, _)
            | Op::Binary(Binary::IntAdd | Binary::IntSub | Binary::IntMul, ..) => {
                Some(Blame::Overflow)
            }
            Op::Binary(Binary::IntDiv | Binary::IntRem, ..) => Some(Blame::Division),
            Op::Unary(Unary::ToInt, _) => Some(Blame::Whole),
            Op::Load(..) | Op::Store(..) => Some(Blame::Index),
            _ => None,
        }
    }

    /// Whether it reads or writes memory: then it must stay where it is.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self, Op::Load(..) | Op::Store(..))
    }

    /// Whether it can be computed where the script would not compute it: it blames nobody and leaves no trace.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.blame().is_none()
    }

    /// What it costs, as to a few cycles.
    #[must_use]
    pub fn cost(&self) -> u32 {
        match self {
            Op::Call(..) | Op::Random(..) => 20,
            Op::Binary(Binary::FloatDiv | Binary::IntDiv | Binary::IntRem, ..)
            | Op::Unary(Unary::Sqrt, _) => 4,
            Op::Float(_) | Op::Int(_) | Op::Bool(_) | Op::Seed | Op::Length(_) => 0,
            _ => 1,
        }
    }

    /// The function `name` of `args`, as an operation of its own where there is one.
    #[must_use]
    pub fn of_function(name: &str, args: &[Value]) -> Option<Op> {
        let unary = |op| Some(Op::Unary(op, args[0]));
        let binary = |op| Some(Op::Binary(op, args[0], args[1]));
        match (name, args.len()) {
            ("sqrt", 1) => unary(Unary::Sqrt),
            ("floor", 1) => unary(Unary::Floor),
            ("ceil" | "ceiling", 1) => unary(Unary::Ceil),
            ("trunc", 1) => unary(Unary::Trunc),
            ("min", 2) => binary(Binary::FloatMin),
            ("max", 2) => binary(Binary::FloatMax),
            _ => Some(Op::Call(maths::function(name, args.len())?, args.to_vec())),
        }
    }
}
