//! Hosted plugins as the graph sees them: what stands for one in a net, and what its node can be told.
//!
//! The graph neither loads nor owns plugins. It asks for a [`Guest`] at a place (strip and path); whoever hosts
//! plugins gives the same guest for the same place, edit after edit.

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports};
use crate::rt::Processor;
use crate::session::{Arg, Node};
use std::sync::Arc;

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: KIND,
    aliases: &[],
    class: Class::Effect,
    summary: "A VST3 or CLAP plugin: an effect in a chain, or the instrument of a track.",
    details: "`name` is its name, its id or its path, in any case; `vst3:` or `clap:` before it chooses the format. \
              `.set(\"Threshold\", -18)` sets a parameter in the plugin's own unit or words (`\"4:1\"`, `\"250 ms\"`), \
              `.set(\"Mix\", sweep)` drives it by a signal, `.norm(\"Mix\", 0.5)` goes from 0 to 1; a parameter is known \
              by its name, or by its number as in `\"#3\"`. Patterns move parameters by name at their exact frames. \
              `.program(2)` or `.program(\"Warm\")` chooses a factory program, `.preset(\"soft.vstpreset\")` loads a \
              preset or a state that `save_state` wrote. `.automation(\"f.json\")` moves parameters along the piece: \
              `{\"Gain\": {\"0\": -12, \"1.5s\": \"3 dB\", \"50%\": -6}}`, keyframes at frames, seconds, parts of the length. The instance is kept over edits for as long as the track \
              and the name (or `.key`) stay. It runs in a process of its own, which may crash without harm, unless \
              `sandbox` is false. One that is not installed lets sound through, and says so.",
    ports: Ports::Linked,
    params: &[
        Param::other("name", ParamKind::Text, "", "Name, `format:name`, id or path."),
        Param::other("sandbox", ParamKind::Flag, "true", "Runs in a process of its own."),
        Param::other("bypass", ParamKind::Flag, "false", "Sound passes it by, as late as it is."),
        Param::other("double", ParamKind::Flag, "false", "Computes with 64 bits, if it can."),
        Param::number("bend", "semitones", (0.0, 96.0), 2.0, "What a full bend is worth to it.")
            .fixed(),
        Param::other("sidechain", ParamKind::Audio, "", "What its side-chain hears."),
    ],
    rate: OutRate::Audio,
    make: Make::Structural,
    example: "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\", #{sandbox: false}).set(\"Time\", 250).key(\"echo\"))",
}];

/// The kind of nodes that are plugins.
pub const KIND: &str = "plugin";

/// Before the name of a parameter in the arguments of a node: a value in the plugin's own unit, or a text.
pub const PLAIN: char = '=';
/// The same for a value of 0..1.
pub const NORMALISED: char = '%';

/// What comes before the place in the arguments of a node: which plugin it is. Set by the script's binding.
pub const IDENTITY: [&str; 3] = ["format", "path", "id"];

/// The argument of a source, or of a MIDI effect, that is the MIDI effect before it.
pub const NOTES: &str = "midi_fx";

/// Parameters of a single note, in the order of their slots in [`crate::rt::EventKind::NoteParam`].
pub const NOTE_PARAMS: [&str; 7] =
    ["volume", "tuning", "vibrato", "expression", "brightness", "pressure", "timbre"];

/// A parameter that a wire of the graph drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Driven {
    /// Its index among the plugin's parameters.
    pub parameter: u32,
    /// By values of 0..1, rather than in the plugin's unit.
    pub normalised: bool,
}

/// A parameter gets a value at a frame of the piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Frames from the beginning of the piece.
    pub frame: u64,
    /// Its index among the plugin's parameters.
    pub parameter: u32,
    /// Normalised, 0..1.
    pub value: f64,
}

/// Where a plugin is asked for.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Sample rate in hertz.
    pub rate: f64,
    /// Name of the strip.
    pub strip: &'a str,
    /// Colour of the strip (red, green, blue), if the script says one.
    pub colour: Option<[u8; 3]>,
    /// Its key in the strip: written, or its name with an ordinal.
    pub path: &'a str,
    /// What the script says of it.
    pub node: &'a Node,
    /// Channels of what it hears; 0 if it is a source.
    pub channels: usize,
}

/// Channels of the buses that the graph joins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// Of the main input.
    pub input: usize,
    /// Of the side-chain.
    pub sidechain: usize,
    /// Of the main output.
    pub output: usize,
    /// What goes in is heard in place of what comes out.
    pub bypass: bool,
}

/// How an instance is joined to the graph. Audio inputs of its processor are the main input's channels, the side-chain's,
/// then one for each traced parameter; its parameters are the driven ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Joints {
    /// Channels of its buses.
    pub channels: Channels,
    /// Parameters that signals at audio rate drive.
    pub traced: Vec<Driven>,
    /// Parameters that other wires drive.
    pub driven: Vec<Driven>,
    /// Moves along the piece, by frame.
    pub points: Arc<[Point]>,
}

impl Joints {
    /// Audio inputs of its buses.
    #[must_use]
    pub fn buses(&self) -> usize {
        self.channels.input + self.channels.sidechain
    }

    /// All audio inputs.
    #[must_use]
    pub fn audio(&self) -> usize {
        self.buses() + self.traced.len()
    }
}

/// An instance of a plugin. It lives as long as something holds it; which processor plays it changes with edits.
/// Control thread.
pub trait Guest: Send + Sync {
    /// A number of its own: two guests are the same instance if theirs are equal.
    fn serial(&self) -> u64;

    /// Channels of its main buses.
    fn channels(&self) -> Channels;

    /// Whether it sends notes.
    fn sends_notes(&self) -> bool;

    /// Frames by which its output is late.
    fn latency(&self) -> usize;

    /// Frames for which it rings on; `usize::MAX` for an instrument.
    fn tail(&self) -> usize;

    /// The index of the parameter that a script calls `name`.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    fn parameter(&self, name: &str) -> Result<u32, (String, String)>;

    /// The name of a parameter.
    fn name(&self, parameter: u32) -> String;

    /// The plain value of what a script writes for a parameter.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    fn parse(&self, parameter: u32, text: &str) -> Result<f64, (String, String)>;

    /// The points of an automation file whose text this is, in a piece of `length` frames.
    ///
    /// # Errors
    /// All that is wrong, and what to do.
    fn automation(&self, text: &str, length: u64) -> Result<Vec<Point>, Vec<(String, String)>>;

    /// Names of the parameters that events can set; the index of an event counts on from the driven ones.
    fn movable(&self) -> Vec<String>;

    /// The processor that plays it.
    fn processor(&self, joints: &Joints) -> Box<dyn Processor>;
}

/// What paths call the plugin of a node: its name, without what divides the parts of a path.
#[must_use]
pub fn stem(node: &Node) -> String {
    node.called().replace(['/', '.'], "_")
}

/// The parameters that the arguments of a node set, in a fixed order: name, whether normalised, value.
pub fn settings(node: &Node) -> impl Iterator<Item = (&str, bool, &Arg)> {
    node.args.iter().filter_map(|(key, arg)| {
        let name = |before| Some((key.strip_prefix(before)?, before == NORMALISED, arg));
        name(PLAIN).or_else(|| name(NORMALISED))
    })
}
