//! Where the text literals of scripts stand, so that what is read from them can point back into the script.

use super::build::Build;
use crate::diag::{Source, offset_at};
use crate::pattern::Places;
use crate::units::Place;
use std::collections::BTreeMap;

/// The text literals of all scripts by the address of their text, which every copy of the value shares.
#[derive(Debug, Default)]
pub struct Literals(BTreeMap<usize, Vec<Place>>);

impl Literals {
    /// Adds a literal of a syntax tree that lives as long as the evaluation.
    pub fn add(&mut self, text: &str, place: Place) {
        self.0.entry(text.as_ptr() as usize).or_default().push(place);
    }

    /// The literal that `text` is: of several alike (which the interpreter keeps only once) the first
    /// behind the call that uses it, else the last before.
    fn find(&self, text: &str, call: &Place) -> Option<&Place> {
        let all = self.0.get(&(text.as_ptr() as usize))?;
        let behind = all.iter().filter(|p| p.file == call.file && *p >= call).min();
        behind.or_else(|| all.iter().filter(|p| p.file == call.file).max()).or_else(|| all.first())
    }
}

/// Where the bytes of `text`, an argument of the call at `call`, stand in the sources; `None` if it is
/// no literal.
#[must_use]
pub fn places(build: &Build, text: &str, call: &Place) -> Option<Places> {
    let place = build.literals.find(text, call)?;
    let start = offset_at(&build.sources, place)?;
    let base: usize = base(&build.sources, place.file);
    let written = build.sources.get(usize::from(place.file))?.text.get(start as usize - base..)?;
    let inside = written.get(1..)?;
    if inside.starts_with(text) && !text.contains(['\\', '`', '"']) {
        return Some(Places::from(start + 1));
    }
    Some(Places::listed(table(written, text, start)))
}

fn base(sources: &[Source], file: u16) -> usize {
    sources.iter().take(usize::from(file)).map(|s| s.text.len() + 1).sum()
}

/// The place of each byte of `text` in the literal `written`, which begins with its quote at `start`.
fn table(written: &str, text: &str, start: u32) -> Vec<u32> {
    let mut table = Vec::with_capacity(text.len() + 1);
    let mut rest = written.char_indices().skip(1).peekable();
    let raw = written.starts_with('`');
    if raw && rest.peek().is_some_and(|(_, c)| *c == '\n') {
        rest.next(); // A line break right behind the quote is not part of the text.
    }
    for c in text.chars() {
        // A break of the line that a backslash escapes is skipped, with the spaces of the next line.
        while !raw && rest.peek().is_some_and(|(_, d)| *d == '\\') {
            let mut ahead = rest.clone().skip(1);
            if ahead.next().is_none_or(|(_, d)| d != '\n') {
                break;
            }
            rest.next();
            rest.next();
            while rest.next_if(|(_, d)| d.is_whitespace()).is_some() {}
        }
        let Some((at, written)) = rest.next() else { break };
        table.extend(std::iter::repeat_n(start + at as u32, c.len_utf8()));
        if !raw && written == '\\' {
            let digits = match rest.next() {
                Some((_, 'x')) => 2,
                Some((_, 'u')) => 4,
                Some((_, 'U')) => 8,
                _ => 0,
            };
            for _ in 0..digits {
                rest.next();
            }
        } else if written == c && matches!(c, '"' | '`') {
            rest.next(); // A quote inside is written twice.
        }
    }
    let end = rest.next().map_or(start, |(at, _)| start + at as u32);
    table.push(end);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_counted_as_they_are_written() {
        let places = |written: &str, text: &str| table(written, text, 10);
        assert_eq!(places("\"a\\tb\"", "a\tb"), [11, 12, 14, 15]);
        assert_eq!(places("\"\\x41b\"", "Ab"), [11, 15, 16]);
        assert_eq!(places("\"a\\\n   b\"", "ab"), [11, 17, 18]);
        assert_eq!(places("`\na b`", "a b"), [12, 13, 14, 15]);
        assert_eq!(places("\"é x\"", "é x"), [11, 11, 13, 14, 15]);
        assert_eq!(places("\"a\"\"b\"", "a\"b"), [11, 12, 14, 15]);
    }
}
