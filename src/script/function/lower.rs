//! Turns a function into a program: what it is given, what it keeps, and what it returns.

use super::source::{Definition, Sources};
use super::value::{Env, Exit, Val};
use super::{Compiled, Lowered, Refusal};
use crate::ir::{Array, Bits, Builder, End, Input, Op, State, Type, Value};
use crate::nodes::function::Purpose;
use crate::script::constants::Constants;
use rhai::{Dynamic, Position};
use std::collections::{BTreeMap, BTreeSet};

/// How often a function is lowered, until it is known what it keeps and of which type.
const ATTEMPTS: usize = 40;
/// Functions that may be called within one another.
const DEPTH: usize = 32;

/// What is known of the state from the attempts before.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub state: Vec<State>,
    pub arrays: Vec<Array>,
    /// What the script says that numbers of the state begin with.
    pub begins: BTreeMap<String, (Type, Bits)>,
    /// Variables of loops that turn out to be floats: ordinal of the loop, and of the variable.
    pub widened: BTreeSet<(usize, usize)>,
}

/// A function that is being lowered.
pub(super) struct Lower<'a> {
    pub sources: &'a Sources<'a>,
    pub constants: &'a Constants,
    pub build: Builder,
    pub env: Env,
    /// Index of the first variable that the function in which it is can see.
    pub base: usize,
    /// Nothing comes here.
    pub dead: bool,
    /// File of the function in which it is.
    pub file: u16,
    /// Path of the state of the function in which it is.
    pub this: String,
    /// Names of the functions in which it is.
    pub stack: Vec<String>,
    /// Calls so far of functions that keep something, by the path of their state.
    pub ordinals: BTreeMap<String, usize>,
    pub loops: Vec<super::loops::Loop>,
    /// Loops so far.
    pub turns: usize,
    /// How often an unrolled part is lowered, all told.
    pub unrolled: usize,
    /// Ways out of the function in which it is.
    pub returns: Vec<Exit>,
    pub known: Known,
    /// Numbers of the state as they are at the beginning.
    pub firsts: Vec<Value>,
    /// Something about the state has come to light: it must be lowered once more.
    pub again: bool,
    pub inputs: Vec<Input>,
}

/// Lowers `definition`, whose first parameters are `curried`.
pub(super) fn program(
    sources: &Sources,
    constants: &Constants,
    definition: Definition,
    curried: &[Dynamic],
    purpose: Purpose,
) -> Lowered<Compiled> {
    let mut known = Known::default();
    for _ in 0..ATTEMPTS {
        let mut lower = Lower::new(sources, constants, definition.file, known);
        let driven = lower.arguments(&definition, curried, purpose)?;
        let result = lower.body(&definition, purpose)?;
        if !lower.again {
            return lower.finish(&definition, result, driven, purpose);
        }
        known = lower.known;
    }
    let place = sources.place(definition.file, Position::NONE);
    Err(Box::new(Refusal::new(
        place,
        format!("what `{}` keeps has no fixed types", called(&definition)),
        "let each variable and each `this.name` be either a number or true/false",
    )))
}

/// What messages call a function.
pub(super) fn called(definition: &Definition) -> &str {
    if definition.name.starts_with("anon$") { "the function" } else { &definition.name }
}

impl<'a> Lower<'a> {
    fn new(
        sources: &'a Sources<'a>,
        constants: &'a Constants,
        file: u16,
        known: Known,
    ) -> Lower<'a> {
        let mut build = Builder::new();
        let firsts: Vec<Value> = known.state.iter().map(|state| build.state(state.of)).collect();
        let env = Env { vars: Vec::new(), state: firsts.clone() };
        Lower {
            sources,
            constants,
            build,
            env,
            base: 0,
            dead: false,
            file,
            this: String::new(),
            stack: Vec::new(),
            ordinals: BTreeMap::new(),
            loops: Vec::new(),
            turns: 0,
            unrolled: 0,
            returns: Vec::new(),
            known,
            firsts,
            again: false,
            inputs: Vec::new(),
        }
    }

    /// Refuses something at a position of the file in which it is.
    pub fn refuse<T>(
        &self,
        at: Position,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Lowered<T> {
        Err(Box::new(Refusal::new(self.sources.place(self.file, at), message, hint)))
    }

    /// A position as the program remembers it.
    pub fn at(&mut self, at: Position) -> u32 {
        let place = self.sources.place(self.file, at);
        self.build.place(&place)
    }

    /// The number of the state called `name`: the one that is known, or a new one. The script may say elsewhere what it
    /// begins with.
    pub fn state_of(&mut self, name: &str, of: Type, first: Bits) -> u32 {
        if let Some(at) = self.known.state.iter().position(|state| state.name == name) {
            return at as u32;
        }
        self.known.state.push(State { name: name.to_string(), of, first });
        let value = self.build.state(of);
        self.firsts.push(value);
        self.again = true;
        self.known.state.len() as u32 - 1
    }

    /// The array called `name`: the one that is known, or a new one, which nobody has stored in.
    pub fn array(&mut self, name: &str, of: Type, len: u32, first: Vec<Bits>) -> u32 {
        let fixed = !first.is_empty();
        if let Some(at) = self.known.arrays.iter().position(|array| array.name == name) {
            return at as u32;
        }
        let (name, whole) = (name.to_string(), false);
        self.known.arrays.push(Array { name, of, len, first, fixed, whole });
        self.known.arrays.len() as u32 - 1
    }

    /// The array that holds a whole sound.
    pub fn whole_array(&mut self, name: &str) -> u32 {
        let array = self.array(name, Type::Float, 1, Vec::new());
        self.known.arrays[array as usize].whole = true;
        array
    }

    /// Length of an array.
    pub fn length(&mut self, array: u32) -> Value {
        match &self.known.arrays[array as usize] {
            Array { whole: true, .. } => self.build.push(Op::Length(array), 0),
            known => {
                let len = i64::from(known.len);
                self.build.int(len)
            }
        }
    }

    fn body(&mut self, definition: &Definition, purpose: Purpose) -> Lowered<Vec<Value>> {
        self.stack.push(definition.name.clone());
        let val = self.statements(&definition.body)?;
        self.leave_with(val);
        let exits = std::mem::take(&mut self.returns);
        let at = definition.body.last().map_or(Position::NONE, rhai::Stmt::position);
        let val = self.merge(exits, 0, at)?;
        // What never returns is cut short when its fuel is out.
        let val = if self.dead { Val::One(self.build.float(0.0)) } else { val };
        let outs = self.outs(definition, &val, purpose)?;
        let state = (0..self.known.state.len()).map(|at| self.state(at as u32));
        let state: Vec<Value> = state.collect();
        let mut all = outs.clone();
        all.extend(state);
        self.build.end(End::Return(all));
        Ok(outs)
    }

    /// Whether functions are called within one another too deeply.
    pub fn is_deep(&self) -> bool {
        self.stack.len() > DEPTH
    }
}
