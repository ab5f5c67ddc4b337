//! Session logs: what a live set was, line by line, so that it can be rendered to the same samples.
//!
//! A log is text, one JSON value a line, written while the set is played. The first line says what it was played with.
//! Texts, what edits made of them, and ports stand before the lines that use them; the rest are the
//! [`Entry`](crate::engine::live::Entry)s of the engine. A log that ends in the middle, as one of a program that was
//! killed does, is good up to there.

mod event;
mod reader;
mod writer;

pub use event::Sent;
pub use reader::{Damage, Reader};
pub use writer::Writer;

use super::live::score::Made;
use crate::session::{Mixer, Port};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The format that is written; another one is not read.
pub const FORMAT: u32 = 1;

/// What a set was played with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// The program that wrote it.
    pub version: String,
    /// Sample rate in hertz.
    pub rate: u32,
    /// The linear level that the output never exceeded, if any.
    pub ceiling: Option<f32>,
    /// The beat that it began with.
    pub beat: f64,
    /// The folder of the script: as seen from that of the log, if it lies there.
    pub folder: PathBuf,
    /// Folders that it was allowed to read.
    pub allow: Vec<PathBuf>,
    /// Its arguments.
    pub set: Vec<(String, String)>,
    /// The seed that won over the script's.
    pub seed: Option<u64>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first.
    Rhailog(Head),
    /// A script, once for as long as it is the same.
    Source {
        /// Its number.
        number: u64,
        /// Its name, as imports have it.
        name: String,
        /// All of it.
        text: String,
    },
    /// What was played, or entered, became music.
    Text {
        /// Its number.
        number: u64,
        /// The scripts that it was read from, the main one first.
        sources: Vec<u64>,
        /// The other files that it read, as seen from the log, and their sizes in bytes.
        files: Vec<(PathBuf, u64)>,
    },
    /// An edit; number 0 is what the set began with.
    Edit {
        /// Its number.
        number: u64,
        /// The music.
        made: Made,
        /// The text whose sounds it plays.
        text: u64,
        /// What was muted and stopped by hand.
        mixer: Mixer,
        /// Frames that a MIDI message took until it left.
        delay: u64,
    },
    /// A port that was listened to.
    Port {
        /// Its number in this log.
        number: u8,
        /// The port.
        port: Port,
    },
    /// Events were sent.
    Events(Vec<Sent>),
    /// What had been sent from a frame on was not to be played.
    Forget(u64),
    /// A music was sent.
    Music {
        /// Of this edit; none where fades were over.
        edit: Option<u64>,
        /// For this frame.
        at: u64,
        /// When its musical time began, in seconds.
        origin: f64,
        /// With these events.
        events: Vec<Sent>,
    },
    /// Somebody else's time.
    Step {
        /// From this frame on.
        frame: u64,
        /// The beat at that frame.
        beat: f64,
        /// Beats per minute; none gives time back to the piece.
        bpm: Option<f64>,
        /// The beat is not the one that the steps before lead to.
        jumps: bool,
    },
    /// Messages and steps, all told, that had been taken in before the block at a frame.
    Took(u64, u64, u64),
    /// A message of a port: the block at which it came, its frame, the port, its bytes.
    Heard(u64, u64, u8, [u8; 3]),
    /// All was silenced before the block at a frame.
    Silenced(u64),
    /// The fade at the end began with the block at a frame.
    Ended(u64),
    /// So many frames had been played.
    Played(u64),
    /// A part of what happened is missing from here on.
    Lost,
}

/// `what`, a file or a folder, as seen from the folder of `file`, if it lies there.
#[must_use]
pub fn seen(what: &Path, file: &Path) -> PathBuf {
    let real = |path: &Path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.canonicalize()
    };
    let (Ok(what), Ok(from)) = (real(what), real(file.parent().unwrap_or(Path::new("")))) else {
        return what.to_path_buf();
    };
    what.strip_prefix(from).map_or(what.clone(), Path::to_path_buf)
}
