//! Turns a function into a program: what it is given, what it keeps, and what it returns.

use super::docs::Notes;
use super::source::{Definition, Sources};
use super::value::{Callable, Env, Exit, Val, Var};
use super::{Compiled, Lowered, Refusal};
use crate::ir::{
    Array, Bits, Builder, Clock, End, Input, Interface, MOST_MEMORY, Op, Role, State, Type, Value,
    bits, finish,
};
use crate::nodes::function::Purpose;
use crate::script::build::number;
use crate::script::constants::Constants;
use crate::script::value::Signal;
use crate::session::NodeId;
use rhai::{Dynamic, FnPtr, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a function is lowered, until it is known what it keeps and of which type.
const ATTEMPTS: usize = 40;
/// Functions that may be called within one another.
const DEPTH: usize = 32;

/// What is known of the state from the attempts before.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub state: Vec<State>,
    pub arrays: Vec<Array>,
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

    /// Makes the parameters variables; returns what drives those that are signals.
    fn arguments(
        &mut self,
        definition: &Definition,
        curried: &[Dynamic],
        purpose: Purpose,
    ) -> Lowered<Vec<(String, NodeId)>> {
        let mut driven = Vec::new();
        let notes = Notes::read(definition);
        let (captured, declared) =
            definition.params.split_at(curried.len().min(definition.params.len()));
        let audio = |name: &str| matches!(name, "x" | "left" | "right");
        // Sound comes first, in the order in which it is heard.
        for name in ["x", "left", "right"] {
            if purpose != Purpose::Buffer && declared.iter().any(|param| param == name) {
                self.inputs.push(Input::new(name, Role::Audio));
            }
        }
        self.check_audio(definition, declared, purpose)?;
        for (name, value) in captured.iter().zip(curried) {
            let val = self.captured(definition, name, value, &mut driven)?;
            self.env.vars.push(Var { name: name.clone(), val, constant: false });
        }
        for name in declared {
            let val = match name.as_str() {
                "t" => Val::One(self.build.push(Op::Clock(Clock::Seconds), 0)),
                "beat" => Val::One(self.build.push(Op::Clock(Clock::Beat), 0)),
                "bpm" => Val::One(self.build.push(Op::Clock(Clock::Tempo), 0)),
                "sample_rate" => self.named_constant("sample_rate").unwrap_or(Val::Unit),
                name if purpose == Purpose::Buffer && (audio(name) || name == "y") => {
                    Val::Array(self.whole_array(name))
                }
                name if audio(name) => {
                    let wire = self.inputs.iter().position(|input| input.name == name);
                    Val::One(self.build.push(Op::Input(wire.unwrap_or(0) as u16), 0))
                }
                name => {
                    let role = match name {
                        "freq" | "gate" | "velocity" | "note" => Role::Voice,
                        _ => Role::Parameter,
                    };
                    self.wire(notes.input(name, role))
                }
            };
            self.env.vars.push(Var { name: name.clone(), val, constant: false });
        }
        Ok(driven)
    }

    /// Another wire.
    fn wire(&mut self, input: Input) -> Val {
        self.inputs.push(input);
        Val::One(self.build.push(Op::Input(self.inputs.len() as u16 - 1), 0))
    }

    fn check_audio(
        &self,
        definition: &Definition,
        declared: &[String],
        purpose: Purpose,
    ) -> Lowered<()> {
        let has = |name: &str| declared.iter().any(|param| param == name);
        let at = self.start(definition);
        let (mono, sides) = (has("x"), [has("left"), has("right")]);
        if mono && sides.contains(&true) {
            return self.refuse(
                at,
                "a function hears either `x`, channel by channel, or `left` and `right` together",
                "name its arguments (x, ..) or (left, right, ..)",
            );
        }
        if sides[0] != sides[1] {
            return self.refuse(
                at,
                "a function that hears `left` hears `right` too",
                "name its arguments (left, right, ..), or (x, ..) for one channel after the other",
            );
        }
        match purpose {
            Purpose::Signal if mono || sides[0] => self.refuse(
                at,
                "a control signal hears no sound",
                "use `analyser(|x| ..)` for a signal that is made of sound",
            ),
            Purpose::Shape if !mono => {
                self.refuse(at, "a wave shaper is a function of `x`", "shape(|x| tanh(x * 3.0))")
            }
            Purpose::Buffer if !mono && !sides[0] => self.refuse(
                at,
                "a function of whole sounds is given `x`, channel by channel, or `left` and `right` together",
                "process_buffer(sound, |x| { for i in 0..x.len() { x[i] = -x[i]; } })",
            ),
            Purpose::Analyser if !mono && !sides[0] => self.refuse(
                at,
                "an analyser hears `x`, or `left` and `right`",
                "analyser(|x| abs(x)); a signal that hears nothing is `signal(|t| ..)`",
            ),
            _ => Ok(()),
        }
    }

    /// Where a function begins, as well as can be said.
    pub fn start(&self, definition: &Definition) -> Position {
        definition.body.first().map_or(Position::NONE, rhai::Stmt::position)
    }

    /// The value of a captured variable.
    fn captured(
        &mut self,
        definition: &Definition,
        name: &str,
        value: &Dynamic,
        driven: &mut Vec<(String, NodeId)>,
    ) -> Lowered<Val> {
        if let Some(signal) = value.clone().try_cast::<Signal>() {
            driven.push((name.to_string(), signal.0));
            return Ok(self.wire(Input::new(name, Role::Parameter)));
        }
        if let Some(list) = value.read_lock::<rhai::Array>() {
            let elements: Option<Vec<f64>> = list.iter().map(number).collect();
            let Some(elements) = elements.filter(|list| !list.is_empty()) else {
                return self.refuse(
                    self.start(definition),
                    format!("`{name}` is a list of other things than numbers"),
                    "a function on the audio thread can capture numbers, lists of numbers, true and false, signals",
                );
            };
            let whole = list.iter().all(rhai::Dynamic::is_int);
            let of = if whole { Type::Int } else { Type::Float };
            let word = |x: &f64| if whole { *x as i64 as Bits } else { bits(*x) };
            let first: Vec<Bits> = elements.iter().map(word).collect();
            let len = first.len() as u32;
            return Ok(Val::Array(self.array(name, of, len, first)));
        }
        if let Some(pointer) = value.clone().try_cast::<FnPtr>()
            && let Some(definition) = self.sources.pointed(definition.file, pointer.fn_name())
        {
            let curry: Vec<Dynamic> = pointer.iter_curry().map(|v| v.clone().flatten()).collect();
            let mut captured = Vec::new();
            for (name, value) in definition.params.iter().zip(&curry) {
                captured.push(self.captured(&definition, name, value, driven)?);
            }
            return Ok(Val::Function(Arc::new(Callable { definition, captured })));
        }
        let (of, first) = if let Ok(x) = value.as_float() {
            (Type::Float, bits(x))
        } else if let Ok(x) = value.as_int() {
            (Type::Int, x as Bits)
        } else if let Ok(x) = value.as_bool() {
            (Type::Bool, Bits::from(x))
        } else {
            let what = crate::script::args::describe(value);
            return self.refuse(
                self.start(definition),
                format!("`{name}` is {what}, which a function on the audio thread cannot use"),
                "it can capture numbers, lists of numbers, true and false, functions and signals",
            );
        };
        if super::assign::assigns(&definition.body, name) {
            return Ok(Val::State(self.state_of(name, of, first)));
        }
        Ok(Val::One(self.build.constant(of, first)))
    }

    /// The number of the state called `name`: the one that is known, or a new one.
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
    fn whole_array(&mut self, name: &str) -> u32 {
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

    /// What goes out: one channel or two.
    fn outs(
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
                format!("{name} returns nothing"),
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

    fn finish(
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

    /// Whether functions are called within one another too deeply.
    pub fn is_deep(&self) -> bool {
        self.stack.len() > DEPTH
    }
}
