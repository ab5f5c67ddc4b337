//! Notes at given times, as many as there are: found by search, not by asking each.

use super::core::Pattern;
use super::event::Event;
use super::frac::Frac;
use super::span::Span;
use super::value::Value;

/// A note, and the latest end of it and all before it.
struct Placed {
    span: Span,
    latest: Frac,
    value: Value,
}

impl Pattern {
    /// Values from a time to a time, in cycles from 0 to `length`, again and again. The times may be in any
    /// order; one of no length, or that is not inside, is left out.
    #[must_use]
    pub fn placed(values: Vec<(Frac, Frac, Value)>, length: Frac) -> Pattern {
        let mut all: Vec<Placed> = values
            .into_iter()
            .filter(|(from, to, _)| *from >= Frac::ZERO && from < to && *to <= length)
            .map(|(from, to, value)| Placed { span: Span::new(from, to), latest: to, value })
            .collect();
        all.sort_by_key(|p| p.span.begin);
        let mut latest = Frac::ZERO;
        for placed in &mut all {
            latest = latest.max(placed.latest);
            placed.latest = latest;
        }
        if length <= Frac::ZERO {
            return Pattern::silence();
        }
        Pattern::new(move |ctx, span, out| {
            let mut shift = (span.begin / length).floor() * length;
            let begins = |p: &Placed, to: Frac| {
                p.span.begin < to || (span.begin == span.end && p.span.begin == to)
            };
            while shift < span.end || (shift == span.begin && shift == span.end) {
                let (from, to) = (span.begin - shift, span.end - shift);
                let first = all.partition_point(|p| p.latest <= from);
                let near = all[first..].iter().take_while(|p| begins(p, to));
                for placed in near.filter(|p| p.span.end > from) {
                    if !ctx.spend(out.len()) {
                        return;
                    }
                    let whole = Span::new(placed.span.begin + shift, placed.span.end + shift);
                    let part = Span::new(whole.begin.max(span.begin), whole.end.min(span.end));
                    out.push(Event::new(Some(whole), part, placed.value.clone()));
                }
                if span.begin == span.end {
                    return;
                }
                shift = shift + length;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(p: &Pattern, from: (i64, i64), to: (i64, i64)) -> String {
        let span = Span::new(Frac::new(from.0, from.1), Frac::new(to.0, to.1));
        let mut events = p.query(span);
        events.sort_by_key(|e| (e.whole_or_part().begin, e.value.to_string()));
        let text = |e: &Event| {
            let (whole, onset) = (e.whole_or_part(), if e.has_onset() { "" } else { "-" });
            format!("{onset}{} {}..{}", e.value, whole.begin, whole.end)
        };
        events.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn they_are_where_they_were_placed_turn_after_turn() {
        let note = |from: (i64, i64), to: (i64, i64), x: f64| {
            (Frac::new(from.0, from.1), Frac::new(to.0, to.1), Value::Num(x))
        };
        let p = Pattern::placed(
            vec![
                note((1, 2), (1, 1), 2.0),
                note((0, 1), (2, 1), 1.0),
                note((3, 2), (2, 1), 3.0),
                note((1, 1), (5, 2), 9.0),
            ],
            Frac::int(2),
        );
        assert_eq!(at(&p, (0, 1), (1, 1)), "1 0..2, 2 1/2..1");
        assert_eq!(at(&p, (1, 1), (2, 1)), "-1 0..2, 3 3/2..2");
        assert_eq!(at(&p, (3, 2), (5, 2)), "-1 0..2, 3 3/2..2, 1 2..4");
        assert_eq!(at(&p, (5, 2), (5, 2)), "-1 2..4, 2 5/2..3");
        assert_eq!(at(&p, (7, 1), (15, 2)), "-1 6..8");
    }
}
