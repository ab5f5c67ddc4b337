//! Each strip as a net: its chain, then fader, panorama and sends.

use super::build::StripNet;
use super::flatten::{Flatten, Leaves, STRIP, Value};
use super::net::{Export, Wire};
use super::order::{Order, Strip};
use crate::diag::Diagnostic;
use crate::nodes::find;
use crate::nodes::paths::names;
use crate::nodes::table::Assets;
use crate::pattern::{self, Pattern, Span};
use crate::session::{Arg, Node, Session};

/// Nets of the strips that are heard, in the order of the levels, since a strip must know how late
/// those are that it reads.
pub(super) fn flatten(
    session: &Session,
    rate: f64,
    assets: &dyn Assets,
    order: &Order,
    diags: &mut Vec<Diagnostic>,
) -> Vec<Option<StripNet>> {
    let heard = super::heard(&order.reads, order.strips.len() - 1);
    let mut nets: Vec<Option<StripNet>> = order.strips.iter().map(|_| None).collect();
    let mut late = vec![0; order.strips.len()];
    for &index in order.levels.iter().flatten().filter(|i| heard.contains(i)) {
        let strip = &order.strips[index];
        let tap = |name: &str| {
            let found = *order.names.get(name)?;
            Some((found, order.late.contains(&(index, found))))
        };
        let latency = |i: usize| late[i];
        let leaves = Leaves::Strip { input: strip.input.clone(), tap: &tap, latency: &latency };
        let mut flatten = Flatten::new(session, rate, assets, &leaves, &strip.name);
        flatten.panned = session.tracks.get(index).is_some_and(|t| panned(&t.plays));
        flatten.source = strip.source;
        flatten.names =
            names(session, strip.output).into_iter().map(|(name, id)| (id, name)).collect();
        let exports = exports(&mut flatten, strip);
        diags.append(&mut flatten.diags);
        let net = flatten.net;
        late[index] = exports[0].1.iter().map(|w| net.latency(*w)).max().unwrap_or(0);
        nets[index] = Some(StripNet { name: strip.name.clone(), net, exports });
    }
    nets
}

/// Cycles of a pattern that are looked at to see what it controls.
const LOOK: i64 = 8;

/// Whether a pattern places notes in the panorama.
fn panned(patterns: &[Pattern]) -> bool {
    let pans = |v: &pattern::Value| matches!(v, pattern::Value::Map(m) if m.contains_key("pan"));
    patterns.iter().any(|p| p.query(Span::cycles(0, LOOK)).iter().any(|e| pans(&e.value)))
}

/// Visits the chain of a strip and adds fader, panorama and sends.
fn exports(flatten: &mut Flatten, strip: &Strip) -> Vec<(Export, [Wire; 2])> {
    let id = strip.output;
    let node = Node { place: strip.place.clone(), ..Node::new(STRIP, Vec::new()) };
    let chain = flatten.visit(id);
    let pre: Value = chain.iter().map(|w| flatten.audible(id, &node, *w)).collect();
    let gain = level(flatten, &strip.mix.gain);
    let value = scale(flatten, strip, &node, pre.clone(), gain);
    let post = pan(flatten, strip, &node, value);
    let mut exports = vec![(Export::Post, post), (Export::Pre, both(&pre))];
    for (k, send) in strip.mix.sends.iter().enumerate() {
        if let Arg::Node(_) = send.level {
            let amount = level(flatten, &send.level);
            let sent = scale(flatten, strip, &node, post.to_vec(), amount);
            exports.push((Export::Send(k as u16), both(&sent)));
        }
    }
    exports
}

fn level(flatten: &mut Flatten, arg: &Arg) -> Value {
    match arg {
        Arg::Number(x) => vec![Wire::Const(*x)],
        Arg::Node(signal) => flatten.visit(signal.signal),
        _ => vec![Wire::Const(1.0)],
    }
}

fn both(value: &Value) -> [Wire; 2] {
    [value[0], value[value.len() - 1]]
}

/// `value` times `gain`, unless that is 1.
fn scale(flatten: &mut Flatten, strip: &Strip, node: &Node, value: Value, gain: Value) -> Value {
    match (find("mul"), gain.as_slice()) {
        (Some(_), [Wire::Const(1.0)]) | (None, _) => value,
        (Some(mul), _) => {
            let inputs = [value, gain];
            let channels = inputs.iter().map(Vec::len).max().unwrap_or(1);
            (0..channels)
                .flat_map(|ch| flatten.unit(strip.output, node, mul, None, &inputs, &[], ch, 1))
                .collect()
        }
    }
}

/// Left and right. Mono sound in the middle keeps its level in both; to the sides it has equal power,
/// so that a centred pan is neutral. Stereo sound is balanced.
fn pan(flatten: &mut Flatten, strip: &Strip, node: &Node, value: Value) -> [Wire; 2] {
    let place = level(flatten, &strip.mix.pan);
    let (Some(kind), false) = (find("pan"), place.as_slice() == [Wire::Const(0.0)]) else {
        return both(&value);
    };
    let mono = value.len() == 1;
    let settings = Some(super::settings::ArgSettings::new(kind, node));
    let inputs: Vec<Value> = value.iter().map(|w| vec![*w]).collect();
    let wide = flatten.unit(strip.output, node, kind, settings, &inputs, &[place], 0, 2);
    if mono {
        let root2 = vec![Wire::Const(core::f64::consts::SQRT_2)];
        return both(&scale(flatten, strip, node, wide, root2));
    }
    both(&wide)
}
