//! Shows diagnostics: with the line underlined for people, or as JSON for editors.

use crate::diag::{Diagnostic, Severity};
use crate::units::Place;
use ariadne::{CharSet, Color, Config, Label, Report, ReportKind, Source};
use std::io::{IsTerminal, Write};

/// Writes `diagnostics` to standard error; colours only on a terminal that wants them.
pub fn report(diagnostics: &[Diagnostic], json: bool) {
    let stderr = std::io::stderr();
    let text = if json { to_json(diagnostics) } else { to_text(diagnostics, colours()) };
    // There is nowhere left to say that standard error cannot be written to.
    let _ = stderr.lock().write_all(text.as_bytes());
}

/// Whether standard error is a terminal that wants colours.
#[must_use]
pub fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// One JSON object a line.
#[must_use]
pub fn to_json(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().filter_map(|d| serde_json::to_string(d).ok()).map(|l| l + "\n").collect()
}

/// All of them for people to read, and how many there are if several.
#[must_use]
pub fn to_text(diagnostics: &[Diagnostic], colour: bool) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&one(diagnostic, colour));
    }
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    if errors > 1 {
        text.push_str(&format!("{errors} errors\n"));
    }
    text
}

/// A stretch of a quoted line: its index among the quotes and its characters.
type Stretch = (usize, std::ops::Range<usize>);

fn one(diagnostic: &Diagnostic, colour: bool) -> String {
    if diagnostic.text.is_empty() {
        let word = if diagnostic.severity == Severity::Error { "Error" } else { "Warning" };
        let file = &diagnostic.file;
        let Place { line, column, .. } = diagnostic.place;
        let place = if line > 0 { format!(":{line}:{column}") } else { String::new() };
        let file = if file.is_empty() { String::new() } else { format!("{file}{place}: ") };
        let hint = diagnostic.hint.as_ref().map(|h| format!("\n  {h}")).unwrap_or_default();
        return format!("{word}: {file}{}{hint}\n", diagnostic.message);
    }
    let (kind, paint) = match diagnostic.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    let span = stretch(0, &diagnostic.place, diagnostic.width, &diagnostic.text);
    let config = Config::default().with_color(colour).with_char_set(CharSet::Unicode);
    let hint = diagnostic.hint.as_deref().unwrap_or("here");
    let mut report = Report::build(kind, span.clone())
        .with_config(config)
        .with_message(&diagnostic.message)
        .with_label(Label::new(span).with_message(hint).with_color(paint));
    for (i, other) in diagnostic.related.iter().enumerate() {
        let span = stretch(i + 1, &other.place, other.width, &other.text);
        report = report
            .with_label(Label::new(span).with_message(&other.message).with_color(Color::Cyan));
    }
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = report.finish().write(Quotes::new(diagnostic), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn stretch(quote: usize, place: &Place, width: u32, text: &str) -> Stretch {
    let above = blank_lines(place.line);
    let length = text.chars().count();
    let start = (place.column.max(1) as usize - 1).min(length);
    let end = (start + width.max(1) as usize).min(length.max(start + 1));
    (quote, above + start..above + end)
}

/// Lines above the one that is quoted; the source has them empty, so that the line has its number.
fn blank_lines(line: u32) -> usize {
    line.saturating_sub(1) as usize
}

/// The lines that a diagnostic quotes, each as a source of its own.
struct Quotes {
    sources: Vec<Source<String>>,
    names: Vec<String>,
}

impl Quotes {
    fn new(diagnostic: &Diagnostic) -> Quotes {
        let first = (&diagnostic.text, diagnostic.place.line, &diagnostic.file);
        let rest = diagnostic.related.iter().map(|r| (&r.text, r.place.line, &r.file));
        let (mut sources, mut names) = (Vec::new(), Vec::new());
        for (text, line, file) in std::iter::once(first).chain(rest) {
            sources.push(Source::from(format!("{}{text} ", "\n".repeat(blank_lines(line)))));
            names.push(file.clone());
        }
        Quotes { sources, names }
    }
}

impl ariadne::Cache<usize> for Quotes {
    type Storage = String;

    fn fetch(&mut self, id: &usize) -> Result<&Source<String>, impl std::fmt::Debug> {
        self.sources.get(*id).ok_or("no such quote")
    }

    fn display<'a>(&self, id: &'a usize) -> Option<impl std::fmt::Display + 'a> {
        self.names.get(*id).cloned()
    }
}
