//! Types of the node table, and looking a kind up.

use super::plugin::{Guest, Order};
use crate::diag::Diagnostic;
use crate::dsp::F8;
use crate::dsp::unit::{Rate, Settings, Unit, UnitCx};
use crate::rt::Processor;
use std::sync::{Arc, PoisonError, RwLock};

/// What a kind is for: how the manual groups it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Makes sound from nothing: an oscillator, noise.
    Source,
    /// Played by patterns and notes.
    Instrument,
    /// Changes sound.
    Effect,
    /// Makes a control signal.
    Control,
    /// Listens to sound and makes a control signal.
    Analyser,
    /// Arithmetic on signals.
    Math,
}

/// How a kind is joined to audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// No input; this many output channels (1 or 2).
    Source(u8),
    /// A one-channel function: lifted to every channel of its input, each with its own state.
    Each,
    /// Two channels in, two out, in one instance (mono input is given to both).
    Stereo,
    /// One channel stays one, two stay two, in one instance that sees both (linked dynamics).
    Linked,
    /// One or two channels in, two out (a panorama).
    Widen,
    /// One or two channels in, seen by one instance; one channel out (an analyser).
    Analyse,
    /// A signal in, a signal out, of the same rate (maths: [`Make::Math`] sees inputs then parameters).
    Signal,
}

/// How a parameter is to be given and shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamKind {
    /// A number or a signal; a wire of a unit, a line of a processor.
    Number,
    /// A number that is fixed when the node is built (a size, an order): changing it rebuilds the node.
    Fixed,
    /// A signal that is used as audio, such as a side-chain; silent if not given. A wire of a unit (in
    /// table order among the numbers); a processor gets it as one more input channel after its own.
    Audio,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Free text: a file, a name.
    Text,
    /// True or false.
    Flag,
    /// A list of numbers or points.
    List,
}

/// The mapping of a parameter's range to a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Even steps.
    Linear,
    /// Even ratios (frequencies, times).
    Exponential,
}

/// One parameter of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// Name, as in option maps and paths.
    pub name: &'static str,
    /// How it is given.
    pub kind: ParamKind,
    /// Unit for the manual: `Hz`, `s`, `dB`, `beats`, `ratio`, or empty.
    pub unit: &'static str,
    /// Smallest and largest useful value; what is outside is clamped by the node, and fixed numbers
    /// outside are refused when the script is checked.
    pub range: (f64, f64),
    /// Value if not given.
    pub default: f64,
    /// Text if not given (choices and texts).
    pub text: &'static str,
    /// The knob's mapping.
    pub curve: Curve,
    /// One sentence for the manual.
    pub doc: &'static str,
}

impl Param {
    /// A number or signal of `unit` in `range`.
    #[must_use]
    pub const fn number(
        name: &'static str,
        unit: &'static str,
        range: (f64, f64),
        default: f64,
        doc: &'static str,
    ) -> Param {
        let (kind, text, curve) = (ParamKind::Number, "", Curve::Linear);
        Param { name, kind, unit, range, default, text, curve, doc }
    }

    /// Whether its text is the path of a sound, or a [`Recipe`](crate::session::Recipe) for one.
    #[must_use]
    pub fn names_a_sound(&self) -> bool {
        self.kind == ParamKind::Text && matches!(self.name, "file" | "path" | "folder")
    }

    /// The same with an exponential knob.
    #[must_use]
    pub const fn exponential(mut self) -> Param {
        self.curve = Curve::Exponential;
        self
    }

    /// A number that is fixed when the node is built.
    #[must_use]
    pub const fn fixed(mut self) -> Param {
        self.kind = ParamKind::Fixed;
        self
    }

    /// A parameter that is not a number, with its default text.
    #[must_use]
    pub const fn other(
        name: &'static str,
        kind: ParamKind,
        text: &'static str,
        doc: &'static str,
    ) -> Param {
        let (unit, range, default, curve) = ("", (0.0, 1.0), 0.0, Curve::Linear);
        Param { name, kind, unit, range, default, text, curve, doc }
    }

    /// Whether it is a wire of a unit (a line or extra input of a processor).
    #[must_use]
    pub fn is_wire(&self) -> bool {
        matches!(self.kind, ParamKind::Number | ParamKind::Audio)
    }
}

/// The rate of a unit's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutRate {
    /// Always audio.
    Audio,
    /// Always a ramp.
    Control,
    /// That of its fastest input.
    Follow,
    /// Audio where this setting is true, else a ramp.
    Flag(&'static str),
}

/// Assets and settings that a processor is built from. Built on the control thread.
pub struct ProcCx<'a> {
    /// Sample rate in hertz.
    pub rate: f64,
    /// Channels of the audio input (0 for a source).
    pub channels: usize,
    /// Settings that do not move.
    pub settings: &'a dyn Settings,
    /// Seed of its own.
    pub seed: u64,
    /// Loads audio files, already at the sample rate; the error says what to do.
    pub assets: &'a dyn Assets,
}

/// Loads what nodes need from outside.
pub trait Assets {
    /// The sound at a path, or of the text of a [`Recipe`](crate::session::Recipe), at the session's sample rate; decoded
    /// and made, or found in the cache.
    ///
    /// # Errors
    /// A message that names the file, what is wrong with it and what to do.
    fn sample(&self, path: &str) -> Result<Arc<Sample>, String>;

    /// The audio files of a folder, sorted by name; of a recipe for several sounds, the recipes of these.
    ///
    /// # Errors
    /// A message that names the folder and what to do.
    fn folder(&self, path: &str) -> Result<Vec<String>, String>;

    /// The text of a file.
    ///
    /// # Errors
    /// A message that names the file and what to do.
    fn text(&self, path: &str) -> Result<String, String> {
        Err(format!("\"{path}\" cannot be read here"))
    }

    /// What is worth knowing about the sounds that were made since the last call.
    fn warnings(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// The plugin at a place of the graph: the instance that was there before, or a new one. `None` if it is not
    /// installed.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    fn plugin(&self, order: &Order) -> Result<Option<Arc<dyn Guest>>, (String, String)> {
        let _ = order;
        Err(("plugins cannot be hosted here".into(), "take them out".into()))
    }
}

/// A decoded sound, channels x frames, at the session's rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Samples, channels x frames (all channels equally long).
    pub channels: Vec<Vec<f32>>,
    /// Loop from the file, in frames at this rate: first frame, and the frame after the last.
    pub sustain_loop: Option<(usize, usize)>,
    /// MIDI note at which it sounds as recorded, from the file.
    pub root: Option<u8>,
}

impl Sample {
    /// Length in frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

/// How the state of a kind is made.
#[derive(Clone, Copy)]
pub enum Make {
    /// A pure function of its inputs and parameters, lane by lane, folded when all are constant; and the
    /// unit that computes it at a rate, in which the function is inlined.
    Math(fn(&[F8]) -> F8, fn(Rate) -> Box<dyn Unit>),
    /// A light unit over lanes.
    Unit(fn(&UnitCx) -> Box<dyn Unit>),
    /// A processor of whole blocks (heavy, or with events, or with its own memory).
    Processor(fn(&ProcCx) -> Result<Box<dyn Processor>, String>),
    /// A light unit, by what carries data of its own: see [`adapt`](super::adapt()).
    UnitOf(UnitMaker),
    /// A processor likewise.
    ProcessorOf(ProcessorMaker),
    /// Lowered by the graph compiler itself.
    Structural,
}

/// Makes units. Called on the control thread.
pub type UnitMaker = &'static (dyn Fn(&UnitCx) -> Box<dyn Unit> + Send + Sync);

/// Makes processors. Called on the control thread; the error says what to do.
pub type ProcessorMaker =
    &'static (dyn Fn(&ProcCx) -> Result<Box<dyn Processor>, String> + Send + Sync);

impl Make {
    /// A light unit, unless it makes something else. Control thread.
    #[must_use]
    pub fn unit(&self, cx: &UnitCx) -> Option<Box<dyn Unit>> {
        match self {
            Make::Unit(make) => Some(make(cx)),
            Make::UnitOf(make) => Some(make(cx)),
            _ => None,
        }
    }

    /// A processor, or why it cannot be made; `None` if it makes something else. Control thread.
    #[must_use]
    pub fn processor(&self, cx: &ProcCx) -> Option<Result<Box<dyn Processor>, String>> {
        match self {
            Make::Processor(make) => Some(make(cx)),
            Make::ProcessorOf(make) => Some(make(cx)),
            _ => None,
        }
    }

    /// Whether it makes processors.
    #[must_use]
    pub fn is_processor(&self) -> bool {
        matches!(self, Make::Processor(_) | Make::ProcessorOf(_))
    }
}

/// One entry of the node table.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Name, as scripts write it.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Group in the manual.
    pub class: Class,
    /// One sentence for the manual.
    pub summary: &'static str,
    /// More: how it works and where the algorithm is from.
    pub details: &'static str,
    /// Audio inputs and outputs.
    pub ports: Ports,
    /// Parameters, in the order of positional arguments.
    pub params: &'static [Param],
    /// Rate of the output.
    pub rate: OutRate,
    /// Builder.
    pub make: Make,
    /// A runnable expression for the manual and the tests.
    pub example: &'static str,
}

impl Kind {
    /// The parameter `name` and its index.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<(usize, &'static Param)> {
        self.params.iter().enumerate().find(|(_, p)| p.name == name)
    }
}

/// Kinds that an embedding program has added.
static ADDED: RwLock<Vec<&'static Kind>> = RwLock::new(Vec::new());

/// Adds a kind of one's own: scripts evaluated from now on can call it by its name. A kind of the same
/// name that is already there stays.
pub fn register(kind: &'static Kind) {
    ADDED.write().unwrap_or_else(PoisonError::into_inner).push(kind);
}

/// Every kind there is: the built-in ones, then those that were added.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner).clone();
    super::KINDS.iter().flat_map(|family| family.iter()).chain(added)
}

/// The kind called `name` (or by one of its aliases).
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    kinds().find(|k| k.name == name || k.aliases.contains(&name))
}
