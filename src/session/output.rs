//! Files that a script writes when it is run for them: MIDI files, and songs as sound.

use super::track::Session;
use crate::units::Place;

/// A file that a script writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Where, below the folder of the script.
    pub path: String,
    /// What is in it.
    pub content: Content,
    /// Where the script says so.
    pub place: Place,
}

/// What is in a file that a script writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The sound of a piece of its own.
    Sound(Box<Rendering>),
}

/// A piece that is rendered on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendering {
    /// The piece; it is as long as its `length_beats`.
    pub session: Session,
    /// Seconds after its end; until it has decayed if absent.
    pub tail: Option<f64>,
    /// Linear level below which it has decayed.
    pub threshold: f64,
}
