//! Two patterns into one, event by event: the applicative functor of patterns.

use super::core::Pattern;
use super::error::PatternError;
use super::event::Event;
use super::frac::Frac;
use super::span::Span;
use super::value::Value;

/// Whose events the result has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Structure {
    /// The first pattern's; the second is sampled.
    Left,
    /// The second pattern's; the first is sampled.
    Right,
    /// An event wherever an event of one overlaps one of the other.
    Both,
}

impl Pattern {
    /// Combines the values of two patterns where their events overlap. `f` gets the value of
    /// `self` first; `None` drops the event, an error fails the query.
    pub fn combine(
        &self,
        structure: Structure,
        other: &Pattern,
        f: impl Fn(&Value, &Value) -> Result<Option<Value>, PatternError> + Send + Sync + 'static,
    ) -> Pattern {
        match structure {
            Structure::Left => one_sided(self, other, f),
            Structure::Right => one_sided(other, self, move |b, a| f(a, b)),
            Structure::Both => both(self, other, f),
        }
    }
}

fn one_sided(
    shape: &Pattern,
    sampled: &Pattern,
    f: impl Fn(&Value, &Value) -> Result<Option<Value>, PatternError> + Send + Sync + 'static,
) -> Pattern {
    let (shape, sampled) = (shape.clone(), sampled.clone());
    let steps = shape.steps();
    Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        shape.collect(ctx, span, &mut events);
        let mut samples = Vec::new();
        let mut sampled_span: Option<Span> = None;
        for e in &events {
            let whole = e.whole_or_part();
            if sampled_span != Some(whole) {
                samples.clear();
                sampled.collect(ctx, whole, &mut samples);
                sampled_span = Some(whole);
            }
            for s in &samples {
                let Some(part) = e.part.intersect(s.part) else { continue };
                match f(&e.value, &s.value) {
                    Ok(Some(value)) => out.push(joined(e, s, e.whole, part, value)),
                    Ok(None) => {}
                    Err(err) => return ctx.fail(err),
                }
            }
        }
    })
    .with_steps(steps)
}

fn both(
    a: &Pattern,
    b: &Pattern,
    f: impl Fn(&Value, &Value) -> Result<Option<Value>, PatternError> + Send + Sync + 'static,
) -> Pattern {
    let steps = lcm_steps([a.steps(), b.steps()]);
    let (a, b) = (a.clone(), b.clone());
    Pattern::new(move |ctx, span, out| {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        a.collect(ctx, span, &mut left);
        b.collect(ctx, span, &mut right);
        // The right events by their begin, and the latest end so far: what can meet a left event is in
        // one stretch of them.
        right.sort_by_key(|e| e.part.begin);
        let mut latest = Frac::MIN;
        let ends: Vec<Frac> = right
            .iter()
            .map(|e| {
                latest = latest.max(e.part.end);
                latest
            })
            .collect();
        for l in &left {
            let first = ends.partition_point(|end| *end < l.part.begin);
            let last = right.partition_point(|r| r.part.begin <= l.part.end);
            for r in right.get(first..last).unwrap_or(&[]) {
                if !ctx.spend(out.len()) {
                    return;
                }
                let Some(part) = l.part.intersect(r.part) else { continue };
                let whole = l.whole.zip(r.whole).and_then(|(x, y)| x.intersect(y));
                match f(&l.value, &r.value) {
                    Ok(Some(value)) => out.push(joined(l, r, whole, part, value)),
                    Ok(None) => {}
                    Err(err) => return ctx.fail(err),
                }
            }
        }
    })
    .with_steps(steps)
}

fn joined(a: &Event, b: &Event, whole: Option<Span>, part: Span, value: Value) -> Event {
    let e = Event { whole, part, value, source: a.source.clone(), scale: a.scale.clone() };
    e.with_origin_of(b)
}

/// The least common multiple of the step counts that are known.
pub(crate) fn lcm_steps(steps: impl IntoIterator<Item = Option<Frac>>) -> Option<Frac> {
    steps.into_iter().flatten().reduce(Frac::lcm)
}
