//! A node of the description: a kind, a key, arguments and inputs; no state.

use super::port::Port;
use crate::ir::Program;
use crate::units::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most channels from outside that a script can hear.
pub const INPUTS: usize = 64;

/// Index of a node in [`Session::nodes`](super::Session::nodes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

/// What a parameter is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A signal, computed by another node.
    Node(SignalRef),
    /// A flag.
    Flag(bool),
    /// A fixed number, in the parameter's unit.
    Number(f64),
    /// Text: a choice, a file, a track's name.
    Text(String),
    /// Numbers, or points row by row.
    List(Vec<f64>),
    /// A function of the script.
    Program(Arc<Program>),
}

/// A reference to a signal node, tagged so that JSON tells it from a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalRef {
    /// The node whose output drives the parameter.
    pub signal: NodeId,
}

impl Arg {
    /// An argument driven by `node`.
    #[must_use]
    pub fn signal(node: NodeId) -> Arg {
        Arg::Node(SignalRef { signal: node })
    }
}

/// One node. Its kind is a name in the node table (`crate::nodes`), or one of the structural kinds
/// that the graph compiler lowers itself (`instrument`, `kit`, `voice`, `input`, `sum`, ...).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Name of the kind.
    pub kind: String,
    /// The key written in the script with `.key("x")`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Arguments that were given; all others have the table's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Arg>,
    /// Audio inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<NodeId>,
    /// Where the script made it.
    #[serde(default)]
    pub place: Place,
}

impl Node {
    /// A node of `kind` with no arguments and these inputs.
    #[must_use]
    pub fn new(kind: &str, inputs: Vec<NodeId>) -> Node {
        Node { kind: kind.to_string(), inputs, ..Node::default() }
    }

    /// The same with argument `name` set.
    #[must_use]
    pub fn with(mut self, name: &str, arg: Arg) -> Node {
        self.args.insert(name.to_string(), arg);
        self
    }

    /// Text of argument `name`, if it was given as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.args.get(name) {
            Some(Arg::Text(t)) => Some(t),
            _ => None,
        }
    }

    /// What messages call it: its kind, or the name of the plugin that it is.
    #[must_use]
    pub fn called(&self) -> String {
        if let Some(Arg::Program(program)) = self.args.get("function")
            && !program.name.is_empty()
        {
            return program.name.clone();
        }
        let plugin = self.text("called").or(self.text("name")).filter(|_| self.kind == "plugin");
        plugin.unwrap_or(&self.kind).to_string()
    }

    /// The channels from outside that it hears, from 1: those of a node of kind `audio_in`, one or two.
    pub fn channels(&self) -> impl Iterator<Item = usize> + '_ {
        let list = match self.args.get("channels") {
            Some(Arg::List(list)) if self.kind == "audio_in" => list.as_slice(),
            _ => &[],
        };
        list.iter().take(2).map(|&x| (x as usize).clamp(1, INPUTS))
    }

    /// The MIDI port that it sends to: that of a node of kind `midi_out`.
    #[must_use]
    pub fn outlet(&self) -> Option<Port> {
        let own = self.args.get("virtual") == Some(&Arg::Flag(true));
        let name = self.text("port").filter(|_| self.kind == "midi_out")?;
        Some(Port { name: name.to_string(), own })
    }

    /// Index of the instrument that it is, if it is one.
    #[must_use]
    pub fn instrument(&self) -> Option<usize> {
        match (self.kind.as_str(), self.args.get("index")) {
            ("instrument", Some(Arg::Number(index))) => Some(*index as usize),
            _ => None,
        }
    }

    /// Every node this one reads from: inputs first, then signals that drive its parameters.
    pub fn reads(&self) -> impl Iterator<Item = NodeId> + '_ {
        let signals = self.args.values().filter_map(|a| match a {
            Arg::Node(r) => Some(r.signal),
            _ => None,
        });
        self.inputs.iter().copied().chain(signals)
    }
}
