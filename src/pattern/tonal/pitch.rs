//! Spelled pitches and intervals, so that a third above E is a G sharp and not an A flat.

use crate::pattern::note::{self, NATURALS};
use std::fmt;

const LETTERS: [char; 7] = ['C', 'D', 'E', 'F', 'G', 'A', 'B'];

/// An interval: diatonic steps and semitones, both negative for a descending one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Letters apart: a third is 2.
    pub steps: i32,
    /// Semitones apart.
    pub semitones: i32,
}

impl Interval {
    /// Reads `3M`, `-2m`, `5P`, `4A`, `7d`, or with the quality first: `M3`, `P5`.
    pub fn parse(text: &str) -> Option<Interval> {
        let quality = |c: char| matches!(c, 'd' | 'm' | 'M' | 'P' | 'A');
        let (number, quality) = if text.starts_with(quality) {
            let number = text.trim_start_matches(quality);
            (number, &text[..text.len() - number.len()])
        } else {
            let number = text.trim_end_matches(quality);
            (number, &text[number.len()..])
        };
        let number: i32 = number.parse().ok().filter(|n: &i32| *n != 0 && n.abs() < 1_000)?;
        let steps = number.abs() - 1;
        let perfect = matches!(steps % 7, 0 | 3 | 4);
        let count = quality.len() as i32;
        let same = |c: char| !quality.is_empty() && count <= 4 && quality.chars().all(|q| q == c);
        let altered = match quality {
            "P" if perfect => 0,
            "M" if !perfect => 0,
            "m" if !perfect => -1,
            _ if same('A') => count,
            _ if same('d') && perfect => -count,
            _ if same('d') => -count - 1,
            _ => return None,
        };
        let semitones = NATURALS[(steps % 7) as usize] + altered + 12 * (steps / 7);
        let sign = number.signum();
        Some(Interval { steps: sign * steps, semitones: sign * semitones })
    }

    /// The usual spelling of a number of semitones (6 is a diminished fifth).
    pub fn from_semitones(n: i32) -> Interval {
        const STEPS: [i32; 12] = [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6];
        let size = n.abs();
        let steps = STEPS[(size % 12) as usize] + 7 * (size / 12);
        Interval { steps: n.signum() * steps, semitones: n }
    }

    /// This many octaves.
    pub fn octaves(n: i32) -> Interval {
        Interval { steps: 7 * n, semitones: 12 * n }
    }

    /// Both intervals on top of one another.
    pub fn and(self, o: Interval) -> Interval {
        Interval { steps: self.steps + o.steps, semitones: self.semitones + o.semitones }
    }
}

/// A note name with its spelling; without an octave it is a pitch class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pitch {
    letter: i32,
    accidental: i32,
    /// Its octave; C4 is MIDI 60.
    pub octave: Option<i32>,
}

impl Pitch {
    /// Reads a note name.
    pub fn parse(name: &str) -> Option<Pitch> {
        let n = note::parse(name)?;
        Some(Pitch { letter: n.letter, accidental: n.accidental, octave: n.octave })
    }

    /// The same note in this octave.
    pub fn at_octave(self, octave: i32) -> Pitch {
        Pitch { octave: Some(octave), ..self }
    }

    /// The same note in any octave.
    pub fn class(self) -> Pitch {
        Pitch { octave: None, ..self }
    }

    /// MIDI number; a pitch class counts as octave 3.
    pub fn midi(self) -> i32 {
        (self.octave.unwrap_or(3) + 1) * 12 + NATURALS[self.letter as usize] + self.accidental
    }

    /// True for C of any accidental, where the octave number changes.
    pub fn is_c(self) -> bool {
        self.letter == 0
    }

    /// The note an interval away, spelled as the interval says.
    pub fn transpose(self, by: Interval) -> Pitch {
        let octave = self.octave.unwrap_or(3);
        let place = self.letter + 7 * octave + by.steps;
        let (letter, new_octave) = (place.rem_euclid(7), place.div_euclid(7));
        let natural = (new_octave + 1) * 12 + NATURALS[letter as usize];
        Pitch {
            letter,
            accidental: self.at_octave(octave).midi() + by.semitones - natural,
            octave: self.octave.map(|_| new_octave),
        }
    }
}

impl fmt::Display for Pitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.accidental < 0 { "b" } else { "#" };
        let signs = sign.repeat(self.accidental.unsigned_abs() as usize);
        write!(f, "{}{signs}", LETTERS[self.letter as usize])?;
        match self.octave {
            Some(o) => write!(f, "{o}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(note: &str, by: &str) -> String {
        let interval = Interval::parse(by).expect("an interval");
        Pitch::parse(note).expect("a note").transpose(interval).to_string()
    }

    #[test]
    fn transposition_keeps_the_spelling() {
        assert_eq!(up("e3", "3M"), "G#3");
        assert_eq!(up("Bb3", "2m"), "Cb4");
        assert_eq!(up("C4", "-2m"), "B3");
        assert_eq!(up("f#", "5P"), "C#");
        assert_eq!(up("B3", "5d"), "F4");
        assert_eq!(up("C3", "M3"), "E3");
        assert_eq!(Interval::parse("3P"), None);
        assert_eq!(Interval::parse("x"), None);
    }
}
