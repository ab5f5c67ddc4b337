//! Values while a function is lowered, and the variables that hold them.

use super::source::Definition;
use crate::ir::{BlockId, Value};
use std::sync::Arc;

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    /// Nothing.
    Unit,
    /// A number or a truth value.
    One(Value),
    /// A list of a known length.
    List(Vec<Value>),
    /// An array: index in the program.
    Array(u32),
    /// Whole numbers from, to, and whether the last one belongs to it.
    Range(Value, Value, bool),
    /// A number of the state: what a captured variable that is assigned stands for.
    State(u32),
    /// A part of the state: the path to it, with a dot at its end.
    Path(String),
    /// A text, which only messages are made of.
    Text(String),
    /// A function.
    Function(Arc<Callable>),
}

/// A function that can be called, with the values that it has captured.
#[derive(Clone, Debug)]
pub struct Callable {
    /// The function.
    pub definition: Definition,
    /// What its first parameters are.
    pub captured: Vec<Val>,
}

impl PartialEq for Callable {
    fn eq(&self, other: &Self) -> bool {
        self.definition.name == other.definition.name && self.captured == other.captured
    }
}

impl Val {
    /// What messages call it.
    pub fn called(&self) -> &'static str {
        match self {
            Val::Unit => "nothing",
            Val::One(_) | Val::State(_) => "a number",
            Val::List(_) => "a list",
            Val::Array(_) => "an array",
            Val::Range(..) => "a range",
            Val::Path(_) => "a part of the state",
            Val::Text(_) => "a text",
            Val::Function(_) => "a function",
        }
    }
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Var {
    /// Its name; empty for those that no script can see.
    pub name: String,
    /// What it holds.
    pub val: Val,
    /// It may not be assigned.
    pub constant: bool,
}

/// All variables and the state at one point of the program.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// Variables, inner ones last.
    pub vars: Vec<Var>,
    /// Numbers of the state, as far as they are known; the others are what they were at the beginning.
    pub state: Vec<Value>,
}

/// A way out of a part of the program.
#[derive(Clone, Debug)]
pub struct Exit {
    /// The block that has not ended yet.
    pub block: BlockId,
    /// Variables and state there.
    pub env: Env,
    /// What the part gives.
    pub val: Val,
}
