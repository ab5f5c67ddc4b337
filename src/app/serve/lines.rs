//! Lines of a connection, read with caps: on their length, on their nesting, on the time of the first.

use std::io::{ErrorKind, Read};
use std::time::Instant;

/// Bytes that are read at once.
const CHUNK: usize = 8192;

/// A line as it came, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A text of at most the cap.
    Text(String),
    /// It was longer than the cap; it has been read to its end and thrown away.
    TooLong,
    /// It is not UTF-8.
    NotText,
}

/// Reads lines of at most `cap` bytes; needs no more memory than that, whatever comes.
pub struct Lines<R> {
    from: R,
    cap: usize,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that are known to have no end of line.
    seen: usize,
    /// The line is over the cap already.
    skipping: bool,
}

impl<R: Read> Lines<R> {
    /// Reads `from`, lines of at most `cap` bytes.
    pub fn new(from: R, cap: usize) -> Lines<R> {
        Lines { from, cap, buffer: Vec::new(), seen: 0, skipping: false }
    }

    /// Takes lines of at most `cap` bytes from now on.
    pub fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    /// Waits for the first bytes of a connection and shows them; none at its end.
    ///
    /// # Errors
    /// What the connection says; `TimedOut` after `deadline`.
    pub fn peek(&mut self, deadline: Option<Instant>) -> std::io::Result<&[u8]> {
        if self.buffer.is_empty() {
            self.read(deadline)?;
        }
        Ok(&self.buffer)
    }

    /// The next line; none at the end of the connection, also if it ends in the middle of a line.
    ///
    /// # Errors
    /// What the connection says; `TimedOut` after `deadline`.
    pub fn next(&mut self, deadline: Option<Instant>) -> std::io::Result<Option<Line>> {
        loop {
            if let Some(end) = self.buffer[self.seen..].iter().position(|&b| b == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=self.seen + end).collect();
                line.pop();
                self.seen = 0;
                if std::mem::take(&mut self.skipping) || line.len() > self.cap {
                    return Ok(Some(Line::TooLong));
                }
                return Ok(Some(String::from_utf8(line).map_or(Line::NotText, Line::Text)));
            }
            self.seen = self.buffer.len();
            if self.skipping || self.buffer.len() > self.cap {
                (self.skipping, self.seen) = (true, 0);
                self.buffer.clear();
            }
            if self.read(deadline)? == 0 {
                return Ok(None);
            }
        }
    }

    fn read(&mut self, deadline: Option<Instant>) -> std::io::Result<usize> {
        let mut chunk = [0; CHUNK];
        loop {
            if deadline.is_some_and(|end| Instant::now() >= end) {
                return Err(ErrorKind::TimedOut.into());
            }
            match self.from.read(&mut chunk) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&chunk[..count]);
                    return Ok(count);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // The socket's own timeout is a fraction of the deadline.
                Err(e)
                    if deadline.is_some()
                        && matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// How deep the objects and lists of a JSON text are nested; looked at before it is parsed.
#[must_use]
pub fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut inside, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (to[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn all(from: impl Read, cap: usize) -> Vec<Line> {
        let mut lines = Lines::new(from, cap);
        std::iter::from_fn(|| lines.next(None).expect("reads")).collect()
    }

    #[test]
    fn lines_come_whole_however_they_are_cut_and_long_ones_are_skipped() {
        let long = "x".repeat(30_000);
        let text = format!("one\n{long}\n\n{}\nß\n\u{0}{{\nopen", "y".repeat(10));
        let mut bytes = text.into_bytes();
        bytes.splice(0..0, [0xff, b'\n']);
        let word = |t: &str| Line::Text(t.to_string());
        let want = vec![
            Line::NotText,
            word("one"),
            Line::TooLong,
            word(""),
            word(&"y".repeat(10)),
            word("ß"),
            word("\u{0}{"),
        ];
        assert_eq!(all(&bytes[..], 10), want);
        assert_eq!(all(Drip(&bytes), 10), want);
        let mut lines = Lines::new(Drip(&bytes), 10);
        while let Ok(Some(_)) = lines.next(None) {
            assert!(lines.buffer.capacity() < 3 * CHUNK, "memory stays small");
        }
    }

    #[test]
    fn nesting_is_counted_outside_texts() {
        for (json, want) in [
            ("1", 0),
            ("{}", 1),
            ("{\"a\":[{}]}", 3),
            ("\"[[[\"", 0),
            ("[\"\\\"[[\",[]]", 2),
            ("]]]][", 1),
        ] {
            assert_eq!(depth(json), want, "{json}");
        }
        assert_eq!(depth(&"[".repeat(1_000_000)), 1_000_000);
    }
}
