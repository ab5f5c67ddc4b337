//! Chord symbols to intervals, and dictionaries of voicings that are written in intervals.

use super::pitch::Interval;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Intervals above the root, lowest first.
pub(super) type Shape = Vec<Interval>;

/// The chord types by all of their symbols; the empty symbol is a major chord.
fn types() -> &'static BTreeMap<&'static str, Shape> {
    static TYPES: OnceLock<BTreeMap<&'static str, Shape>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let mut all = BTreeMap::new();
        let lines = include_str!("chord_types.txt").lines().filter(|l| !l.starts_with('#'));
        for (symbols, intervals) in lines.filter_map(|l| l.split_once(": ")) {
            let shape: Shape = intervals.split(' ').filter_map(Interval::parse).collect();
            for symbol in symbols.split(' ') {
                all.entry(if symbol == "_" { "" } else { symbol }).or_insert_with(|| shape.clone());
            }
        }
        all
    })
}

/// The intervals of a chord symbol.
pub(super) fn shape(symbol: &str) -> Option<&'static Shape> {
    types().get(symbol)
}

/// The chord's tones in close position from each of them upwards, in semitones above the root.
pub(super) fn inversions(symbol: &str) -> Option<Vec<Vec<i32>>> {
    let mut tones: Vec<i32> = shape(symbol)?.iter().map(|i| i.semitones).collect();
    tones.sort_unstable();
    tones.dedup();
    let close = |i: usize| {
        let mut last = tones[i];
        let mut made = vec![last];
        for k in 1..tones.len() {
            let tone = tones[(i + k) % tones.len()];
            last += (tone - last).rem_euclid(12).max(1);
            made.push(last);
        }
        made
    };
    Some((0..tones.len()).map(close).collect())
}

/// Voicings of one dictionary by symbol.
pub(super) type Voicings = BTreeMap<&'static str, Vec<Shape>>;

/// The dictionaries that are written in intervals.
pub(super) fn voicings() -> &'static BTreeMap<&'static str, Voicings> {
    static ALL: OnceLock<BTreeMap<&'static str, Voicings>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: BTreeMap<&'static str, Voicings> = BTreeMap::new();
        let mut name = "";
        for line in include_str!("voicings.txt").lines().filter(|l| !l.starts_with('#')) {
            if let Some(n) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                name = n;
            } else if let Some((symbol, list)) = line.split_once(": ") {
                let one = |v: &str| v.split_whitespace().filter_map(Interval::parse).collect();
                let symbol = if symbol == "_" { "" } else { symbol };
                all.entry(name).or_default().insert(symbol, list.split('|').map(one).collect());
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_lists_is_read() {
        assert!(types().len() > 150);
        assert!(types().values().all(|s| s.len() >= 2));
        assert_eq!(shape("m7b5").map(Vec::len), Some(4));
        let all = voicings();
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["guidetones", "lefthand", "triads"]);
        assert!(all.values().flat_map(BTreeMap::values).flatten().all(|s| s.len() >= 2));
    }

    #[test]
    fn inversions_stay_close() {
        assert_eq!(inversions(""), Some(vec![vec![0, 4, 7], vec![4, 7, 12], vec![7, 12, 16]]));
        assert_eq!(inversions("nonsense"), None);
    }
}
