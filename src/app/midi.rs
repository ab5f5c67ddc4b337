//! `midi-export`: writes what the patterns of a script play, or what a live set has played, as a MIDI file.

use super::input::ScriptArgs;
use super::{Failure, note, replay, report};
use crate::engine::export;
use crate::io::file::write_whole;
use crate::midi::Song;
use std::path::PathBuf;

/// What is written, and where to.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    script: ScriptArgs,
    /// The file to write; the script's name with `.mid` otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How many bars (the script's `length_bars`, or 8, otherwise)
    #[arg(long, value_name = "N")]
    bars: Option<f64>,
}

/// Bars that are written of a script that does not say how long it is.
const BARS: f64 = 8.0;

/// Writes the file and says what is in it.
///
/// # Errors
/// What is wrong with the script, or why the file cannot be written.
pub fn export(args: &ExportArgs) -> Result<(), Failure> {
    let song = if args.script.is_log() {
        replay::song(&args.script.script, args.script.allow_external)?
    } else {
        piece(args)?
    };
    let path = args.output.clone().unwrap_or_else(|| args.script.script.with_extension("mid"));
    write_whole(&path, &song.to_bytes())
        .map_err(|e| Failure(vec![e.diagnostic(Default::default())]))?;
    let (tracks, notes) = (song.parts.len() - 1, song.notes().len());
    note(&format!("{}: {tracks} tracks, {notes} notes, {:.1} s", path.display(), song.seconds()));
    Ok(())
}

/// What the patterns of a script play.
fn piece(args: &ExportArgs) -> Result<Song, Failure> {
    let piece = args.script.load(48_000)?;
    report::report(piece.warnings(), false);
    let session = piece.session();
    let bar = session.meter.quarters();
    let said = args.bars.map(|bars| bars * bar).or(session.length_beats);
    let (song, warnings) = export::midi(session, said.unwrap_or(BARS * bar));
    warnings.iter().for_each(|w| note(w));
    Ok(song)
}
