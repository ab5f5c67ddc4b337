//! Tracks, buses, instruments, and the session that holds them all.

use super::change::OnChange;
use super::effect::MidiEffect;
use super::mapping::Mapping;
use super::node::{Node, NodeId};
use super::port::{Ear, Port};
use super::tempo::{Meter, TempoMap};
use crate::pattern::Pattern;
use crate::units::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A copy of a track's (or bus's) output on its way to a bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// Name of the bus.
    pub bus: String,
    /// Linear level, or a signal.
    pub level: super::Arg,
    /// Where the script says so.
    #[serde(default)]
    pub place: Place,
}

/// Fader, panorama and routing, the same for tracks and buses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strip {
    /// Linear gain after the effects, or a signal.
    pub gain: super::Arg,
    /// -1 (left) .. 1 (right), equal power for mono material, balance for stereo; or a signal.
    pub pan: super::Arg,
    /// Copies to buses, after the fader.
    pub sends: Vec<Send>,
    /// The bus it plays into instead of the master.
    pub output: Option<String>,
    /// Silent.
    pub mute: bool,
    /// If any strip is soloed, the others are silent (buses that soloed tracks feed stay audible).
    pub solo: bool,
}

impl Default for Strip {
    fn default() -> Self {
        Strip {
            gain: super::Arg::Number(1.0),
            pan: super::Arg::Number(0.0),
            sends: Vec::new(),
            output: None,
            mute: false,
            solo: false,
        }
    }
}

/// A named line of music: a source, patterns that play it, effects, and its place in the mix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Track {
    /// Its name, which is its identity over reloads.
    pub name: String,
    /// What its effects end in (the source itself if there are none).
    pub output: NodeId,
    /// The node that patterns play: an instrument, kit, sampler, ... (or any signal).
    pub source: NodeId,
    /// The patterns that play it, together.
    #[serde(serialize_with = "written")]
    pub plays: Vec<Pattern>,
    /// Where it is played from by hand.
    pub ears: Vec<Ear>,
    /// Mix.
    pub strip: Strip,
    /// Beats to whose multiple a reload of this track waits; a bar if absent.
    pub quant: Option<f64>,
    /// Seconds of the crossfade of a reload.
    pub fade: Option<f64>,
    /// Its colour (red, green, blue), for plugins that show it.
    pub colour: Option<[u8; 3]>,
    /// Where the script made it.
    pub place: Place,
}

impl Track {
    /// A track that nothing plays yet, at full level, in the middle.
    #[must_use]
    pub fn new(name: &str, source: NodeId, output: NodeId, place: Place) -> Track {
        Track {
            name: name.to_string(),
            output,
            source,
            plays: Vec::new(),
            ears: Vec::new(),
            strip: Strip::default(),
            quant: None,
            fade: None,
            colour: None,
            place,
        }
    }
}

/// Patterns as they were written, since they are functions.
fn written<S: serde::Serializer>(plays: &[Pattern], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(plays.iter().map(|p| p.written().unwrap_or_else(|| "...".to_string())))
}

/// A named place where sends and tracks meet, with effects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bus {
    /// Its name, which is its identity over reloads.
    pub name: String,
    /// What its effects end in; its leaf is a node of kind `input`.
    pub output: NodeId,
    /// Mix.
    pub strip: Strip,
    /// Where the script made it.
    #[serde(default)]
    pub place: Place,
}

/// A sound of a polyphonic instrument: the graph of one voice and how voices are used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instrument {
    /// The node that the voice's graph ends in (leaves: nodes of kind `voice`).
    pub voice: NodeId,
    /// Notes that can sound at once, 1..=256.
    pub voices: u32,
    /// Range of pitch bend in semitones.
    pub bend: f64,
    /// Seconds to glide from one pitch to the next; 0 jumps.
    pub glide: f64,
    /// One voice: a new note takes over the old one's envelope only if `legato` is off.
    pub mono: bool,
    /// With `mono`: overlapping notes do not retrigger the envelopes.
    pub legato: bool,
    /// Voice parameters that patterns can set by name, and their defaults, in slot order.
    pub params: Vec<(String, f64)>,
}

/// What an evaluated script describes. Plain data: comparable, printable, serialisable to JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// Name of the piece.
    pub title: Option<String>,
    /// Tempo over the piece.
    pub tempo: TempoMap,
    /// Time signature.
    pub meter: Meter,
    /// Swing: how late every second eighth (or `swing_unit`) is, 0..1 of half its length.
    pub swing: f64,
    /// Length of the swung unit in beats.
    pub swing_unit: f64,
    /// What an offline render plays, in beats, before the tail.
    pub length_beats: Option<f64>,
    /// Seed of all randomness.
    pub seed: u64,
    /// All nodes, referred to by index.
    pub nodes: Vec<Node>,
    /// Instruments, referred to by the `instrument` argument of nodes of kind `instrument`.
    pub instruments: Vec<Instrument>,
    /// Tracks in the order of the script.
    pub tracks: Vec<Track>,
    /// Buses in the order of the script.
    pub buses: Vec<Bus>,
    /// What the master's effects end in; its leaf is a node of kind `input`.
    pub master: Option<NodeId>,
    /// Functions that what comes in goes through.
    pub effects: Vec<MidiEffect>,
    /// Functions that hear of what plugins change.
    pub changes: Vec<OnChange>,
    /// MIDI ports that are opened to listen to, whether a track does or not.
    pub ports: Vec<Port>,
    /// The MIDI port whose clock gives the tempo.
    pub sync: Option<Port>,
    /// MIDI ports that get a clock.
    pub clocks: Vec<Port>,
    /// Controllers that move parameters, in the order of the script.
    pub maps: Vec<Mapping>,
    /// Arguments that the script asked for with `arg(name, default)`, and what they were.
    pub arguments: BTreeMap<String, super::Arg>,
    /// Script files, the main one first: indices of [`Place::file`].
    pub files: Vec<String>,
}

impl Default for Session {
    fn default() -> Self {
        Session {
            title: None,
            tempo: TempoMap::default(),
            meter: Meter::default(),
            swing: 0.0,
            swing_unit: 0.5,
            length_beats: None,
            seed: 0,
            nodes: Vec::new(),
            instruments: Vec::new(),
            tracks: Vec::new(),
            buses: Vec::new(),
            master: None,
            effects: Vec::new(),
            changes: Vec::new(),
            ports: Vec::new(),
            sync: None,
            clocks: Vec::new(),
            maps: Vec::new(),
            arguments: BTreeMap::new(),
            files: vec!["script".to_string()],
        }
    }
}

impl Session {
    /// The node `id`.
    ///
    /// # Panics
    /// If `id` is not of this session.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Adds a node and returns its id.
    pub fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    /// The highest channel from outside that is listened to; 0 if none is.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.nodes.iter().flat_map(Node::channels).max().unwrap_or(0)
    }

    /// The first node that listens to a channel above `open`, and that channel.
    #[must_use]
    pub fn deaf(&self, open: usize) -> Option<(&Node, usize)> {
        let beyond = |node: &Node| node.channels().find(|&channel| channel > open);
        self.nodes.iter().find_map(|node| Some((node, beyond(node)?)))
    }

    /// The MIDI ports that it sends to.
    pub fn outlets(&self) -> impl Iterator<Item = Port> + '_ {
        self.nodes.iter().filter_map(Node::outlet).chain(self.clocks.iter().cloned()).chain(
            self.maps.iter().filter(|m| !m.feedback.is_empty()).map(|m| Port::named(&m.feedback)),
        )
    }

    /// The session as JSON, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
