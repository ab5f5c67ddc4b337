//! After the script has run: what only the whole can tell, and a session without left-overs.

use super::build::{Build, Length, Site};
use super::path;
use crate::diag::{Diagnostic, nearest};
use crate::nodes::sounds::{files, played, programs};
use crate::session::{Arg, Node, NodeId, Session};
use crate::units::Place;
use crate::world::no_programs;
use std::collections::BTreeSet;

/// Sets parameters by path, checks all names, and settles the length.
pub fn finish(build: &mut Build) {
    match build.length {
        Some(Length::Beats(n)) => build.session.length_beats = Some(n),
        Some(Length::Bars(n)) => {
            build.session.length_beats = Some(n * build.session.meter.quarters());
        }
        None => {}
    }
    if let Some(seed) = build.world.seed() {
        build.session.seed = seed;
    }
    for setting in std::mem::take(&mut build.settings) {
        if let Err(error) =
            path::set(&mut build.session, &build.plugins, &setting.path, setting.value)
        {
            let track = setting.path.split('/').next().unwrap_or_default();
            if !build.lost.contains(track) {
                let (message, hint) = error;
                build.report(Diagnostic::error(message, setting.place).hint(hint));
            }
        }
    }
    super::controllers::finish(build);
    strips(build);
    taps(build);
    super::perform::check(build);
    super::midi::check(build);
    super::pattern::rehearse(build);
    arguments(build);
}

/// Complains of the strips' sends and outputs that name no bus.
fn strips(build: &mut Build) {
    let session = &build.session;
    let buses: Vec<&str> = session.buses.iter().map(|b| b.name.as_str()).collect();
    let tracks = session.tracks.iter().map(|t| &t.strip);
    let strips = tracks.chain(session.buses.iter().map(|b| &b.strip));
    let sends = strips.flat_map(|s| &s.sends).map(|send| (&send.bus, &send.place));
    let errors: Vec<Diagnostic> = sends
        .chain(build.outputs.iter().map(|(bus, place)| (bus, place)))
        .filter_map(|(bus, place)| unknown("bus", bus, &buses, &build.lost, place))
        .collect();
    for error in errors {
        build.report_at(error, Site::Index(0));
    }
}

/// Complains of taps that name no track (or bus).
fn taps(build: &mut Build) {
    let session = &build.session;
    let tracks = session.tracks.iter().map(|t| t.name.as_str());
    let names: Vec<&str> = tracks.chain(session.buses.iter().map(|b| b.name.as_str())).collect();
    let taps = session.nodes.iter().filter(|n| n.kind == "tap");
    let errors: Vec<Diagnostic> = taps
        .filter_map(|tap| unknown("track", tap.text("track")?, &names, &build.lost, &tap.place))
        .collect();
    for error in errors {
        build.report(error);
    }
}

fn unknown(
    what: &str,
    name: &str,
    names: &[&str],
    lost: &BTreeSet<String>,
    place: &Place,
) -> Option<Diagnostic> {
    if names.contains(&name) || lost.contains(name) {
        return None;
    }
    let hint = match (nearest(name, names.iter().copied()), names.is_empty()) {
        (Some(near), _) => format!("did you mean \"{near}\"?"),
        (None, true) if what == "bus" => format!("make it: `bus(\"{name}\", reverb())`"),
        (None, true) => format!("there is no {what} at all"),
        (None, false) => format!("there are: {}", names.join(", ")),
    };
    Some(
        Diagnostic::error(format!("there is no {what} called \"{name}\""), place.clone())
            .hint(hint),
    )
}

/// Warns of arguments that the user set and the script did not ask for.
fn arguments(build: &mut Build) {
    let asked: Vec<String> = build.session.arguments.keys().cloned().collect();
    for name in build.world.arguments() {
        if !asked.contains(&name) {
            let message = format!("the script asks for no argument \"{name}\"");
            let near = nearest(&name, asked.iter().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("it asks by `arg(\"{name}\", default)`"),
            };
            build.report(Diagnostic::warning(message, Place::default()).hint(hint));
        }
    }
}

/// Complains of files that nodes name and that cannot be read, and of programs that may not be run.
pub fn assets(build: &mut Build) {
    let mut errors = Vec::new();
    for node in &build.session.nodes {
        for recipe in played(node) {
            let missing = files(&recipe).into_iter().find_map(|f| build.world.asset(&f).err());
            // A rig may name programs that no call of the script has been asked about.
            let refused = programs(&recipe).into_iter().find(|_| !build.world.external());
            if let Some(why) = missing.or_else(|| refused.as_deref().map(no_programs)) {
                let message = format!("`{}` cannot read its sound: {why}", node.kind);
                errors.push(Diagnostic::error(message, node.place.clone()));
            }
        }
    }
    for error in errors {
        build.report_at(error, Site::Index(0));
    }
}

/// Drops the nodes and instruments that nothing reaches, and numbers the others anew in the same order.
pub fn prune(session: &mut Session) {
    let mut kept = BTreeSet::new();
    let mut open: Vec<NodeId> = Vec::new();
    let strips =
        session.tracks.iter().map(|t| &t.strip).chain(session.buses.iter().map(|b| &b.strip));
    for strip in strips {
        let levels = strip.sends.iter().map(|s| &s.level);
        open.extend([&strip.gain, &strip.pan].into_iter().chain(levels).filter_map(driver));
    }
    open.extend(session.tracks.iter().flat_map(|t| [t.output, t.source]));
    open.extend(session.buses.iter().map(|b| b.output).chain(session.master));
    let mut instruments = BTreeSet::new();
    while let Some(id) = open.pop() {
        if kept.insert(id) {
            open.extend(session.node(id).reads());
            if let Some(index) = path::instrument(session.node(id)) {
                instruments.insert(index);
                open.push(session.instruments[index].voice);
            }
        }
    }
    let mut ids = vec![NodeId(0); session.nodes.len()];
    for (new, old) in kept.iter().enumerate() {
        ids[old.0 as usize] = NodeId(new as u32);
    }
    let old_instruments = std::mem::take(&mut session.instruments);
    let numbers: Vec<usize> = instruments.iter().copied().collect();
    session.nodes = kept
        .iter()
        .map(|id| renumber(session.nodes[id.0 as usize].clone(), &ids, &numbers))
        .collect();
    let chosen = old_instruments.into_iter().enumerate().filter(|(i, _)| instruments.contains(i));
    session.instruments = chosen.map(|(_, instrument)| instrument).collect();
    let new = |id: &mut NodeId| *id = ids[id.0 as usize];
    session.instruments.iter_mut().for_each(|i| new(&mut i.voice));
    session.buses.iter_mut().for_each(|b| new(&mut b.output));
    session.master.iter_mut().for_each(new);
    for track in &mut session.tracks {
        new(&mut track.output);
        new(&mut track.source);
    }
    let tracks = session.tracks.iter_mut().map(|t| &mut t.strip);
    for strip in tracks.chain(session.buses.iter_mut().map(|b| &mut b.strip)) {
        let levels = strip.sends.iter_mut().map(|s| &mut s.level);
        for arg in [&mut strip.gain, &mut strip.pan].into_iter().chain(levels) {
            if let Arg::Node(r) = arg {
                new(&mut r.signal);
            }
        }
    }
}

fn driver(arg: &Arg) -> Option<NodeId> {
    if let Arg::Node(r) = arg { Some(r.signal) } else { None }
}

fn renumber(mut node: Node, ids: &[NodeId], instruments: &[usize]) -> Node {
    if let Some(old) = path::instrument(&node) {
        let new = instruments.iter().position(|&i| i == old).unwrap_or(0);
        node.args.insert("index".into(), Arg::Number(new as f64));
    }
    node.inputs.iter_mut().for_each(|id| *id = ids[id.0 as usize]);
    for arg in node.args.values_mut() {
        if let Arg::Node(r) = arg {
            r.signal = ids[r.signal.0 as usize];
        }
    }
    node
}
