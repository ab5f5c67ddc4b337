//! Which note or sound an event asks for, by what plays its track.

use super::{Line, Player};
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
                let general =
                    general_midi(number).and_then(|gm| names.iter().position(|n| *n == gm));
                general.or((!names.is_empty()).then(|| number % names.len().max(1)))
            }
            None => Some(0),
        }
    }
}

/// The drum that General MIDI (1991, percussion key map) has on a note, by our name for it.
pub(in crate::engine) fn general_midi(note: usize) -> Option<&'static str> {
    Some(match note {
        35 | 36 => "bd",
        37 => "rim",
        38 | 40 => "sn",
        39 => "cp",
        41 | 43 => "lt",
        42 | 44 => "hh",
        45 | 47 => "mt",
        46 => "oh",
        48 | 50 => "ht",
        49 | 52 | 55 | 57 => "cr",
        51 | 53 | 59 => "rd",
        54 => "tb",
        56 => "cb",
        62 | 63 => "hc",
        64 => "lc",
        70 | 82 => "sh",
        75 => "cl",
        _ => return None,
    })
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

/// The key that General MIDI has for a drum of ours.
pub(in crate::engine) fn general_midi_key(name: &str) -> Option<u8> {
    (36..=82).find(|&key| general_midi(key) == Some(name)).map(|key| key as u8)
}
