//! Which note or sound an event asks for, by what plays its track.

use super::{Line, Player, drums};
use crate::midi::PERCUSSION;
use crate::nodes;
use crate::nodes::table::Assets;
use crate::pattern::{Value, note};
use crate::session::{Arg, Node, NodeId, Session};
use std::collections::BTreeMap;

/// What a track's notes are played by.
pub(in crate::engine) enum Voice {
    /// Named voice parameters, in slot order.
    Instrument(Vec<String>),
    /// Messages that a note can send along, in slot order.
    Hardware(Vec<String>),
    /// Sounds by name, and the parameters of each.
    Kit(Vec<(String, Vec<String>)>),
    /// Sounds of a sampler by name.
    Sampler(Vec<String>),
    /// Nothing that takes notes.
    Nothing,
}

impl Player {
    /// Key of the event's note, and the names of the parameters that its voice knows.
    pub(super) fn key<'l>(
        &mut self,
        line: &'l Line,
        controls: &BTreeMap<String, Value>,
    ) -> Option<(f32, Vec<&'l str>)> {
        match &line.voice {
            Voice::Nothing => None,
            Voice::Instrument(params) | Voice::Hardware(params) => {
                let value = controls.get("note").or(controls.get("n")).or(controls.get("s"));
                let key = match value {
                    Some(Value::Text(name)) => match note::to_midi(name) {
                        Some(key) => key,
                        None => value.and_then(Value::as_num).or_else(|| {
                            self.warn(format!("track `{}`: `{name}` is not a note", line.name));
                            None
                        })?,
                    },
                    Some(value) => value.as_num()?,
                    None => 60.0,
                };
                Some((key as f32, params.iter().map(String::as_str).collect()))
            }
            Voice::Kit(sounds) => {
                let names: Vec<&str> = sounds.iter().map(|s| s.0.as_str()).collect();
                let index = self.sound(line, controls, &names)?;
                Some((index as f32, sounds[index].1.iter().map(String::as_str).collect()))
            }
            Voice::Sampler(sounds) => {
                let params = crate::nodes::sampler::NOTE_PARAMS.to_vec();
                let names: Vec<&str> = sounds.iter().map(String::as_str).collect();
                let named = controls.get("s").is_some_and(|s| matches!(s, Value::Text(_)));
                if named {
                    let index = self.sound(line, controls, &names)?;
                    return Some((index as f32, params));
                }
                let note = controls.get("note").or(controls.get("n"));
                if let (Some(key), true) = (percussion(controls), !sounds.is_empty()) {
                    let found = drums::sound(key, &names);
                    if found.is_none() {
                        let (has, name) = (names.join(" "), &line.name);
                        self.warn(format!(
                            "track `{name}`: no sound for the drum on key {key}; it has {has}"
                        ));
                    }
                    return found.map(|index| (index as f32, params));
                }
                let key = match note {
                    Some(Value::Text(name)) => note::to_midi(name)?,
                    Some(value) => value.as_num()?,
                    None => 60.0,
                };
                Some((key as f32, params))
            }
        }
    }

    /// Index of the sound that the controls ask for.
    fn sound(
        &mut self,
        line: &Line,
        controls: &BTreeMap<String, Value>,
        names: &[&str],
    ) -> Option<usize> {
        match controls.get("s").or(controls.get("note")).or(controls.get("n")) {
            Some(Value::Text(name)) => {
                let found = names.iter().position(|n| *n == name.as_ref());
                if found.is_none() {
                    let near = crate::diag::nearest(name, names.iter().copied());
                    let hint = near.map_or_else(
                        || format!("it has {}", names.join(" ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.warn(format!("track `{}`: there is no sound `{name}`; {hint}", line.name));
                }
                found
            }
            Some(value) => {
                let number = value.as_num()?.max(0.0) as usize;
                let general = drums::sound(number, names);
                // Numbers count the sounds; but a drum of a song that we have not is left out.
                let counted = !names.is_empty() && percussion(controls).is_none();
                general.or(counted.then(|| number % names.len()))
            }
            None => Some(0),
        }
    }
}

/// The percussion key of a note on the channel that General MIDI keeps for it.
fn percussion(controls: &BTreeMap<String, Value>) -> Option<usize> {
    let number = |name: &str| controls.get(name).and_then(Value::as_num);
    let on = number("midichan") == Some(f64::from(PERCUSSION) + 1.0);
    number("note").filter(|_| on).map(|key| key.max(0.0) as usize)
}

/// Velocity of notes that say nothing of theirs.
const VELOCITY: f64 = 0.8;

/// How hard the note of an event is played, 0..1.
pub(in crate::engine) fn velocity(controls: &BTreeMap<String, Value>) -> f64 {
    let number = |name: &str| controls.get(name).and_then(Value::as_num);
    let velocity = number("velocity").unwrap_or(VELOCITY) * number("gain").unwrap_or(1.0);
    velocity.clamp(0.0, 1.0)
}

/// The part of its time that the note of an event is held.
pub(in crate::engine) fn gate(controls: &BTreeMap<String, Value>) -> f64 {
    let number = |name: &str| controls.get(name).and_then(Value::as_num);
    number("clip").or(number("gate")).unwrap_or(1.0).clamp(0.001, 64.0)
}

/// What an event says to the whole instrument: a controller (number, and value 0..1), and a bend (-1..1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::engine) struct Told {
    pub control: Option<(u8, f64)>,
    pub bend: Option<f64>,
}

/// What an event says to the whole instrument, and whether that is all: `ccn` with `ccv`, or `midibend`, without a
/// note.
pub(in crate::engine) fn told(controls: &BTreeMap<String, Value>) -> (Told, bool) {
    let number = |name: &str| controls.get(name).and_then(Value::as_num);
    let control = number("ccn").zip(number("ccv"));
    let control = control.map(|(n, v)| (n.clamp(0.0, 127.0) as u8, v.clamp(0.0, 1.0)));
    let told = Told { control, bend: number("midibend").map(|b| b.clamp(-64.0, 64.0)) };
    let says = told.control.is_some() || told.bend.is_some();
    (told, says && !["note", "n", "s"].iter().any(|name| controls.contains_key(*name)))
}

/// Semitones of a full bend of what plays a track whose source is `source`.
pub(in crate::engine) fn bend_range(session: &Session, source: NodeId) -> f64 {
    let args = &session.node(source).args;
    match (args.get("index"), args.get("bend")) {
        (Some(Arg::Number(index)), _) => {
            session.instruments.get(*index as usize).map_or(2.0, |instrument| instrument.bend)
        }
        (_, Some(Arg::Number(semitones))) => *semitones,
        // As General MIDI has it.
        _ => 2.0,
    }
}

/// What plays the notes of a track whose source is `source`.
pub(in crate::engine) fn voice(session: &Session, source: NodeId, assets: &dyn Assets) -> Voice {
    let node = session.node(source);
    let params = |node: &Node| match node.args.get("index") {
        Some(Arg::Number(index)) => session
            .instruments
            .get(*index as usize)
            .map(|i| i.params.iter().map(|p| p.0.clone()).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    match node.kind.as_str() {
        "instrument" => Voice::Instrument(params(node)),
        "kit" => {
            let names = node.text("sounds").unwrap_or("").split_whitespace();
            let sounds = node.inputs.iter().map(|&i| params(session.node(i)));
            Voice::Kit(names.map(String::from).zip(sounds).collect())
        }
        "sampler" => {
            let path = node.text("path").unwrap_or("");
            Voice::Sampler(crate::nodes::sampler::sounds(path, assets).unwrap_or_default())
        }
        nodes::plugin::KIND => {
            Voice::Instrument(nodes::plugin::NOTE_PARAMS.map(String::from).to_vec())
        }
        "midi_out" => Voice::Hardware(crate::nodes::midi_out::note_params()),
        _ => Voice::Nothing,
    }
}

/// The controls of an event's value: a bare number or word is a note or a sound, `a:b` a sound and its
/// number.
pub(in crate::engine) fn controls(value: &Value) -> BTreeMap<String, Value> {
    match value {
        Value::Map(map) => {
            let own = map.iter().filter(|(k, _)| &***k != "value");
            let own = own.map(|(k, v)| (k.to_string(), v.clone()));
            // `m("bd").velocity(0.5)`: what was there before it was given a control means what it meant.
            let bare = map.get("value").map(controls).unwrap_or_default();
            bare.into_iter().chain(own).collect()
        }
        Value::Num(_) => BTreeMap::from([("note".to_string(), value.clone())]),
        Value::Text(_) => BTreeMap::from([("s".to_string(), value.clone())]),
        Value::List(list) => {
            let names = ["s", "n", "gain"];
            names.iter().zip(list).map(|(k, v)| (k.to_string(), v.clone())).collect()
        }
        Value::Bool(_) => BTreeMap::new(),
    }
}
