//! Which tasks are played by hand, and how: what tracks listen to, joined to the graph.

use crate::engine::player::drums::sound;
use crate::engine::player::voice::{Voice, voice};
use crate::graph::StripRef;
use crate::nodes::plugin::KIND;
use crate::nodes::table::Assets;
use crate::rt::midi::{Expression, NO_SOUND, Route};
use crate::rt::update::TaskSpot;
use crate::session::{Arg, MidiEffect, Session, Track, Way};

/// The routes of a session whose tracks are `strips` of a graph.
pub(super) fn routes(session: &Session, strips: &[StripRef], assets: &dyn Assets) -> Vec<Route> {
    let played = session.tracks.iter().filter(|track| !track.ears.is_empty());
    played.flat_map(|track| of_track(session, track, strips, assets)).collect()
}

fn of_track(
    session: &Session,
    track: &Track,
    strips: &[StripRef],
    assets: &dyn Assets,
) -> Vec<Route> {
    let Some(strip) = strips.iter().find(|s| s.name == track.name) else { return Vec::new() };
    let Some(task) = strip.player else { return Vec::new() };
    let to = TaskSpot { level: task.level, job: task.job, task: task.task };
    let voice = voice(session, track.source, assets);
    let raw = matches!(voice, Voice::Hardware(_));
    let hosted = session.node(track.source).kind == KIND;
    if raw && strip.level.is_closing() {
        return Vec::new();
    }
    let (sounds, expression) = match &voice {
        Voice::Instrument(params) => (None, expression(params)),
        Voice::Kit(sounds) => {
            let names: Vec<&str> = sounds.iter().map(|s| s.0.as_str()).collect();
            (Some(drums(&names)), Expression::default())
        }
        Voice::Sampler(names) if !names.is_empty() => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            (Some(drums(&names)), Expression::default())
        }
        Voice::Sampler(_) | Voice::Hardware(_) | Voice::Nothing => (None, Expression::default()),
    };
    let bend = match session.node(track.source).args.get("index") {
        Some(Arg::Number(index)) => session.instruments.get(*index as usize).map(|i| i.bend),
        _ => None,
    };
    let bend = bend.unwrap_or(2.0) as f32;
    let route = |ear: &crate::session::Ear| {
        let through = session.effects.iter().any(|effect| effect.port == ear.port);
        let port = if through { MidiEffect::output(&ear.port) } else { ear.port.clone() };
        let port = port.number(Way::In)?;
        let (channels, mpe, sounds) = (ear.channels, ear.mpe, sounds.clone());
        Some(Route { port, channels, mpe, to, bend, sounds, expression, raw, hosted })
    };
    track.ears.iter().filter_map(route).collect()
}

fn expression(params: &[String]) -> Expression {
    let slot = |name: &str| params.iter().position(|p| p == name).map(|i| i as u16);
    Expression {
        pressure: slot("pressure"),
        timbre: slot("timbre"),
        modulation: slot("modulation"),
    }
}

/// The sounds of a kit on the keys of General MIDI; those that are no drums of it on the keys from 36 on, where
/// none of its drums is one.
fn drums(names: &[&str]) -> Box<[u16; 128]> {
    let mut sounds = Box::new([NO_SOUND; 128]);
    for (key, place) in sounds.iter_mut().enumerate() {
        *place = sound(key, names).map_or(NO_SOUND, |i| i as u16);
    }
    if sounds.iter().all(|place| *place == NO_SOUND) {
        for (place, index) in sounds[36..].iter_mut().zip(0..names.len()) {
            *place = index as u16;
        }
    }
    sounds
}
