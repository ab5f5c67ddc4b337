//! Rows: scales, chords, voicings, arpeggios, transposition.

use super::Row;

pub(super) fn rows() -> Vec<Row> {
    Vec::new()
}
