//! Calls: functions of the script are put in where they are called, functions of numbers are operations.

use super::Lowered;
use super::lower::Lower;
use super::source::Definition;
use super::value::{Callable, Val, Var};
use crate::diag::nearest;
use crate::ir::maths::FUNCTIONS;
use crate::ir::{Binary, Compare, Op, Type, Unary, Value};
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

/// Functions that are not in the table of maths.
const OWN: &[&str] = &[
    "abs", "sign", "clamp", "lerp", "select", "random", "to_int", "to_float", "is_nan", "PI", "E",
];

/// An argument, and where it stands.
pub(super) type Arg = (Val, Position);

impl Lower<'_> {
    /// A call: an operator, a function of the script, of an import, or of numbers.
    pub fn call(&mut self, call: &FnCallExpr, at: Position) -> Lowered<Val> {
        let name = call.name.as_str();
        let mut args: Vec<Arg> = Vec::new();
        for arg in &call.args {
            let val = self.expr(arg)?;
            // Later arguments may assign what this one has read.
            args.push((self.unshared(val), arg.start_position()));
        }
        if call.is_operator_call() {
            return self.operation(name, &args, at);
        }
        if !call.namespace.is_empty() {
            return self.imported(&call.namespace.to_string(), name, args, at);
        }
        if let Some(definition) = self.sources.function(self.file, name, args.len()) {
            return self.inline(&definition, Vec::new(), args, None, at);
        }
        self.native(name, &args, at)
    }

    fn operation(&mut self, name: &str, args: &[Arg], at: Position) -> Lowered<Val> {
        match args {
            [x] => {
                let value = self.scalar(x.0.clone(), x.1)?;
                Ok(Val::One(self.prefix(name, value, at)?))
            }
            [x, y] if matches!(name, ".." | "..=") => {
                let (from, to) = (self.scalar(x.0.clone(), x.1)?, self.scalar(y.0.clone(), y.1)?);
                let (from, to) = (self.whole(from, x.1)?, self.whole(to, y.1)?);
                Ok(Val::Range(from, to, name == "..="))
            }
            [x, y] => {
                let (a, b) = (self.scalar(x.0.clone(), x.1)?, self.scalar(y.0.clone(), y.1)?);
                Ok(Val::One(self.operator(name, a, b, at)?))
            }
            _ => {
                self.refuse(at, format!("`{name}` cannot run on the audio thread"), "write it out")
            }
        }
    }

    fn imported(
        &mut self,
        namespace: &str,
        name: &str,
        args: Vec<Arg>,
        at: Position,
    ) -> Lowered<Val> {
        let alias = namespace.trim_end_matches("::");
        let Some(file) = self.sources.imported(self.file, alias) else {
            return self.refuse(
                at,
                format!("there is no module `{alias}` in this script"),
                format!("import it at the top: import \"std/dsp\" as {alias};"),
            );
        };
        match self.sources.function(file, name, args.len()) {
            Some(definition) => self.inline(&definition, Vec::new(), args, None, at),
            None => {
                let names: Vec<(String, usize)> = self.sources.names(file).collect();
                let near = nearest(name, names.iter().map(|(name, _)| name.as_str()));
                let count = names.iter().find(|(known, _)| known == name).map(|(_, count)| *count);
                let hint = match (count, near) {
                    (Some(count), _) => format!("it takes {count} arguments"),
                    (None, Some(near)) => format!("did you mean `{near}`?"),
                    (None, None) => "a module gives its functions by their names".to_string(),
                };
                let message =
                    format!("`{alias}` has no function `{name}` of {} arguments", args.len());
                self.refuse(at, message, hint)
            }
        }
    }

    /// Puts a function in: its parameters are the arguments; what it keeps is kept for this call alone.
    fn inline(
        &mut self,
        definition: &Definition,
        captured: Vec<Val>,
        args: Vec<Arg>,
        this: Option<String>,
        at: Position,
    ) -> Lowered<Val> {
        if self.stack.contains(&definition.name) || self.is_deep() {
            let name = super::lower::called(definition);
            return self.refuse(
                at,
                format!("{name} calls itself, which has no end that is known beforehand"),
                "use a loop: `while` or `for`",
            );
        }
        let this = match this {
            Some(this) => this,
            None if keeps(definition) => self.own_state(&definition.name),
            None => self.this.clone(),
        };
        let depth = self.env.vars.len();
        let outer = (
            std::mem::replace(&mut self.base, depth),
            std::mem::replace(&mut self.file, definition.file),
            std::mem::replace(&mut self.this, this),
            std::mem::take(&mut self.returns),
        );
        self.stack.push(definition.name.clone());
        let given = captured.into_iter().chain(args.into_iter().map(|arg| arg.0));
        for (name, val) in definition.params.iter().zip(given) {
            let val = self.unshared(val);
            self.env.vars.push(Var { name: name.clone(), val, constant: false });
        }
        let val = self.statements(&definition.body)?;
        self.leave_with(val);
        let exits = std::mem::take(&mut self.returns);
        let val = self.merge(exits, depth, at)?;
        self.stack.pop();
        (self.base, self.file, self.this, self.returns) = outer;
        Ok(val)
    }

    /// Where the next call of a function that keeps something keeps it: `name`, `name2`, ..
    fn own_state(&mut self, name: &str) -> String {
        let stem = if name.starts_with("anon$") { "closure" } else { name };
        let path = format!("{}{stem}", self.this);
        let count = self.ordinals.entry(path.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { format!("{path}.") } else { format!("{path}{count}.") }
    }

    /// A call on a part of the state: a function of the script whose `this` it is, or `pad`.
    pub(super) fn call_on_state(
        &mut self,
        path: &str,
        call: &FnCallExpr,
        at: Position,
    ) -> Lowered<Option<Val>> {
        let name = call.name.as_str();
        if name == "pad" {
            return self.pad(path, &call.args, at).map(Some);
        }
        let known = path.trim_end_matches('.');
        if self.known.arrays.iter().any(|array| array.name == known) {
            return Ok(None);
        }
        let Some(definition) = self.sources.function(self.file, name, call.args.len()) else {
            return Ok(None);
        };
        let mut args = Vec::new();
        for arg in &call.args {
            let val = self.expr(arg)?;
            args.push((self.unshared(val), arg.start_position()));
        }
        self.inline(&definition, Vec::new(), args, Some(path.to_string()), at).map(Some)
    }

    /// `this.name.pad(length, value)`: an array of that length at first filled with the value.
    fn pad(&mut self, path: &str, args: &[Expr], at: Position) -> Lowered<Val> {
        let [len, fill] = args else {
            return self.refuse(
                at,
                "`pad` wants a length and a value",
                "this.line.pad(4800, 0.0);",
            );
        };
        let name = path.trim_end_matches('.').to_string();
        let (len_at, fill_at) = (len.start_position(), fill.start_position());
        let len = self.expr(len)?;
        let len = self.scalar(len, len_at)?;
        let len = self.whole(len, len_at)?;
        let fill = self.expr(fill)?;
        let fill = self.scalar(fill, fill_at)?;
        let (of, known) = (self.build.of(fill), self.build.known(fill));
        let length = self.build.known(len).map(|len| len as i64);
        let most = (crate::ir::MOST_MEMORY / 8) as i64;
        match (length, known) {
            (Some(length), Some(fill)) if (1..=most).contains(&length) => {
                let array = self.array(&name, of, length as u32, vec![fill]);
                let known = &mut self.known.arrays[array as usize];
                // It is the lane's own, whether or not something is stored in it.
                self.again |= known.fixed;
                known.fixed = false;
                if (known.len as i64) < length {
                    known.len = length as u32;
                    self.again = true;
                }
                let was = self.known.state.len();
                self.known.state.retain(|state| state.name != name);
                self.again |= self.known.state.len() < was;
                Ok(Val::Unit)
            }
            (Some(length), Some(_)) => self.refuse(
                at,
                format!("an array has 1 to {most} elements, and not {length}"),
                "a second is `sample_rate` elements",
            ),
            _ => self.refuse(
                at,
                "how long an array is and what it is filled with must be known before it plays",
                "write constants: this.line.pad((sample_rate * 0.5).to_int(), 0.0);",
            ),
        }
    }

    /// A method: of an array, of a function, or a function whose first argument stands before the dot.
    pub(super) fn method(
        &mut self,
        val: Val,
        name: &str,
        args: &[Arg],
        at: Position,
    ) -> Lowered<Val> {
        match (&val, name) {
            (Val::Array(array), "len") => {
                return Ok(Val::One(self.length(*array)));
            }
            (Val::List(values), "len") => return Ok(Val::One(self.build.int(values.len() as i64))),
            (Val::Function(function), "call") => {
                let Callable { definition, captured } = (**function).clone();
                let wanted = definition.params.len() - captured.len().min(definition.params.len());
                if wanted != args.len() {
                    return self.refuse(
                        at,
                        format!("the function takes {wanted} arguments, {} given", args.len()),
                        "give as many as it has",
                    );
                }
                return self.inline(&definition, captured, args.to_vec(), None, at);
            }
            _ => {}
        }
        let val = self.unshared(val);
        let all: Vec<Arg> = std::iter::once((val, at)).chain(args.iter().cloned()).collect();
        self.native(name, &all, at)
    }

    /// A function of numbers.
    fn native(&mut self, name: &str, args: &[Arg], at: Position) -> Lowered<Val> {
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
        let names: Vec<String> = self.sources.names(self.file).map(|(name, _)| name).collect();
        let all = FUNCTIONS.iter().map(|f| f.name).chain(OWN.iter().copied());
        let near = nearest(name, all.chain(names.iter().map(String::as_str)));
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
                let (low, high) = (self.lower_than(x[0], x[1], at)?, x[2]);
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
    fn lower_than(&mut self, x: Value, low: Value, at: Position) -> Lowered<Value> {
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

/// Whether a function uses `this` itself.
fn keeps(definition: &Definition) -> bool {
    let mut found = false;
    for statement in &definition.body {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            found |= matches!(path.last(), Some(ASTNode::Expr(Expr::ThisPtr(_))));
            !matches!(path.last(), Some(ASTNode::Stmt(Stmt::Import(..))))
        });
    }
    found
}
