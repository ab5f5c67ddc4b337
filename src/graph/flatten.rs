//! First pass: a node graph of the session becomes a flat net; channels are lifted, constants folded,
//! latencies aligned, alike terms of sums gathered in banks.

use super::net::{Export, ImportFrom, Inst, Net, What, Wire};
use super::settings::ArgSettings;
use crate::diag::Diagnostic;
use crate::dsp::align::fold;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{Rate, UnitCx};
use crate::nodes::{Kind, Make, OutRate, ParamKind, Ports, find};
use crate::rt::voices::input;
use crate::session::{Arg, Node, NodeId, Session};
use std::collections::BTreeMap;

/// Terms from which alike terms of a sum share lanes.
const BANK: usize = 4;
/// Nodes that may be nested in one another.
const DEPTH: usize = 2000;

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
    pub leaves: &'a Leaves<'a>,
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
    pub fn new(session: &'a Session, rate: f64, leaves: &'a Leaves<'a>, name: &str) -> Flatten<'a> {
        Flatten {
            session,
            rate,
            leaves,
            name: name.to_string(),
            net: Net::default(),
            diags: Vec::new(),
            panned: false,
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
        let mut value = self.make(id, node);
        if self.source == Some(id) {
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
            "voice" => self.voice(node),
            "instrument" => self.instrument(id, node),
            "kit" => self.kit(id, node),
            "split" => node.inputs.first().map_or_else(Vec::new, |&i| self.visit(i)),
            name => match find(name) {
                Some(kind) => self.kind(id, node, kind),
                None => {
                    self.fail(node, format!("there is no node called `{name}`"));
                    vec![Wire::Const(0.0)]
                }
            },
        }
    }

    fn voice(&mut self, node: &Node) -> Value {
        let name = node.text("input").unwrap_or("freq").to_string();
        let Leaves::Voice(params) = self.leaves else {
            self.fail(
                node,
                format!("`v.{name}` belongs to a voice: use it inside instrument(|v| ...)"),
            );
            return vec![Wire::Const(0.0)];
        };
        let slot = match name.as_str() {
            "freq" => input::FREQ,
            "gate" => input::GATE,
            "velocity" => input::VELOCITY,
            "note" => input::NOTE,
            _ => match params.iter().position(|p| p.0 == name) {
                Some(i) => input::PARAMS + i as u16,
                None => {
                    self.fail(node, format!("the voice has no parameter `{name}`"));
                    return vec![Wire::Const(0.0)];
                }
            },
        };
        vec![Wire::Voice(slot)]
    }

    fn import_input(&mut self, id: NodeId, node: &Node) -> Value {
        let Leaves::Strip { input, latency, .. } = self.leaves else {
            self.fail(node, "a voice has no audio input".into());
            return vec![Wire::Const(0.0)];
        };
        // Sources that are equally late come in together; those that are early are held back.
        let mut by_latency: BTreeMap<usize, Vec<ImportFrom>> = BTreeMap::new();
        for from in input {
            let late = if from.late { 0 } else { latency(from.strip) };
            by_latency.entry(late).or_default().push(*from);
        }
        if by_latency.is_empty() {
            return vec![Wire::Const(0.0), Wire::Const(0.0)];
        }
        let groups: Vec<Value> = by_latency
            .into_iter()
            .map(|(latency, from)| self.import(id, node, from, latency))
            .collect();
        self.sum(id, node, groups)
    }

    fn import_tap(&mut self, id: NodeId, node: &Node) -> Value {
        let Leaves::Strip { tap, latency, .. } = self.leaves else {
            self.fail(
                node,
                "a voice cannot listen to a track: do that in the track's effects".into(),
            );
            return vec![Wire::Const(0.0)];
        };
        let name = node.text("track").unwrap_or("").to_string();
        let Some((strip, late)) = tap(&name) else {
            self.fail(node, format!("there is no track or bus called `{name}`"));
            return vec![Wire::Const(0.0)];
        };
        let lag = if late { 0 } else { latency(strip) };
        self.import(id, node, vec![ImportFrom { strip, export: Export::Pre, gain: 1.0, late }], lag)
    }

    fn import(&mut self, id: NodeId, node: &Node, from: Vec<ImportFrom>, latency: usize) -> Value {
        let inst = self.push(id, node, What::Import(from), Vec::new(), 2, Rate::Audio);
        self.net.insts[inst as usize].latency = latency;
        vec![Wire::Out { inst, port: 0 }, Wire::Out { inst, port: 1 }]
    }

    fn instrument(&mut self, id: NodeId, node: &Node) -> Value {
        let Some(Arg::Number(index)) = node.args.get("index") else {
            self.fail(node, "an instrument without a voice".into());
            return vec![Wire::Const(0.0)];
        };
        let index = *index as usize;
        let outs = self.voice_channels(index).max(1 + u8::from(self.panned));
        self.source(id, node, What::Instrument(index), outs)
    }

    fn kit(&mut self, id: NodeId, node: &Node) -> Value {
        let index = |&i: &NodeId| match self.session.node(i).args.get("index") {
            Some(Arg::Number(x)) => *x as usize,
            _ => 0,
        };
        let sounds: Vec<usize> = node.inputs.iter().map(index).collect();
        let names: Vec<&str> = node.text("sounds").unwrap_or("").split_whitespace().collect();
        let mut chokes = vec![None; sounds.len()];
        for (group, members) in node.text("chokes").unwrap_or("").split(';').enumerate() {
            for name in members.split_whitespace() {
                if let Some(i) = names.iter().position(|n| *n == name) {
                    chokes[i] = Some(group as u8);
                }
            }
        }
        let outs = sounds.iter().map(|&i| self.voice_channels(i)).max().unwrap_or(1);
        let outs = outs.max(1 + u8::from(self.panned));
        self.source(id, node, What::Kit(sounds, chokes), outs)
    }

    /// Channels of the voice of instrument `index`.
    fn voice_channels(&self, index: usize) -> u8 {
        let Some(instrument) = self.session.instruments.get(index) else { return 1 };
        let leaves = Leaves::Voice(&instrument.params);
        let mut flatten = Flatten::new(self.session, self.rate, &leaves, "");
        flatten.visit(instrument.voice).len() as u8
    }

    fn source(&mut self, id: NodeId, node: &Node, what: What, outs: u8) -> Value {
        if matches!(self.leaves, Leaves::Voice(_)) {
            self.fail(node, "an instrument cannot play inside the voice of another".into());
            return vec![Wire::Const(0.0)];
        }
        let inst = self.push(id, node, what, Vec::new(), outs, Rate::Audio);
        (0..outs).map(|port| Wire::Out { inst, port }).collect()
    }

    /// A node of the table.
    fn kind(&mut self, id: NodeId, node: &Node, kind: &'static Kind) -> Value {
        let inputs: Vec<Value> = node.inputs.iter().map(|&i| self.visit(i)).collect();
        let params: Vec<Value> =
            kind.params.iter().filter(|p| p.is_wire()).map(|p| self.param(node, p)).collect();
        let channels = inputs.iter().map(Vec::len).max().unwrap_or(1);
        if let Make::Processor(_) = kind.make {
            return self.processor(id, node, kind, &inputs, params);
        }
        let settings = Some(ArgSettings::new(kind, node));
        match kind.ports {
            Ports::Source(outs) => self.unit(id, node, kind, settings, &[], &params, 0, outs),
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

    /// The first input as `channels` one-channel values.
    fn both(&self, inputs: &[Value], channels: usize) -> Vec<Value> {
        let silence = vec![Wire::Const(0.0)];
        let first = inputs.first().unwrap_or(&silence);
        (0..channels).map(|ch| vec![first[ch % first.len()]]).collect()
    }

    fn param(&mut self, node: &Node, param: &'static crate::nodes::Param) -> Value {
        match node.args.get(param.name) {
            Some(Arg::Number(x)) => vec![Wire::Const(*x)],
            Some(Arg::Flag(x)) => vec![Wire::Const(f64::from(u8::from(*x)))],
            Some(Arg::Node(signal)) => {
                let value = self.visit(signal.signal);
                if param.kind == ParamKind::Audio && value.len() > 1 {
                    // A side-chain listens to both channels together.
                    let terms = value.iter().map(|w| vec![*w]).collect();
                    return self.sum(signal.signal, node, terms);
                }
                value
            }
            _ => vec![Wire::Const(param.default)],
        }
    }

    /// One instance of a light kind, for channel `ch` of its inputs and parameters.
    #[expect(clippy::too_many_arguments, reason = "one call site each for the ways of lifting")]
    pub fn unit(
        &mut self,
        id: NodeId,
        node: &Node,
        kind: &'static Kind,
        settings: Option<ArgSettings>,
        inputs: &[Value],
        params: &[Value],
        ch: usize,
        outs: u8,
    ) -> Value {
        let pick = |v: &Value| if v.is_empty() { Wire::Const(0.0) } else { v[ch % v.len()] };
        let ins: Vec<Wire> = inputs.iter().chain(params).map(pick).collect();
        if let Make::Math(function, _) = kind.make {
            let consts: Vec<f64> = ins
                .iter()
                .filter_map(|w| if let Wire::Const(x) = w { Some(*x) } else { None })
                .collect();
            if consts.len() == ins.len() {
                return vec![Wire::Const(fold(function, &consts))];
            }
        }
        let ins = self.aligned(id, node, ins);
        let rate = match kind.rate {
            OutRate::Audio => Rate::Audio,
            OutRate::Control => Rate::Control,
            OutRate::Follow => {
                let fastest = ins.iter().map(|w| self.net.rate(*w)).max().unwrap_or(Rate::Control);
                fastest.max(Rate::Control)
            }
        };
        let what = match kind.make {
            Make::Math(..) => What::Math(kind),
            _ => What::Unit(kind),
        };
        let inst = self.push(id, node, what, ins, outs, rate);
        self.probe(inst, kind, settings);
        (0..outs).map(|port| Wire::Out { inst, port }).collect()
    }

    /// Asks a unit for its latency and whether it ends voices, by making one.
    fn probe(&mut self, inst: u32, kind: &'static Kind, settings: Option<ArgSettings>) {
        let rates: Vec<Rate> =
            self.net.insts[inst as usize].ins.iter().map(|w| self.net.rate(*w)).collect();
        let inst = &mut self.net.insts[inst as usize];
        inst.settings = settings;
        if let (Make::Unit(make), Some(settings)) = (kind.make, &inst.settings) {
            let cx = UnitCx { rate: self.rate, ins: &rates, settings, seeds: [0; LANES], lanes: 1 };
            let unit = make(&cx);
            inst.own_latency = unit.latency();
            inst.latency += inst.own_latency;
            inst.envelope = unit.sounding().is_some();
        }
    }

    fn processor(
        &mut self,
        id: NodeId,
        node: &Node,
        kind: &'static Kind,
        inputs: &[Value],
        params: Vec<Value>,
    ) -> Value {
        if matches!(self.leaves, Leaves::Voice(_)) {
            self.diags.push(
                Diagnostic::error(
                    format!("`{}` cannot run inside a voice", kind.name),
                    node.place.clone(),
                )
                .hint("put it on the track: track(..).fx(..)"),
            );
            return vec![Wire::Const(0.0)];
        }
        let wide = inputs.iter().map(Vec::len).max().unwrap_or(0);
        let (channels, outs) = match kind.ports {
            Ports::Source(n) => (0, n as usize),
            Ports::Stereo => (2, 2),
            Ports::Widen => (wide.max(1), 2),
            Ports::Analyse => (wide.max(1), 1),
            Ports::Each | Ports::Linked | Ports::Signal => (wide.max(1), wide.max(1)),
        };
        let ins: Vec<Wire> = self.both(inputs, channels).into_iter().flatten().collect();
        let mut ins: Vec<Wire> = ins.into_iter().map(|w| self.audible(id, node, w)).collect();
        ins.extend(params.iter().map(|v| v[0]));
        let ins = self.aligned(id, node, ins);
        let inst =
            self.push(id, node, What::Processor(kind, channels), ins, outs as u8, Rate::Audio);
        self.net.insts[inst as usize].settings = Some(ArgSettings::new(kind, node));
        (0..outs as u8).map(|port| Wire::Out { inst, port }).collect()
    }

    /// The source of a track, silent after the end of the piece unless notes play it.
    fn until_stop(&mut self, id: NodeId, node: &Node, value: Value) -> Value {
        let played = |what: &What| match what {
            What::Instrument(_) | What::Kit(..) => true,
            What::Processor(kind, _) => kind.class == crate::nodes::Class::Instrument,
            _ => false,
        };
        if value.iter().any(
            |w| matches!(w, Wire::Out { inst, .. } if played(&self.net.insts[*inst as usize].what)),
        ) {
            return value;
        }
        let wires = value.into_iter().map(|wire| {
            let inst = self.push(id, node, What::UntilStop, vec![wire], 1, Rate::Audio);
            Wire::Out { inst, port: 0 }
        });
        wires.collect()
    }

    /// Adds an instance at the end of the net; it is as late as the latest of its inputs.
    fn push(
        &mut self,
        id: NodeId,
        node: &Node,
        what: What,
        ins: Vec<Wire>,
        outs: u8,
        rate: Rate,
    ) -> u32 {
        // Helpers that come with a node do not take its key.
        let helper = matches!(what, What::Sum | What::Align(_) | What::UntilStop);
        let key = node.key.clone().filter(|_| !helper);
        let stem = key.unwrap_or_else(|| what.name().to_string());
        let count = self.ordinals.entry(stem.clone()).or_insert(0);
        *count += 1;
        let path = if *count == 1 { stem } else { format!("{stem}{count}") };
        let seed = seed(self.session.seed, &self.name, &path);
        let latency = ins.iter().map(|w| self.net.latency(*w)).max().unwrap_or(0);
        self.net.insts.push(Inst {
            what,
            ins,
            outs,
            rate,
            node: id,
            place: node.place.clone(),
            path,
            settings: None,
            latency,
            own_latency: 0,
            envelope: false,
            seed,
        });
        (self.net.insts.len() - 1) as u32
    }

    /// The wire as one that a buffer can be made of: a constant becomes audio.
    pub fn audible(&mut self, id: NodeId, node: &Node, wire: Wire) -> Wire {
        match wire {
            Wire::Const(x) if x != 0.0 => {
                let inst = self.push(id, node, What::Sum, vec![wire], 1, Rate::Audio);
                Wire::Out { inst, port: 0 }
            }
            _ => wire,
        }
    }

    /// Holds early audio wires back so that all arrive together.
    fn aligned(&mut self, id: NodeId, node: &Node, ins: Vec<Wire>) -> Vec<Wire> {
        let latest = ins.iter().map(|w| self.net.latency(*w)).max().unwrap_or(0);
        ins.into_iter()
            .map(|wire| {
                let lag = latest - self.net.latency(wire);
                if lag == 0 || self.net.rate(wire) != Rate::Audio {
                    return wire;
                }
                let inst = self.push(id, node, What::Align(lag), vec![wire], 1, Rate::Audio);
                self.net.insts[inst as usize].latency = latest;
                Wire::Out { inst, port: 0 }
            })
            .collect()
    }

    /// The sum of values, channel by channel; one channel goes to both.
    pub fn sum(&mut self, id: NodeId, node: &Node, terms: Vec<Value>) -> Value {
        if terms.len() == 1 {
            return terms.into_iter().next().unwrap_or_default();
        }
        let channels = terms.iter().map(Vec::len).max().unwrap_or(1);
        (0..channels)
            .map(|ch| {
                let wires: Vec<Wire> = terms.iter().map(|t| t[ch % t.len()]).collect();
                let wires = self.aligned(id, node, wires);
                let rate = wires.iter().map(|w| self.net.rate(*w)).max().unwrap_or(Rate::Const);
                if rate == Rate::Const {
                    let total =
                        wires.iter().map(|w| if let Wire::Const(x) = w { *x } else { 0.0 }).sum();
                    return Wire::Const(total);
                }
                let inst = self.push(id, node, What::Sum, wires, 1, rate);
                Wire::Out { inst, port: 0 }
            })
            .collect()
    }

    /// A sum in which alike terms share lanes.
    fn mix(&mut self, id: NodeId, node: &Node) -> Value {
        let mut values: Vec<Value> = Vec::new();
        let mut rest: Vec<NodeId> = node.inputs.clone();
        if rest.len() >= BANK && matches!(self.leaves, Leaves::Strip { .. }) {
            let (banks, others) = self.banks(&rest);
            rest = others;
            for terms in banks {
                let outs = terms[0].outs.len() as u8;
                let inst = self.push(id, node, What::Bank(terms), Vec::new(), outs, Rate::Audio);
                values.push((0..outs).map(|port| Wire::Out { inst, port }).collect());
            }
        }
        values.extend(rest.iter().map(|&i| self.visit(i)).collect::<Vec<_>>());
        if values.is_empty() {
            return vec![Wire::Const(0.0)];
        }
        self.sum(id, node, values)
    }

    /// Groups the terms that are light, make audio, and have the same shape as at least three others.
    fn banks(&mut self, terms: &[NodeId]) -> (Vec<Vec<Net>>, Vec<NodeId>) {
        let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: Vec<(Vec<Net>, Vec<NodeId>)> = Vec::new();
        let mut others = Vec::new();
        for (i, &term) in terms.iter().enumerate() {
            let name = format!("{}/{i}", self.name);
            let mut flatten = Flatten::new(self.session, self.rate, self.leaves, &name);
            let outs = flatten.visit(term);
            let audio = outs.iter().all(|w| flatten.net.rate(*w) == Rate::Audio);
            let late = outs.iter().any(|w| flatten.net.latency(*w) > 0);
            flatten.net.outs = outs;
            if !audio || late || !flatten.net.is_light() || !flatten.diags.is_empty() {
                others.push(term);
                continue;
            }
            let next = groups.len();
            let at = *shapes.entry(flatten.net.shape()).or_insert(next);
            if at == next {
                groups.push((Vec::new(), Vec::new()));
            }
            groups[at].0.push(flatten.net);
            groups[at].1.push(term);
        }
        let (banks, few): (Vec<_>, Vec<_>) = groups.into_iter().partition(|g| g.0.len() >= BANK);
        others.extend(few.into_iter().flat_map(|g| g.1));
        others.sort();
        (banks.into_iter().map(|g| g.0).collect(), others)
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
