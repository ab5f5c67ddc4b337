//! Names of nodes inside a track, which paths such as `acid/lowpass.cutoff` are made of.

use super::plugin::{KIND, stem};
use crate::session::{NodeId, Session};
use std::collections::{BTreeMap, BTreeSet};

/// The nodes that `output` reads from, itself last, with their names: the key, else the kind, with an
/// ordinal from the second of a kind on (`lowpass`, `lowpass2`). First come the chain and what drives it,
/// in the order of the sound; then the voices of its instruments.
#[must_use]
pub fn names(session: &Session, output: NodeId) -> Vec<(String, NodeId)> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    visit(session, output, &mut seen, &mut order);
    let mut i = 0;
    while i < order.len() {
        if let Some(index) = session.node(order[i]).instrument() {
            visit(session, session.instruments[index].voice, &mut seen, &mut order);
        }
        i += 1;
    }
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut named = Vec::new();
    for id in order {
        let node = session.node(id);
        let stem = if node.kind == KIND { stem(node) } else { node.called() };
        let count = counts.entry(stem.clone()).or_insert(0);
        *count += 1;
        let name = match (&node.key, *count) {
            (Some(key), _) => key.clone(),
            (None, 1) => stem,
            (None, n) => format!("{stem}{n}"),
        };
        named.push((name, id));
    }
    named
}

/// Depth first, inputs before what reads them.
fn visit(session: &Session, id: NodeId, seen: &mut BTreeSet<NodeId>, order: &mut Vec<NodeId>) {
    if seen.insert(id) {
        for input in session.node(id).reads() {
            visit(session, input, seen, order);
        }
        order.push(id);
    }
}
