//! Expressions: constants, variables, lists, logic.

use super::Lowered;
use super::lower::Lower;
use super::value::{Callable, Val};
use crate::diag::nearest;
use crate::ir::{End, Op, Target, Type, bits};
use crate::script::build::number;
use rhai::{Dynamic, Expr, FnPtr, Position};
use std::sync::Arc;

impl Lower<'_> {
    /// The value of an expression.
    pub fn expr(&mut self, expr: &Expr) -> Lowered<Val> {
        match expr {
            Expr::FloatConstant(x, _) => Ok(Val::One(self.build.float(**x))),
            Expr::IntegerConstant(x, _) => Ok(Val::One(self.build.int(*x))),
            Expr::BoolConstant(x, _) => {
                Ok(Val::One(self.build.constant(Type::Bool, u64::from(*x))))
            }
            Expr::StringConstant(text, _) => Ok(Val::Text(text.to_string())),
            Expr::DynamicConstant(value, at) => self.constant_value(value, *at),
            Expr::Unit(_) => Ok(Val::Unit),
            Expr::Array(elements, _) => {
                let mut values = Vec::new();
                for element in elements {
                    let val = self.expr(element)?;
                    values.push(self.scalar(val, element.start_position())?);
                }
                Ok(Val::List(values))
            }
            Expr::Variable(variable, _, at) => {
                let namespace = &variable.2;
                if namespace.is_empty() {
                    self.variable(&variable.1, *at)
                } else {
                    self.qualified(&namespace.to_string(), &variable.1, *at)
                }
            }
            Expr::ThisPtr(_) => Ok(Val::Path(self.this.clone())),
            Expr::Stmt(block) => self.scope(block.statements()),
            Expr::FnCall(call, at) => self.call(call, *at),
            Expr::Dot(..) | Expr::Index(..) => self.chain(expr),
            Expr::And(terms, _) => self.logic(terms, true),
            Expr::Or(terms, _) => self.logic(terms, false),
            Expr::Coalesce(terms, at) => self.first(terms, *at),
            Expr::InterpolatedString(_, at) | Expr::Map(_, at) | Expr::CharConstant(_, at) => self
                .refuse(
                    *at,
                    "texts and maps do not exist on the audio thread",
                    "compute with numbers, true and false, lists of numbers",
                ),
            other => self.refuse(
                other.start_position(),
                "this expression cannot run on the audio thread",
                "compute with numbers, true and false, lists of numbers",
            ),
        }
    }

    /// What Rhai has folded to a constant: a range or a closure.
    fn constant_value(&mut self, value: &Dynamic, at: Position) -> Lowered<Val> {
        if let Some(range) = value.clone().try_cast::<std::ops::Range<i64>>() {
            return Ok(Val::Range(self.build.int(range.start), self.build.int(range.end), false));
        }
        if let Some(range) = value.clone().try_cast::<std::ops::RangeInclusive<i64>>() {
            let (from, to) = (self.build.int(*range.start()), self.build.int(*range.end()));
            return Ok(Val::Range(from, to, true));
        }
        if let Some(pointer) = value.clone().try_cast::<FnPtr>()
            && let Some(definition) = self.sources.pointed(self.file, pointer.fn_name())
        {
            return Ok(Val::Function(Arc::new(Callable { definition, captured: Vec::new() })));
        }
        match number(value) {
            Some(x) => Ok(Val::One(self.build.float(x))),
            None => self.refuse(
                at,
                "this value does not exist on the audio thread",
                "compute with numbers, true and false, lists of numbers",
            ),
        }
    }

    /// The variable called `name`, or the constant that every script knows.
    fn variable(&mut self, name: &str, at: Position) -> Lowered<Val> {
        let own = self.env.vars[self.base.min(self.env.vars.len())..].iter();
        if let Some(var) = own.rev().find(|var| var.name == name && !name.is_empty()) {
            return Ok(var.val.clone());
        }
        if let Some(constant) = self.named_constant(name) {
            return Ok(constant);
        }
        if let Some(definition) = self.sources.pointed(self.file, name) {
            return Ok(Val::Function(Arc::new(Callable { definition, captured: Vec::new() })));
        }
        let names: Vec<String> = self.env.vars[self.base.min(self.env.vars.len())..]
            .iter()
            .map(|var| var.name.clone())
            .collect();
        let near = nearest(name, names.iter().map(String::as_str));
        self.refuse(
            at,
            format!("there is no variable `{name}` in this function"),
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a function sees its arguments, its own variables and constants; \
                         what it is to keep is `this.name`"
                    .to_string(),
            },
        )
    }

    /// A constant that every script knows: `TAU`, `sample_rate`.
    pub fn named_constant(&mut self, name: &str) -> Option<Val> {
        let value = self.constants.get(name)?;
        if let Ok(x) = value.as_int() {
            return Some(Val::One(self.build.int(x)));
        }
        Some(Val::One(self.build.constant(Type::Float, bits(value.as_float().ok()?))))
    }

    /// `global::NAME`, or `module::NAME`.
    fn qualified(&mut self, namespace: &str, name: &str, at: Position) -> Lowered<Val> {
        let namespace = namespace.trim_end_matches("::");
        let file = match namespace {
            "global" => Some(self.file),
            alias => self.sources.imported(self.file, alias),
        };
        let expr = file.and_then(|file| self.sources.constant(file, name));
        let (Some(file), Some(expr)) = (file, expr) else {
            return self.refuse(
                at,
                format!("there is no constant `{namespace}::{name}`"),
                "`const NAME = 1.0;` at the top of the script makes one",
            );
        };
        // It is computed where nothing else is known.
        let vars = std::mem::take(&mut self.env.vars);
        let (base, own) =
            (std::mem::replace(&mut self.base, 0), std::mem::replace(&mut self.file, file));
        let val = self.expr(&expr);
        (self.env.vars, self.base, self.file) = (vars, base, own);
        match val? {
            Val::One(value) if self.build.known(value).is_some() => Ok(Val::One(value)),
            Val::List(values) => Ok(Val::List(values)),
            _ => self.refuse(
                at,
                format!("`{namespace}::{name}` is no constant number"),
                "give it as an argument, or let the closure capture it",
            ),
        }
    }

    /// `&&` (`all`) or `||`: what stands behind is computed only where it matters.
    fn logic(&mut self, terms: &[Expr], all: bool) -> Lowered<Val> {
        let Some((last, before)) = terms.split_last() else { return Ok(Val::Unit) };
        let depth = self.env.vars.len();
        let mut exits = Vec::new();
        for term in before {
            let condition = self.condition(term)?;
            if let Some(known) = self.build.known(condition) {
                if (known != 0) == all {
                    continue;
                }
                let val = Val::One(condition);
                exits.extend(self.exit(val));
                return self.merge(exits, depth, term.start_position());
            }
            let (on, out) = (self.build.block(), self.build.block());
            let target = |block| Target { block, args: Vec::new() };
            let (yes, no) = if all { (on, out) } else { (out, on) };
            self.build.end(End::Branch(condition, target(yes), target(no)));
            let env = self.env.clone();
            self.build.go_to(out);
            let decided = self.build.constant(Type::Bool, u64::from(!all));
            if !self.dead {
                exits.push(super::value::Exit { block: out, env, val: Val::One(decided) });
            }
            self.build.go_to(on);
        }
        let condition = self.condition(last)?;
        exits.extend(self.exit(Val::One(condition)));
        self.merge(exits, depth, last.start_position())
    }

    /// An element of a list or an array.
    pub fn element(&mut self, of: Val, index: Val, at: Position) -> Lowered<Val> {
        let index = self.scalar(index, at)?;
        let index = self.whole(index, at)?;
        let place = self.at(at);
        match of {
            Val::List(values) => {
                let len = values.len() as i64;
                if let Some(known) = self.build.known(index) {
                    let at_end = if (known as i64) < 0 { known as i64 + len } else { known as i64 };
                    if let Some(value) = usize::try_from(at_end).ok().and_then(|i| values.get(i)) {
                        return Ok(Val::One(*value));
                    }
                    return self.refuse(
                        at,
                        format!("the list has {len} elements, and none at {}", known as i64),
                        "the first one is at 0, the last one at -1",
                    );
                }
                self.table(&values, index, at)
            }
            Val::Array(array) => {
                let of = self.known.arrays[array as usize].of;
                Ok(Val::One(self.build.push_as(Op::Load(array, index), of, place)))
            }
            other => self.refuse(
                at,
                format!("this is {}, which has no elements", other.called()),
                "an array of the state is made by `this.name.pad(length, 0.0)`",
            ),
        }
    }

    /// An element of a list of constants, by an index that is not known yet.
    fn table(
        &mut self,
        values: &[crate::ir::Value],
        index: crate::ir::Value,
        at: Position,
    ) -> Lowered<Val> {
        let floats = values.iter().any(|value| self.build.of(*value) == Type::Float);
        let mut words = Vec::new();
        for value in values {
            let value = if floats { self.float(*value, at)? } else { *value };
            match self.build.known(value) {
                Some(known) => words.push(known),
                None => {
                    return self.refuse(
                        at,
                        "a list whose elements change has constant indices only",
                        "keep it in an array: this.name.pad(8, 0.0), then this.name[i]",
                    );
                }
            }
        }
        let of = values.first().map_or(Type::Float, |value| self.build.of(*value));
        let of = if floats { Type::Float } else { of };
        let name = format!("[{of:?} {words:x?}]");
        let array = self.array(&name, of, words.len() as u32, words);
        let place = self.at(at);
        Ok(Val::One(self.build.push_as(Op::Load(array, index), of, place)))
    }
}
