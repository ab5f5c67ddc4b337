//! Where a pattern is drawn: how wide, and in colour or not.

use std::io::IsTerminal;

/// A page to draw on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Characters in a line.
    pub width: usize,
    /// Whether colours are wanted.
    pub colour: bool,
}

/// The width where nothing is known.
const WIDTH: usize = 80;

impl Page {
    /// A page without colours.
    #[must_use]
    pub fn plain(width: usize) -> Page {
        Page { width, colour: false }
    }

    /// The terminal on standard output, or a plain page when that is a file or a pipe.
    #[must_use]
    pub fn of_terminal() -> Page {
        let stdout = std::io::stdout();
        let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let size = terminal_size::terminal_size_of(&stdout).map(|(w, _)| usize::from(w.0));
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let width = size.or(columns).filter(|w| *w > 0).unwrap_or(WIDTH);
        Page { width: width.clamp(24, 400), colour }
    }

    /// `text` in one of six colours.
    pub(super) fn paint(&self, text: &str, colour: usize) -> String {
        const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 31];
        if self.colour && !text.trim().is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", COLOURS[colour % COLOURS.len()])
        } else {
            text.to_string()
        }
    }

    /// `text`, less conspicuous.
    pub(super) fn faint(&self, text: &str) -> String {
        if self.colour && !text.trim().is_empty() {
            format!("\u{1b}[2m{text}\u{1b}[0m")
        } else {
            text.to_string()
        }
    }
}
