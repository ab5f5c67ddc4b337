//! The characters of a mini-notation text, and errors that point into it.

use crate::pattern::error::MiniError;

/// A position in a text.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Moves past `c` if it is next.
    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// Moves past white space.
    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }

    /// The word that starts here, without moving.
    pub(super) fn word(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.len() - rest.trim_start_matches(is_word).len()]
    }

    /// Moves past a number in the grammar's form, if one is next: digits without leading zeros, an
    /// optional fraction and exponent.
    pub(super) fn number(&mut self) -> Option<f64> {
        let bytes = self.rest().as_bytes();
        let digits = |mut i: usize| {
            while bytes.get(i).is_some_and(u8::is_ascii_digit) {
                i += 1;
            }
            i
        };
        let start = usize::from(bytes.first() == Some(&b'-'));
        let mut end = match bytes.get(start) {
            Some(b'0') => start + 1,
            Some(b'1'..=b'9') => digits(start),
            _ => return None,
        };
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let first = end + 1 + sign;
            if digits(first) > first {
                end = digits(first);
            }
        }
        let n = self.rest()[..end].parse().ok()?;
        self.at += end;
        Some(n)
    }

    /// An error here: what stands here, and at most three things that could.
    pub(super) fn expected(&self, what: &[&str]) -> MiniError {
        let found = self.found();
        let list = match what {
            [] => "nothing more".to_string(),
            [one] => one.to_string(),
            [many @ .., last] => format!("{} or {last}", many.join(", ")),
        };
        error_at(self.text, self.at, format!("expected {list}, found {found}"), what)
    }

    fn found(&self) -> String {
        match self.peek() {
            None => "the end".to_string(),
            Some(c) if is_word(c) => format!("'{}'", self.word()),
            Some(c) => format!("'{c}'"),
        }
    }
}

/// An error at a byte offset of a text.
pub(super) fn error_at(text: &str, at: usize, message: String, expected: &[&str]) -> MiniError {
    let scan = Scan { text, at };
    let column = text[..at].chars().count() + 1;
    MiniError {
        column,
        offset: at,
        found: scan.found(),
        expected: expected.iter().take(3).map(|e| e.to_string()).collect(),
        message: format!("mini-notation, column {column}: {message}"),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\r' | '\t' | '\u{a0}')
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '0'..='9' | '~' | '-' | '#' | '.' | '^' | '_')
}
