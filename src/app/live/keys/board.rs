//! The keyboard as an instrument: keys that go down and up become MIDI messages.

use super::held::{Down, Held};
use super::layout::{Key, SPAN};
use std::time::Duration;

/// Octaves of the first key: its lowest and highest that leave all keys in MIDI's range, and that at the beginning (-1
/// has key 0).
const OCTAVES: (i8, i8, i8) = (-1, 7, 3);
/// Velocities of the steps.
const VELOCITIES: [u8; 8] = [15, 30, 45, 60, 80, 100, 115, 127];
/// The step at the beginning.
const STEP: usize = 5;
/// The velocity of releases: that of keyboards which do not measure it.
const RELEASE: u8 = 64;
/// The controller of the sustain pedal.
const PEDAL: u8 = 64;
/// Names of the keys of an octave.
const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// What the keyboard has come to.
pub struct Board {
    held: Held,
    octave: i8,
    step: usize,
    pedal: bool,
}

/// Name of a key of MIDI: 60 is C4.
fn name(key: u8) -> String {
    format!("{}{}", NAMES[usize::from(key % 12)], i32::from(key / 12) - 1)
}

fn off(key: u8) -> [u8; 3] {
    [0x80, key, RELEASE]
}

impl Board {
    /// Nothing is held; `told` says whether releases will be.
    #[must_use]
    pub fn new(told: bool) -> Board {
        Board { held: Held::new(told), octave: OCTAVES.2, step: STEP, pedal: false }
    }

    fn first(&self) -> u8 {
        // The octaves are such that it fits.
        (12 * (i16::from(self.octave) + 1)) as u8
    }

    /// A key went down: the messages that follow.
    pub fn down(&mut self, key: Key, now: Duration) -> Vec<[u8; 3]> {
        match key {
            Key::Note(place) => {
                let (key, velocity) = (self.first() + place, VELOCITIES[self.step]);
                match self.held.down(place, key, now) {
                    Down::Goes => Vec::new(),
                    Down::Begins(false) => vec![[0x90, key, velocity]],
                    Down::Begins(true) => vec![off(key), [0x90, key, velocity]],
                }
            }
            Key::Octave(by) => {
                self.octave = (self.octave + by).clamp(OCTAVES.0, OCTAVES.1);
                self.held.drain().into_iter().map(off).collect()
            }
            Key::Louder(by) => {
                self.step = self.step.saturating_add_signed(by.into()).min(VELOCITIES.len() - 1);
                Vec::new()
            }
            Key::Sustain => {
                self.pedal = !self.pedal;
                vec![[0xb0, PEDAL, if self.pedal { 127 } else { 0 }]]
            }
            Key::Leave | Key::Interrupt => self.silence(),
        }
    }

    /// A key was let go: the messages that follow.
    pub fn up(&mut self, key: Key) -> Vec<[u8; 3]> {
        let Key::Note(place) = key else { return Vec::new() };
        self.held.up(place).into_iter().map(off).collect()
    }

    /// The messages that are due by `now`.
    pub fn due(&mut self, now: Duration) -> Vec<[u8; 3]> {
        self.held.over(now).into_iter().map(off).collect()
    }

    /// Lets go of everything.
    pub fn silence(&mut self) -> Vec<[u8; 3]> {
        let mut messages: Vec<[u8; 3]> = self.held.drain().into_iter().map(off).collect();
        if std::mem::take(&mut self.pedal) {
            messages.push([0xb0, PEDAL, 0]);
        }
        messages
    }

    /// What it would play now, in a few words.
    #[must_use]
    pub fn status(&self) -> String {
        let (low, high) = (name(self.first()), name(self.first() + SPAN));
        let pedal = if self.pedal { " sustained" } else { "" };
        format!("keys {low}-{high} velocity {}{pedal}", VELOCITIES[self.step])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn keys_are_notes_and_octaves_end_what_sounds() {
        let mut board = Board::new(true);
        assert_eq!(board.status(), "keys C3-E5 velocity 100");
        assert_eq!(board.down(Key::Note(0), NOW), [[0x90, 48, 100]]);
        assert_eq!(board.down(Key::Note(12), NOW), [[0x90, 60, 100]]);
        assert_eq!(board.up(Key::Note(0)), [[0x80, 48, 64]]);
        assert_eq!(board.down(Key::Octave(1), NOW), [[0x80, 60, 64]]);
        assert_eq!(board.up(Key::Note(12)), [[0; 3]; 0], "it has ended");
        assert_eq!(board.down(Key::Note(12), NOW), [[0x90, 72, 100]]);
        (0..20).for_each(|_| drop(board.down(Key::Octave(1), NOW)));
        assert_eq!(board.down(Key::Note(SPAN), NOW), [[0x90, 124, 100]]);
        (0..20).for_each(|_| drop(board.down(Key::Octave(-1), NOW)));
        assert_eq!(board.down(Key::Note(0), NOW), [[0x90, 0, 100]]);
    }

    #[test]
    fn velocity_goes_by_steps_and_the_pedal_is_a_switch() {
        let mut board = Board::new(true);
        board.down(Key::Louder(1), NOW);
        assert_eq!(board.down(Key::Note(1), NOW), [[0x90, 49, 115]]);
        (0..9).for_each(|_| drop(board.down(Key::Louder(1), NOW)));
        assert_eq!(board.down(Key::Note(2), NOW), [[0x90, 50, 127]]);
        (0..20).for_each(|_| drop(board.down(Key::Louder(-1), NOW)));
        assert_eq!(board.down(Key::Note(3), NOW), [[0x90, 51, 15]]);
        assert_eq!(board.down(Key::Sustain, NOW), [[0xb0, 64, 127]]);
        assert!(board.status().ends_with("sustained"));
        let end = [[0x80, 49, 64], [0x80, 50, 64], [0x80, 51, 64], [0xb0, 64, 0]];
        assert_eq!(board.down(Key::Leave, NOW), end);
        assert_eq!(board.silence(), [[0; 3]; 0]);
    }

    #[test]
    fn without_releases_notes_end_by_themselves() {
        let mut board = Board::new(false);
        board.down(Key::Note(0), NOW);
        assert_eq!(board.due(Duration::from_millis(699)), [[0; 3]; 0]);
        assert_eq!(board.due(Duration::from_millis(700)), [[0x80, 48, 64]]);
    }
}
