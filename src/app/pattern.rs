//! The command `pattern`: what an expression plays, drawn in the terminal or as JSON.

mod draw;
mod observed;
mod page;
mod rows;

pub use draw::draw;
pub use observed::{Observed, same};

use super::report;
use crate::diag::{Diagnostic, Source};
use crate::pattern::{Event, Frac, Pattern, Span};
use crate::script::evaluate_pattern;
use crate::units::Place;
use crate::world::{Folder, World};
pub use page::Page;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `pattern`.
#[derive(Clone, Debug, clap::Args)]
pub struct PatternArgs {
    /// Mini-notation in quotes, such as '"bd*2 [~ hh]"', or any expression that yields a pattern
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: String,
    /// The cycle to start at: a whole number, a decimal or a fraction such as 1/3
    #[arg(long, value_name = "A", default_value = "0", value_parser = frac, allow_hyphen_values = true)]
    pub from: Frac,
    /// How many cycles; a negative number means those before the start
    #[arg(long, value_name = "N", default_value = "1", value_parser = frac, allow_hyphen_values = true)]
    pub cycles: Frac,
    /// Print the events as JSON: {"events": [[begin, end, value], ...], "fragments": [...]}
    #[arg(long)]
    pub json: bool,
}

/// A pattern looked at for a while.
#[derive(Clone, Debug)]
pub struct Look {
    /// The pattern.
    pub pattern: Pattern,
    /// What was looked at.
    pub span: Span,
    /// Its events there.
    pub events: Vec<Event>,
    /// The texts that the events' source spans point into.
    pub sources: Vec<Source>,
}

/// Evaluates an expression and queries it in `span`.
///
/// # Errors
/// What is wrong with the expression, or with what it plays in that time.
pub fn look(expression: &str, span: Span) -> Result<Look, Vec<Diagnostic>> {
    let folder = Folder::of_script(&PathBuf::from("expression"));
    let world: Arc<dyn World> = Arc::new(folder);
    let shown = evaluate_pattern(expression, "expression", &world)?;
    match shown.pattern.try_query(span) {
        Ok(events) => Ok(Look { pattern: shown.pattern, span, events, sources: shown.sources }),
        Err(e) => Err(vec![Diagnostic::error(e.message, Place::default())]),
    }
}

/// Runs the command. The exit code is 1 if there is something wrong.
#[must_use]
pub fn pattern(args: &PatternArgs) -> ExitCode {
    let (a, b) = (args.from, args.from + args.cycles);
    let span = Span::new(a.min(b), a.max(b));
    match (look(&args.expression, span), args.json) {
        (Ok(look), true) => print(&format!("{}\n", Observed::of(&look.events).to_json())),
        (Ok(look), false) => print(&draw(&look, &Page::of_terminal())),
        (Err(errors), true) => {
            let message = errors.iter().map(told).collect::<Vec<_>>().join("\n");
            print(&format!("{}\n", serde_json::json!({ "error": message })));
            return ExitCode::from(1);
        }
        (Err(errors), false) => {
            report::report(&errors, false);
            return ExitCode::from(1);
        }
    }
    ExitCode::SUCCESS
}

/// A message with its hint, in one line.
fn told(error: &Diagnostic) -> String {
    let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
    format!("{}{hint}", error.message)
}

fn print(text: &str) {
    // A reader that has seen enough (`| head`) closes the pipe: no error of ours.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// A time in cycles: `3`, `-0.25` or `1/3`.
fn frac(text: &str) -> Result<Frac, String> {
    let wrong = || "it must be a number of cycles such as 2, 0.25, -1 or 1/3".to_string();
    let text = text.trim();
    if let Some((n, d)) = text.split_once('/') {
        let (n, d) =
            (n.trim().parse().map_err(|_| wrong())?, d.trim().parse().map_err(|_| wrong())?);
        return if d == 0i64 { Err(wrong()) } else { Ok(Frac::new(n, d)) };
    }
    let number: f64 = text.parse().map_err(|_| wrong())?;
    Frac::from_f64(number).ok_or_else(wrong)
}
