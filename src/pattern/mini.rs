//! Mini-notation: text to pattern, with Strudel's grammar and meaning.

mod ast;
mod build;
mod parse;
mod scan;

use super::context::Meter;
use super::core::Pattern;
use super::error::MiniError;
use super::event::Places;
use super::expr::Expr;
use super::span::Span;

/// The most events that a mini-notation text may make in a cycle.
const MOST_EVENTS: usize = 60_000;
/// The most work that its first cycle may take.
const MOST_WORK: u32 = 400_000;

/// Reads a text; `places` says where its bytes stand, for the source spans of its events.
pub(super) fn parse(text: &str, places: &Places) -> Result<Pattern, MiniError> {
    let tree = parse::parse(text)?;
    let fail = |at: usize, message: String| scan::error_at(text, at, message, &[]);
    let pattern = build::build(&tree, places).map_err(|e| fail(0, e.message))?;
    // Looking at one cycle finds what cannot be played before anybody has to wait for it.
    let meter = Meter::with_limits(MOST_WORK, MOST_EVENTS);
    if let Err(e) = pattern.query_within(Span::cycles(0, 1), meter) {
        return Err(fail(tree.densest, e.message));
    }
    Ok(pattern.with_expr(Expr::mini(text)))
}
