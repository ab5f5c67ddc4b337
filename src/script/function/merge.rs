//! Where ways through a function meet again: variables that differ become parameters of the block.

use super::Lowered;
use super::lower::Lower;
use super::value::{Env, Exit, Val};
use crate::ir::{Bits, End, Op, Target, Type, Unary, Value};
use rhai::Position;

impl Lower<'_> {
    /// The way on from here, with what has come out; `None` if nothing comes here.
    pub fn exit(&mut self, val: Val) -> Option<Exit> {
        let env = self.env.clone();
        (!self.dead).then(|| Exit { block: self.build.here(), env, val })
    }

    /// What follows is reached by nobody.
    pub fn die(&mut self) {
        let block = self.build.block();
        self.build.go_to(block);
        self.dead = true;
    }

    /// Goes on where all `exits` meet; of the variables the first `depth` are left. Returns what comes out.
    pub fn merge(&mut self, exits: Vec<Exit>, depth: usize, at: Position) -> Lowered<Val> {
        let mut exits = exits;
        exits.iter_mut().for_each(|exit| exit.env.vars.truncate(depth));
        match exits.len() {
            0 => {
                self.env.vars.truncate(depth);
                self.die();
                return Ok(Val::Unit);
            }
            1 => {
                let Exit { block, env, val } = exits.remove(0);
                self.build.go_to(block);
                (self.env, self.dead) = (env, false);
                return Ok(val);
            }
            _ => {}
        }
        let meet = self.build.block();
        let mut args: Vec<Vec<Value>> = vec![Vec::new(); exits.len()];
        let mut env = Env::default();
        for index in 0..depth {
            let all: Vec<Val> = exits.iter().map(|exit| exit.env.vars[index].val.clone()).collect();
            let mut var = exits[0].env.vars[index].clone();
            // A variable that differs in kind is lost; only if it is used that is an error.
            var.val = self.join(&exits, &all, meet, &mut args, at)?.unwrap_or(Val::Unit);
            env.vars.push(var);
        }
        for index in 0..self.firsts.len() {
            let all: Vec<Val> =
                exits.iter().map(|exit| Val::One(self.state_in(&exit.env, index))).collect();
            let joined = self.join(&exits, &all, meet, &mut args, at)?;
            // Where its type has just changed it will be lowered again.
            let value = if let Some(Val::One(value)) = joined { value } else { self.firsts[index] };
            env.state.push(value);
        }
        let all: Vec<Val> = exits.iter().map(|exit| exit.val.clone()).collect();
        let val = self.join(&exits, &all, meet, &mut args, at)?;
        for (exit, args) in exits.iter().zip(args) {
            self.build.end_of(exit.block, End::Jump(Target { block: meet, args }));
        }
        self.build.go_to(meet);
        (self.env, self.dead) = (env, false);
        // What nobody asks for may differ.
        Ok(val.unwrap_or(Val::Unit))
    }

    /// One value of several; `None` if they cannot be one.
    fn join(
        &mut self,
        exits: &[Exit],
        all: &[Val],
        meet: crate::ir::BlockId,
        args: &mut [Vec<Value>],
        at: Position,
    ) -> Lowered<Option<Val>> {
        if all.iter().all(|val| *val == all[0]) {
            return Ok(Some(all[0].clone()));
        }
        let mut parts: Vec<Vec<Value>> = Vec::new();
        for (exit, val) in exits.iter().zip(all) {
            parts.push(match val {
                Val::One(value) => vec![*value],
                Val::List(values) => values.clone(),
                Val::State(index) => vec![self.state_in(&exit.env, *index as usize)],
                _ => return Ok(None),
            });
        }
        if parts.iter().any(|part| part.len() != parts[0].len()) {
            return Ok(None);
        }
        let is_list = matches!(all[0], Val::List(_));
        let mut joined = Vec::new();
        for index in 0..parts[0].len() {
            let values: Vec<Value> = parts.iter().map(|part| part[index]).collect();
            let Some(of) = self.common(&values) else { return Ok(None) };
            let param = self.build.param(meet, of);
            for ((exit, value), args) in exits.iter().zip(values).zip(args.iter_mut()) {
                let here = self.build.here();
                self.build.go_to(exit.block);
                let value = self.as_type(value, of, at);
                args.push(value);
                self.build.go_to(here);
            }
            joined.push(param);
        }
        Ok(Some(if is_list { Val::List(joined) } else { Val::One(joined[0]) }))
    }

    /// The type that values have in common.
    pub fn common(&self, values: &[Value]) -> Option<Type> {
        let mut all: Vec<Type> = values.iter().map(|value| self.build.of(*value)).collect();
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [one] => Some(*one),
            [Type::Float, Type::Int] => Some(Type::Float),
            _ => None,
        }
    }

    /// A value as one of this type; between numbers and truth values something of that type, as it will be lowered again.
    pub fn as_type(&mut self, value: Value, of: Type, at: Position) -> Value {
        let was = self.build.of(value);
        let at = self.at(at);
        match (was, of) {
            (a, b) if a == b => value,
            (Type::Int, Type::Float) => self.build.push(Op::Unary(Unary::ToFloat, value), at),
            _ => self.build.constant(of, Bits::default()),
        }
    }

    /// A number of the state as it is there.
    pub fn state_in(&self, env: &Env, index: usize) -> Value {
        env.state.get(index).copied().unwrap_or(self.firsts[index])
    }

    /// A number of the state as it is now.
    pub fn state(&self, index: u32) -> Value {
        self.state_in(&self.env, index as usize)
    }

    /// Sets a number of the state.
    pub fn set_state(&mut self, index: u32, value: Value) {
        let index = index as usize;
        while self.env.state.len() <= index {
            let next = self.firsts[self.env.state.len()];
            self.env.state.push(next);
        }
        self.env.state[index] = value;
    }
}
