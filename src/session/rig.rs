//! A rig: what makes the sound of a session, without the music: tracks, instruments, effects, mix, drums, controllers.
//!
//! As a file it is JSON: nodes refer to one another by their place in `nodes`, instruments likewise.

use super::compose::Graft;
use super::port::Ear;
use super::track::Strip;
use super::{Bus, Instrument, Mapping, Node, NodeId, Session, Track};
use crate::units::Place;
use serde::{Deserialize, Serialize};

/// The newest form of the file that this program knows.
pub const FORM: u32 = 1;
/// Nodes and instruments that are read; more are no rig of anybody's.
const MOST: usize = 100_000;

/// A track without its patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    name: String,
    source: NodeId,
    output: NodeId,
    strip: Strip,
    #[serde(default)]
    ears: Vec<Ear>,
    #[serde(default)]
    quant: Option<f64>,
    #[serde(default)]
    fade: Option<f64>,
}

/// What is saved of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rig {
    /// The form of the file: [`FORM`].
    pub rig: u32,
    /// The program that wrote it.
    pub made_by: String,
    tracks: Vec<Channel>,
    buses: Vec<Bus>,
    master: Option<NodeId>,
    maps: Vec<Mapping>,
    instruments: Vec<Instrument>,
    /// All nodes.
    pub nodes: Vec<Node>,
}

/// The first thing that is read of a file.
#[derive(Deserialize)]
struct Head {
    rig: u32,
    #[serde(default)]
    made_by: String,
}

impl Rig {
    /// What of `session` makes its sound.
    #[must_use]
    pub fn of(session: &Session) -> Rig {
        let channel = |track: &Track| Channel {
            name: track.name.clone(),
            source: track.source,
            output: track.output,
            strip: track.strip.clone(),
            ears: track.ears.clone(),
            quant: track.quant,
            fade: track.fade,
        };
        Rig {
            rig: FORM,
            made_by: concat!("rhapsode ", env!("CARGO_PKG_VERSION")).into(),
            tracks: session.tracks.iter().map(channel).collect(),
            buses: session.buses.clone(),
            master: session.master,
            maps: session.maps.clone(),
            instruments: session.instruments.clone(),
            nodes: session.nodes.clone(),
        }
    }

    /// As a file: a line for each track, instrument and node.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        forget_places(&mut value);
        let part = |name: &str| match &value[name] {
            serde_json::Value::Array(all) if !all.is_empty() => {
                let lines: Vec<String> = all.iter().map(|one| format!("    {one}")).collect();
                format!("  \"{name}\": [\n{}\n  ]", lines.join(",\n"))
            }
            other => format!("  \"{name}\": {other}"),
        };
        let names = ["rig", "made_by", "tracks", "buses", "master", "maps", "instruments", "nodes"];
        format!("{{\n{}\n}}\n", names.map(part).join(",\n"))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it: no rig, a newer one, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Rig, String> {
        let head: Head = serde_json::from_slice(bytes).map_err(|e| format!("it is no rig: {e}"))?;
        if head.rig > FORM {
            let by = if head.made_by.is_empty() { "a newer program" } else { &head.made_by };
            return Err(format!("it was made by {by}, and is newer than this program knows"));
        }
        let rig: Rig = serde_json::from_slice(bytes).map_err(|e| format!("it is damaged: {e}"))?;
        rig.check().map(|()| rig).map_err(|why| format!("it is damaged: {why}"))
    }

    /// Whether everything that it refers to is there, and nothing refers to itself.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.nodes.len().max(self.instruments.len()) > MOST {
            return Err(format!("more than {MOST} nodes"));
        }
        let there = |id: NodeId| match self.nodes.get(id.0 as usize) {
            Some(_) => Ok(()),
            None => Err(format!("there is no node {}", id.0)),
        };
        for node in &self.nodes {
            node.reads().try_for_each(there)?;
            if let Some(index) = node.instrument()
                && index >= self.instruments.len()
            {
                return Err(format!("there is no instrument {index}"));
            }
        }
        self.instruments.iter().try_for_each(|instrument| {
            let voices = (1..=256).contains(&instrument.voices);
            if voices {
                there(instrument.voice)
            } else {
                Err("an instrument has 1 to 256 voices".into())
            }
        })?;
        let strips =
            self.tracks.iter().map(|t| &t.strip).chain(self.buses.iter().map(|b| &b.strip));
        for strip in strips {
            let levels = strip.sends.iter().map(|send| &send.level);
            for arg in [&strip.gain, &strip.pan].into_iter().chain(levels) {
                if let super::Arg::Node(driver) = arg {
                    there(driver.signal)?;
                }
            }
        }
        self.tracks.iter().try_for_each(|t| there(t.source).and(there(t.output)))?;
        self.buses.iter().map(|b| b.output).chain(self.master).try_for_each(there)?;
        self.circles()
    }

    /// Complains of nodes that read one another in a circle.
    fn circles(&self) -> Result<(), String> {
        // 0: not seen, 1: on the way, 2: done.
        let mut seen = vec![0u8; self.nodes.len()];
        for start in 0..self.nodes.len() {
            let mut way = vec![(start, 0)];
            while let Some((node, next)) = way.last_mut() {
                if *next == 0 && seen[*node] == 2 {
                    way.pop();
                    continue;
                }
                seen[*node] = 1;
                // A voice that plays its own instrument would be one as well.
                let own = self.nodes[*node].instrument().map(|i| self.instruments[i].voice);
                match self.nodes[*node].reads().chain(own).nth(*next) {
                    Some(id) => {
                        *next += 1;
                        match seen[id.0 as usize] {
                            1 => return Err(format!("node {} reads itself in a circle", id.0)),
                            2 => {}
                            _ => way.push((id.0 as usize, 0)),
                        }
                    }
                    None => {
                        seen[*node] = 2;
                        way.pop();
                    }
                }
            }
        }
        Ok(())
    }

    /// Names of its tracks and buses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let tracks = self.tracks.iter().map(|t| t.name.as_str());
        tracks.chain(self.buses.iter().map(|b| b.name.as_str()))
    }

    /// Adds it to `session`, as if it had been written at `place`. A master that is there already stays.
    pub fn join(self, session: &mut Session, place: &Place) {
        let graft = Graft::behind(session);
        session
            .nodes
            .extend(self.nodes.iter().map(|n| Node { place: place.clone(), ..graft.node(n) }));
        session.instruments.extend(self.instruments.into_iter().map(|i| graft.instrument(i)));
        session.tracks.extend(self.tracks.into_iter().map(|channel| {
            let Channel { name, source, output, strip, ears, quant, fade } = channel;
            for ear in ears
                .iter()
                .filter(|ear| !session.ports.contains(&ear.port))
                .cloned()
                .collect::<Vec<_>>()
            {
                session.ports.push(ear.port);
            }
            let (plays, place, colour) = (Vec::new(), place.clone(), None);
            graft.track(&Track {
                name,
                source,
                output,
                strip,
                ears,
                quant,
                fade,
                colour,
                plays,
                place,
            })
        }));
        session
            .buses
            .extend(self.buses.iter().map(|b| Bus { place: place.clone(), ..graft.bus(b) }));
        if session.master.is_none() {
            session.master = self.master.map(|id| graft.moved(id));
        }
        let own = self.maps.into_iter().map(|m| Mapping { place: place.clone(), ..m });
        session.maps.extend(own);
    }
}

/// Takes places of the script out: the file stands by itself.
fn forget_places(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.remove("place");
            map.values_mut().for_each(forget_places);
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(forget_places),
        _ => {}
    }
}
