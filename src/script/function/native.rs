//! Functions of numbers, and the few that are more than one operation.

use super::Lowered;
use super::calls::Arg;
use super::lower::Lower;
use super::value::Val;
use crate::diag::nearest;
use crate::ir::maths::FUNCTIONS;
use crate::ir::{Binary, Compare, Op, Type, Unary, Value};
use rhai::Position;

/// Functions that are not in the table of maths.
const OWN: &[&str] = &[
    "abs", "sign", "clamp", "lerp", "select", "random", "to_int", "to_float", "is_nan", "PI", "E",
];

impl Lower<'_> {
    /// A function of numbers.
    pub(super) fn native(&mut self, name: &str, args: &[Arg], at: Position) -> Lowered<Val> {
        let mut values = Vec::new();
        for (val, at) in args {
            values.push(self.scalar(val.clone(), *at)?);
        }
        if let Some(value) = self.own(name, &values, args, at)? {
            return Ok(Val::One(value));
        }
        if FUNCTIONS.iter().any(|f| f.name == name && f.arity() == values.len()) {
            let ints = values.iter().all(|value| self.build.of(*value) == Type::Int);
            let place = self.at(at);
            if ints && matches!((name, values.len()), ("min" | "max", 2)) {
                let op = if name == "min" { Binary::IntMin } else { Binary::IntMax };
                return Ok(Val::One(self.build.push(Op::Binary(op, values[0], values[1]), place)));
            }
            let mut floats = Vec::new();
            for (value, (_, at)) in values.iter().zip(args) {
                floats.push(self.float(*value, *at)?);
            }
            if let Some(op) = Op::of_function(name, &floats) {
                return Ok(Val::One(self.build.push(op, place)));
            }
        }
        self.unknown(name, args.len(), at)
    }

    fn unknown<T>(&mut self, name: &str, count: usize, at: Position) -> Lowered<T> {
        let arity = FUNCTIONS.iter().find(|f| f.name == name).map(|f| f.arity());
        if let Some(arity) = arity {
            let hint = format!("it takes {arity}");
            return self.refuse(at, format!("`{name}` of {count} arguments does not exist"), hint);
        }
        let all = FUNCTIONS.iter().map(|f| f.name).chain(OWN.iter().copied());
        let near = nearest(name, all.chain(self.sources.names(self.file)));
        let message = if crate::script::doc::exists(name) {
            format!("`{name}` makes music, and cannot run on the audio thread")
        } else {
            format!("there is no function `{name}` of {count} arguments on the audio thread")
        };
        let hint = match near.filter(|near| *near != name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "functions of numbers, of this script and of its imports can be called there; \
                     what is computed outside is given as a parameter: dsp(f, #{name: signal})"
                .to_string(),
        };
        self.refuse(at, message, hint)
    }

    /// Functions that are more than one operation, or depend on types.
    fn own(
        &mut self,
        name: &str,
        x: &[Value],
        args: &[Arg],
        at: Position,
    ) -> Lowered<Option<Value>> {
        let place = self.at(at);
        let of = |lower: &Self, i: usize| lower.build.of(x[i]);
        let value = match (name, x.len()) {
            ("abs", 1) if of(self, 0) == Type::Int => {
                self.build.push(Op::Unary(Unary::IntAbs, x[0]), place)
            }
            ("abs", 1) => {
                let float = self.float(x[0], at)?;
                self.build.push(Op::Unary(Unary::FloatAbs, float), place)
            }
            ("sign", 1) => self.sign(x[0], at)?,
            ("to_float", 1) => self.float(x[0], at)?,
            ("to_int", 1) if of(self, 0) == Type::Int => x[0],
            ("to_int", 1) => {
                let float = self.float(x[0], at)?;
                self.build.push(Op::Unary(Unary::ToInt, float), place)
            }
            ("is_nan", 1) => self.build.push(Op::Compare(Compare::NotEqual, x[0], x[0]), place),
            ("PI", 0) => self.build.float(core::f64::consts::PI),
            ("E", 0) => self.build.float(core::f64::consts::E),
            ("random", 0) => self.random(place),
            ("clamp", 3) => {
                let (low, high) = (self.at_least(x[0], x[1], at)?, x[2]);
                let above = self.operator(">", low, high, at)?;
                self.either(above, high, low, at)?
            }
            ("lerp", 3) => {
                let span = self.operator("-", x[1], x[0], at)?;
                let part = self.operator("*", span, x[2], at)?;
                self.operator("+", x[0], part, at)?
            }
            ("select", 3) => {
                if of(self, 0) != Type::Bool && !self.again {
                    return self.refuse(
                        args[0].1,
                        "`select` wants true or false first",
                        "select(x > 0.0, a, b)",
                    );
                }
                self.either(x[0], x[1], x[2], at)?
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    /// `x`, but not below `low`.
    fn at_least(&mut self, x: Value, low: Value, at: Position) -> Lowered<Value> {
        let below = self.operator("<", x, low, at)?;
        self.either(below, low, x, at)
    }

    /// One of two values.
    fn either(&mut self, condition: Value, yes: Value, no: Value, at: Position) -> Lowered<Value> {
        let (yes, no) = match self.common(&[yes, no]) {
            Some(of) => (self.as_type(yes, of, at), self.as_type(no, of, at)),
            None => (self.float(yes, at)?, self.float(no, at)?),
        };
        if self.build.of(condition) != Type::Bool {
            return Ok(yes);
        }
        Ok(self.build.push(Op::Select(condition, yes, no), 0))
    }

    /// -1, 0 or 1.
    fn sign(&mut self, x: Value, at: Position) -> Lowered<Value> {
        let zero = self.build.int(0);
        let [minus, none, plus] = [-1, 0, 1].map(|n| self.build.int(n));
        let above = self.operator(">", x, zero, at)?;
        let below = self.operator("<", x, zero, at)?;
        let rest = self.either(below, minus, none, at)?;
        self.either(above, plus, rest, at)
    }

    /// The next random number.
    fn random(&mut self, place: u32) -> Value {
        let index = self.state_of("random()", Type::Int, 0);
        let count = self.state(index);
        let (seed, one) = (self.build.push(Op::Seed, 0), self.build.int(1));
        let next = self.build.push(Op::Binary(Binary::IntAdd, count, one), place);
        self.set_state(index, next);
        self.build.push(Op::Random(seed, count), place)
    }
}
