//! A session made of two: some strips as they were, the others as they are to be.
//!
//! Slots that wait for different moments enter the music one after the other; between two of those moments
//! such a session sounds.

use super::{Arg, Bus, Instrument, Node, NodeId, Session, Track};
use crate::units::Place;
use std::collections::BTreeSet;

/// `new`, but with the tracks that `stays` names as they are in `old` (and without those that are new there).
/// Buses, the master and what is said of the whole piece are `new`'s; a bus that only `old` has is kept
/// for the tracks that stay.
#[must_use]
pub fn compose(old: &Session, new: &Session, stays: &dyn Fn(&str) -> bool) -> Session {
    let mut session = new.clone();
    let graft = Graft::behind(new);
    session.nodes.extend(old.nodes.iter().map(|n| graft.node(n)));
    session.instruments.extend(old.instruments.iter().cloned().map(|i| graft.instrument(i)));
    session.files.extend(old.files.iter().cloned());
    let before = |name: &str| old.tracks.iter().find(|t| t.name == name);
    session.tracks = new
        .tracks
        .iter()
        .filter_map(|t| {
            if stays(&t.name) { Some(graft.track(before(&t.name)?)) } else { Some(t.clone()) }
        })
        .collect();
    let gone = |t: &&Track| stays(&t.name) && !new.tracks.iter().any(|n| n.name == t.name);
    session.tracks.extend(old.tracks.iter().filter(gone).map(|t| graft.track(t)));
    let known: BTreeSet<&str> = new.buses.iter().map(|b| b.name.as_str()).collect();
    let lost = old.buses.iter().filter(|b| !known.contains(b.name.as_str()));
    session.buses.extend(lost.map(|b| graft.bus(b)));
    // Controllers of the tracks that stay go on moving what they move.
    let slot = |target: &str| target.split('/').next().unwrap_or_default().to_string();
    session.maps.retain(|m| !stays(&slot(&m.target)));
    let stay = old.maps.iter().filter(|m| stays(&slot(&m.target)));
    session.maps.extend(stay.cloned());
    session
}

fn offset(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Where the parts of another session stand in a session: behind its own.
pub(super) struct Graft {
    nodes: u32,
    instruments: usize,
    files: u16,
}

impl Graft {
    /// Behind what `session` has.
    pub(super) fn behind(session: &Session) -> Graft {
        Graft {
            nodes: offset(session.nodes.len()),
            instruments: session.instruments.len(),
            files: u16::try_from(session.files.len()).unwrap_or(u16::MAX),
        }
    }

    pub(super) fn moved(&self, mut id: NodeId) -> NodeId {
        self.id(&mut id);
        id
    }

    pub(super) fn instrument(&self, instrument: Instrument) -> Instrument {
        Instrument { voice: self.moved(instrument.voice), ..instrument }
    }

    fn id(&self, id: &mut NodeId) {
        id.0 = id.0.saturating_add(self.nodes);
    }

    fn arg(&self, arg: &mut Arg) {
        if let Arg::Node(r) = arg {
            self.id(&mut r.signal);
        }
    }

    fn place(&self, place: &mut Place) {
        place.file = place.file.saturating_add(self.files);
    }

    pub(super) fn node(&self, node: &Node) -> Node {
        let mut node = node.clone();
        node.inputs.iter_mut().for_each(|id| self.id(id));
        node.args.values_mut().for_each(|arg| self.arg(arg));
        if node.kind == "instrument"
            && let Some(Arg::Number(index)) = node.args.get_mut("index")
        {
            *index += self.instruments as f64;
        }
        self.place(&mut node.place);
        node
    }

    fn strip(&self, strip: &mut super::track::Strip) {
        self.arg(&mut strip.gain);
        self.arg(&mut strip.pan);
        for send in &mut strip.sends {
            self.arg(&mut send.level);
            self.place(&mut send.place);
        }
    }

    pub(super) fn track(&self, track: &Track) -> Track {
        let mut track = track.clone();
        self.id(&mut track.output);
        self.id(&mut track.source);
        self.strip(&mut track.strip);
        self.place(&mut track.place);
        track
    }

    pub(super) fn bus(&self, bus: &Bus) -> Bus {
        let mut bus = bus.clone();
        self.id(&mut bus.output);
        self.strip(&mut bus.strip);
        self.place(&mut bus.place);
        bus
    }
}
