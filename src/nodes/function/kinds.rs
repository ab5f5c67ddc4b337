//! The entries of functions in the node table: one for each name and way to be joined.

use super::Function;
use crate::dsp::unit::{Unit, UnitCx};
use crate::ir::{Input, Interface, Program};
use crate::nodes::table::{Class, Curve, Kind, Make, OutRate, Param, ParamKind, Ports};
use std::sync::{Arc, Mutex, PoisonError};

/// What a function of the script is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An effect, or a source: `dsp(f)`.
    Sound,
    /// A control signal: `signal(f)`.
    Signal,
    /// A curve: `shape(f)`.
    Shape,
    /// Sound in, a signal out: `analyser(f)`.
    Analyser,
    /// Whole sounds in, a whole sound out, offline: `process_buffer(sound, f)`. It is no node.
    Buffer,
}

impl Purpose {
    /// All, with the names of their nodes.
    pub const ALL: [(Purpose, &'static str); 4] = [
        (Purpose::Sound, "dsp"),
        (Purpose::Signal, "signal"),
        (Purpose::Shape, "shape"),
        (Purpose::Analyser, "analyser"),
    ];

    /// What a node of this kind is used for.
    #[must_use]
    pub fn of(kind: &str) -> Option<Purpose> {
        Purpose::ALL.iter().find(|(_, name)| *name == kind).map(|(purpose, _)| *purpose)
    }

    /// The name of its nodes.
    #[must_use]
    pub fn name(self) -> &'static str {
        Purpose::ALL.iter().find(|(purpose, _)| *purpose == self).map_or("dsp", |(_, name)| name)
    }
}

/// An entry, and what it was made of.
struct Known {
    name: String,
    purpose: Purpose,
    interface: Interface,
    keeps: bool,
    kind: &'static Kind,
}

/// All entries so far. They are as many as there are ways to be joined, whatever the functions do, and stay.
static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// The entry of `program`. Control thread.
#[must_use]
pub fn kind(program: &Program, purpose: Purpose) -> &'static Kind {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let keeps = program.has_memory();
    let same = |k: &&Known| {
        k.name == program.name
            && k.purpose == purpose
            && k.keeps == keeps
            && k.interface == program.interface
    };
    if let Some(known) = known.iter().find(same) {
        return known.kind;
    }
    let kind: &'static Kind = Box::leak(Box::new(entry(program, purpose)));
    let (name, interface) = (program.name.clone(), program.interface.clone());
    known.push(Known { name, purpose, interface, keeps, kind });
    kind
}

fn leaked(text: &str) -> &'static str {
    if text.is_empty() { "" } else { Box::leak(text.to_string().into_boxed_str()) }
}

fn entry(program: &Program, purpose: Purpose) -> Kind {
    let interface = &program.interface;
    let mut params: Vec<Param> =
        interface.parameters().map(|input| param(input, purpose)).collect();
    if purpose == Purpose::Buffer {
        params.push(LENGTH);
    }
    if purpose == Purpose::Signal {
        let default = if program.has_memory() { "true" } else { "" };
        params.push(Param::other(AUDIO, ParamKind::Flag, default, "A value for every frame."));
    }
    let (hears, makes) = (interface.audio(), interface.outs);
    let ports = match (hears, makes) {
        (0, makes) => Ports::Source(makes),
        _ if purpose == Purpose::Analyser => Ports::Analyse,
        (1, 1) => Ports::Each,
        (_, 1) => Ports::Analyse,
        (1, _) => Ports::Widen,
        _ => Ports::Stereo,
    };
    let class = match (purpose, hears) {
        (Purpose::Signal, _) => Class::Control,
        (Purpose::Analyser, _) => Class::Analyser,
        (_, 0) => Class::Source,
        _ => Class::Effect,
    };
    let name = if program.name.is_empty() { purpose.name() } else { leaked(&program.name) };
    let make = if purpose == Purpose::Signal { signal } else { sound };
    Kind {
        name,
        aliases: &[],
        class,
        summary: leaked(&interface.doc),
        details: "",
        ports,
        params: Box::leak(params.into_boxed_slice()),
        rate: if purpose == Purpose::Signal { OutRate::Flag(AUDIO) } else { OutRate::Audio },
        make: Make::Unit(make),
        example: "",
    }
}

/// How long a whole sound becomes.
pub const LENGTH: Param =
    Param::number("length", "times", (0.001, 1000.0), 1.0, "How many times as long `y` is.")
        .fixed();

/// The flag of a control signal that has a value for every frame.
const AUDIO: &str = "audio";

fn param(input: &Input, purpose: Purpose) -> Param {
    Param {
        name: leaked(&input.name),
        // A whole sound is made once.
        kind: if purpose == Purpose::Buffer { ParamKind::Fixed } else { ParamKind::Number },
        unit: leaked(&input.unit),
        range: input.range,
        default: input.default,
        text: "",
        curve: if input.exponential { Curve::Exponential } else { Curve::Linear },
        doc: leaked(&input.doc),
    }
}

/// Makes a unit that puts out a value for every frame.
fn sound(cx: &UnitCx) -> Box<dyn Unit> {
    made(cx, false)
}

/// Makes a unit that puts out a line, unless it is asked for every frame.
fn signal(cx: &UnitCx) -> Box<dyn Unit> {
    made(cx, !cx.settings.flag(AUDIO))
}

fn made(cx: &UnitCx, line: bool) -> Box<dyn Unit> {
    let program = cx.settings.extra().and_then(|any| any.downcast_ref::<Arc<Program>>());
    match program {
        Some(program) => Box::new(Function::new(program, cx, line)),
        None => unreachable!("a node of this kind has its function"),
    }
}
