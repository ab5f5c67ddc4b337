//! Rows: scales, chords, voicings, arpeggios, transposition.

use super::Kind::{Number, Pattern as Pat, Text, ValueFunction};
use super::{Row, lift, lift_same, raw};
use crate::pattern::tonal::{degree, leading, voicing};

pub(super) fn rows() -> Vec<Row> {
    vec![
        lift_same(
            "scale",
            &[("name", Text)],
            "degrees to the notes of a scale, notes to its nearest",
            "n(\"0 2 4\").scale(\"C:minor\")",
            |c| degree::scaled(c.pat, &c.values[0]),
        ),
        lift(
            "scale_transpose scaleTrans scale_trans strans",
            &[("degrees", Number)],
            "moves notes along the scale they came from",
            "n(\"0 2 4\").scale(\"C:minor\").scale_transpose(2)",
            |c| Ok(degree::scale_transpose(c.pat, c.num(0)? as i64)),
        ),
        lift(
            "transpose trans",
            &[("interval", Number)],
            "moves notes by semitones or an interval such as 3M",
            "note(\"c3 e3\").transpose(7)",
            |c| degree::transpose(c.pat, &c.values[0]),
        ),
        raw("voicing", &[], "chord symbols to notes", "chord(\"<Am7 Dm7>\").voicing()", |p, _| {
            Ok(voicing::voicing(p))
        }),
        raw(
            "voicings",
            &[("dictionary", Text)],
            "chord symbols to notes, each voicing near the last: lefthand, guidetones or triads",
            "m(\"<C^7 Dm7 G7>\").voicings(\"lefthand\")",
            |p, a| {
                let named = a.items.first().map(crate::pattern::Arg::to_value).transpose()?;
                leading::led(p, &named.map_or("lefthand".to_string(), |n| n.to_string()))
            },
        ),
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
        raw(
            "arp_with",
            &[("function", ValueFunction)],
            "plays what a function makes of the list of notes that sound together",
            "m(\"[c3,e3,g3]\").arp_with(|notes| [notes[0], notes[2], notes[1]])",
            |p, a| match a.get(0)? {
                crate::pattern::Arg::ValueFn(f) => Ok(voicing::arp_with(p, f.clone())),
                _ => Err(crate::pattern::PatternError::new("arp_with needs a function of a list")),
            },
        ),
    ]
}
