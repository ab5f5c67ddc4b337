//! What the name of a sample file says: its sound, note, velocity layer and round robin.

/// A file name, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parts {
    /// The name without note, layer and round robin.
    pub sound: String,
    /// MIDI note number.
    pub note: Option<u8>,
    /// Rank of the velocity layer, soft to loud.
    pub layer: u32,
    /// Rank among files that take turns.
    pub turn: u32,
}

/// Words for velocities, soft to loud.
const DYNAMICS: &[&[&str]] = &[
    &["softest", "ppp"],
    &["soft", "pp"],
    &["mp"],
    &["med", "medium", "mid"],
    &["mf"],
    &["hard", "loud", "ff"],
    &["hardest", "loudest", "fff"],
];

/// Takes the name of the file at `path` apart.
pub(super) fn parse(path: &str) -> Parts {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut parts = Parts::default();
    let mut words = Vec::new();
    for word in stem.split(['_', '-', ' ', '.']).filter(|w| !w.is_empty()) {
        let lower = word.to_lowercase();
        if let Some(rank) = numbered(&lower, &["rr", "round", "robin"]) {
            parts.turn = rank;
        } else if let Some(rank) = numbered(&lower, &["v", "vel", "layer"]) {
            parts.layer = rank;
        } else if let Some(rank) = DYNAMICS.iter().position(|names| names.contains(&&*lower)) {
            parts.layer = rank as u32;
        } else if let Some(note) = note(&lower) {
            if parts.note.is_none() || lower.parse::<u8>().is_err() {
                parts.note = Some(note);
            }
        } else {
            words.push(word);
        }
    }
    parts.sound = words.join("_");
    parts
}

/// The whole stem: the name of a sound whose numbers are not notes.
pub(super) fn plain(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let rank = |w: &str| {
        let w = w.to_lowercase();
        numbered(&w, &["rr", "round", "robin"]).is_some()
            || numbered(&w, &["v", "vel", "layer"]).is_some()
            || DYNAMICS.iter().any(|names| names.contains(&&*w))
    };
    let words: Vec<&str> =
        stem.split(['_', '-', ' ', '.']).filter(|w| !w.is_empty() && !rank(w)).collect();
    words.join("_")
}

fn numbered(word: &str, prefixes: &[&str]) -> Option<u32> {
    prefixes.iter().find_map(|p| word.strip_prefix(p)?.parse().ok())
}

/// MIDI number of `c4`, `c#4`, `cs4`, `db4` (c4 is 60) or of a number from 12 on.
fn note(word: &str) -> Option<u8> {
    if let Ok(number) = word.parse::<u8>() {
        return (12..=127).contains(&number).then_some(number);
    }
    let mut letters = word.chars();
    let base = match letters.next()? {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let (shift, octave) = match rest.chars().next()? {
        '#' | 's' => (1, &rest[1..]),
        'b' => (-1, &rest[1..]),
        _ => (0, rest),
    };
    let octave: i32 = octave.parse().ok().filter(|o| (0..=9).contains(o))?;
    u8::try_from(12 * (octave + 1) + base + shift).ok().filter(|n| *n < 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let parts =
            |sound: &str, note, layer, turn| Parts { sound: sound.into(), note, layer, turn };
        assert_eq!(parse("x/piano_C3_v2_rr1.wav"), parts("piano", Some(48), 2, 1));
        assert_eq!(parse("Rhodes F#2.flac"), parts("Rhodes", Some(42), 0, 0));
        assert_eq!(parse("cello-60-v1.wav"), parts("cello", Some(60), 1, 0));
        assert_eq!(parse("Kick-Hard.wav"), parts("Kick", None, 5, 0));
        assert_eq!(parse("bd.wav"), parts("bd", None, 0, 0));
        assert_eq!(parse("gbb4.wav").note, None);
        assert_eq!(plain("kits/snare_38_rr2.wav"), "snare_38");
    }
}
