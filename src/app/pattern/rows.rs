//! Which line of a drawing each event goes to.

use super::observed::Piece;
use crate::pattern::{Value, note};

/// The widest label, in characters.
const WIDEST_LABEL: usize = 16;
/// Up to this many semitones, a piano roll has a line for each, also where nothing plays.
const WHOLE_ROLL: i64 = 30;
/// Most lines of a drawing.
const MOST_ROWS: usize = 200;

/// A line of a drawing.
pub(super) struct Row {
    /// What stands before it.
    pub(super) label: String,
    /// What it looks like where nothing plays.
    pub(super) ground: &'static str,
    /// Which of the colours it has.
    pub(super) colour: usize,
    /// The events on it.
    pub(super) pieces: Vec<usize>,
}

/// The lines for these events: from the highest note or number down, or names as they come.
pub(super) fn rows(pieces: &[Piece]) -> Vec<Row> {
    let each = |f: fn(&Value) -> Option<f64>| -> Option<Vec<f64>> {
        pieces.iter().map(|p| f(&p.value)).collect()
    };
    let mut rows = if let Some(pitches) = each(pitch) {
        roll(&pitches)
    } else if let Some(numbers) = each(plain_number) {
        ladder(&numbers)
    } else {
        names(pieces)
    };
    rows.truncate(MOST_ROWS);
    rows
}

/// The pitch of a note: a note control without a sound, or a note name with its octave.
fn pitch(v: &Value) -> Option<f64> {
    match v {
        Value::Map(m) if !m.contains_key("s") => m.get("note")?.as_numeral(),
        Value::Text(t) if t.ends_with(|c: char| c.is_ascii_digit()) => note::to_midi(t),
        _ => None,
    }
    .filter(|p| p.is_finite() && p.abs() < 1_000.0)
}

fn plain_number(v: &Value) -> Option<f64> {
    match v {
        Value::Num(n) if n.is_finite() => Some(*n),
        _ => None,
    }
}

/// A line a semitone.
fn roll(pitches: &[f64]) -> Vec<Row> {
    let keys: Vec<i64> = pitches.iter().map(|p| libm::round(*p) as i64).collect();
    let (Some(low), Some(high)) = (keys.iter().min(), keys.iter().max()) else { return Vec::new() };
    let whole = high - low <= WHOLE_ROLL;
    let used = (*low..=*high).rev().filter(|k| whole || keys.contains(k));
    used.map(|key| {
        let black = matches!(key.rem_euclid(12), 1 | 3 | 6 | 8 | 10);
        let pieces = (0..keys.len()).filter(|i| keys[*i] == key).collect();
        let label = note::from_midi(key).to_lowercase();
        Row {
            label,
            ground: if black { "┈" } else { " " },
            colour: key.rem_euclid(6) as usize,
            pieces,
        }
    })
    .collect()
}

/// A line a number.
fn ladder(numbers: &[f64]) -> Vec<Row> {
    let mut steps = numbers.to_vec();
    steps.sort_by(|a, b| b.total_cmp(a));
    steps.dedup();
    let row = |(i, step): (usize, &f64)| Row {
        label: short(&Value::Num(*step).to_string()),
        ground: " ",
        colour: i,
        pieces: (0..numbers.len()).filter(|i| numbers[*i] == *step).collect(),
    };
    steps.iter().enumerate().map(row).collect()
}

/// A line a name, in the order in which they come.
fn names(pieces: &[Piece]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let label = short(&name(&piece.value));
        match rows.iter_mut().find(|r| r.label == label) {
            Some(row) => row.pieces.push(i),
            None => rows.push(Row { label, ground: " ", colour: rows.len(), pieces: vec![i] }),
        }
    }
    rows
}

fn name(v: &Value) -> String {
    let Value::Map(m) = v else { return v.to_string() };
    match (m.get("s"), m.get("n"), m.get("note")) {
        (Some(s), Some(n), _) => format!("{s}:{n}"),
        (Some(s), None, Some(note)) => format!("{s} {note}"),
        (Some(s), None, None) => s.to_string(),
        _ => v.to_string(),
    }
}

/// The text, cut to the widest label.
fn short(text: &str) -> String {
    if text.chars().count() <= WIDEST_LABEL {
        return text.to_string();
    }
    text.chars().take(WIDEST_LABEL - 1).chain(['…']).collect()
}
