//! A song: tracks of events at ticks, and what follows from them: notes, tempo, length.

use std::collections::BTreeMap;

/// What a tick is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Division {
    /// So many ticks are a quarter note.
    Quarter(u16),
    /// So many ticks are a second, whatever the tempo (SMPTE time code).
    Second(f64),
}

/// What is said to one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A note begins: its key and velocity; at velocity 0 it ends.
    NoteOn(u8, u8),
    /// A note ends: its key, and how fast it was let go.
    NoteOff(u8, u8),
    /// Pressure on one key.
    KeyPressure(u8, u8),
    /// Pressure on all keys.
    Pressure(u8),
    /// A controller, by its number, and its value.
    Control(u8, u8),
    /// Another sound.
    Program(u8),
    /// Pitch bend, -8192..=8191.
    Bend(i16),
}

impl Message {
    /// The channel, 0..=15, and the message of `bytes`; none if they are not said to a channel.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(u8, Message)> {
        let &[status, a, ref rest @ ..] = bytes else { return None };
        let b = rest.first().copied().unwrap_or(0);
        let message = match status & 0xf0 {
            0x80 => Message::NoteOff(a, b),
            0x90 => Message::NoteOn(a, b),
            0xa0 => Message::KeyPressure(a, b),
            0xb0 => Message::Control(a, b),
            0xc0 => Message::Program(a),
            0xd0 => Message::Pressure(a),
            0xe0 => Message::Bend((i16::from(b) << 7 | i16::from(a)) - 8192),
            _ => return None,
        };
        Some((status & 15, message))
    }
}

/// What happens. Data bytes are 0..=127.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something is said to a channel, 0..=15.
    Voice(u8, Message),
    /// Microseconds that a quarter note takes.
    Tempo(u32),
    /// Beats in a bar, and the note that is a beat (4 is a quarter).
    Meter(u8, u32),
    /// Name of the track.
    Name(String),
    /// A word of the song, or a marker.
    Text(String),
    /// System exclusive data, without the leading F0.
    SysEx(Vec<u8>),
}

/// Something that happens at a tick since the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub tick: u64,
    /// What.
    pub kind: Kind,
}

/// A track of a file: events in the order of their ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its events.
    pub events: Vec<Event>,
    /// The tick of its end.
    pub end: u64,
}

impl Part {
    /// Its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.events
            .iter()
            .find_map(|e| if let Kind::Name(name) = &e.kind { Some(&**name) } else { None })
    }
}

/// A note from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Track of the file, from 0.
    pub part: usize,
    /// Channel, 0..=15.
    pub channel: u8,
    /// MIDI note number.
    pub key: u8,
    /// 1..=127.
    pub velocity: u8,
    /// The tick of its beginning.
    pub begin: u64,
    /// The tick of its end, after its beginning.
    pub end: u64,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// 0: one track; 1: tracks that are played together; 2: tracks that are played one after the other.
    pub format: u8,
    /// What a tick is.
    pub division: Division,
    /// The tracks.
    pub parts: Vec<Part>,
}

/// Microseconds of a quarter note where nothing is said: 120 beats a minute.
const QUARTER: u32 = 500_000;

impl Song {
    /// An empty song of format 1.
    #[must_use]
    pub fn new(ticks_per_quarter: u16) -> Song {
        // The top bit would mean time code.
        let ticks = ticks_per_quarter.clamp(1, 0x7fff);
        Song { format: 1, division: Division::Quarter(ticks), parts: Vec::new() }
    }

    /// Ticks of a quarter note: for time code as if at 120 beats a minute.
    #[must_use]
    pub fn ticks_per_quarter(&self) -> u64 {
        match self.division {
            Division::Quarter(ticks) => u64::from(ticks.max(1)),
            Division::Second(ticks) => (ticks / 2.0).round().max(1.0) as u64,
        }
    }

    /// The tick behind the last event.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.parts
            .iter()
            .map(|p| p.end.max(p.events.last().map_or(0, |e| e.tick)))
            .max()
            .unwrap_or(0)
    }

    /// The tempo: beats (quarter notes) since the beginning, and beats a minute from there on. Begins at beat 0.
    #[must_use]
    pub fn tempo(&self) -> Vec<(f64, f64)> {
        let quarter = self.ticks_per_quarter() as f64;
        let mut points: BTreeMap<u64, f64> = BTreeMap::from([(0, bpm(QUARTER))]);
        if matches!(self.division, Division::Quarter(_)) {
            for event in self.parts.iter().flat_map(|p| &p.events) {
                if let Kind::Tempo(micros) = event.kind {
                    points.insert(event.tick, bpm(micros));
                }
            }
        }
        points.into_iter().map(|(tick, bpm)| (tick as f64 / quarter, bpm)).collect()
    }

    /// Beats in a bar and the note that is a beat, as the file says first; 4/4 if it does not.
    #[must_use]
    pub fn meter(&self) -> (u8, u32) {
        let said =
            |e: &Event| if let Kind::Meter(a, b) = e.kind { Some((e.tick, a, b)) } else { None };
        let all = self.parts.iter().flat_map(|p| &p.events).filter_map(said);
        all.min_by_key(|m| m.0).map_or((4, 4), |(_, beats, unit)| (beats, unit))
    }

    /// Seconds until its end.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let end = self.end() as f64 / self.ticks_per_quarter() as f64;
        let tempo = self.tempo();
        let ends = tempo.iter().skip(1).map(|p| p.0).chain([f64::INFINITY]);
        let stretch =
            |((from, bpm), to): (&(f64, f64), f64)| (to.min(end) - from).max(0.0) * 60.0 / bpm;
        tempo.iter().zip(ends).map(stretch).sum()
    }

    /// The notes, in the order of their beginnings. One that is not ended ends with its track; where a key is
    /// struck again before it is let go, the first of the two ends first. "All notes off" and its like end those of
    /// their channel on their track.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            let mut held: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
            let first = notes.len();
            for event in &part.events {
                let (channel, key, velocity) = match event.kind {
                    Kind::Voice(channel, Message::NoteOn(key, velocity)) => {
                        (channel, key, velocity)
                    }
                    Kind::Voice(channel, Message::NoteOff(key, _)) => (channel, key, 0),
                    Kind::Voice(channel, Message::Control(120 | 123..=127, _)) => {
                        let all = held.range_mut((channel, 0)..=(channel, u8::MAX));
                        for index in all.flat_map(|(_, held)| held.drain(..)) {
                            notes[index].end = event.tick;
                        }
                        continue;
                    }
                    _ => continue,
                };
                let held = held.entry((channel, key)).or_default();
                if velocity > 0 {
                    held.push(notes.len());
                    let (begin, end) = (event.tick, u64::MAX);
                    notes.push(Note { part: index, channel, key, velocity, begin, end });
                } else if !held.is_empty() {
                    notes[held.remove(0)].end = event.tick;
                }
            }
            let end = part.end.max(part.events.last().map_or(0, |e| e.tick));
            for note in &mut notes[first..] {
                note.end = note.end.min(end).max(note.begin + 1);
            }
        }
        notes.sort_by_key(|n| (n.begin, n.part));
        notes
    }
}

fn bpm(micros: u32) -> f64 {
    60e6 / f64::from(micros.max(1))
}
