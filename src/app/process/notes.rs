//! A MIDI file as what plugins hear: notes and messages at frames, and where the music is.

use super::job::Problem;
use crate::midi::{Division, Kind, Message, Song};
use crate::plugin::{EventKind, Transport};
use std::path::Path;

/// A song at a sample rate.
pub struct Score {
    /// Notes and messages by frame; at one frame, ends before beginnings.
    pub events: Vec<(u64, EventKind)>,
    /// Frames until its end.
    pub frames: u64,
    /// Frame, quarter notes and beats a minute from where the tempo changes.
    tempo: Vec<(f64, f64, f64)>,
    meter: [u16; 2],
    rate: f64,
}

impl Score {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is no MIDI file.
    pub fn read(path: &Path, rate: u32) -> Result<Score, Problem> {
        let wrong = |e: &dyn std::fmt::Display| Problem {
            message: format!("cannot read `{}`: {e}", path.display()),
            hint: None,
        };
        let bytes = std::fs::read(path).map_err(|e| wrong(&e))?;
        let (song, _) = Song::parse(&bytes).map_err(|e| wrong(&e))?;
        Ok(Score::of(&song, f64::from(rate)))
    }

    fn of(song: &Song, rate: f64) -> Score {
        let mut tempo: Vec<(f64, f64, f64)> = Vec::new();
        for (beat, bpm) in song.tempo() {
            let frame = tempo.last().map_or(0.0, |&last| frame_of(last, beat, rate));
            tempo.push((frame, beat, bpm));
        }
        let quarter = match song.division {
            Division::Quarter(ticks) => f64::from(ticks.max(1)),
            // Time code: as if two quarters were a second.
            Division::Second(ticks) => ticks / 2.0,
        };
        let frame = |tick: u64| {
            let beat = tick as f64 / quarter;
            let from = tempo.partition_point(|point| point.1 <= beat).max(1) - 1;
            frame_of(tempo[from], beat, rate).round() as u64
        };
        let said =
            song.parts.iter().flat_map(|part| &part.events).filter_map(|event| match event.kind {
                Kind::Voice(channel, message) => Some((frame(event.tick), heard(channel, message))),
                _ => None,
            });
        let mut events: Vec<(u64, EventKind)> = said.collect();
        events.sort_by_key(|(frame, kind)| (*frame, matches!(kind, EventKind::NoteOn { .. })));
        let (beats, unit) = song.meter();
        let meter = [u16::from(beats), u16::try_from(unit).unwrap_or(4)];
        Score { events, frames: frame(song.end()), tempo, meter, rate }
    }

    /// Where the music is.
    pub fn transport(&self, frame: u64) -> Transport {
        let at = frame as f64;
        let from = self.tempo.partition_point(|point| point.0 <= at).max(1) - 1;
        let (begin, beat, tempo) = self.tempo[from];
        let beat = beat + (at - begin) / self.rate * tempo / 60.0;
        let length = f64::from(self.meter[0]) * 4.0 / f64::from(self.meter[1].max(1));
        let bar = (beat / length.max(1e-3)).floor();
        Transport {
            playing: true,
            tempo,
            meter: self.meter,
            frame: frame as i64,
            beat,
            bar_beat: bar * length,
            bar: bar as i32,
            ..Transport::default()
        }
    }
}

fn frame_of((frame, from, bpm): (f64, f64, f64), beat: f64, rate: f64) -> f64 {
    frame + (beat - from) * 60.0 / bpm * rate
}

fn heard(channel: u8, message: Message) -> EventKind {
    let velocity = |v: u8| f32::from(v) / 127.0;
    let bytes = |status: u8, a: u8, b: u8| EventKind::Midi { bytes: [status | channel, a, b] };
    match message {
        Message::NoteOn(key, v) if v > 0 => {
            EventKind::NoteOn { id: -1, channel, key: key.into(), velocity: velocity(v) }
        }
        Message::NoteOn(key, v) | Message::NoteOff(key, v) => {
            EventKind::NoteOff { id: -1, channel, key: key.into(), velocity: velocity(v) }
        }
        Message::KeyPressure(key, v) => bytes(0xa0, key, v),
        Message::Control(control, v) => bytes(0xb0, control, v),
        Message::Program(program) => bytes(0xc0, program, 0),
        Message::Pressure(v) => bytes(0xd0, v, 0),
        Message::Bend(bend) => {
            let bend = (i32::from(bend) + 8192).clamp(0, 16_383);
            bytes(0xe0, (bend & 127) as u8, (bend >> 7) as u8)
        }
    }
}
