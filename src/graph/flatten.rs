//! First pass: a node graph of the session becomes a flat net; channels are lifted, constants folded,
//! latencies aligned, alike terms of sums gathered in banks.

mod bank;
mod channels;
mod leaves;
mod lift;
mod plugin;
mod wires;

use super::net::{Export, ImportFrom, Inst, Net, What, Wire};
use super::settings::ArgSettings;
use crate::diag::Diagnostic;
use crate::dsp::align::fold;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{Rate, UnitCx};
use crate::nodes::function::{self, PAIR};
use crate::nodes::table::{Assets, ProcCx};
use crate::nodes::{Kind, Make, OutRate, ParamKind, Ports, find, kind_of};
use crate::rt::voices::input;
use crate::session::{Arg, Node, NodeId, Session};
use std::collections::BTreeMap;

/// Terms from which alike terms of a sum share lanes.
const BANK: usize = 4;
/// Nodes that may be nested in one another.
const DEPTH: usize = 2000;

/// Kind of the node that stands for a strip itself: its fader.
pub(super) const STRIP: &str = "strip";

/// A signal of one or two channels.
pub(super) type Value = Vec<Wire>;

/// Where the leaves of a net come from.
pub(super) enum Leaves<'a> {
    /// A strip: its input (what is sent to a bus), and how to find other strips.
    Strip {
        /// Sources of the node of kind `input`.
        input: Vec<ImportFrom>,
        /// Index of the strip called this.
        tap: &'a dyn Fn(&str) -> Option<(usize, bool)>,
        /// Latency of a strip.
        latency: &'a dyn Fn(usize) -> usize,
    },
    /// A voice with these named parameters.
    Voice(&'a [(String, f64)]),
}

/// Builds one net.
pub(super) struct Flatten<'a> {
    pub session: &'a Session,
    pub rate: f64,
    pub assets: &'a dyn Assets,
    pub leaves: &'a Leaves<'a>,
    /// What the script calls the nodes of the strip.
    pub names: BTreeMap<NodeId, String>,
    /// Name that seeds depend on.
    pub name: String,
    pub net: Net,
    pub diags: Vec<Diagnostic>,
    /// Its patterns place notes in the panorama: instruments have two channels.
    pub panned: bool,
    /// The source of the track.
    pub source: Option<NodeId>,
    memo: BTreeMap<NodeId, Value>,
    ordinals: BTreeMap<String, u32>,
    depth: usize,
}

impl<'a> Flatten<'a> {
    pub fn new(
        session: &'a Session,
        rate: f64,
        assets: &'a dyn Assets,
        leaves: &'a Leaves<'a>,
        name: &str,
    ) -> Flatten<'a> {
        Flatten {
            session,
            rate,
            assets,
            leaves,
            name: name.to_string(),
            net: Net::default(),
            diags: Vec::new(),
            panned: false,
            names: BTreeMap::new(),
            source: None,
            memo: BTreeMap::new(),
            ordinals: BTreeMap::new(),
            depth: 0,
        }
    }

    /// The value of node `id`, made once.
    pub fn visit(&mut self, id: NodeId) -> Value {
        if let Some(value) = self.memo.get(&id) {
            return value.clone();
        }
        let node = self.session.node(id);
        if self.depth > DEPTH {
            self.fail(node, format!("nodes are nested more than {DEPTH} deep"));
            return vec![Wire::Const(0.0)];
        }
        self.depth += 1;
        let effects = if self.source == Some(id) { self.note_effects(node) } else { Vec::new() };
        let mut value = self.make(id, node);
        if self.source == Some(id) {
            self.feed(id, &effects);
            value = self.until_stop(id, node, value);
        }
        self.depth -= 1;
        self.memo.insert(id, value.clone());
        value
    }

    fn fail(&mut self, node: &Node, message: String) {
        self.diags.push(Diagnostic::error(message, node.place.clone()));
    }

    fn make(&mut self, id: NodeId, node: &Node) -> Value {
        match node.kind.as_str() {
            "mix" => self.mix(id, node),
            "input" => self.import_input(id, node),
            "tap" => self.import_tap(id, node),
            "audio_in" => self.inlet(id, node),
            "voice" => self.voice(node),
            "instrument" => self.instrument(id, node),
            "kit" => self.kit(id, node),
            "plugin" => self.plugin(id, node),
            "channel" => self.channel(node),
            "join" => self.join(id, node),
            "split" => node.inputs.first().map_or_else(Vec::new, |&i| self.visit(i)),
            name => match kind_of(node) {
                Some(kind) => self.kind(id, node, kind),
                None => {
                    self.fail(node, format!("there is no node called `{name}`"));
                    vec![Wire::Const(0.0)]
                }
            },
        }
    }

    /// Whether both channels go through one instance. Voices have lanes enough.
    fn pairs(&self, node: &Node, params: &[Value]) -> bool {
        let alike = params.iter().all(|param| param.len() == 1);
        alike && matches!(self.leaves, Leaves::Strip { .. }) && function::pairs(node)
    }

    /// A node of the table.
    fn kind(&mut self, id: NodeId, node: &Node, kind: &'static Kind) -> Value {
        let inputs: Vec<Value> = node.inputs.iter().map(|&i| self.visit(i)).collect();
        let params: Vec<Value> =
            kind.params.iter().filter(|p| p.is_wire()).map(|p| self.param(node, p)).collect();
        let channels = inputs.iter().map(Vec::len).max().unwrap_or(1);
        if kind.make.is_processor() {
            return self.processor(id, node, kind, &inputs, params);
        }
        let settings = Some(ArgSettings::new(kind, node));
        match kind.ports {
            Ports::Source(outs) => self.unit(id, node, kind, settings, &[], &params, 0, outs),
            Ports::Each if channels == 2 && self.pairs(node, &params) => {
                let both = self.both(&inputs, 2);
                let settings = settings.map(|settings| settings.flagged(PAIR));
                let out = self.unit(id, node, kind, settings, &both, &params, 0, 2);
                // What follows is called as if there were two.
                self.path(node.key.clone(), kind.name);
                out
            }
            Ports::Each | Ports::Signal => {
                let channels = match kind.ports {
                    Ports::Signal => channels.max(params.iter().map(Vec::len).max().unwrap_or(1)),
                    _ => channels,
                };
                (0..channels)
                    .flat_map(|ch| {
                        self.unit(id, node, kind, settings.clone(), &inputs, &params, ch, 1)
                    })
                    .collect()
            }
            Ports::Stereo => {
                let both = self.both(&inputs, 2);
                self.unit(id, node, kind, settings, &both, &params, 0, 2)
            }
            Ports::Linked => {
                let both = self.both(&inputs, channels);
                self.unit(id, node, kind, settings, &both, &params, 0, channels as u8)
            }
            Ports::Widen => {
                let both = self.both(&inputs, channels);
                self.unit(id, node, kind, settings, &both, &params, 0, 2)
            }
            Ports::Analyse => {
                let both = self.both(&inputs, channels);
                self.unit(id, node, kind, settings, &both, &params, 0, 1)
            }
        }
    }
}

/// A seed for `path` of `name` in a session with seed `base`: FNV-1a, then a finaliser.
pub(super) fn seed(base: u64, name: &str, path: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ base;
    for byte in name.bytes().chain([0]).chain(path.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix64(hash)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
pub(super) fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
