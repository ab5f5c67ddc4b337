//! Files that a script writes: MIDI files and rendered songs, below its folder.

use super::output::OutputArgs;
use super::render::{Sink, write_sound};
use super::{Failure, note};
use crate::diag::Diagnostic;
use crate::engine::offline::Tail;
use crate::engine::{Length, Options};
use crate::io::file::write_whole;
use crate::runtime::Piece;
use crate::session::{Content, Output, Rendering};
use crate::units::gain_to_db;
use std::path::Path;

/// Writes the files that the script of `piece` asks for, in its order. A file that has its bytes already is left
/// alone, so that who watches it sees no change. Returns the names of those that were written.
///
/// # Errors
/// Where a file may not or cannot be written.
pub fn write(piece: &Piece, quiet: bool) -> Result<Vec<String>, Failure> {
    let mut written = Vec::new();
    for output in piece.outputs() {
        let Output { path, content, place } = output;
        let located = |d: Diagnostic| Failure(vec![d.located(piece.sources())]);
        let to = piece.destination(path);
        let to = to.map_err(|why| located(Diagnostic::error(why, place.clone())))?;
        match content {
            Content::Bytes(bytes) if std::fs::read(&to).is_ok_and(|old| old == *bytes) => continue,
            Content::Bytes(bytes) => {
                write_whole(&to, bytes).map_err(|e| located(e.diagnostic(place.clone())))?;
                if !quiet {
                    note(&format!("{path}: {} bytes", bytes.len()));
                }
            }
            Content::Sound(rendering) => sound(piece, rendering, &to, quiet)?,
        }
        written.push(path.clone());
    }
    Ok(written)
}

fn sound(piece: &Piece, rendering: &Rendering, to: &Path, quiet: bool) -> Result<(), Failure> {
    let Rendering { session, tail, threshold } = rendering;
    let tail = tail.map_or(Tail::Auto(gain_to_db(*threshold)), Tail::Seconds);
    let options =
        Options { rate: piece.rate(), length: Length::Script, tail, ..Options::default() };
    let offline = piece.part(session.clone()).start(options)?;
    let file = &OutputArgs::default();
    write_sound(offline, &Sink { path: to, rate: piece.rate(), file, stems: None, quiet })
}

/// The same on a thread of its own, for while music plays; what was written, or goes wrong, is told.
pub fn write_aside(piece: &Piece) {
    if piece.outputs().is_empty() {
        return;
    }
    let piece = piece.aside();
    std::thread::spawn(move || match write(&piece, true) {
        Ok(written) => written.iter().for_each(|file| note(&format!("{file} is written"))),
        Err(Failure(diagnostics)) => super::report::report(&diagnostics, false),
    });
}
