//! What a function is given: sound, the transport, parameters, and what it has captured.

use super::Lowered;
use super::docs::Notes;
use super::lower::Lower;
use super::source::Definition;
use super::value::{Callable, Val, Var};
use crate::ir::{Bits, Clock, Input, Op, Role, Type, bits};
use crate::nodes::function::Purpose;
use crate::script::build::number;
use crate::script::value::Signal;
use crate::session::NodeId;
use rhai::{Dynamic, FnPtr, Position};
use std::sync::Arc;

impl Lower<'_> {
    /// Makes the parameters variables; returns what drives those that are signals.
    pub(super) fn arguments(
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
    pub(super) fn start(&self, definition: &Definition) -> Position {
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
}
