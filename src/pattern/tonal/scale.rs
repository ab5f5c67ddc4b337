//! Named scales, and notes by their degrees.

use super::pitch::{Interval, Pitch};
use crate::pattern::error::PatternError;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

type Result<T> = std::result::Result<T, PatternError>;

/// A scale on a tonic.
#[derive(Clone, Debug)]
pub struct Scale {
    tonic: Option<Pitch>,
    intervals: Arc<[Interval]>,
}

/// The names of all scales with the intervals above the tonic (names from the Tonal library and
/// the literature it cites).
fn known() -> &'static BTreeMap<&'static str, Arc<[Interval]>> {
    static KNOWN: OnceLock<BTreeMap<&'static str, Arc<[Interval]>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut map = BTreeMap::new();
        for line in include_str!("scales.txt").lines().filter(|l| !l.starts_with('#')) {
            let mut fields = line.split('|');
            let (name, aliases) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
            let written = fields.next().unwrap_or("").split(' ');
            let intervals: Arc<[Interval]> = written.filter_map(Interval::parse).collect();
            for name in [name].into_iter().chain(aliases.split(',')).filter(|n| !n.is_empty()) {
                map.entry(name).or_insert_with(|| intervals.clone());
            }
        }
        map
    })
}

/// The names of all scales, alphabetically.
pub fn names() -> impl Iterator<Item = &'static str> {
    known().keys().copied()
}

impl Scale {
    /// Finds a scale by name: `C major`, `eb4:dorian`, `minor pentatonic`. Colons and spaces are
    /// the same.
    ///
    /// # Errors
    /// When there is no such scale; the message suggests the nearest name.
    pub fn get(name: &str) -> Result<Scale> {
        let name = name.replace(':', " ");
        let (first, rest) = name.split_once(' ').unwrap_or((&name, ""));
        let (tonic, kind) = match Pitch::parse(first) {
            Some(p) => (Some(p), rest),
            None => (None, &name[..]),
        };
        let kind = kind.trim().to_lowercase();
        if kind.is_empty() {
            return Err(PatternError::new(format!(
                "scale \"{name}\" is incomplete: write tonic and name, such as \"C:major\""
            )));
        }
        match known().get(kind.as_str()) {
            Some(intervals) => Ok(Scale { tonic, intervals: intervals.clone() }),
            None => {
                let near = names()
                    .map(|n| (strsim::damerau_levenshtein(n, &kind), n))
                    .min()
                    .filter(|(d, _)| *d <= 3)
                    .map_or(String::new(), |(_, n)| format!("; did you mean \"{n}\"?"));
                Err(PatternError::new(format!(
                    "there is no scale \"{kind}\"{near} (in a pattern, write ':' for the spaces of a name)"
                )))
            }
        }
    }

    fn root(&self) -> Pitch {
        let c = Pitch::parse("C3").unwrap_or_else(|| unreachable!("C3 is a note"));
        let tonic = self.tonic.unwrap_or(c);
        tonic.at_octave(tonic.octave.unwrap_or(3))
    }

    /// The note of a degree: 0 is the tonic (in octave 3 unless written), negative ones are below.
    pub fn degree(&self, degree: i64) -> Pitch {
        let n = self.intervals.len() as i64;
        let degree = degree.clamp(-1_000, 1_000);
        let octaves = Interval::octaves(degree.div_euclid(n) as i32);
        self.root().transpose(self.intervals[degree.rem_euclid(n) as usize].and(octaves))
    }

    /// The nearest note of the scale; of two equally near, the higher.
    pub fn nearest(&self, midi: f64) -> Pitch {
        let root = self.root().at_octave(0);
        let octave = libm::floor((midi - f64::from(root.midi())) / 12.0) as i32;
        let steps = self.intervals.iter().copied().chain([Interval::octaves(1)]);
        let notes = steps.map(|i| root.transpose(i.and(Interval::octaves(octave))));
        let mut best = (f64::INFINITY, root);
        for p in notes {
            let distance = (f64::from(p.midi()) - midi).abs();
            if distance <= best.0 {
                best = (distance, p);
            }
        }
        best.1
    }

    /// The MIDI number of a degree counted from the scale note nearest to an anchor.
    pub fn degree_from_anchor(&self, degree: i64, anchor: i32) -> i32 {
        let root = self.tonic.map_or(48, Pitch::midi);
        let above = (anchor - root).rem_euclid(12);
        let distance = |i: &usize| (self.intervals[*i].semitones - above).abs();
        let zero = (0..self.intervals.len()).min_by_key(distance).unwrap_or(0) as i64;
        let n = self.intervals.len() as i64;
        let at = degree.clamp(-1_000, 1_000) + zero;
        let semitones = self.intervals[at.rem_euclid(n) as usize].semitones;
        semitones + anchor - above + 12 * at.div_euclid(n) as i32
    }

    /// A note of the scale moved along it.
    ///
    /// # Errors
    /// When the note is not in the scale.
    pub fn shift(&self, from: Pitch, offset: i64) -> Result<Pitch> {
        let tonic = self.root().class();
        let notes: Vec<Pitch> = self.intervals.iter().map(|i| tonic.transpose(*i)).collect();
        let Some(mut i) = notes.iter().position(|n| *n == from.class()) else {
            return Err(PatternError::new(format!("the note {from} is not in the scale")));
        };
        let mut octave = from.octave.unwrap_or(3);
        let mut at = notes[i];
        for _ in 0..offset.unsigned_abs().min(1_000) {
            if offset < 0 && at.is_c() {
                octave -= 1;
            }
            i = (if offset < 0 { i + notes.len() - 1 } else { i + 1 }) % notes.len();
            at = notes[i];
            if offset > 0 && at.is_c() {
                octave += 1;
            }
        }
        Ok(at.at_octave(octave))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scale_parses_and_starts_on_its_tonic() {
        assert!(names().count() > 100);
        for name in names() {
            let scale = Scale::get(&format!("D:{name}")).expect(name);
            assert_eq!(scale.degree(0).to_string(), "D3", "{name}");
            assert_eq!(scale.degree(scale.intervals.len() as i64).to_string(), "D4", "{name}");
        }
    }

    #[test]
    fn degrees_are_spelled() {
        let scale = Scale::get("C:minor").expect("a scale");
        let notes: Vec<String> = (-1..8).map(|d| scale.degree(d).to_string()).collect();
        assert_eq!(notes, ["Bb2", "C3", "D3", "Eb3", "F3", "G3", "Ab3", "Bb3", "C4"]);
        assert!(Scale::get("C:dorain").unwrap_err().message.contains("dorian"));
    }
}
