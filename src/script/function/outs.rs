//! What a function makes: what goes out of it, and the program that it becomes.

use super::docs::Notes;
use super::lower::{Lower, called};
use super::source::Definition;
use super::value::Val;
use super::{Compiled, Lowered};
use crate::ir::{Interface, MOST_MEMORY, Value, finish};
use crate::nodes::function::Purpose;
use crate::session::NodeId;
use rhai::Position;

impl Lower<'_> {
    /// What goes out: one channel or two.
    pub(super) fn outs(
        &mut self,
        definition: &Definition,
        val: &Val,
        purpose: Purpose,
    ) -> Lowered<Vec<Value>> {
        let at = definition.body.last().map_or(Position::NONE, rhai::Stmt::position);
        let name = called(definition);
        match val {
            // What it has written into the arrays is what counts.
            _ if purpose == Purpose::Buffer => Ok(Vec::new()),
            Val::List(both) if both.len() == 2 && purpose == Purpose::Sound => {
                let both = both.clone();
                both.into_iter().map(|x| self.float(x, at)).collect()
            }
            Val::One(_) | Val::State(_) => {
                let value = self.scalar(val.clone(), at)?;
                Ok(vec![self.float(value, at)?])
            }
            Val::Unit => self.refuse(
                at,
                format!("{name} returns nothing, or not the same kind of value on all ways"),
                "its last expression is what goes out, and ends without a semicolon",
            ),
            Val::List(list) if purpose == Purpose::Sound => self.refuse(
                at,
                format!("{name} returns a list of {}", list.len()),
                "return a number, or [left, right]",
            ),
            other => self.refuse(
                at,
                format!("{name} must return a number here, not {}", other.called()),
                "its last expression is what goes out",
            ),
        }
    }

    pub(super) fn finish(
        self,
        definition: &Definition,
        outs: Vec<Value>,
        driven: Vec<(String, NodeId)>,
        purpose: Purpose,
    ) -> Lowered<Compiled> {
        let at = self.start(definition);
        let words: usize =
            self.known.arrays.iter().filter(|a| !a.fixed).map(|a| a.len as usize).sum();
        if words * 8 > MOST_MEMORY {
            return self.refuse(
                at,
                format!(
                    "its arrays have {words} elements, and at most {} are allowed",
                    MOST_MEMORY / 8
                ),
                "shorter arrays: a second is `sample_rate` elements",
            );
        }
        if purpose == Purpose::Shape && !(self.known.state.is_empty() && words == 0) {
            return self.refuse(
                at,
                "a wave shaper keeps nothing: what goes out is a function of what comes in",
                "use `dsp(..)` for a function with `this` or variables that it changes",
            );
        }
        let notes = Notes::read(definition);
        let outs = outs.len() as u8;
        let interface = Interface { inputs: self.inputs, outs, doc: notes.text };
        let name = if definition.name.starts_with("anon$") { "" } else { &definition.name };
        let program = finish(self.build, name, interface, self.known.state, self.known.arrays);
        Ok(Compiled { program, driven })
    }
}
