//! Note names to MIDI numbers and back.

/// A note name taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoteName {
    /// Letter: 0 is C, 1 is D, ... 6 is B.
    pub letter: i32,
    /// Semitones that the accidentals add (`#` and `s` up, `b` and `f` down).
    pub accidental: i32,
    /// Octave, if written; C4 is MIDI 60.
    pub octave: Option<i32>,
}

/// Semitones above C of the seven natural notes.
pub const NATURALS: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];

const FLAT_NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];

/// Reads `c`, `eb3`, `F#-1`, `cs4`: a letter, accidentals, an optional octave.
pub fn parse(name: &str) -> Option<NoteName> {
    let mut chars = name.chars();
    let letter = match chars.next()?.to_ascii_lowercase() {
        'c' => 0,
        'd' => 1,
        'e' => 2,
        'f' => 3,
        'g' => 4,
        'a' => 5,
        'b' => 6,
        _ => return None,
    };
    let rest = chars.as_str();
    let digits = rest.trim_start_matches(['#', 'b', 's', 'f']);
    let accidental = rest[..rest.len() - digits.len()]
        .chars()
        .map(|c| if matches!(c, '#' | 's') { 1 } else { -1 })
        .sum();
    let octave = match digits {
        "" | "-" => None,
        d if d.trim_start_matches('-').len() + 1 >= d.len()
            && d.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) =>
        {
            Some(d.parse().ok().filter(|o: &i32| o.abs() < 1000)?)
        }
        _ => return None,
    };
    Some(NoteName { letter, accidental, octave })
}

impl NoteName {
    /// Semitones above C of the note without its octave; may lie outside 0..12 (`Cb` is -1).
    pub fn chroma(self) -> i32 {
        NATURALS[self.letter as usize] + self.accidental
    }

    /// The MIDI number, taking `default_octave` when none is written.
    pub fn midi(self, default_octave: i32) -> f64 {
        f64::from((self.octave.unwrap_or(default_octave) + 1) * 12 + self.chroma())
    }
}

/// The MIDI number of a note name; octave 3 when none is written (`c` is 48).
pub fn to_midi(name: &str) -> Option<f64> {
    parse(name).map(|n| n.midi(3))
}

/// True for anything that reads as a note name, with or without an octave.
pub fn is_note(name: &str) -> bool {
    parse(name).is_some()
}

/// The name of a MIDI number, spelled with flats (`61` is `Db4`).
pub fn from_midi(midi: i64) -> String {
    format!("{}{}", FLAT_NAMES[midi.rem_euclid(12) as usize], midi.div_euclid(12) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        assert_eq!(to_midi("c4"), Some(60.0));
        assert_eq!(to_midi("c"), Some(48.0));
        assert_eq!(to_midi("Cb4"), Some(59.0));
        assert_eq!(to_midi("cs-1"), Some(1.0));
        assert_eq!(to_midi("eb3"), Some(51.0));
        assert_eq!(to_midi("hh"), None);
        assert_eq!(to_midi("c3x"), None);
        for midi in 0..128 {
            assert_eq!(to_midi(&from_midi(midi)), Some(midi as f64));
        }
    }
}
