//! Strips and the order in which they must run: who reads whom, levels, loops.

use super::net::{Export, ImportFrom};
use crate::diag::Diagnostic;
use crate::session::track::Strip as Mix;
use crate::session::{Arg, NodeId, Session};
use crate::units::Place;
use std::collections::{BTreeMap, BTreeSet};

/// A track, a bus or the master.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    pub name: String,
    /// What its effects end in.
    pub output: NodeId,
    /// The node that patterns play, for tracks.
    pub source: Option<NodeId>,
    pub mix: Mix,
    pub place: Place,
    /// What comes in: tracks and buses that play into it, and sends.
    pub input: Vec<ImportFrom>,
    /// It is heard (not muted, nor silenced by another's solo).
    pub audible: bool,
}

/// Strips in the order of the script (tracks, buses, master last), and the levels that they run in.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub strips: Vec<Strip>,
    /// Strips by level.
    pub levels: Vec<Vec<usize>>,
    /// Pairs (reader, read) in which the reader gets the last block: loops.
    pub late: BTreeSet<(usize, usize)>,
    /// By name.
    pub names: BTreeMap<String, usize>,
    /// What each strip reads.
    pub reads: Vec<BTreeSet<usize>>,
}

impl Order {
    /// The names of a loop: from the strip that is read to its reader.
    pub fn loop_names(&self, reader: usize, read: usize) -> (String, String) {
        (self.strips[read].name.clone(), self.strips[reader].name.clone())
    }
}

/// Name of the master strip.
pub const MASTER: &str = "master";

/// Finds the strips, what each reads, and levels in which everything read is made before it is read.
/// With `muted`, strips that are muted are run and read with a gain of 0, so that they can come back as they
/// are; else they are left out.
pub(super) fn order(
    session: &Session,
    master: NodeId,
    muted: bool,
    diags: &mut Vec<Diagnostic>,
) -> Order {
    let mut strips: Vec<Strip> = Vec::new();
    for t in &session.tracks {
        strips.push(strip(&t.name, t.output, Some(t.source), &t.strip, &t.place));
    }
    for b in &session.buses {
        strips.push(strip(&b.name, b.output, None, &b.strip, &b.place));
    }
    strips.push(strip(MASTER, master, None, &Mix::default(), &Place::default()));
    let names: BTreeMap<String, usize> =
        strips.iter().enumerate().map(|(i, s)| (s.name.clone(), i)).collect();
    audible(&mut strips, &names);
    route(&mut strips, &names, muted, diags);
    let reads: Vec<BTreeSet<usize>> = strips.iter().map(|s| reads(session, s, &names)).collect();
    let (levels, late) = levels(&reads);
    for (i, strip) in strips.iter_mut().enumerate() {
        for from in &mut strip.input {
            from.late = late.contains(&(i, from.strip));
        }
    }
    for &(reader, read) in &late {
        let (a, b) = (&strips[read].name, &strips[reader].name);
        diags.push(
            Diagnostic::warning(
                format!("`{a}` feeds back into `{b}`"),
                strips[reader].place.clone(),
            )
            .hint("the way back is one block (64 frames) late; keep the level of the loop below 1"),
        );
    }
    Order { strips, levels, late, names, reads }
}

fn strip(name: &str, output: NodeId, source: Option<NodeId>, mix: &Mix, place: &Place) -> Strip {
    Strip {
        name: name.to_string(),
        output,
        source,
        mix: mix.clone(),
        place: place.clone(),
        input: Vec::new(),
        audible: true,
    }
}

/// Mutes, and solo: where a strip is soloed, only soloed strips and what they feed are heard.
fn audible(strips: &mut [Strip], names: &BTreeMap<String, usize>) {
    let soloed: BTreeSet<usize> = (0..strips.len()).filter(|&i| strips[i].mix.solo).collect();
    let mut heard = soloed.clone();
    let mut open: Vec<usize> = soloed.iter().copied().collect();
    while let Some(i) = open.pop() {
        let mix = &strips[i].mix;
        let targets = mix.sends.iter().map(|s| &s.bus).chain(&mix.output);
        for target in targets.filter_map(|name| names.get(name)) {
            if heard.insert(*target) {
                open.push(*target);
            }
        }
    }
    let last = strips.len() - 1;
    for (i, strip) in strips.iter_mut().enumerate() {
        let solo = soloed.is_empty() || i == last || heard.contains(&i);
        strip.audible = solo && !strip.mix.mute;
    }
}

/// Fills in what each bus and the master get.
fn route(
    strips: &mut [Strip],
    names: &BTreeMap<String, usize>,
    muted: bool,
    diags: &mut Vec<Diagnostic>,
) {
    let master = strips.len() - 1;
    let mut add: Vec<(usize, ImportFrom)> = Vec::new();
    for (i, strip) in strips.iter().enumerate().take(master).filter(|(_, s)| s.audible || muted) {
        let from = |export, gain| {
            let gain = if strip.audible { gain } else { 0.0 };
            ImportFrom { strip: i, export, gain, late: false, was: None }
        };
        let find = |name: &str, diags: &mut Vec<Diagnostic>| {
            let found = names.get(name).copied();
            if found.is_none() {
                let near = crate::diag::nearest(name, names.keys().map(String::as_str));
                let error = Diagnostic::error(
                    format!("there is no bus called `{name}`"),
                    strip.place.clone(),
                );
                diags.push(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("make one: bus(\"{name}\", reverb())")),
                });
            }
            found
        };
        let main = match &strip.mix.output {
            Some(name) => find(name, diags),
            None => Some(master),
        };
        add.extend(main.map(|to| (to, from(Export::Post, 1.0))));
        for (k, send) in strip.mix.sends.iter().enumerate() {
            let Some(to) = find(&send.bus, diags) else { continue };
            add.push(match &send.level {
                Arg::Number(level) => (to, from(Export::Post, *level)),
                _ => (to, from(Export::Send(k as u16), 1.0)),
            });
        }
    }
    for (to, import) in add {
        strips[to].input.push(import);
    }
}

/// The strips that a strip reads: its inputs, and those that its nodes tap.
fn reads(session: &Session, strip: &Strip, names: &BTreeMap<String, usize>) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = strip.input.iter().map(|i| i.strip).collect();
    let mut seen = BTreeSet::new();
    let signals = [&strip.mix.gain, &strip.mix.pan];
    let levels = strip.mix.sends.iter().map(|s| &s.level);
    let mut open: Vec<NodeId> = signals
        .into_iter()
        .chain(levels)
        .filter_map(|arg| if let Arg::Node(r) = arg { Some(r.signal) } else { None })
        .collect();
    open.push(strip.output);
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = session.node(id);
        if node.kind == "tap" {
            found.extend(node.text("track").and_then(|name| names.get(name)));
        }
        open.extend(node.reads());
    }
    found
}

/// Levels by Kahn's algorithm (1962); where only loops are left, the first strip of the script goes next
/// and hears what is not there yet one block late.
pub(super) fn levels(reads: &[BTreeSet<usize>]) -> (Vec<Vec<usize>>, BTreeSet<(usize, usize)>) {
    let mut late = BTreeSet::new();
    let mut level: Vec<Option<usize>> = vec![None; reads.len()];
    loop {
        let left: Vec<usize> = (0..reads.len()).filter(|&i| level[i].is_none()).collect();
        let Some(&first) = left.first() else { break };
        let ready = left.iter().copied().find(|&i| reads[i].iter().all(|&r| level[r].is_some()));
        let next = ready.unwrap_or(first);
        let mut at = 0;
        for &read in &reads[next] {
            match level[read] {
                Some(l) => at = at.max(l + 1),
                None => {
                    late.insert((next, read));
                }
            }
        }
        level[next] = Some(at);
    }
    let depth = level.iter().flatten().max().map_or(0, |l| l + 1);
    let mut levels = vec![Vec::new(); depth];
    for (i, at) in level.iter().enumerate() {
        levels[at.unwrap_or(0)].push(i);
    }
    (levels, late)
}
