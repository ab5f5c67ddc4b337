//! Loops: `while`, `loop`, `do`, and `for` over ranges and lists, which is unrolled if it is short.

use super::Lowered;
use super::lower::Lower;
use super::value::{Env, Exit, Val};
use crate::ir::{BlockId, End, Target, Type, Value};
use rhai::{Expr, FlowControl, Position, StmtBlock};

/// A loop in which it is.
pub(super) struct Loop {
    /// Variables outside of it.
    pub depth: usize,
    /// Ways to its end.
    pub breaks: Vec<Exit>,
    /// Ways to its next turn.
    pub continues: Vec<Exit>,
    /// Depth of inlined functions: a loop can be left only from its own function.
    pub calls: usize,
}

/// The head of a loop that goes on as long as something holds.
pub(super) struct Head {
    block: BlockId,
    ordinal: usize,
    /// What its parameters stand for.
    slots: Vec<Slot>,
    depth: usize,
    count: usize,
}

/// What a parameter of the head stands for: a variable, an element of a list in one, a number of the state.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Var(usize),
    Element(usize, usize),
    State(usize),
}

impl Lower<'_> {
    /// `break` (`leave`) or `continue`.
    pub fn leave_loop(&mut self, value: Option<&Expr>, leave: bool, at: Position) -> Lowered<Val> {
        let val = match value {
            Some(expr) => self.expr(expr)?,
            None => Val::Unit,
        };
        let val = self.unshared(val);
        let exit = self.exit(val);
        let calls = self.stack.len();
        match self.loops.last_mut().filter(|l| l.calls == calls) {
            Some(inner) if leave => inner.breaks.extend(exit),
            Some(inner) => inner.continues.extend(exit),
            None => {
                return self.refuse(
                    at,
                    "there is no loop to leave here",
                    "`return` leaves a function",
                );
            }
        }
        self.die();
        Ok(Val::Unit)
    }

    pub(super) fn open_loop(&mut self) {
        let (depth, calls) = (self.env.vars.len(), self.stack.len());
        let (breaks, continues) = (Vec::new(), Vec::new());
        self.loops.push(Loop { depth, breaks, continues, calls });
    }

    /// Begins a loop: what may change in it are parameters of its head.
    pub(super) fn head(&mut self) -> Head {
        let block = self.build.block();
        let ordinal = self.turns;
        self.turns += 1;
        let (mut slots, mut args) = (Vec::new(), Vec::new());
        let mut env = self.env.clone();
        env.state = (0..self.firsts.len()).map(|i| self.state(i as u32)).collect();
        let before = env.clone();
        let mut param = |lower: &mut Self, value: Value, slot: Slot| {
            let was = lower.build.of(value);
            let wide = lower.known.widened.contains(&(ordinal, slots.len()));
            let of = if wide && was == Type::Int { Type::Float } else { was };
            args.push(lower.as_type(value, of, Position::NONE));
            slots.push(slot);
            lower.build.param(block, of)
        };
        for (i, var) in before.vars.iter().enumerate() {
            match &var.val {
                Val::One(value) => env.vars[i].val = Val::One(param(self, *value, Slot::Var(i))),
                Val::List(values) => {
                    let made = values.iter().enumerate();
                    let made = made.map(|(k, v)| param(self, *v, Slot::Element(i, k))).collect();
                    env.vars[i].val = Val::List(made);
                }
                _ => {}
            }
        }
        for (i, value) in before.state.iter().enumerate() {
            env.state[i] = param(self, *value, Slot::State(i));
        }
        self.build.end(End::Jump(Target { block, args }));
        self.build.go_to(block);
        let depth = env.vars.len();
        self.env = env;
        Head { block, ordinal, slots, depth, count: self.build.count() }
    }

    /// Goes back to the head of a loop from here.
    fn again(&mut self, head: &Head, at: Position) {
        let values: Vec<Value> =
            head.slots.iter().map(|slot| self.slot(&self.env, *slot)).collect();
        let params = self.head_types(head);
        let mut args = Vec::new();
        for (k, (value, of)) in values.into_iter().zip(params).enumerate() {
            let was = self.build.of(value);
            if was != of {
                if (of, was) == (Type::Int, Type::Float) {
                    self.known.widened.insert((head.ordinal, k));
                    self.again = true;
                } else if was != Type::Int {
                    self.again = true;
                }
            }
            args.push(self.as_type(value, of, at));
        }
        let cost = (self.build.count() - head.count).max(1) as u32;
        let place = self.at(at);
        self.build.end(End::Again(cost, place, Target { block: head.block, args }));
    }

    pub(super) fn slot(&self, env: &Env, slot: Slot) -> Value {
        match slot {
            Slot::Var(i) => match &env.vars[i].val {
                Val::One(value) => *value,
                _ => self.firsts.first().copied().unwrap_or(Value(0)),
            },
            Slot::Element(i, k) => match &env.vars[i].val {
                Val::List(values) => values.get(k).copied().unwrap_or(Value(0)),
                _ => Value(0),
            },
            Slot::State(i) => self.state_in(env, i),
        }
    }

    fn head_types(&self, head: &Head) -> Vec<Type> {
        self.build.params(head.block).iter().map(|param| self.build.of(*param)).collect()
    }

    /// `while`, `loop`, and `do` with its condition at the end (`late`).
    pub fn while_loop(
        &mut self,
        flow: &FlowControl,
        on: bool,
        late: bool,
        at: Position,
    ) -> Lowered<Val> {
        let endless = matches!(flow.expr, Expr::Unit(_));
        self.open_loop();
        let head = self.head();
        if !late && !endless {
            self.go_on_if(&flow.expr, on)?;
        }
        self.turn(&flow.body, head.depth, at)?;
        if late && !endless && !self.dead {
            self.go_on_if(&flow.expr, on)?;
        }
        self.close_loop(head, at)
    }

    /// Leaves the loop unless the condition is as wanted.
    fn go_on_if(&mut self, condition: &Expr, wanted: bool) -> Lowered<()> {
        let condition = self.condition(condition)?;
        self.stay_if(condition, wanted);
        Ok(())
    }

    pub(super) fn stay_if(&mut self, condition: Value, wanted: bool) {
        let (on, out) = (self.build.block(), self.build.block());
        let target = |block| Target { block, args: Vec::new() };
        let (yes, no) = if wanted { (on, out) } else { (out, on) };
        self.build.end(End::Branch(condition, target(yes), target(no)));
        let exit = Exit { block: out, env: self.env.clone(), val: Val::Unit };
        if let (Some(inner), false) = (self.loops.last_mut(), self.dead) {
            inner.breaks.push(exit);
        }
        self.build.go_to(on);
    }

    /// A turn of the loop, to where the next one begins; of the variables the first `depth` are left.
    pub(super) fn turn(&mut self, body: &StmtBlock, depth: usize, at: Position) -> Lowered<()> {
        self.scope(body.statements())?;
        let exit = self.exit(Val::Unit);
        let mut exits = match self.loops.last_mut() {
            Some(inner) => std::mem::take(&mut inner.continues),
            None => Vec::new(),
        };
        exits.extend(exit);
        self.merge(exits, depth, at)?;
        Ok(())
    }

    pub(super) fn close_loop(&mut self, head: Head, at: Position) -> Lowered<Val> {
        if !self.dead {
            self.env.vars.truncate(head.depth);
            self.again(&head, at);
        }
        self.die();
        let Some(done) = self.loops.pop() else { return Ok(Val::Unit) };
        self.merge(done.breaks, done.depth, at)
    }
}
