//! What can go wrong with a pattern, in words for the person who wrote it.

use crate::units::Place;
use std::fmt;

/// Where in the scripts something went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Where {
    /// Not known.
    #[default]
    Unknown,
    /// At this byte of all sources, as [`SourceSpan`](super::SourceSpan) counts.
    Offset(u32),
    /// At this place.
    At(Place),
}

/// A combinator was given something it cannot use, or a query failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What happened, where and what to do, in one sentence or two.
    pub message: String,
    /// Where, if that is known better than by the call that failed.
    pub place: Where,
}

impl PatternError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> PatternError {
        PatternError { message: message.into(), place: Where::Unknown }
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(self, place: Where) -> PatternError {
        PatternError { place, ..self }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

impl From<MiniError> for PatternError {
    fn from(e: MiniError) -> PatternError {
        PatternError::new(e.to_string())
    }
}

/// A mini-notation text that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniError {
    /// Column of the problem, in characters from 1.
    pub column: usize,
    /// Byte offset of the problem from the start of the text.
    pub offset: usize,
    /// What stands there.
    pub found: String,
    /// At most three things that could stand there instead.
    pub expected: Vec<String>,
    /// The whole message.
    pub message: String,
}

impl fmt::Display for MiniError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MiniError {}
