//! What can go wrong with a pattern, in words for the person who wrote it.

use std::fmt;

/// A combinator was given something it cannot use, or a query failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What happened, where and what to do, in one sentence or two.
    pub message: String,
}

impl PatternError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> PatternError {
        PatternError { message: message.into() }
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
