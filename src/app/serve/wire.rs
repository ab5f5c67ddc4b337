//! The editors' protocol on the wire: every message as a type; `docs/protocol.md` describes the fields.

mod quant;

use super::problem::Problem;
use crate::engine::live::Quant;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// Version of the protocol that this program speaks.
pub const VERSION: u32 = 1;

/// What an editor calls its request; given back with the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// What an editor sends. Fields that are not known are refused, so that a misspelt one is not passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Message {
    /// The first message of a connection.
    Hello {
        /// The version of the protocol that the editor speaks.
        version: u32,
        /// The token of the session file; may be left out on the Unix socket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// Plays code.
    Eval(Eval),
    /// Asks how it goes.
    Status {},
    /// Asks for notices of these kinds, in place of those asked for before.
    Subscribe {
        /// The kinds; none to hear nothing.
        kinds: Vec<Kind>,
    },
}

/// Code to play: a whole file, a selection or a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eval {
    /// The code, in Rhai.
    pub code: String,
    /// The file that it stands in, as the editor calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the file that `code` begins with, from 1.
    #[serde(default = "one")]
    pub line: u32,
    /// What the code says of other tracks and buses than this one is passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// When it is to be heard: `"bar"`, `"now"` or a number of beats (above 0, at most 1024); the session's
    /// own otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "quant")]
    pub quant: Option<Quant>,
}

fn one() -> u32 {
    1
}

/// Kinds of notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What the patterns play, with its place in the text.
    Event,
    /// Levels of the slots.
    Meter,
    /// What the player is told.
    Log,
    /// How it goes.
    Status,
    /// What is wrong with something that was saved or typed.
    Error,
}

/// What Rhapsode sends: answers to requests, and notices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Answer {
    /// Answers `hello`.
    Welcome {
        /// The version of the protocol that is spoken.
        version: u32,
        /// Version of the program.
        program: String,
        /// Its process.
        pid: u32,
        /// The script that plays, if it is a file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        script: Option<PathBuf>,
    },
    /// The request was carried out.
    Result(Outcome),
    /// It was not, and what sounded before sounds on; as a notice, what is wrong with something that was saved.
    Error {
        /// What is wrong, where, and what to do; at least one.
        diagnostics: Vec<Problem>,
    },
    /// How it goes.
    Status(Status),
    /// A pattern plays something.
    Event(Played),
    /// Levels since the last such notice.
    Meter {
        /// Tracks and buses in the order of the script, then `master`.
        slots: Vec<Level>,
    },
    /// Something that the player is told in the terminal.
    Log {
        /// How much it matters.
        level: Importance,
        /// The sentence.
        text: String,
    },
}

impl Answer {
    /// The kind that an editor subscribes to for it; none for what is only sent as an answer.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Answer::Welcome { .. } | Answer::Result(_) => None,
            Answer::Error { .. } => Some(Kind::Error),
            Answer::Status(_) => Some(Kind::Status),
            Answer::Event(_) => Some(Kind::Event),
            Answer::Meter { .. } => Some(Kind::Meter),
            Answer::Log { .. } => Some(Kind::Log),
        }
    }

    /// An error with these messages.
    #[must_use]
    pub fn errors(diagnostics: &[crate::diag::Diagnostic]) -> Answer {
        Answer::Error { diagnostics: diagnostics.iter().map(Problem::from).collect() }
    }
}

/// How a request was carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What to show: a sentence, or what a command of the script printed.
    pub text: String,
    /// The frame from which it is heard, counted since the sound began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    /// The bar in which it is heard, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bar: Option<u64>,
    /// The beat of that bar, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beat: Option<f64>,
    /// Warnings of the code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Problem>,
}

/// Where the music is and how it goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The bar, from 1; 0 if nothing plays.
    pub bar: u64,
    /// The beat of the bar, from 1.
    pub beat: f64,
    /// Beats a minute.
    pub bpm: f64,
    /// Time that the audio thread needs, of the time that it has: 0 to 1 and above.
    pub load: f64,
    /// Gaps in the sound since it began.
    pub xruns: u64,
    /// Name of the sound device.
    pub device: String,
    /// Its rate in Hz.
    pub rate: u32,
    /// Whether the device is gone, and the music goes on unheard.
    pub lost: bool,
    /// Tracks and buses that play.
    pub slots: Vec<String>,
}

/// Something that a pattern plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Played {
    /// The file that it is written in: as the editor called it, or its absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where it stands in the file.
    pub span: Span,
    /// When it is heard first, in milliseconds since 1970 (UTC).
    pub begin: f64,
    /// When it ends, in milliseconds since 1970 (UTC).
    pub end: f64,
    /// The track that plays it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
}

/// A stretch of a file. Lines and columns count from 1, columns in characters (Unicode scalar values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the last character.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
}

/// How loud a slot was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The track or bus; `master` for the whole.
    pub name: String,
    /// Peaks of left and right in dB of full scale; silence is [`SILENCE`].
    #[serde(serialize_with = "finite")]
    pub peak_db: [f64; 2],
}

/// What stands for silence, in dB: JSON has no infinity.
pub const SILENCE: f64 = -200.0;

fn finite<S: Serializer>(peaks: &[f64; 2], to: S) -> Result<S::Ok, S::Error> {
    peaks.map(|db| if db.is_nan() { SILENCE } else { db.clamp(SILENCE, -SILENCE) }).serialize(to)
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Importance {
    /// Good to know.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something failed.
    Error,
}
