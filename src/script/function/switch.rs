//! `switch` on constants: comparisons one after the other.

use super::Lowered;
use super::lower::Lower;
use super::value::Val;
use crate::ir::{Binary, Compare, End, Op, Target, Type, Unary, Value};
use rhai::{Expr, Position, RangeCase, Stmt, SwitchCasesCollection};

impl Lower<'_> {
    /// A `switch`, as a statement and as an expression.
    pub fn switch(
        &mut self,
        statement: &Stmt,
        parts: &(Expr, SwitchCasesCollection),
        at: Position,
    ) -> Lowered<Val> {
        let (operand, cases) = parts;
        let val = self.expr(operand)?;
        let value = self.scalar(val, at)?;
        let of = self.build.of(value);
        if of == Type::Float && !cases.cases.is_empty() {
            return self.refuse(
                at,
                "`switch` compares whole numbers here, and this has a fraction",
                "switch mode.to_int() { 0 => a, 1 => b, _ => c }",
            );
        }
        let truth = of == Type::Bool;
        let value = if truth { self.truth(value) } else { value };
        let known = self.sources.cases(self.file, statement, truth)?;
        let depth = self.env.vars.len();
        let mut exits = Vec::new();
        for (number, blocks) in &known {
            if truth && *number == 1 && known.len() == 2 {
                // It is neither false nor anything else.
                let val = self.guarded(cases, blocks, at)?;
                exits.extend(self.exit(val));
                return self.merge(exits, depth, at);
            }
            let number = self.build.int(*number);
            let same = self.build.push(Op::Compare(Compare::Equal, value, number), 0);
            // Where none of its conditions holds, the default is meant.
            self.arm(same, depth, &mut exits, |lower| lower.guarded(cases, blocks, at))?;
        }
        for range in &cases.ranges {
            let (low, high, closed, block) = bounds(range);
            let inside = self.inside(value, low, high, closed);
            self.arm(inside, depth, &mut exits, |lower| lower.guarded(cases, &[block], at))?;
        }
        let val = self.default(cases)?;
        exits.extend(self.exit(val));
        self.merge(exits, depth, at)
    }

    fn truth(&mut self, value: Value) -> Value {
        let (one, zero) = (self.build.int(1), self.build.int(0));
        self.build.push(Op::Select(value, one, zero), 0)
    }

    fn inside(&mut self, value: Value, low: i64, high: i64, closed: bool) -> Value {
        let [low, high] = [low, high].map(|x| self.build.int(x));
        let (mut value, mut low, mut high) = (value, low, high);
        if self.build.of(value) == Type::Float {
            [low, high] = [low, high].map(|x| self.build.push(Op::Unary(Unary::ToFloat, x), 0));
        } else {
            value = self.as_type(value, Type::Int, Position::NONE);
        }
        let below = if closed { Compare::LessEqual } else { Compare::Less };
        let a = self.build.push(Op::Compare(Compare::GreaterEqual, value, low), 0);
        let b = self.build.push(Op::Compare(below, value, high), 0);
        self.build.push(Op::Binary(Binary::And, a, b), 0)
    }

    /// Lowers `then` for where `condition` holds, and goes on where it does not.
    fn arm(
        &mut self,
        condition: Value,
        depth: usize,
        exits: &mut Vec<super::value::Exit>,
        then: impl FnOnce(&mut Self) -> Lowered<Val>,
    ) -> Lowered<()> {
        let (yes, no) = (self.build.block(), self.build.block());
        let target = |block| Target { block, args: Vec::new() };
        self.build.end(End::Branch(condition, target(yes), target(no)));
        let (before, dead) = (self.env.clone(), self.dead);
        self.build.go_to(yes);
        let val = then(self)?;
        self.env.vars.truncate(depth);
        let val = self.unshared(val);
        exits.extend(self.exit(val));
        self.build.go_to(no);
        (self.env, self.dead) = (before, dead);
        Ok(())
    }

    /// The first of several expressions whose condition holds; else the default.
    fn guarded(
        &mut self,
        cases: &SwitchCasesCollection,
        blocks: &[usize],
        at: Position,
    ) -> Lowered<Val> {
        let Some((first, rest)) = blocks.split_first() else { return self.default(cases) };
        let case = &cases.expressions[*first];
        if matches!(case.lhs, Expr::BoolConstant(true, _)) {
            return self.in_scope(&case.rhs);
        }
        let condition = self.condition(&case.lhs)?;
        let depth = self.env.vars.len();
        let mut exits = Vec::new();
        self.arm(condition, depth, &mut exits, |lower| lower.in_scope(&case.rhs))?;
        let val = self.guarded(cases, rest, at)?;
        exits.extend(self.exit(val));
        self.merge(exits, depth, at)
    }

    fn default(&mut self, cases: &SwitchCasesCollection) -> Lowered<Val> {
        match cases.def_case {
            Some(index) => self.in_scope(&cases.expressions[index].rhs),
            None => Ok(Val::Unit),
        }
    }

    fn in_scope(&mut self, expr: &Expr) -> Lowered<Val> {
        let depth = self.env.vars.len();
        let val = self.expr(expr)?;
        let val = self.unshared(val);
        self.env.vars.truncate(depth);
        Ok(val)
    }
}

/// Bounds of a range, whether the upper one belongs to it, and its expression.
fn bounds(range: &RangeCase) -> (i64, i64, bool, usize) {
    match range {
        RangeCase::ExclusiveInt(range, index) => (range.start, range.end, false, *index),
        RangeCase::InclusiveInt(range, index) => (*range.start(), *range.end(), true, *index),
    }
}
