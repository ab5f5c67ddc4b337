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
    /// Name of the script, once [`Diagnostic::located`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line of the script that `place` is in, once [`Diagnostic::located`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Other places that have to do with it, such as an earlier declaration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

/// A second place that a message points to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Related {
    /// What is there.
    pub message: String,
    /// Where it is.
    pub place: Place,
    /// Characters to underline, at least 1.
    pub width: u32,
    /// Name of the script.
    pub file: String,
    /// The line of the script.
    pub text: String,
}

/// A script that was read: what diagnostics quote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its name, as shown to the user.
    pub name: String,
    /// All of it.
    pub text: String,
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
            file: String::new(),
            text: String::new(),
            related: Vec::new(),
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

    /// The same with a second place.
    #[must_use]
    pub fn relate(mut self, message: impl Into<String>, place: Place) -> Diagnostic {
        let (file, text) = (String::new(), String::new());
        self.related.push(Related { message: message.into(), place, width: 1, file, text });
        self
    }

    /// The same with the names of files and the lines that it quotes taken from `sources` (whose indices
    /// are [`Place::file`]), and everything from its place to the end of the word underlined.
    #[must_use]
    pub fn located(mut self, sources: &[Source]) -> Diagnostic {
        if self.text.is_empty() {
            end(&mut self.place, sources);
            (self.file, self.text) = quote(&self.place, sources);
            self.width = self.width.max(word(&self.text, self.place.column));
        }
        for other in &mut self.related {
            (other.file, other.text) = quote(&other.place, sources);
            other.width = other.width.max(word(&other.text, other.place.column));
        }
        self
    }
}

/// The place of a byte of all `sources`, which count as one text with a byte between each and the next.
#[must_use]
pub fn place_at(sources: &[Source], offset: u32) -> Option<Place> {
    let mut rest = offset as usize;
    for (file, source) in sources.iter().enumerate() {
        let Some(before) = source.text.get(..rest) else {
            rest = rest.checked_sub(source.text.len() + 1)?;
            continue;
        };
        let line = before.rsplit('\n').next().unwrap_or_default();
        return Some(Place {
            file: u16::try_from(file).ok()?,
            line: before.matches('\n').count() as u32 + 1,
            column: line.chars().count() as u32 + 1,
        });
    }
    None
}

/// The byte of all `sources` at `place`; the inverse of [`place_at`].
#[must_use]
pub fn offset_at(sources: &[Source], place: &Place) -> Option<u32> {
    let (before, from) = sources.split_at_checked(usize::from(place.file))?;
    let base: usize = before.iter().map(|s| s.text.len() + 1).sum();
    let text = &from.first()?.text;
    let mut lines = text.split_inclusive('\n');
    let above: usize = lines.by_ref().take(place.line.checked_sub(1)? as usize).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let inside = line.char_indices().nth(place.column.checked_sub(1)? as usize);
    u32::try_from(base + above + inside.map_or(line.len(), |(i, _)| i)).ok()
}

/// What is past the last line belongs to its end: something is missing there.
fn end(place: &mut Place, sources: &[Source]) {
    let Some(source) = sources.get(usize::from(place.file)) else { return };
    let text = source.text.trim_end();
    let lines = text.lines().count() as u32;
    if place.line > lines && lines > 0 {
        let last = text.lines().next_back().unwrap_or_default();
        (place.line, place.column) = (lines, last.chars().count() as u32 + 1);
    }
}

/// Name of the file and text of the line at `place`.
fn quote(place: &Place, sources: &[Source]) -> (String, String) {
    let Some(source) = sources.get(usize::from(place.file)) else {
        return Default::default();
    };
    let line = (place.line as usize).checked_sub(1).and_then(|i| source.text.lines().nth(i));
    (source.name.clone(), line.unwrap_or_default().to_string())
}

/// Characters of the word, string or operator that begins at `column` of `line`; at least 1.
fn word(line: &str, column: u32) -> u32 {
    let rest: Vec<char> = line.chars().skip((column as usize).saturating_sub(1)).collect();
    let named = |c: &char| c.is_alphanumeric() || *c == '_';
    let width = match rest.first() {
        Some('"') => rest.iter().skip(1).position(|&c| c == '"').map_or(rest.len(), |i| i + 2),
        Some(c) if named(c) => rest.iter().take_while(|c| named(c)).count(),
        Some(c) => rest.iter().take_while(|d| *d == c && !c.is_whitespace()).count(),
        None => 1,
    };
    (width as u32).max(1)
}

/// The name of `names` that is most like `wrong`, if any is close enough to be meant; of several as close, one
/// that begins the same, since first letters are seldom mistyped.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| {
            let begins = name.chars().next() == wrong.chars().next();
            (strsim::damerau_levenshtein(wrong, name), !begins, name)
        })
        .filter(|&(distance, _, name)| distance <= 1 + name.len().max(wrong.len()) / 4)
        .min()
        .map(|(_, _, name)| name)
}
