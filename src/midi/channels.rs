//! What each channel of a song is told: notes by the program that plays them, controllers, pitch bend.

use super::song::{Event, Kind, Message, Note, Song};
use std::collections::BTreeMap;

/// The channel of percussion, from 0 (General MIDI, 1991).
pub const PERCUSSION: u8 = 9;

/// The notes of a channel that one program plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Channel, 0..=15.
    pub channel: u8,
    /// Program, 0..=127.
    pub program: u8,
    /// Its notes, in the order of their beginnings; at least one.
    pub notes: Vec<Note>,
}

/// What a channel is told besides its notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// A controller, by its number, and its value, 0..1.
    Control(u8, f64),
    /// Pitch bend: -1..1 of its range, and the range in semitones, if the song gives it.
    Bend(f64, Option<f64>),
}

/// What a channel has before it is told anything: volume 100, the middle, full expression (General MIDI Level 1
/// developer guidelines, 1998).
#[must_use]
pub fn initial(control: u8) -> f64 {
    match control {
        7 => 100.0 / 127.0,
        10 => 64.0 / 127.0,
        11 => 1.0,
        _ => 0.0,
    }
}

/// The registered parameter that a channel has chosen, and its pitch bend range.
#[derive(Clone, Copy, Default)]
struct Registers {
    parameter: (u8, u8),
    /// Whether the parameter is a registered one.
    registered: bool,
    semitones: u8,
    cents: u8,
    ranged: bool,
}

impl Song {
    /// The notes by channel and program, in the order of channels and programs. A channel plays program 0 until
    /// it is told another.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut programs: BTreeMap<u8, Vec<(u64, u8)>> = BTreeMap::new();
        for (tick, channel, message) in self.told(|_| true) {
            if let Message::Program(program) = message {
                programs.entry(channel).or_default().push((tick, program & 127));
            }
        }
        let mut lines: BTreeMap<(u8, u8), Vec<Note>> = BTreeMap::new();
        for note in self.notes() {
            let told = programs.get(&note.channel).map_or(&[][..], Vec::as_slice);
            let before = told.partition_point(|(tick, _)| *tick <= note.begin);
            let program = before.checked_sub(1).map_or(0, |i| told[i].1);
            lines.entry((note.channel, program)).or_default().push(note);
        }
        let line = |((channel, program), notes)| Line { channel, program, notes };
        lines.into_iter().map(line).collect()
    }

    /// What `channel` is told besides notes and programs, and when. The registered parameter 0 becomes the range of
    /// the bend; "reset all controllers" becomes what it resets (RP-015, 1998).
    #[must_use]
    pub fn changes(&self, channel: u8) -> Vec<(u64, Change)> {
        let mut registers = Registers::default();
        let mut out = Vec::new();
        for (tick, _, message) in self.told(|c| c == channel) {
            match message {
                Message::Control(number @ (6 | 38 | 98..=101), value) => {
                    registers.accept(number, value);
                }
                Message::Control(121, _) => {
                    let reset = [1, 11, 64, 66, 67].map(|n| Change::Control(n, initial(n)));
                    out.extend(reset.map(|change| (tick, change)));
                    out.push((tick, Change::Bend(0.0, registers.range())));
                }
                // From 120 on they are about notes, and heard there.
                Message::Control(number, value) if number < 120 => {
                    out.push((tick, Change::Control(number, f64::from(value) / 127.0)));
                }
                Message::Bend(bend) => {
                    // Full to both sides: -8192 and 8191.
                    let full = if bend < 0 { 8192.0 } else { 8191.0 };
                    out.push((tick, Change::Bend(f64::from(bend) / full, registers.range())));
                }
                _ => {}
            }
        }
        out
    }

    /// What the `wanted` channels are told, in the order of time; at one tick in the order of the tracks.
    fn told(&self, wanted: impl Fn(u8) -> bool) -> Vec<(u64, u8, Message)> {
        let voice = |e: &Event| {
            let Kind::Voice(channel, message) = e.kind else { return None };
            let note = matches!(message, Message::NoteOn(..) | Message::NoteOff(..));
            (!note && wanted(channel)).then_some((e.tick, channel, message))
        };
        let mut all: Vec<_> = self.parts.iter().flat_map(|p| &p.events).filter_map(voice).collect();
        all.sort_by_key(|told| told.0);
        all
    }
}

impl Registers {
    fn accept(&mut self, number: u8, value: u8) {
        match number {
            98 | 99 => self.registered = false,
            100 => (self.parameter.1, self.registered) = (value, true),
            101 => (self.parameter.0, self.registered) = (value, true),
            6 if self.is_range() => (self.semitones, self.ranged) = (value, true),
            38 if self.is_range() => self.cents = value,
            _ => {}
        }
    }

    fn is_range(&self) -> bool {
        self.registered && self.parameter == (0, 0)
    }

    fn range(&self) -> Option<f64> {
        self.ranged.then(|| f64::from(self.semitones) + f64::from(self.cents) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::midi::Part;

    fn song(told: &[(u64, u8, Message)]) -> Song {
        let events = told
            .iter()
            .map(|&(tick, channel, message)| Event { tick, kind: Kind::Voice(channel, message) })
            .collect();
        Song { parts: vec![Part { events, end: 1000 }], ..Song::new(96) }
    }

    #[test]
    fn a_channel_that_changes_its_program_is_two_lines() {
        let note = |tick, channel, key| (tick, channel, Message::NoteOn(key, 90));
        let told = [
            note(0, 3, 60),
            (50, 3, Message::Program(40)),
            note(50, 3, 62),
            note(60, 9, 36),
            (70, 3, Message::Program(0)),
            note(80, 3, 64),
        ];
        let lines = song(&told).lines();
        let shown: Vec<(u8, u8, Vec<u8>)> = lines
            .iter()
            .map(|l| (l.channel, l.program, l.notes.iter().map(|n| n.key).collect()))
            .collect();
        assert_eq!(shown, [(3, 0, vec![60, 64]), (3, 40, vec![62]), (9, 0, vec![36])]);
    }

    #[test]
    fn the_range_of_the_bend_is_the_registered_parameter_0() {
        let control = |tick, number, value| (tick, 0, Message::Control(number, value));
        let told = [
            (0, 0, Message::Bend(8191)),
            control(1, 101, 0),
            control(1, 100, 0),
            control(1, 6, 12),
            (2, 0, Message::Bend(-8192)),
            control(3, 99, 1),
            control(3, 6, 5),
            (4, 0, Message::Bend(0)),
            control(5, 7, 127),
            control(6, 121, 0),
        ];
        let changes = song(&told).changes(0);
        assert_eq!(
            changes[..4],
            [
                (0, Change::Bend(1.0, None)),
                (2, Change::Bend(-1.0, Some(12.0))),
                (4, Change::Bend(0.0, Some(12.0))),
                (5, Change::Control(7, 1.0)),
            ]
        );
        assert!(changes[4..].contains(&(6, Change::Control(11, 1.0))));
        assert!(changes[4..].contains(&(6, Change::Bend(0.0, Some(12.0)))));
        assert_eq!(song(&told).changes(1), []);
    }
}
