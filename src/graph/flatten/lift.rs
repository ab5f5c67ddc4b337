//! Nodes of the table as instances: channels lifted, constants folded, latency asked for.

use super::*;
use crate::dsp::unit::Settings;
use crate::nodes::function::FUNCTION;

impl Flatten<'_> {
    /// The first input as `channels` one-channel values.
    pub(super) fn both(&self, inputs: &[Value], channels: usize) -> Vec<Value> {
        let silence = vec![Wire::Const(0.0)];
        let first = inputs.first().unwrap_or(&silence);
        (0..channels).map(|ch| vec![first[ch % first.len()]]).collect()
    }

    pub(super) fn param(&mut self, node: &Node, param: &'static crate::nodes::Param) -> Value {
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
            _ => vec![self.unsaid(node, param)],
        }
    }

    /// What a parameter is that the script does not give: its default; for a function in a voice, what the voice knows.
    fn unsaid(&self, node: &Node, param: &crate::nodes::Param) -> Wire {
        let slot = match param.name {
            "freq" => input::FREQ,
            "gate" => input::GATE,
            "velocity" => input::VELOCITY,
            "note" => input::NOTE,
            _ => return Wire::Const(param.default),
        };
        match self.leaves {
            Leaves::Voice(_) if node.args.contains_key(FUNCTION) => Wire::Voice(slot),
            _ => Wire::Const(param.default),
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
            OutRate::Flag(name) if settings.as_ref().is_some_and(|s| s.flag(name)) => Rate::Audio,
            OutRate::Flag(_) => Rate::Control,
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
    pub(super) fn probe(&mut self, inst: u32, kind: &'static Kind, settings: Option<ArgSettings>) {
        let rates: Vec<Rate> =
            self.net.insts[inst as usize].ins.iter().map(|w| self.net.rate(*w)).collect();
        let inst = &mut self.net.insts[inst as usize];
        inst.settings = settings;
        let made = inst.settings.as_ref().and_then(|settings| {
            let (seeds, lanes) = ([0; LANES], 1);
            kind.make.unit(&UnitCx { rate: self.rate, ins: &rates, settings, seeds, lanes })
        });
        if let Some(unit) = made {
            inst.own_latency = unit.latency();
            inst.tail = unit.tail();
            inst.latency += inst.own_latency;
            inst.envelope = unit.sounding().is_some();
        }
    }

    pub(super) fn processor(
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
        let settings = ArgSettings::new(kind, node);
        let (own, tail) = self.ask(kind, &settings, channels, node);
        let inst_ref = &mut self.net.insts[inst as usize];
        inst_ref.tail = tail;
        inst_ref.settings = Some(settings);
        inst_ref.own_latency = own;
        inst_ref.latency += own;
        (0..outs as u8).map(|port| Wire::Out { inst, port }).collect()
    }

    /// Asks an effect how late it is and how long it rings, by making one. What cannot be made is told
    /// when it is built.
    fn ask(
        &self,
        kind: &'static Kind,
        settings: &ArgSettings,
        channels: usize,
        node: &Node,
    ) -> (usize, usize) {
        if kind.class == crate::nodes::Class::Instrument {
            return (0, usize::MAX);
        }
        let seed = seed(self.session.seed, &self.name, &node.kind);
        let cx = ProcCx { rate: self.rate, channels, settings, seed, assets: self.assets };
        let made = kind.make.processor(&cx).and_then(Result::ok);
        made.map_or((0, 0), |processor| (processor.latency(), processor.tail()))
    }
}
