//! Arithmetic and comparisons, with whole numbers and fractions mixed as in Rhai.

use super::Lowered;
use super::lower::Lower;
use super::value::Val;
use crate::ir::{Binary, Compare, Op, Type, Unary, Value};
use rhai::Position;

impl Lower<'_> {
    /// A number or a truth value.
    pub fn scalar(&mut self, val: Val, at: Position) -> Lowered<Value> {
        match val {
            Val::One(value) => Ok(value),
            Val::State(index) => Ok(self.state(index)),
            Val::Path(path) => {
                let name = path.trim_end_matches('.').to_string();
                let index = self.state_of(&name, Type::Float, 0);
                Ok(self.state(index))
            }
            Val::Array(_) | Val::List(_) => self.refuse(
                at,
                format!("this is {}, and a number is wanted", val.called()),
                "take one element: list[0]",
            ),
            Val::Unit if self.again || self.dead => Ok(self.build.float(0.0)),
            Val::Unit => self.refuse(
                at,
                "there is no number here: the value is nothing, or not the same kind on all ways to it",
                "an `if` that gives a value needs an `else`; the last expression of a block ends without a semicolon",
            ),
            other => self.refuse(
                at,
                format!("this is {}, and a number is wanted", other.called()),
                "functions on the audio thread compute with numbers, and true and false",
            ),
        }
    }

    /// A number as one with a fraction.
    pub fn float(&mut self, value: Value, at: Position) -> Lowered<Value> {
        match self.build.of(value) {
            Type::Float => Ok(value),
            Type::Int => Ok(self.as_type(value, Type::Float, at)),
            Type::Bool if self.again => Ok(self.build.float(0.0)),
            Type::Bool => self.refuse(
                at,
                "this is true or false, and a number is wanted",
                "make it one: `if condition { 1.0 } else { 0.0 }`",
            ),
        }
    }

    /// A whole number.
    pub fn whole(&mut self, value: Value, at: Position) -> Lowered<Value> {
        match self.build.of(value) {
            Type::Int => Ok(value),
            _ if self.again => Ok(self.build.int(0)),
            _ => self.refuse(
                at,
                "a whole number is wanted here, and this has a fraction",
                "cut it off: `x.to_int()`, or `x.round().to_int()`",
            ),
        }
    }

    /// An operator of two operands.
    pub fn operator(&mut self, name: &str, x: Value, y: Value, at: Position) -> Lowered<Value> {
        let (a, b) = (self.build.of(x), self.build.of(y));
        let place = self.at(at);
        if a == Type::Bool && b == Type::Bool {
            let op = match name {
                "&" => Op::Binary(Binary::And, x, y),
                "|" => Op::Binary(Binary::Or, x, y),
                "^" | "!=" => Op::Binary(Binary::Xor, x, y),
                "==" => {
                    let differ = self.build.push(Op::Binary(Binary::Xor, x, y), place);
                    Op::Unary(Unary::Not, differ)
                }
                _ => {
                    return self.refuse(
                        at,
                        format!("`{name}` wants numbers, and these are true or false"),
                        "make them numbers: `if condition { 1.0 } else { 0.0 }`",
                    );
                }
            };
            return Ok(self.build.push(op, place));
        }
        if let Some(compare) = comparison(name) {
            let (x, y) = self.alike(x, y, at)?;
            return Ok(self.build.push(Op::Compare(compare, x, y), place));
        }
        if (a, b) == (Type::Int, Type::Int) {
            return self.integer(name, x, y, at);
        }
        if self.again && (a == Type::Bool || b == Type::Bool) && matches!(name, "&" | "|" | "^") {
            // The other one may turn out to be true or false too.
            return Ok(self.build.constant(Type::Bool, 0));
        }
        let (x, y) = (self.float(x, at)?, self.float(y, at)?);
        let op = match name {
            "+" => Op::Binary(Binary::FloatAdd, x, y),
            "-" => Op::Binary(Binary::FloatSub, x, y),
            "*" => Op::Binary(Binary::FloatMul, x, y),
            "/" => Op::Binary(Binary::FloatDiv, x, y),
            "%" | "**" => match Op::of_function(name, &[x, y]) {
                Some(op) => op,
                None => return self.unknown_operator(name, at),
            },
            _ => return self.unknown_operator(name, at),
        };
        Ok(self.build.push(op, place))
    }

    fn unknown_operator<T>(&self, name: &str, at: Position) -> Lowered<T> {
        self.refuse(
            at,
            format!("`{name}` wants whole numbers"),
            "cut fractions off before it: `x.to_int()`",
        )
    }

    /// Two numbers of one type.
    pub fn alike(&mut self, x: Value, y: Value, at: Position) -> Lowered<(Value, Value)> {
        match (self.build.of(x), self.build.of(y)) {
            (a, b) if a == b && a != Type::Bool => Ok((x, y)),
            _ => Ok((self.float(x, at)?, self.float(y, at)?)),
        }
    }

    /// An operator of two whole numbers.
    fn integer(&mut self, name: &str, x: Value, y: Value, at: Position) -> Lowered<Value> {
        let place = self.at(at);
        let known = (self.build.known(x), self.build.known(y));
        let op = match name {
            "+" => Binary::IntAdd,
            "-" => Binary::IntSub,
            "*" => Binary::IntMul,
            "/" => {
                if let (Some(a), Some(b)) = known
                    && (a as i64).checked_div(b as i64).is_none_or(|q| q == 0 && a != 0)
                {
                    let (a, b) = (a as i64, b as i64);
                    return self.refuse(
                        at,
                        format!("{a}/{b} is 0 or nothing, for both numbers are integers"),
                        format!("write {a}.0 / {b} to get a fraction"),
                    );
                }
                Binary::IntDiv
            }
            "%" => Binary::IntRem,
            "&" => Binary::IntAnd,
            "|" => Binary::IntOr,
            "^" => Binary::IntXor,
            "<<" | ">>" => {
                if known.1.is_none_or(|by| by > 63) {
                    return self.refuse(
                        at,
                        format!("`{name}` moves by a constant from 0 to 63"),
                        "write the number of bits, or multiply",
                    );
                }
                if name == "<<" { Binary::IntShl } else { Binary::IntShr }
            }
            "**" => {
                let power =
                    |(x, y): (u64, u64)| (x as i64).checked_pow(u32::try_from(y as i64).ok()?);
                return match known.0.zip(known.1).and_then(power) {
                    Some(power) => Ok(self.build.int(power)),
                    None => self.refuse(
                        at,
                        "a power of whole numbers is computed only of constants",
                        "make one a fraction: `x.to_float() ** n`",
                    ),
                };
            }
            _ => return self.unknown_operator(name, at),
        };
        Ok(self.build.push(Op::Binary(op, x, y), place))
    }

    /// `-x`, `!x`, `+x`.
    pub fn prefix(&mut self, name: &str, x: Value, at: Position) -> Lowered<Value> {
        let of = self.build.of(x);
        let op = match (name, of) {
            ("-", Type::Float) => Op::Unary(Unary::FloatNeg, x),
            ("-", Type::Int) => Op::Unary(Unary::IntNeg, x),
            ("!", Type::Bool) => Op::Unary(Unary::Not, x),
            ("+", Type::Float | Type::Int) => return Ok(x),
            ("!", _) if self.again => return Ok(self.build.constant(Type::Bool, 0)),
            ("!", _) => {
                return self.refuse(
                    at,
                    "`!` turns true into false, and this is a number",
                    "compare it: `x == 0.0`",
                );
            }
            _ => {
                return self.refuse(
                    at,
                    format!("`{name}` wants a number"),
                    "this is true or false",
                );
            }
        };
        let place = self.at(at);
        Ok(self.build.push(op, place))
    }
}

fn comparison(name: &str) -> Option<Compare> {
    Some(match name {
        "==" => Compare::Equal,
        "!=" => Compare::NotEqual,
        "<" => Compare::Less,
        "<=" => Compare::LessEqual,
        ">" => Compare::Greater,
        ">=" => Compare::GreaterEqual,
        _ => return None,
    })
}
