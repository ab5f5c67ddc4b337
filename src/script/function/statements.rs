//! Statements: variables, choices, blocks, ways out.

use super::Lowered;
use super::lower::Lower;
use super::value::{Val, Var};
use crate::ir::{End, Target, Type, Value};
use rhai::{ASTFlags, Expr, FlowControl, Position, Stmt, StmtBlock};

impl Lower<'_> {
    /// Statements in a scope of their own; the value of the last one.
    pub fn scope(&mut self, statements: &[Stmt]) -> Lowered<Val> {
        let depth = self.env.vars.len();
        let val = self.statements(statements)?;
        self.env.vars.truncate(depth);
        Ok(val)
    }

    /// Statements one after the other; the value of the last one.
    pub fn statements(&mut self, statements: &[Stmt]) -> Lowered<Val> {
        let mut last = Val::Unit;
        for statement in statements {
            if self.dead {
                return Ok(Val::Unit);
            }
            if self.build.is_full() {
                return self.refuse(
                    statement.position(),
                    "the function is too long once all that it calls is put into it",
                    "fewer calls, or loops with `while` instead of long lists",
                );
            }
            last = self.statement(statement)?;
        }
        Ok(last)
    }

    fn statement(&mut self, statement: &Stmt) -> Lowered<Val> {
        match statement {
            Stmt::Noop(_) | Stmt::Share(_) => Ok(Val::Unit),
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::FnCall(call, at) => self.call(call, *at),
            Stmt::Block(block) => self.scope(block.statements()),
            Stmt::If(flow, at) => self.choice(flow, *at),
            Stmt::Switch(parts, at) => self.switch(statement, parts, *at),
            Stmt::While(flow, at) => self.while_loop(flow, true, false, *at),
            Stmt::Do(flow, flags, at) => {
                self.while_loop(flow, !flags.intersects(ASTFlags::NEGATED), true, *at)
            }
            Stmt::For(parts, at) => self.for_loop(parts, *at),
            Stmt::Var(parts, flags, _) => {
                let val = self.expr(&parts.1)?;
                let val = self.unshared(val);
                let constant = flags.intersects(ASTFlags::CONSTANT);
                self.env.vars.push(Var { name: parts.0.name.to_string(), val, constant });
                Ok(Val::Unit)
            }
            Stmt::Assignment(parts) => self.assignment(&parts.0, &parts.1),
            Stmt::BreakLoop(value, flags, at) => {
                self.leave_loop(value.as_deref(), flags.intersects(ASTFlags::BREAK), *at)
            }
            Stmt::Return(value, flags, at) => self.give_back(value.as_deref(), *flags, *at),
            Stmt::TryCatch(_, at) => self.refuse(
                *at,
                "`try` cannot run on the audio thread: nothing is thrown there",
                "test for what can go wrong with `if`",
            ),
            other => self.refuse(
                other.position(),
                "this statement cannot run on the audio thread",
                "functions there may use `let`, `if`, `switch`, `while`, `for`, `return` and calls",
            ),
        }
    }

    /// The value of a number of the state, so that it does not move any more.
    pub fn unshared(&mut self, val: Val) -> Val {
        match val {
            Val::State(index) => Val::One(self.state(index)),
            other => other,
        }
    }

    fn give_back(&mut self, value: Option<&Expr>, flags: ASTFlags, at: Position) -> Lowered<Val> {
        if flags.intersects(ASTFlags::BREAK) {
            return self.refuse(
                at,
                "`throw` cannot run on the audio thread",
                "return a value instead",
            );
        }
        let val = match value {
            Some(expr) => self.expr(expr)?,
            None => Val::Unit,
        };
        self.leave_with(val);
        Ok(Val::Unit)
    }

    /// Leaves the function in which it is.
    pub fn leave_with(&mut self, val: Val) {
        let val = self.unshared(val);
        if let Some(exit) = self.exit(val) {
            self.returns.push(exit);
        }
        self.die();
    }

    /// A truth value.
    pub fn condition(&mut self, expr: &Expr) -> Lowered<Value> {
        let val = self.expr(expr)?;
        let at = expr.start_position();
        let value = self.scalar(val, at)?;
        if self.build.of(value) == Type::Bool {
            return Ok(value);
        }
        if self.again {
            return Ok(self.build.constant(Type::Bool, 0));
        }
        self.refuse(at, "this is a number, not true or false", "compare it: `x > 0.5`")
    }

    /// `if`, as a statement and as an expression.
    pub fn choice(&mut self, flow: &FlowControl, at: Position) -> Lowered<Val> {
        let condition = self.condition(&flow.expr)?;
        let depth = self.env.vars.len();
        if let Some(known) = self.build.known(condition) {
            let side = if known != 0 { &flow.body } else { &flow.branch };
            return self.scope(side.statements());
        }
        let (yes, no) = (self.build.block(), self.build.block());
        let target = |block| Target { block, args: Vec::new() };
        self.build.end(End::Branch(condition, target(yes), target(no)));
        let before = self.env.clone();
        let mut exits = Vec::new();
        for (block, side) in [(yes, &flow.body), (no, &flow.branch)] {
            self.build.go_to(block);
            (self.env, self.dead) = (before.clone(), false);
            exits.extend(self.side(side)?);
        }
        self.merge(exits, depth, at)
    }

    /// One side of a choice, to its end.
    fn side(&mut self, side: &StmtBlock) -> Lowered<Option<super::value::Exit>> {
        let val = self.scope(side.statements())?;
        let val = self.unshared(val);
        Ok(self.exit(val))
    }
}
