//! Leaves of a net: voice inputs, imports from other strips, instruments and kits.

use super::*;

impl Flatten<'_> {
    pub(super) fn voice(&mut self, node: &Node) -> Value {
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

    pub(super) fn import_input(&mut self, id: NodeId, node: &Node) -> Value {
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

    pub(super) fn import_tap(&mut self, id: NodeId, node: &Node) -> Value {
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
        self.import(
            id,
            node,
            vec![ImportFrom { strip, export: Export::Pre, gain: 1.0, late, was: None }],
            lag,
        )
    }

    /// Channels from outside.
    pub(super) fn inlet(&mut self, id: NodeId, node: &Node) -> Value {
        let channels: Vec<u16> = node.channels().map(|channel| channel as u16 - 1).collect();
        if channels.is_empty() {
            self.fail(node, "an input without a channel".into());
            return vec![Wire::Const(0.0)];
        }
        if matches!(self.leaves, Leaves::Voice(_)) {
            self.fail(
                node,
                "a voice cannot listen to an input: make it a track's source, or use it in its effects"
                    .into(),
            );
            return vec![Wire::Const(0.0); channels.len()];
        }
        let outs = channels.len() as u8;
        let inst = self.push(id, node, What::Inlet(channels), Vec::new(), outs, Rate::Audio);
        (0..outs).map(|port| Wire::Out { inst, port }).collect()
    }

    pub(super) fn import(
        &mut self,
        id: NodeId,
        node: &Node,
        from: Vec<ImportFrom>,
        latency: usize,
    ) -> Value {
        let inst = self.push(id, node, What::Import(from), Vec::new(), 2, Rate::Audio);
        self.net.insts[inst as usize].latency = latency;
        vec![Wire::Out { inst, port: 0 }, Wire::Out { inst, port: 1 }]
    }

    pub(super) fn instrument(&mut self, id: NodeId, node: &Node) -> Value {
        let Some(Arg::Number(index)) = node.args.get("index") else {
            self.fail(node, "an instrument without a voice".into());
            return vec![Wire::Const(0.0)];
        };
        let index = *index as usize;
        let outs = self.voice_channels(index).max(1 + u8::from(self.panned));
        self.source(id, node, What::Instrument(index), outs)
    }

    pub(super) fn kit(&mut self, id: NodeId, node: &Node) -> Value {
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
    pub(super) fn voice_channels(&self, index: usize) -> u8 {
        let Some(instrument) = self.session.instruments.get(index) else { return 1 };
        let leaves = Leaves::Voice(&instrument.params);
        let mut flatten = Flatten::new(self.session, self.rate, self.assets, &leaves, "");
        flatten.visit(instrument.voice).len() as u8
    }

    pub(super) fn source(&mut self, id: NodeId, node: &Node, what: What, outs: u8) -> Value {
        if matches!(self.leaves, Leaves::Voice(_)) {
            self.fail(node, "an instrument cannot play inside the voice of another".into());
            return vec![Wire::Const(0.0)];
        }
        let inst = self.push(id, node, what, Vec::new(), outs, Rate::Audio);
        (0..outs).map(|port| Wire::Out { inst, port }).collect()
    }
}
