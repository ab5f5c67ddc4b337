//! Instruments and kits: the graph of a voice becomes programs of eight voices.

use super::flatten::{Flatten, Leaves};
use super::layout::Inside;
use super::net::{Net, Wire};
use super::program::{Request, build};
use crate::diag::Diagnostic;
use crate::dsp::unit::{Rate, Source};
use crate::nodes::table::Assets;
use crate::rt::program::pool;
use crate::rt::update::Tune;
use crate::rt::voices::{VoiceConfig, Voices, input};
use crate::session::{Arg, Instrument, Node, Session};

/// Notes that an instrument can play at once.
const VOICES: u32 = 256;

/// The net of a voice, with an envelope of its own if the script gave it none.
fn net(
    session: &Session,
    instrument: &Instrument,
    rate: f64,
    assets: &dyn Assets,
    name: &str,
) -> Result<Net, Vec<Diagnostic>> {
    let leaves = Leaves::Voice(&instrument.params);
    let mut flatten = Flatten::new(session, rate, assets, &leaves, name);
    let mut outs = flatten.visit(instrument.voice);
    if !flatten.net.insts.iter().any(|i| i.envelope) {
        outs = with_gate(&mut flatten, session, instrument, outs);
    }
    if !flatten.diags.is_empty() {
        return Err(flatten.diags);
    }
    flatten.net.outs = outs;
    Ok(flatten.net)
}

/// Opens and closes the voice without a click where no envelope does.
fn with_gate(
    flatten: &mut Flatten,
    session: &Session,
    instrument: &Instrument,
    outs: Vec<Wire>,
) -> Vec<Wire> {
    let mut extended = session.clone();
    let gate = extended.add(Node::new("voice", vec![]).with("input", Arg::Text("gate".into())));
    let number = Arg::Number;
    let envelope =
        Node::new("adsr", vec![]).with("gate", Arg::signal(gate)).with("attack", number(0.002));
    let envelope = envelope.with("decay", number(0.0)).with("sustain", number(1.0));
    let envelope = extended.add(envelope.with("release", number(0.01)));
    let place = session.node(instrument.voice).place.clone();
    let gain = Node::new("mul", vec![instrument.voice]).with("b", Arg::signal(envelope));
    let gain = extended.add(Node { place, ..gain });
    let leaves = Leaves::Voice(&instrument.params);
    let mut again = Flatten::new(&extended, flatten.rate, flatten.assets, &leaves, &flatten.name);
    let gated = again.visit(gain);
    if again.diags.is_empty() {
        flatten.net = again.net;
        return gated;
    }
    flatten.diags.extend(again.diags);
    outs
}

/// Voices, their channels, and what they consist of.
pub(super) struct BuiltVoices {
    pub voices: Voices,
    pub channels: usize,
    pub inside: Inside,
}

/// The voices of instrument `index`, playing as part of `name`, with at least `channels` channels.
pub(super) fn voices(
    session: &Session,
    index: usize,
    rate: f64,
    assets: &dyn Assets,
    name: &str,
    channels: usize,
) -> Result<BuiltVoices, Vec<Diagnostic>> {
    let Some(instrument) = session.instruments.get(index) else {
        return Err(vec![Diagnostic::error(
            format!("instrument {index} does not exist"),
            crate::units::Place::default(),
        )]);
    };
    let mut net = net(session, instrument, rate, assets, &format!("{name}/{index}"))?;
    if net.outs.len() < channels {
        net.outs = vec![net.outs[0]; channels];
    }
    let count = if instrument.mono { 1 } else { instrument.voices.clamp(1, VOICES) };
    let insts: Vec<u32> = (0..net.insts.len() as u32).collect();
    let keep: Vec<(u32, u8)> = net
        .outs
        .iter()
        .filter_map(|w| match w {
            Wire::Out { inst, port } => Some((*inst, *port)),
            _ => None,
        })
        .collect();
    let reserved = input::PARAMS + instrument.params.len() as u16 + net.outs.len() as u16;
    let mut groups = Vec::new();
    let mut outs = Vec::new();
    let mut buffers = 0;
    let mut constants = Vec::new();
    for group in 0..count.div_ceil(8) {
        let built = build(&Request {
            members: &[&net],
            splat: true,
            insts: &insts,
            keep: &keep,
            reserved,
            rate,
            group: u64::from(group),
        });
        buffers = built.buffers;
        let tune = |(&(inst, input), &scalar)| tune(&net, (inst, input), 0, scalar, 0);
        constants = built.consts.iter().filter_map(tune).collect();
        let mut program = built.program;
        outs = (0..net.outs.len())
            .map(|i| out(&net, i, &built.kept, instrument, &mut program))
            .collect();
        groups.push(program);
    }
    let config = VoiceConfig {
        voices: count as usize,
        bend: instrument.bend as f32,
        glide: instrument.glide as f32,
        mono: instrument.mono,
        legato: instrument.legato,
        params: instrument.params.iter().map(|p| p.1 as f32).collect(),
        outs,
    };
    let channels = net.outs.len();
    debug_assert!(net.outs.iter().all(|w| net.rate(*w) <= Rate::Audio));
    let defaults = config.params.iter().zip(input::PARAMS..);
    constants.extend(defaults.map(|(&value, scalar)| Tune { part: 0, scalar, lane: 0, value }));
    let names: Vec<&String> = instrument.params.iter().map(|p| &p.0).collect();
    let Instrument { mono, legato, bend, glide, .. } = instrument;
    let shape = format!("{} {count} {mono} {legato} {bend} {glide} {names:?}", net.identity());
    let inside = Inside { shape, code: net.code(), constants };
    Ok(BuiltVoices { voices: Voices::new(config, groups, pool(buffers)), channels, inside })
}

/// A constant of a net that became the `scalar` of a program.
pub(super) fn tune(
    net: &Net,
    (inst, input): (u32, usize),
    part: u16,
    scalar: u16,
    lane: u8,
) -> Option<Tune> {
    match net.insts[inst as usize].ins[input] {
        Wire::Const(value) => Some(Tune { part, scalar, lane, value: value as f32 }),
        _ => None,
    }
}

/// Where output `i` of the voice is; a constant gets one of the reserved scalars.
fn out(
    net: &Net,
    i: usize,
    kept: &std::collections::BTreeMap<(u32, u8), Source>,
    instrument: &Instrument,
    program: &mut crate::rt::program::Program,
) -> Source {
    match net.outs[i] {
        Wire::Out { inst, port } => kept[&(inst, port)],
        Wire::Voice(slot) => Source::Scalar(slot),
        Wire::Const(x) => {
            let slot = input::PARAMS + instrument.params.len() as u16 + i as u16;
            (0..8).for_each(|lane| program.set(slot, lane, x as f32));
            Source::Scalar(slot)
        }
    }
}
