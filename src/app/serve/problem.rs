//! Diagnostics on the wire: with spans, as editors mark them.

use super::wire::Span;
use crate::diag::{Diagnostic, Related, Severity};
use crate::units::Place;
use serde::{Deserialize, Serialize};

/// What is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Whether it keeps the music from being made.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The file that it stands in: as the editor called it, or its absolute path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Where it stands; none if it has no place in a script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The line that it stands in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Other places that have to do with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Elsewhere>,
}

/// Another place that has to do with a problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// What is there.
    pub message: String,
    /// The file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The place in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The line of the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

fn span(place: &Place, width: u32) -> Option<Span> {
    let Place { line, column, .. } = *place;
    let column = column.max(1);
    let end_column = column.saturating_add(width.max(1));
    (line > 0).then_some(Span { line, column, end_line: line, end_column })
}

/// Place and width; what goes over several lines is marked to the end of its first.
fn place(span: Option<Span>, text: &str) -> (Place, u32) {
    let Some(span) = span else { return (Place::default(), 1) };
    let last = text.chars().count() as u32 + 1;
    let end = if span.end_line == span.line { span.end_column } else { last };
    let width = end.saturating_sub(span.column).max(1);
    (Place { file: 0, line: span.line, column: span.column }, width)
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Problem {
        let Diagnostic { severity, message, place, width, hint, file, text, related } = diagnostic;
        let elsewhere = |r: &Related| Elsewhere {
            message: r.message.clone(),
            file: r.file.clone(),
            span: span(&r.place, r.width),
            text: r.text.clone(),
        };
        Problem {
            severity: *severity,
            message: message.clone(),
            hint: hint.clone(),
            file: file.clone(),
            span: span(place, *width),
            text: text.clone(),
            related: related.iter().map(elsewhere).collect(),
        }
    }
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Diagnostic {
        let Problem { severity, message, hint, file, span, text, related } = problem;
        let (at, width) = place(span, &text);
        let related = related.into_iter().map(|e| {
            let (place, width) = place(e.span, &e.text);
            Related { message: e.message, place, width, file: e.file, text: e.text }
        });
        let related = related.collect();
        Diagnostic { severity, message, place: at, width, hint, file, text, related }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_comes_back_as_it_was_sent() {
        let at = |line, column| Place { file: 0, line, column };
        let sources = [crate::diag::Source {
            name: "a.rhai".into(),
            text: "x;\nlet aß = lowpas(3);".into(),
        }];
        let sent = Diagnostic::error("no such function", at(2, 10))
            .hint("did you mean `lowpass`?")
            .relate("first used here", at(1, 1))
            .located(&sources);
        let problem = Problem::from(&sent);
        let end = Span { line: 2, column: 10, end_line: 2, end_column: 16 };
        assert_eq!(problem.span, Some(end));
        let json = serde_json::to_string(&problem).expect("JSON");
        let back: Problem = serde_json::from_str(&json).expect("a problem");
        assert_eq!(Diagnostic::from(back), sent);
        let nowhere = Diagnostic::warning("the disk is full", Place::default());
        assert_eq!(Diagnostic::from(Problem::from(&nowhere)), nowhere);
    }
}
