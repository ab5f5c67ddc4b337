//! Assignments: to variables, to fields of `this`, to elements of lists and arrays.

use super::Lowered;
use super::chain::{Link, links};
use super::lower::Lower;
use super::value::Val;
use crate::ir::{Bits, Op, Type, Value, bits};
use rhai::{ASTNode, BinaryExpr, Expr, OpAssignment, Position, Stmt};

/// Whether one of the statements assigns the variable `name`, or an element of it.
pub(super) fn assigns(statements: &[Stmt], name: &str) -> bool {
    let mut found = false;
    for statement in statements {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            if let Some(ASTNode::Stmt(Stmt::Assignment(parts))) = path.last() {
                let (base, _) = links(&parts.1.lhs);
                found |= matches!(base, Expr::Variable(v, ..) if v.1 == name);
            }
            true
        });
    }
    found
}

impl Lower<'_> {
    /// `target = value`, `target += value`.
    pub fn assignment(&mut self, op: &OpAssignment, parts: &BinaryExpr) -> Lowered<Val> {
        let at = op.position();
        let (base, path) = links(&parts.lhs);
        let value = self.expr(&parts.rhs)?;
        let value = self.unshared(value);
        let value = match op.get_op_assignment_info() {
            None => value,
            Some((_, _, _, _, _, name)) => {
                let before = self.expr(&parts.lhs)?;
                let x = self.scalar(before, parts.lhs.start_position())?;
                let y = self.scalar(value, parts.rhs.start_position())?;
                Val::One(self.operator(name, x, y, at)?)
            }
        };
        match base {
            Expr::Variable(variable, _, pos) => {
                self.assign_variable(&variable.1, &path, value, *pos)
            }
            Expr::ThisPtr(pos) => self.assign_this(&path, value, *pos),
            other => self.refuse(
                other.start_position(),
                "only variables and fields of `this` can be assigned",
                "this.name = value",
            ),
        }
    }

    fn assign_variable(
        &mut self,
        name: &str,
        path: &[Link],
        value: Val,
        at: Position,
    ) -> Lowered<Val> {
        let base = self.base.min(self.env.vars.len());
        let Some(index) = self.env.vars[base..].iter().rposition(|var| var.name == name) else {
            return self.refuse(
                at,
                format!("`{name}` is no variable of this function"),
                format!("declare it: `let {name} = 0.0;`, or keep it: `this.{name}`"),
            );
        };
        let index = index + base;
        if self.env.vars[index].constant && path.is_empty() {
            return self.refuse(
                at,
                format!("`{name}` does not change"),
                "give the new value another name",
            );
        }
        match (self.env.vars[index].val.clone(), path) {
            (Val::State(state), []) => self.assign_state(state, value, at)?,
            (_, []) => self.env.vars[index].val = value,
            (Val::Array(array), [Link::Index(element, at)]) => {
                self.assign_element(array, element, value, *at)?;
            }
            (Val::List(mut values), [Link::Index(element, at)]) => {
                let place = self.expr(element)?;
                let place = self.scalar(place, *at)?;
                let known = self.build.known(place).and_then(|i| usize::try_from(i).ok());
                let Some(i) = known.filter(|i| *i < values.len()) else {
                    return self.refuse(
                        *at,
                        "an element of a list is assigned at a constant index inside of it",
                        "keep it in an array: this.name.pad(8, 0.0), then this.name[i] = x",
                    );
                };
                values[i] = self.scalar(value, *at)?;
                self.env.vars[index].val = Val::List(values);
            }
            (other, _) => {
                return self.refuse(
                    at,
                    format!("`{name}` is {}, and has no such part to assign", other.called()),
                    "what is to be kept is a field: `this.name`",
                );
            }
        }
        Ok(Val::Unit)
    }

    fn assign_this(&mut self, path: &[Link], value: Val, at: Position) -> Lowered<Val> {
        let mut name = self.this.clone();
        for (i, link) in path.iter().enumerate() {
            match link {
                Link::Property(part, _) => {
                    name.push_str(part);
                    name.push('.');
                }
                Link::Index(element, at) if i + 1 == path.len() => {
                    return match self.field(&name) {
                        Val::Array(array) => {
                            self.assign_element(array, element, value, *at)?;
                            Ok(Val::Unit)
                        }
                        _ => self.no_array(name.trim_end_matches('.'), *at),
                    };
                }
                Link::Index(_, at) | Link::Call(_, at) => {
                    return self.refuse(*at, "this cannot be assigned", "this.name = value");
                }
            }
        }
        let name = name.trim_end_matches('.');
        if name.is_empty() || self.known.arrays.iter().any(|array| array.name == name) {
            return self.refuse(
                at,
                "a whole array, or all of `this`, cannot be assigned",
                "assign its elements: this.name[i] = x",
            );
        }
        let state = self.state_of(name, Type::Float, 0);
        self.assign_state(state, value, at)?;
        Ok(Val::Unit)
    }

    /// Says that `name` is no array.
    pub(super) fn no_array<T>(&self, name: &str, at: Position) -> Lowered<T> {
        self.refuse(
            at,
            format!("`this.{name}` is a number, for nothing says how long it is"),
            format!("make it an array at the top of the function: this.{name}.pad(4800, 0.0);"),
        )
    }

    /// Sets a number of the state; its type follows what is assigned.
    fn assign_state(&mut self, index: u32, value: Val, at: Position) -> Lowered<()> {
        let value = self.scalar(value, at)?;
        let of = self.build.of(value);
        let state = self.known.state[index as usize].clone();
        let value = match (state.of, of) {
            (a, b) if a == b => value,
            (Type::Float, Type::Int) => self.as_type(value, Type::Float, at),
            (Type::Int, Type::Float) => {
                let first = bits(state.first as i64 as f64);
                self.retype(index, Type::Float, first)
            }
            (Type::Float, Type::Bool) if state.first == 0 => {
                self.retype(index, Type::Bool, Bits::default())
            }
            _ => {
                return self.refuse(
                    at,
                    format!(
                        "`{}` is a number in one place, and true or false in another",
                        state.name
                    ),
                    "keep two things under two names",
                );
            }
        };
        self.set_state(index, value);
        Ok(())
    }

    /// Another type for a number of the state: all is lowered again.
    fn retype(&mut self, index: u32, of: Type, first: Bits) -> Value {
        let state = &mut self.known.state[index as usize];
        (state.of, state.first) = (of, first);
        self.again = true;
        self.firsts[index as usize]
    }

    fn assign_element(
        &mut self,
        array: u32,
        index: &Expr,
        value: Val,
        at: Position,
    ) -> Lowered<()> {
        let index = self.expr(index)?;
        let index = self.scalar(index, at)?;
        let index = self.whole(index, at)?;
        let value = self.scalar(value, at)?;
        let known = &mut self.known.arrays[array as usize];
        let of = known.of;
        if known.fixed {
            known.fixed = false;
            self.again = true;
        }
        let was = self.build.of(value);
        if (of, was) == (Type::Int, Type::Float) {
            let known = &mut self.known.arrays[array as usize];
            known.of = Type::Float;
            known.first.iter_mut().for_each(|x| *x = bits(*x as i64 as f64));
            self.again = true;
        } else if was != of && (of, was) != (Type::Float, Type::Int) && !self.again {
            return self.refuse(
                at,
                "the array holds numbers, and this is true or false (or the other way round)",
                "fill it with what it is to hold: this.name.pad(8, false)",
            );
        }
        let value = self.as_type(value, of, at);
        let place = self.at(at);
        self.build.push_as(Op::Store(array, index, value), of, place);
        Ok(())
    }
}
