//! Rows: scales, chords, voicings, arpeggios, transposition.

use super::Kind::{Number, Pattern as Pat, Text};
use super::{Row, lift, lift_same, raw};
use crate::pattern::tonal::{scale, voicing};

pub(super) fn rows() -> Vec<Row> {
    vec![
        lift_same(
            "scale",
            &[("name", Text)],
            "degrees to the notes of a scale, notes to its nearest",
            "n(\"0 2 4\").scale(\"C:minor\")",
            |c| scale::scaled(c.pat, &c.values[0]),
        ),
        lift(
            "scale_transpose scaleTrans scale_trans strans",
            &[("degrees", Number)],
            "moves notes along the scale they came from",
            "n(\"0 2 4\").scale(\"C:minor\").scale_transpose(2)",
            |c| Ok(scale::scale_transpose(c.pat, c.num(0)? as i64)),
        ),
        lift(
            "transpose trans",
            &[("interval", Number)],
            "moves notes by semitones or an interval such as 3M",
            "note(\"c3 e3\").transpose(7)",
            |c| scale::transpose(c.pat, &c.values[0]),
        ),
        raw("voicing", &[], "chord symbols to notes", "chord(\"<Am7 Dm7>\").voicing()", |p, _| {
            Ok(voicing::voicing(p))
        }),
        lift(
            "root_notes",
            &[("octave", Number)],
            "chord symbols to their root notes",
            "chord(\"<Am7 Dm7>\").root_notes(2)",
            |c| Ok(voicing::root_notes(c.pat, c.int(0)?)),
        ),
        raw(
            "arp",
            &[("order", Pat)],
            "notes that sound together one by one, in an order",
            "m(\"[c3,e3,g3]\").arp(\"0 2 1\")",
            |p, a| Ok(voicing::arp(p, &a.sequence()?)),
        ),
    ]
}
