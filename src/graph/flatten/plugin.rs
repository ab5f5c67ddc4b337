//! Hosted plugins as instances: asked for by their place, joined in channels, their parameters as wires.

use super::*;
use crate::graph::net::Hosted;
use crate::nodes::plugin::{Channels, Driven, Guest, Joints, NOTES, Order, Point, settings, stem};
use std::sync::Arc;

impl Flatten<'_> {
    pub(super) fn plugin(&mut self, id: NodeId, node: &Node) -> Value {
        if matches!(self.leaves, Leaves::Voice(_)) {
            let error = Diagnostic::error("a plugin cannot run inside a voice", node.place.clone());
            self.diags.push(error.hint("make it the source of a track, or put it in its effects"));
            return vec![Wire::Const(0.0)];
        }
        let input = node.inputs.first().map(|&input| self.visit(input));
        let wide = input.as_ref().map_or(0, Vec::len);
        let Some(guest) = self.guest(node, wide) else {
            return input.unwrap_or_else(|| vec![Wire::Const(0.0)]);
        };
        let has = guest.1.channels();
        if input.is_some() && has.input == 0 && has.output > 0 {
            let message = format!("`{}` has no audio input", stem(node));
            let hint = "it is an instrument: track(\"keys\", plugin(..)).play(..)";
            self.diags.push(Diagnostic::error(message, node.place.clone()).hint(hint));
        }
        let input = input.unwrap_or_default();
        if has.output == 0 {
            // It listens; what it hears goes on.
            self.joined(id, node, guest, &input);
            return if input.is_empty() { vec![Wire::Const(0.0)] } else { input };
        }
        let input =
            if has.input == 1 && has.output > 1 { self.mono(id, node, input) } else { input };
        // What has one channel is lifted to each, as one-channel nodes are.
        let lifted = (has.input == 1 && input.len() > 1).then(|| self.guest(node, wide)).flatten();
        match lifted {
            Some(second) => {
                let mut value = self.joined(id, node, guest, &vec![input[0]]);
                value.extend(self.joined(id, node, second, &vec![input[1]]));
                value
            }
            None => self.joined(id, node, guest, &input),
        }
    }

    /// The MIDI effects before a source, in the order in which notes go through them.
    pub(super) fn note_effects(&mut self, source: &Node) -> Vec<u32> {
        let before = |node: &Node| match node.args.get(NOTES) {
            Some(Arg::Node(signal)) => Some(signal.signal),
            _ => None,
        };
        let session = self.session;
        let mut nodes: Vec<NodeId> =
            std::iter::successors(before(source), |id| before(session.node(*id))).collect();
        nodes.reverse();
        nodes.into_iter().filter_map(|id| self.note_effect(id, session.node(id))).collect()
    }

    fn note_effect(&mut self, id: NodeId, node: &Node) -> Option<u32> {
        let guest = self.guest(node, 0)?;
        if !guest.1.sends_notes() {
            let message = format!("`{}` sends no notes", stem(node));
            let hint =
                "a MIDI effect hears notes and sends others; put an effect on sound into `.fx()`";
            self.refuse(node, (message, hint.into()));
            return None;
        }
        self.joined(id, node, guest, &Vec::new());
        Some(self.net.insts.len() as u32 - 1)
    }

    /// Lets each effect feed the next, and the last one the source.
    pub(super) fn feed(&mut self, source: NodeId, effects: &[u32]) {
        let Some(&first) = effects.first() else { return };
        let last = self.net.insts.iter().rfind(|i| i.node == source && !i.what.is_light());
        let Some(last) = last.map(|inst| inst.path.clone()) else { return };
        let paths = effects[1..].iter().map(|&i| self.net.insts[i as usize].path.clone());
        let paths: Vec<String> = paths.chain([last]).collect();
        for (&effect, path) in effects.iter().zip(paths) {
            self.net.insts[effect as usize].feeds = Some(path);
        }
        self.net.played = Some(self.net.insts[first as usize].node);
    }

    /// The instance for the next place of this node, with its path; `None` if it is not installed or cannot be had.
    fn guest(&mut self, node: &Node, channels: usize) -> Option<((String, bool), Arc<dyn Guest>)> {
        let path = self.path(node.key.clone(), &stem(node));
        let track = self.session.tracks.iter().find(|track| track.name == self.name);
        let colour = track.and_then(|track| track.colour);
        let order =
            Order { rate: self.rate, strip: &self.name, colour, path: &path.0, node, channels };
        match self.assets.plugin(&order) {
            Ok(guest) => Some((path, guest?)),
            Err(problem) => {
                self.refuse(node, problem);
                None
            }
        }
    }

    /// Both channels together, at half their level.
    fn mono(&mut self, id: NodeId, node: &Node, input: Value) -> Value {
        let (Some(mul), true) = (find("mul"), input.len() > 1) else { return input };
        let sum = self.sum(id, node, input.into_iter().map(|wire| vec![wire]).collect());
        self.unit(id, node, mul, None, &[sum, vec![Wire::Const(0.5)]], &[], 0, 1)
    }

    fn refuse(&mut self, node: &Node, (message, hint): (String, String)) {
        self.diags.push(Diagnostic::error(message, node.place.clone()).hint(hint));
    }

    /// One instance, hearing `input`.
    fn joined(
        &mut self,
        id: NodeId,
        node: &Node,
        ((path, keyed), guest): ((String, bool), Arc<dyn Guest>),
        input: &Value,
    ) -> Value {
        let has = guest.channels();
        let channels = if input.is_empty() { 0 } else { has.input.min(2) };
        let mut ins: Vec<Wire> = (0..channels).map(|c| input[c % input.len()]).collect();
        let side = match node.args.get("sidechain") {
            Some(Arg::Node(signal)) => self.visit(signal.signal),
            _ => Vec::new(),
        };
        let sidechain = if side.is_empty() { 0 } else { has.sidechain.min(2) };
        if !side.is_empty() && sidechain == 0 {
            let hint = "rhapsode plugins info NAME shows the buses of a plugin".to_string();
            self.refuse(node, (format!("`{}` has no side-chain", stem(node)), hint));
        }
        ins.extend((0..sidechain).map(|c| side[c % side.len()]));
        let mut ins: Vec<Wire> = ins.into_iter().map(|w| self.audible(id, node, w)).collect();
        let bypass = node.args.get("bypass") == Some(&Arg::Flag(true));
        let channels = Channels { input: channels, sidechain, output: has.output.min(2), bypass };
        let (traced, driven) = self.driven(node, &*guest);
        ins.extend(traced.iter().chain(&driven).map(|d| d.1));
        let [traced, driven] = [traced, driven].map(|all| all.into_iter().map(|d| d.0).collect());
        let ins = self.aligned(id, node, ins);
        let (latency, tail, outs) = (guest.latency(), guest.tail(), channels.output as u8);
        let points = self.points(node, &*guest).into();
        let joints = Joints { channels, traced, driven, points };
        let hosted = Arc::new(Hosted { guest, joints, stem: stem(node) });
        let place = (path, keyed);
        let inst = self.put(id, node, What::Plugin(hosted), (ins, outs, Rate::Audio), place);
        let inst_ref = &mut self.net.insts[inst as usize];
        inst_ref.tail = tail;
        inst_ref.own_latency = latency;
        inst_ref.latency += latency;
        (0..outs).map(|port| Wire::Out { inst, port }).collect()
    }

    /// The moves of the automation file, if the script names one.
    fn points(&mut self, node: &Node, guest: &dyn Guest) -> Vec<Point> {
        let Some(path) = node.text("automation") else { return Vec::new() };
        let text = match self.assets.text(path) {
            Ok(text) => text,
            Err(why) => {
                self.refuse(node, (why, "an automation file is JSON".into()));
                return Vec::new();
            }
        };
        let session = self.session;
        let seconds = session.length_beats.map(|beats| session.tempo.seconds_at(beats));
        if seconds.is_none() && text.contains('%') {
            let message = format!("\"{path}\" counts in parts of the piece, which has no length");
            self.refuse(node, (message, "say it: length_bars(16)".into()));
        }
        let frames = seconds.map_or(u64::MAX, |seconds| (seconds * self.rate).round() as u64);
        guest.automation(&text, frames).unwrap_or_else(|problems| {
            for (message, hint) in problems {
                self.refuse(node, (format!("{path}: {message}"), hint));
            }
            Vec::new()
        })
    }

    /// The parameters that the script sets, and what drives them: signals at audio rate, and the rest.
    fn driven(
        &mut self,
        node: &Node,
        guest: &dyn Guest,
    ) -> (Vec<(Driven, Wire)>, Vec<(Driven, Wire)>) {
        let (mut traced, mut driven) = (Vec::new(), Vec::new());
        for (name, normalised, arg) in settings(node) {
            let parameter = match guest.parameter(name) {
                Ok(parameter) => parameter,
                Err(problem) => {
                    self.refuse(node, problem);
                    continue;
                }
            };
            let wire = match arg {
                Arg::Number(x) => Wire::Const(*x),
                Arg::Flag(on) => Wire::Const(f64::from(u8::from(*on))),
                Arg::Node(signal) => match self.visit(signal.signal).first() {
                    Some(wire) => *wire,
                    None => continue,
                },
                Arg::Text(text) => match guest.parse(parameter, text) {
                    Ok(plain) => Wire::Const(plain),
                    Err(problem) => {
                        self.refuse(node, problem);
                        continue;
                    }
                },
                Arg::List(_) | Arg::Program(_) => continue,
            };
            let by = if self.net.rate(wire) == Rate::Audio { &mut traced } else { &mut driven };
            by.push((Driven { parameter, normalised }, wire));
        }
        (traced, driven)
    }
}
