//! `for`: over ranges, arrays and lists; written out where that is short.

use super::Lowered;
use super::loops::Slot;
use super::lower::Lower;
use super::value::{Val, Var};
use crate::ir::{Binary, Compare, Op, Value};
use rhai::{FlowControl, Ident, Position};

/// Turns of a `for` that are written out one after the other.
const SHORT: i64 = 16;
/// Turns that are written out in all, with loops in loops.
const MOST_UNROLLED: usize = 256;

impl Lower<'_> {
    /// `for`.
    pub fn for_loop(
        &mut self,
        parts: &(Ident, Option<Ident>, FlowControl),
        at: Position,
    ) -> Lowered<Val> {
        let (name, counter, flow) = parts;
        let over = self.expr(&flow.expr)?;
        let over = match over {
            Val::Range(from, to, closed) if closed => {
                let one = self.build.int(1);
                let place = self.at(at);
                Val::Range(from, self.build.push(Op::Binary(Binary::IntAdd, to, one), place), false)
            }
            other => other,
        };
        let names = (name.name.as_str(), counter.as_ref().map(|c| c.name.as_str()));
        match over {
            Val::List(values) => {
                let turns = values.into_iter().map(Val::One).collect();
                self.unrolled(names, turns, flow, at)
            }
            Val::Range(from, to, _) => match (self.build.known(from), self.build.known(to)) {
                (Some(a), Some(b)) if self.is_short(a as i64, b as i64) => {
                    let turns = (a as i64..b as i64).map(|i| Val::One(self.build.int(i))).collect();
                    self.unrolled(names, turns, flow, at)
                }
                _ => self.counted(names, from, to, None, flow, at),
            },
            Val::Array(array) => {
                let (from, to) = (self.build.int(0), self.length(array));
                self.counted(names, from, to, Some(array), flow, at)
            }
            other => self.refuse(
                flow.expr.start_position(),
                format!("`for` goes over ranges and lists, not over {}", other.called()),
                "for i in 0..8 { .. }",
            ),
        }
    }

    fn is_short(&self, from: i64, to: i64) -> bool {
        let turns = to.saturating_sub(from);
        turns <= SHORT && self.unrolled + turns.max(0) as usize <= MOST_UNROLLED
    }

    /// A short loop, written out.
    fn unrolled(
        &mut self,
        (name, counter): (&str, Option<&str>),
        turns: Vec<Val>,
        flow: &FlowControl,
        at: Position,
    ) -> Lowered<Val> {
        self.open_loop();
        for (i, val) in turns.into_iter().enumerate() {
            if self.dead {
                break;
            }
            self.unrolled += 1;
            let depth = self.env.vars.len();
            self.env.vars.push(Var { name: name.to_string(), val, constant: true });
            if let Some(counter) = counter {
                let val = Val::One(self.build.int(i as i64));
                self.env.vars.push(Var { name: counter.to_string(), val, constant: true });
            }
            self.turn(&flow.body, depth, at)?;
        }
        let exit = self.exit(Val::Unit);
        let Some(mut done) = self.loops.pop() else { return Ok(Val::Unit) };
        done.breaks.extend(exit);
        self.merge(done.breaks, done.depth, at)
    }

    /// A loop that counts from `from` to below `to`; over the elements of an array, if there is one.
    fn counted(
        &mut self,
        (name, counter): (&str, Option<&str>),
        from: Value,
        to: Value,
        array: Option<u32>,
        flow: &FlowControl,
        at: Position,
    ) -> Lowered<Val> {
        self.open_loop();
        let index = self.env.vars.len();
        self.env.vars.push(Var { name: String::new(), val: Val::One(from), constant: false });
        let head = self.head();
        let count = self.slot(&self.env, Slot::Var(index));
        let more = self.build.push(Op::Compare(Compare::Less, count, to), 0);
        self.stay_if(more, true);
        let depth = self.env.vars.len();
        let place = self.at(at);
        let val = match array {
            Some(array) => {
                let of = self.known.arrays[array as usize].of;
                Val::One(self.build.push_as(Op::Load(array, count), of, place))
            }
            None => Val::One(count),
        };
        self.env.vars.push(Var { name: name.to_string(), val, constant: true });
        if let Some(counter) = counter {
            let turn = self.build.push(Op::Binary(Binary::IntSub, count, from), place);
            let val = Val::One(turn);
            self.env.vars.push(Var { name: counter.to_string(), val, constant: true });
        }
        self.turn(&flow.body, depth, at)?;
        if !self.dead {
            let count = self.slot(&self.env, Slot::Var(index));
            let one = self.build.int(1);
            let next = self.build.push(Op::Binary(Binary::IntAdd, count, one), place);
            self.env.vars[index].val = Val::One(next);
        }
        self.close_loop(head, at)
    }
}
