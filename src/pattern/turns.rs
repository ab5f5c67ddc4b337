//! Loops that a function plays turn by turn against a virtual clock.

use super::call::ValueFn;
use super::core::Pattern;
use super::error::PatternError;
use super::event::Event;
use super::frac::Frac;
use super::span::Span;
use super::value::Value;

/// Beats of a cycle.
const BEATS: Frac = Frac::int(4);
/// What recording a turn costs, in visited patterns.
const TURN_WORK: u32 = 1_000;

/// A pattern whose turns of so many beats are what `play` makes of the list of a turn's number and
/// length: `[begin, length, value]` of each note, in beats from the begin of the turn. Turns start with
/// number 0 at cycle 0; a note may ring on into the next turn.
pub(crate) fn loop_every(beats: Frac, play: ValueFn) -> Result<Pattern, PatternError> {
    if beats <= Frac::ZERO {
        return Err(PatternError::new(format!(
            "loop_every: a turn of {beats} beats cannot be played; the length must be above 0"
        )));
    }
    let period = beats / BEATS;
    Ok(Pattern::new(move |ctx, span, out| {
        let first = (span.begin / period).floor().num().saturating_sub(1).max(0);
        let last = (span.end / period).ceil().num();
        for turn in first..last {
            if !ctx.spend_many(out.len(), TURN_WORK) {
                return;
            }
            let given = Value::List(vec![Value::Num(turn as f64), beats.into()]);
            let start = period * Frac::int(turn);
            match (play.run)(&given) {
                Ok(Value::List(notes)) => {
                    out.extend(notes.iter().filter_map(|n| event(n, start, span)));
                }
                Ok(_) => {}
                Err(e) => return ctx.fail(e),
            }
        }
    }))
}

/// A note as an event, as far as it sounds in `span`.
fn event(note: &Value, start: Frac, span: Span) -> Option<Event> {
    let Value::List(fields) = note else { return None };
    let [begin, length, value] = &fields[..] else { return None };
    let begin = start + begin.as_frac()? / BEATS;
    let whole = Span::new(begin, begin + length.as_frac()? / BEATS);
    Some(Event::new(Some(whole), whole.intersect(span)?, value.clone()))
}
