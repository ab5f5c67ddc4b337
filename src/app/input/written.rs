//! Scripts that commands write themselves: a MIDI file, one note.

/// The modules whose instruments can be named without importing them.
const IMPORTS: &str = "import \"std/synths\" as synths; import \"std/drums\" as drums; import \"std/gm\" as gm; \
                       import \"std/fx\" as fx;";

/// A MIDI file as a piece; `instrument`, as a script makes it, plays all but the percussion.
#[must_use]
pub fn song(file: &str, instrument: Option<&str>) -> String {
    // As Rust quotes a text, Rhai reads it.
    match instrument {
        None => format!("song({file:?});"),
        Some(code) => format!(
            "{IMPORTS}\nlet instrument =\n{code}\n;\nsong({file:?}, #{{instrument: instrument}});"
        ),
    }
}

/// One note that is held for some seconds, up to 60.
#[must_use]
pub fn note(instrument: &str, note: &str, velocity: u8, seconds: f64) -> String {
    let note = note.parse::<f64>().map_or_else(|_| format!("{note:?}"), |n| n.to_string());
    let velocity = f64::from(velocity) / 127.0;
    // At 120 beats a minute a bar is two seconds; made 32 times as slow, the note comes once only.
    let (beats, length) = (seconds * 2.0, seconds / 16.0);
    format!(
        "{IMPORTS}\nlet instrument =\n{instrument}\n;\nlength_beats({beats:?});\n\
         track(\"audition\", instrument).play(clip([[0, {note}, {length:?}, {velocity:?}]]).slow(32));"
    )
}
