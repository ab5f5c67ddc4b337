//! Session logs: what a live set was, line by line, so that it can be rendered to the same samples.
//!
//! A log is text, one JSON value a line, written while the set is played. The first line says what it was played with.
//! Texts, what edits made of them, and ports stand before the lines that use them; the rest are the
//! [`Entry`]s of the engine. A log that ends in the middle, as one of a program that was
//! killed does, is good up to there.

mod reader;
mod writer;

pub use reader::{Damage, Reader};
pub use writer::Writer;

use super::live::score::Made;
use crate::engine::live::Entry;
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
    /// So many frames had been played.
    Played(u64),
    /// A part of what happened is missing from here on.
    Lost,
    /// Something that happened.
    #[serde(untagged)]
    Entry(Entry),
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
