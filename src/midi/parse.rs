//! Reads a Standard MIDI File; what is damaged is named with its place in the file.

use super::song::{Division, Event, Kind, Message, Part, Song};
use midly::{EventIter, Format, Fps, Header, MetaMessage, MidiMessage, Timing, TrackEventKind};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of a file that is read at most.
pub const MOST: usize = 64 << 20;

/// Why a file is no song.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidiError {
    /// The byte of the file that it is about.
    pub offset: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for MidiError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.what)
    }
}

impl std::error::Error for MidiError {}

/// A place from which on a track, or the file, could not be read; what stood before it is there.
pub type Damage = MidiError;

impl Song {
    /// Reads the bytes of a file, and says what of it was damaged. Time and memory are bounded by its length.
    ///
    /// # Errors
    /// It is no MIDI file, or longer than 64 MiB, or nothing of it could be read.
    pub fn parse(bytes: &[u8]) -> Result<(Song, Vec<Damage>), MidiError> {
        if bytes.len() > MOST {
            let what = format!("it is longer than {} MiB", MOST >> 20);
            return Err(MidiError { offset: MOST, what });
        }
        // The library checks its arithmetic only in debug builds, and panics there on some broken files.
        let read = catch_unwind(AssertUnwindSafe(|| read(bytes)));
        let broken = |_| MidiError { offset: 0, what: "it is too broken to be read".into() };
        read.unwrap_or_else(|panic| Err(broken(panic)))
    }
}

fn read(bytes: &[u8]) -> Result<(Song, Vec<Damage>), MidiError> {
    let place = |rest: &[u8]| (rest.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
    let none = |what: &str| MidiError { offset: 0, what: what.to_string() };
    let (header, mut tracks) = midly::parse(bytes).map_err(|e| none(&e.to_string()))?;
    let (declared, cut) = declared(bytes);
    let mut damage: Vec<Damage> = cut.into_iter().collect();
    let mut parts = Vec::new();
    while let Some(track) = tracks.next() {
        match track {
            Ok(events) => parts.push(part(events, place, &mut damage)),
            Err(e) => {
                damage.push(Damage { offset: place(tracks.unread()), what: e.to_string() });
                break;
            }
        }
    }
    if parts.is_empty() {
        return Err(MidiError { offset: bytes.len(), what: "it has no tracks".into() });
    }
    if parts.len() < declared {
        let what = format!("the file ends after {} of {declared} tracks", parts.len());
        damage.push(Damage { offset: bytes.len(), what });
    }
    let (format, division) = described(header);
    if format == 2 {
        one_after_the_other(&mut parts);
    }
    Ok((Song { format, division, parts }, damage))
}

/// The number of tracks that the header says, and where the file ends in the middle of a chunk.
fn declared(bytes: &[u8]) -> (usize, Option<Damage>) {
    let Some(mut at) = bytes.windows(4).position(|w| w == b"MThd") else { return (0, None) };
    let number = bytes.get(at + 10..at + 12);
    let tracks = number.map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let end = (at + 8).saturating_add(length);
        if end > bytes.len() {
            let what = format!("the file ends {} bytes before the track does", end - bytes.len());
            return (tracks, Some(Damage { offset: bytes.len(), what }));
        }
        at = end;
    }
    (tracks, None)
}

fn described(header: Header) -> (u8, Division) {
    let format = match header.format {
        Format::SingleTrack => 0,
        Format::Parallel => 1,
        Format::Sequential => 2,
    };
    let division = match header.timing {
        Timing::Metrical(ticks) => Division::Quarter(ticks.as_int().max(1)),
        Timing::Timecode(fps, sub) => {
            let frames = match fps {
                // "29" is 30 000 / 1001 frames a second.
                Fps::Fps29 => 30_000.0 / 1001.0,
                fps => f64::from(fps.as_int()),
            };
            Division::Second(frames * f64::from(sub.max(1)))
        }
    };
    (format, division)
}

fn part(mut events: EventIter, place: impl Fn(&[u8]) -> usize, damage: &mut Vec<Damage>) -> Part {
    let mut part = Part::default();
    loop {
        let rest = events.unread();
        let Some(Ok(event)) = events.next() else {
            // At its end a track is empty; else this event cannot be read, and so nothing behind it.
            if !rest.is_empty() {
                let what = "an event cannot be read; the track ends here".to_string();
                damage.push(Damage { offset: place(rest), what });
            }
            return part;
        };
        part.end += u64::from(event.delta.as_int());
        if event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack) {
            return part;
        }
        part.events.extend(kind(event.kind).map(|kind| Event { tick: part.end, kind }));
    }
}

fn kind(kind: TrackEventKind) -> Option<Kind> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(match kind {
        TrackEventKind::Midi { channel, message } => {
            let message = match message {
                MidiMessage::NoteOn { key, vel } => Message::NoteOn(key.as_int(), vel.as_int()),
                MidiMessage::NoteOff { key, vel } => Message::NoteOff(key.as_int(), vel.as_int()),
                MidiMessage::Aftertouch { key, vel } => {
                    Message::KeyPressure(key.as_int(), vel.as_int())
                }
                MidiMessage::ChannelAftertouch { vel } => Message::Pressure(vel.as_int()),
                MidiMessage::Controller { controller, value } => {
                    Message::Control(controller.as_int(), value.as_int())
                }
                MidiMessage::ProgramChange { program } => Message::Program(program.as_int()),
                MidiMessage::PitchBend { bend } => Message::Bend(bend.as_int()),
            };
            Kind::Voice(channel.as_int(), message)
        }
        TrackEventKind::SysEx(data) => Kind::SysEx(data.to_vec()),
        TrackEventKind::Meta(MetaMessage::Tempo(micros)) => Kind::Tempo(micros.as_int()),
        TrackEventKind::Meta(MetaMessage::TimeSignature(beats, unit, ..)) => {
            Kind::Meter(beats.max(1), 1 << unit.min(8))
        }
        TrackEventKind::Meta(MetaMessage::TrackName(name)) => Kind::Name(text(name)),
        TrackEventKind::Meta(
            MetaMessage::Text(t) | MetaMessage::Lyric(t) | MetaMessage::Marker(t),
        ) => Kind::Text(text(t)),
        TrackEventKind::Meta(_) | TrackEventKind::Escape(_) => return None,
    })
}

/// Puts the tracks of format 2, which are songs of their own, one behind the other.
fn one_after_the_other(parts: &mut [Part]) {
    let mut from = 0;
    for part in parts {
        part.events.iter_mut().for_each(|e| e.tick += from);
        part.end += from;
        from = part.end;
    }
}
