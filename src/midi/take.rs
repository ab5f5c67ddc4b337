//! What is played by hand, as it is being written down.

use super::song::{Event, Kind, Message, Part, Song};
use std::collections::BTreeMap;

/// Ticks of a quarter note.
const TICKS: u16 = 960;

/// A take: what was heard, in beats since its beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Take {
    /// Beat, channel from 0, message.
    events: Vec<(f64, u8, Message)>,
    /// Beat, beats a minute from there on.
    tempo: Vec<(f64, f64)>,
    end: f64,
}

/// Beats a minute that are not worth an event.
const SAME: f64 = 0.01;

impl Take {
    /// Whether nothing was played.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Notes that have begun.
    #[must_use]
    pub fn notes(&self) -> usize {
        let begins = |m: &Message| matches!(m, Message::NoteOn(_, velocity) if *velocity > 0);
        self.events.iter().filter(|(_, _, message)| begins(message)).count()
    }

    /// Goes on to `beat`, at `bpm` beats a minute.
    pub fn go_on(&mut self, beat: f64, bpm: f64) {
        self.end = self.end.max(beat);
        if self.tempo.last().is_none_or(|(_, last)| (last - bpm).abs() > SAME) {
            self.tempo.push((if self.tempo.is_empty() { 0.0 } else { beat.max(0.0) }, bpm));
        }
    }

    /// Writes a short message down that was heard at `beat`; what is not said to a channel is left out.
    pub fn hear(&mut self, beat: f64, bytes: &[u8]) {
        let Some((channel, message)) = Message::read(bytes) else { return };
        self.events.push((beat.max(0.0), channel, message));
        self.end = self.end.max(beat);
    }

    /// The take as a song of format 1: tempo and meter, then a track for each channel. With a `grid` in beats, notes
    /// begin on it and keep their lengths. Notes that are still held end with the take.
    #[must_use]
    pub fn song(&self, meter: (u8, u32), grid: Option<f64>) -> Song {
        let mut song = Song::new(TICKS);
        let end = tick(self.end);
        let mut head = vec![Event { tick: 0, kind: Kind::Meter(meter.0, meter.1) }];
        head.extend(self.tempo.iter().map(|&(beat, bpm)| {
            let micros = (60e6 / bpm.max(1.0)).round() as u32;
            Event { tick: tick(beat), kind: Kind::Tempo(micros) }
        }));
        song.parts.push(Part { events: head, end });
        let mut channels: BTreeMap<u8, Vec<Event>> = BTreeMap::new();
        // What each key was moved by, so that its end moves along.
        let mut moved: BTreeMap<(u8, u8), f64> = BTreeMap::new();
        for &(beat, channel, message) in &self.events {
            let at = match message {
                Message::NoteOn(key, velocity) if velocity > 0 => {
                    let to = grid.map_or(beat, |grid| (beat / grid).round() * grid);
                    moved.insert((channel, key), to - beat);
                    to
                }
                Message::NoteOn(key, _) | Message::NoteOff(key, _) => {
                    beat + moved.remove(&(channel, key)).unwrap_or(0.0)
                }
                _ => beat,
            };
            let event = Event { tick: tick(at), kind: Kind::Voice(channel, message) };
            channels.entry(channel).or_default().push(event);
        }
        for ((channel, key), _) in moved {
            let kind = Kind::Voice(channel, Message::NoteOff(key, 64));
            channels.entry(channel).or_default().push(Event { tick: end, kind });
        }
        for (channel, mut events) in channels {
            events.sort_by_key(|e| e.tick);
            let name = Kind::Name(format!("Channel {}", channel + 1));
            events.insert(0, Event { tick: 0, kind: name });
            let end = events.last().map_or(end, |e| e.tick.max(end));
            song.parts.push(Part { events, end });
        }
        song
    }
}

fn tick(beat: f64) -> u64 {
    (beat.max(0.0) * f64::from(TICKS)).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_moved_to_the_grid_with_their_ends() {
        let mut take = Take::default();
        take.go_on(0.0, 90.0);
        take.hear(0.1, &[0x90, 60, 100]);
        take.hear(0.55, &[0x80, 60, 0]);
        take.hear(0.9, &[0x91, 62, 80]);
        take.go_on(2.0, 91.0);
        let song = take.song((3, 4), Some(0.25));
        let notes = song.notes();
        let ends: Vec<_> = notes.iter().map(|n| (n.channel, n.key, n.begin, n.end)).collect();
        assert_eq!(ends, [(0, 60, 0, 432), (1, 62, 960, 1920)]);
        assert_eq!((song.meter(), song.parts.len()), ((3, 4), 3));
        let tempo = song.tempo();
        assert_eq!(tempo.len(), 2);
        assert!((tempo[1].1 - 91.0).abs() < 0.01 && tempo[1].0 == 2.0);
        assert_eq!(take.notes(), 2);
        let back = Song::parse(&song.to_bytes()).expect("reads").0;
        assert_eq!(back.notes(), notes);
    }
}
