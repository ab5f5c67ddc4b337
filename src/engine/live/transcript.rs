//! What a set played, as a song: the notes of its patterns as they were heard, and what was played by hand.

use super::log::Entry;
use super::replay::Replay;
use crate::engine::clock::Clock;
use crate::engine::player::drums::general_midi_key;
use crate::engine::player::voice::{Voice, voice};
use crate::graph::StripRef;
use crate::midi::{self, Event, Kind, Message, PERCUSSION, Song};
use crate::rt::{EventKind, Step, Timed};
use crate::session::{MidiEffect, Port};
use crate::units::Way;
use std::collections::BTreeMap;

/// Ticks of a quarter note.
const TICKS: u16 = 960;
/// Beats between two looks at the tempo.
const LOOK: f64 = 0.25;
/// Beats a minute that are not worth an event.
const SAME: f64 = 0.01;

/// A note of a pattern.
struct Note {
    id: u32,
    track: String,
    /// Drums have a channel of their own.
    drum: bool,
    key: u8,
    velocity: u8,
    begin: u64,
    end: Option<u64>,
}

/// A stretch of time on one clock.
struct Stretch {
    /// Its first frame, and the beats that had been played by then: a jump plays none.
    frame: u64,
    beats: f64,
    clock: Clock,
}

/// What plays the notes of a track.
struct Part {
    track: String,
    /// The keys of its drums by the numbers of sounds, if it has drums.
    drums: Option<Vec<u8>>,
}

/// Grows while a log is followed.
#[derive(Default)]
pub struct Transcript {
    meter: (u8, u32),
    stretches: Vec<Stretch>,
    /// What plays notes now, by level and job.
    parts: BTreeMap<(u16, u16), Part>,
    notes: Vec<Note>,
    /// Port, frame, bytes of what was played by hand.
    heard: Vec<(u8, u64, [u8; 3])>,
}

impl Transcript {
    /// Takes down that `replay` has begun, at `beat`.
    pub fn begin(&mut self, replay: &Replay, beat: f64) {
        let session = replay.session();
        let clock = Clock::starting(session, replay.rate(), beat);
        self.meter = (session.meter.beats.min(255) as u8, session.meter.unit);
        self.stretches = vec![Stretch { frame: 0, beats: 0.0, clock }];
        self.parts = parts(replay);
    }

    /// Takes down an entry that `replay` has just taken in.
    pub fn take(&mut self, entry: &Entry, replay: &Replay) {
        match entry {
            Entry::Events(events) => events.iter().for_each(|event| self.event(event)),
            Entry::Forget(frame) => self.forget(*frame),
            Entry::Music { at, events, .. } => {
                self.forget(*at);
                self.turn(*at, |clock| clock.edited(replay.session(), *at));
                self.parts = parts(replay);
                events.iter().for_each(|event| self.event(event));
            }
            Entry::Step(Step { frame, beat, bpm: Some(bpm), jumps }) => {
                self.turn(*frame, |clock| clock.stepped(*frame, *beat, *bpm, *jumps));
            }
            Entry::Heard { arrival, at } => {
                self.heard.push((arrival.port, arrival.frame.max(*at), arrival.bytes));
            }
            Entry::Step(_) | Entry::Took { .. } | Entry::Silenced(_) | Entry::Ended(_) => {}
        }
    }

    /// Goes on by another clock from `frame` on.
    fn turn(&mut self, frame: u64, next: impl FnOnce(&Clock) -> Clock) {
        let Some(last) = self.stretches.last() else { return };
        let clock = next(&last.clock);
        if clock != last.clock {
            let beats = self.beats(frame);
            self.stretches.retain(|stretch| stretch.frame < frame.max(1));
            self.stretches.push(Stretch { frame, beats, clock });
        }
    }

    /// Beats that had been played by `frame`.
    fn beats(&self, frame: u64) -> f64 {
        let on = self.stretches.iter().rfind(|s| s.frame <= frame);
        on.map_or(0.0, |on| on.beats + on.clock.beat(frame) - on.clock.beat(on.frame))
    }

    fn tick(&self, frame: u64) -> u64 {
        (self.beats(frame).max(0.0) * f64::from(TICKS)).round() as u64
    }

    /// What was sent from `frame` on was not played.
    fn forget(&mut self, frame: u64) {
        self.notes.retain(|note| note.begin < frame);
    }

    fn event(&mut self, event: &Timed) {
        match event.kind {
            EventKind::NoteOn { id, key, velocity } => {
                let Some(part) = self.parts.get(&(event.level, event.job)) else { return };
                let sounds = part.drums.as_ref();
                let drum = sounds.map(|d| d.get(key.max(0.0) as usize).copied().unwrap_or(127));
                let (track, key) = (part.track.clone(), key.round().clamp(0.0, 127.0) as u8);
                let (drum, key) = (drum.is_some(), drum.unwrap_or(key));
                let velocity = (velocity * 127.0).round().clamp(1.0, 127.0) as u8;
                let (begin, end) = (event.frame, None);
                self.notes.push(Note { id, track, drum, key, velocity, begin, end });
            }
            EventKind::NoteOff { id } => {
                if let Some(note) = self.notes.iter_mut().rfind(|note| note.id == id) {
                    note.end = Some(note.end.map_or(event.frame, |end| end.min(event.frame)));
                }
            }
            _ => {}
        }
    }

    /// All of it as a song of format 1, up to `end`: tempo and meter, a track for each track of the set that had
    /// patterns, and one for each port that was played.
    #[must_use]
    pub fn song(&self, end: u64) -> Song {
        let mut song = Song::new(TICKS);
        let last = self.tick(end);
        song.parts.push(midi::Part { events: self.head(last), end: last });
        let mut tracks: BTreeMap<&str, Vec<Event>> = BTreeMap::new();
        // Percussion keeps its channel to itself.
        let mut channels = (0..16).filter(|c| *c != PERCUSSION).cycle();
        let mut own: BTreeMap<&str, u8> = BTreeMap::new();
        for note in self.notes.iter().filter(|note| note.begin < end) {
            let channel = *own.entry(&note.track).or_insert_with(|| channels.next().unwrap_or(0));
            let channel = if note.drum { PERCUSSION } else { channel };
            let (on, off) = (self.tick(note.begin), self.tick(note.end.unwrap_or(end).min(end)));
            let events = tracks.entry(&note.track).or_default();
            let mut say = |tick, message| {
                events.push(Event { tick, kind: Kind::Voice(channel, message) });
            };
            say(on, Message::NoteOn(note.key, note.velocity));
            say(off.max(on + 1), Message::NoteOff(note.key, 0));
        }
        let tracks = tracks.into_iter().map(|(name, events)| (name.to_string(), events));
        for (name, mut events) in tracks.chain(self.by_hand(end)) {
            events.sort_by_key(|e| e.tick);
            events.insert(0, Event { tick: 0, kind: Kind::Name(name) });
            let end = events.last().map_or(last, |e| e.tick.max(last));
            song.parts.push(midi::Part { events, end });
        }
        song
    }

    fn head(&self, last: u64) -> Vec<Event> {
        let mut events = vec![Event { tick: 0, kind: Kind::Meter(self.meter.0, self.meter.1) }];
        let mut before = f64::NAN;
        for (i, on) in self.stretches.iter().enumerate() {
            let to = self.stretches.get(i + 1).map_or(last as f64 / f64::from(TICKS), |s| s.beats);
            let mut beats = on.beats;
            loop {
                let frame = on.clock.frame_of(on.clock.beat(on.frame) + beats - on.beats);
                let bpm = on.clock.bpm(frame.max(on.frame));
                if (bpm - before).abs() > SAME || before.is_nan() {
                    let tick = (beats.max(0.0) * f64::from(TICKS)).round() as u64;
                    let micros = (60e6 / bpm.max(1.0)).round() as u32;
                    events.push(Event { tick, kind: Kind::Tempo(micros) });
                    before = bpm;
                }
                beats += LOOK;
                if beats >= to {
                    break;
                }
            }
        }
        events
    }

    /// What each port was played: an effect of the script in place of what it was given.
    fn by_hand(&self, end: u64) -> Vec<(String, Vec<Event>)> {
        let mut parts: BTreeMap<u8, Vec<Event>> = BTreeMap::new();
        for &(port, frame, bytes) in self.heard.iter().filter(|heard| heard.1 < end) {
            if let Some((channel, message)) = Message::read(&bytes) {
                let event = Event { tick: self.tick(frame), kind: Kind::Voice(channel, message) };
                parts.entry(port).or_default().push(event);
            }
        }
        let port = |number: u8| Port::numbered(Way::In, number);
        let changed = |number: u8| {
            let effect = port(number).and_then(|p| MidiEffect::output(&p).number(Way::In));
            effect.is_some_and(|effect| parts.contains_key(&effect))
        };
        let name = |number: u8| {
            let name = port(number).map(|p| p.name).unwrap_or_default();
            let name = name.trim_start_matches('\u{1}').to_string();
            if name.is_empty() { "by hand".to_string() } else { name }
        };
        let heard: Vec<u8> = parts.keys().copied().filter(|number| !changed(*number)).collect();
        heard.into_iter().map(|n| (name(n), parts.remove(&n).unwrap_or_default())).collect()
    }
}

/// What plays notes in what `replay` has sent last.
fn parts(replay: &Replay) -> BTreeMap<(u16, u16), Part> {
    let session = replay.session();
    let part = |strip: &StripRef| {
        let track = session.tracks.iter().find(|track| track.name == strip.name)?;
        let names: Vec<String> = match voice(session, track.source, replay.assets()) {
            Voice::Kit(sounds) => sounds.into_iter().map(|sound| sound.0).collect(),
            Voice::Sampler(names) => names,
            Voice::Instrument(_) | Voice::Hardware(_) | Voice::Nothing => Vec::new(),
        };
        // Sounds that are no drums of General MIDI have the keys from 36 on.
        let key = |(index, name): (usize, &String)| {
            general_midi_key(name).unwrap_or((36 + index).min(127) as u8)
        };
        let drums = (!names.is_empty()).then(|| names.iter().enumerate().map(key).collect());
        Some((strip.at, Part { track: strip.name.clone(), drums }))
    };
    replay.strips().iter().filter_map(part).collect()
}
