//! What the patterns of a piece play, as a MIDI file.

use super::clock::Clock;
use super::player::drums::general_midi_key;
use super::player::voice::{self, controls};
use crate::midi::{Event, Kind, Message, PERCUSSION, Part, Song};
use crate::pattern::{Frac, Span, Value, note};
use crate::session::{Session, Track};
use std::collections::BTreeMap;

/// Ticks of a quarter note.
const TICKS: u16 = 960;

/// The first `beats` beats of what the patterns play: a track for the tempo and the meter, and one for each
/// track that has patterns. Notes stand at their swung times; sounds with the names of drums stand on the keys and
/// the channel of General MIDI. Also says what could not be written.
#[must_use]
pub fn midi(session: &Session, beats: f64) -> (Song, Vec<String>) {
    let mut song = Song::new(TICKS);
    let end = tick(beats);
    song.parts.push(head(session, end));
    let mut warnings = Vec::new();
    let tracks = session.tracks.iter().filter(|t| !t.plays.is_empty());
    // Percussion keeps its channel to itself.
    let channels = (0..16).filter(|c| *c != PERCUSSION).cycle();
    for (track, channel) in tracks.zip(channels) {
        song.parts.push(part(session, track, channel, (beats, end), &mut warnings));
    }
    warnings.sort();
    warnings.dedup();
    (song, warnings)
}

fn tick(beat: f64) -> u64 {
    (beat * f64::from(TICKS)).round().max(0.0) as u64
}

/// Title, meter and tempo. A tempo that moves in a straight line becomes a step every sixteenth.
fn head(session: &Session, end: u64) -> Part {
    let at = |tick: u64, kind: Kind| Event { tick, kind };
    let mut events = Vec::new();
    events.extend(session.title.clone().map(|title| at(0, Kind::Name(title))));
    events.push(at(0, Kind::Meter(session.meter.beats.min(255) as u8, session.meter.unit)));
    let points = session.tempo.points();
    for (i, point) in points.iter().enumerate() {
        let to = points.get(i + 1).filter(|_| point.ramp).map_or(point.beat, |p| p.beat);
        let mut beat = point.beat;
        loop {
            let micros = (60e6 / session.tempo.bpm_at(beat)).round() as u32;
            events.push(at(tick(beat), Kind::Tempo(micros)));
            beat += 0.25;
            if beat >= to {
                break;
            }
        }
    }
    events.retain(|e| e.tick <= end);
    Part { events, end }
}

fn part(
    session: &Session,
    track: &Track,
    channel: u8,
    (beats, end): (f64, u64),
    warnings: &mut Vec<String>,
) -> Part {
    let clock = Clock::new(session, 48_000.0);
    let mut events = vec![Event { tick: 0, kind: Kind::Name(track.name.clone()) }];
    let length = Frac::from_f64(beats / clock.cycle()).unwrap_or(Frac::ONE);
    let mut cycle = Frac::ZERO;
    while cycle < length {
        let span = Span::new(cycle, cycle.next_cycle().min(length));
        for pattern in &track.plays {
            let found = pattern.try_query(span).unwrap_or_else(|error| {
                warnings.push(format!("track `{}`: {error}", track.name));
                Vec::new()
            });
            for event in found.iter().filter(|e| e.has_onset()) {
                let controls = controls(&event.value);
                let channel = channel_of(&controls).unwrap_or(channel);
                let whole = event.whole_or_part();
                let from = clock.swung(whole.begin);
                let at =
                    |channel, tick, message| Event { tick, kind: Kind::Voice(channel, message) };
                let (told, no_note) = voice::told(&controls);
                events.extend(spoken(told).map(|message| at(channel, tick(from), message)));
                if no_note {
                    continue;
                }
                match voiced(&controls, channel) {
                    Ok((channel, key)) => {
                        let velocity = (voice::velocity(&controls) * 127.0).round().max(1.0) as u8;
                        let to = clock.swung(whole.end);
                        let on = tick(from);
                        let off = tick(from + (to - from) * voice::gate(&controls)).min(end);
                        events.push(at(channel, on, Message::NoteOn(key, velocity)));
                        events.push(at(channel, off.max(on + 1), Message::NoteOff(key, 0)));
                    }
                    Err(what) => warnings.push(format!("track `{}`: {what}", track.name)),
                }
            }
        }
        cycle = cycle.next_cycle();
    }
    // Ends first, so that a key that is struck again at once sounds again.
    let begins = |kind: &Kind| u8::from(matches!(kind, Kind::Voice(_, Message::NoteOn(..))));
    events[1..].sort_by_key(|e| (e.tick, begins(&e.kind)));
    Part { events, end }
}

/// The channel that an event names, from 0.
fn channel_of(controls: &BTreeMap<String, Value>) -> Option<u8> {
    let number = controls.get("midichan").and_then(Value::as_num);
    number.map(|n| (n as i64 - 1).clamp(0, 15) as u8)
}

/// What an event says to the whole instrument, as messages.
fn spoken(told: voice::Told) -> impl Iterator<Item = Message> {
    let control = told.control.map(|(number, value)| {
        Message::Control(number, (value * 127.0).round().clamp(0.0, 127.0) as u8)
    });
    let bend = told.bend.map(|bend| {
        let full = if bend < 0.0 { 8192.0 } else { 8191.0 };
        Message::Bend((bend.clamp(-1.0, 1.0) * full).round() as i16)
    });
    control.into_iter().chain(bend)
}

/// Channel and key of what an event says.
fn voiced(controls: &BTreeMap<String, Value>, channel: u8) -> Result<(u8, u8), String> {
    let pitch = controls.get("note").or(controls.get("n"));
    let key = match pitch.or(controls.get("s")) {
        Some(Value::Text(name)) => match (note::to_midi(name), general_midi_key(name)) {
            (_, Some(key)) if pitch.is_none() => return Ok((PERCUSSION, key)),
            (Some(key), _) => key,
            (None, _) => return Err(format!("`{name}` is no note and no drum of General MIDI")),
        },
        Some(other) => other.as_num().ok_or("a note must be a number or a name")?,
        None => 60.0,
    };
    if (0.0..=127.0).contains(&key.round()) {
        Ok((channel, key.round() as u8))
    } else {
        Err(format!("note {key} is outside of 0..127"))
    }
}
