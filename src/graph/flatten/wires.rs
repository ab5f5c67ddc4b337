//! Instances and wires: adding, aligning, summing.

use super::*;

impl Flatten<'_> {
    /// The source of a track, silent after the end of the piece unless notes play it.
    pub(super) fn until_stop(&mut self, id: NodeId, node: &Node, value: Value) -> Value {
        let played = |what: &What| match what {
            What::Instrument(_) | What::Kit(..) => true,
            What::Processor(kind, _) => kind.class == crate::nodes::Class::Instrument,
            What::Plugin(hosted) => hosted.joints.channels.input == 0,
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
    pub(super) fn push(
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
        let place = self.path(node.key.clone().filter(|_| !helper), what.name());
        self.put(id, node, what, (ins, outs, rate), place)
    }

    /// The path of the next instance in the strip: its key, or what it is, with an ordinal from the second on; and
    /// whether it is a key.
    pub(super) fn path(&mut self, key: Option<String>, what: &str) -> (String, bool) {
        let keyed = key.is_some();
        let stem = key.unwrap_or_else(|| what.to_string());
        let count = self.ordinals.entry(stem.clone()).or_insert(0);
        *count += 1;
        (if *count == 1 { stem } else { format!("{stem}{count}") }, keyed)
    }

    /// Adds an instance at a path of the strip.
    pub(super) fn put(
        &mut self,
        id: NodeId,
        node: &Node,
        what: What,
        (ins, outs, rate): (Vec<Wire>, u8, Rate),
        (path, keyed): (String, bool),
    ) -> u32 {
        let seed = seed(self.session.seed, &self.name, &path);
        let latency = ins.iter().map(|w| self.net.latency(*w)).max().unwrap_or(0);
        let tail = match what {
            What::Instrument(_) | What::Kit(..) | What::Bank(_) => usize::MAX,
            What::Align(frames) => frames,
            _ => 0,
        };
        // The fader of a strip stands behind its last node.
        let own = self.names.get(&id).filter(|_| node.kind != STRIP);
        self.net.insts.push(Inst {
            ins,
            outs,
            rate,
            node: id,
            place: node.place.clone(),
            name: own.unwrap_or(&path).clone(),
            path,
            keyed,
            latency,
            tail,
            seed,
            ..Inst::helper(what)
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
    pub(super) fn aligned(&mut self, id: NodeId, node: &Node, ins: Vec<Wire>) -> Vec<Wire> {
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
}
