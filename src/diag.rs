//! Diagnostics: what is wrong, where, why, and what to do about it.

use crate::units::Place;
use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the music plays.
    Warning,
    /// The music cannot be made.
    Error,
}

/// One message to the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where it stands; line 0 if it has no place in a script.
    pub place: Place,
    /// Characters to underline, at least 1.
    pub width: u32,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at `place`.
    #[must_use]
    pub fn error(message: impl Into<String>, place: Place) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            place,
            width: 1,
            hint: None,
        }
    }

    /// A warning at `place`.
    #[must_use]
    pub fn warning(message: impl Into<String>, place: Place) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message, place) }
    }

    /// The same with a hint what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// The same with `width` characters underlined.
    #[must_use]
    pub fn wide(mut self, width: u32) -> Diagnostic {
        self.width = width.max(1);
        self
    }
}

/// The name of `names` that is most like `wrong`, if any is close enough to be meant.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|&(distance, name)| distance <= 1 + name.len().max(wrong.len()) / 4)
        .min()
        .map(|(_, name)| name)
}
