//! Patterns of patterns into patterns: each event chooses a pattern, and the ways differ in whose
//! time that pattern runs on.

use super::core::Pattern;
use super::error::PatternError;
use super::event::Event;
use super::frac::Frac;
use super::sequence;
use super::span::Span;
use super::value::Value;

/// How the inner patterns are laid into the outer events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// Inner events, cut by the outer ones.
    Inner,
    /// Outer events with the inner values sampled.
    Outer,
    /// Where outer and inner events overlap.
    Both,
    /// A whole cycle of the inner pattern squeezed into each outer event.
    Squeeze,
    /// The inner pattern's current cycle starts over at each outer event.
    Reset,
    /// The inner pattern's cycle 0 starts at each outer event.
    Restart,
    /// Inner patterns laid one after the other by their steps.
    Step,
    /// Inner patterns sped up to the outer pattern's steps, with the outer events.
    Poly,
}

impl Pattern {
    /// Replaces every value by a pattern and flattens the result.
    pub fn join(
        &self,
        how: Join,
        f: impl Fn(&Value) -> Result<Pattern, PatternError> + Send + Sync + 'static,
    ) -> Pattern {
        match how {
            Join::Inner | Join::Outer | Join::Both => bind(self, how, f),
            Join::Squeeze => squeeze(self, f),
            Join::Reset => reset(self, false, f),
            Join::Restart => reset(self, true, f),
            Join::Step => step(self, f),
            Join::Poly => {
                let steps = self.steps().unwrap_or(Frac::ONE);
                let stretched = move |v: &Value| {
                    let p = f(v)?;
                    let own = p.steps().unwrap_or(Frac::ONE);
                    Ok(p.extend(steps / own))
                };
                bind(self, Join::Outer, stretched)
            }
        }
    }
}

fn bind(
    outer: &Pattern,
    how: Join,
    f: impl Fn(&Value) -> Result<Pattern, PatternError> + Send + Sync + 'static,
) -> Pattern {
    let steps = if how == Join::Outer { outer.steps() } else { None };
    let outer = outer.clone();
    Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        outer.collect(ctx, span, &mut events);
        for o in &events {
            let inner = match f(&o.value) {
                Ok(p) => p,
                Err(err) => return ctx.fail(err),
            };
            let start = out.len();
            inner.collect(ctx, o.part, out);
            for e in &mut out[start..] {
                e.whole = match how {
                    Join::Inner => e.whole,
                    Join::Outer => o.whole,
                    _ => o.whole.zip(e.whole).and_then(|(a, b)| a.intersect(b)),
                };
                take_origin(e, o);
            }
        }
    })
    .with_steps(steps)
}

fn take_origin(e: &mut Event, o: &Event) {
    if !o.source.is_empty() || o.scale.is_some() {
        let moved = std::mem::replace(e, Event::new(None, e.part, Value::Bool(false)));
        *e = moved.with_origin_of(o);
    }
}

fn squeeze(
    outer: &Pattern,
    f: impl Fn(&Value) -> Result<Pattern, PatternError> + Send + Sync + 'static,
) -> Pattern {
    let outer = outer.clone();
    Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        outer.collect(ctx, span, &mut events);
        for o in &events {
            let Some(whole) = o.whole else { continue };
            let inner = match f(&o.value) {
                Ok(p) => p.focus(whole),
                Err(err) => return ctx.fail(err),
            };
            let mut found = Vec::new();
            inner.collect(ctx, o.part, &mut found);
            if !ctx.spend(out.len() + found.len()) {
                return;
            }
            out.extend(found.into_iter().filter_map(|e| clip(e, o, whole)));
        }
    })
}

/// An inner event cut to its outer one.
fn clip(mut e: Event, o: &Event, whole: Span) -> Option<Event> {
    if let Some(w) = e.whole {
        e.whole = Some(w.intersect(whole)?);
    }
    e.part = e.part.intersect(o.part)?;
    Some(e.with_origin_of(o))
}

fn reset(
    outer: &Pattern,
    restart: bool,
    f: impl Fn(&Value) -> Result<Pattern, PatternError> + Send + Sync + 'static,
) -> Pattern {
    let outer = outer.clone();
    Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        outer.collect(ctx, span, &mut events);
        for o in &events {
            let Some(whole) = o.whole else { continue };
            let shift = if restart { whole.begin } else { whole.begin.cycle_pos() };
            let inner = match f(&o.value) {
                Ok(p) => p.late(shift),
                Err(err) => return ctx.fail(err),
            };
            let mut found = Vec::new();
            inner.collect(ctx, span, &mut found);
            if !ctx.spend(out.len() + found.len()) {
                return;
            }
            for mut e in found {
                let Some(part) = e.part.intersect(o.part) else { continue };
                e.whole = e.whole.and_then(|w| w.intersect(whole));
                e.part = part;
                out.push(e.with_origin_of(o));
            }
        }
    })
}

fn step(
    outer: &Pattern,
    f: impl Fn(&Value) -> Result<Pattern, PatternError> + Send + Sync + 'static,
) -> Pattern {
    let outer = outer.clone();
    let steps = outer
        .try_query(Span::cycles(0, 1))
        .ok()
        .and_then(|events| laid_out(&events, &f).ok())
        .and_then(|p| p.steps());
    Pattern::new_per_cycle(move |ctx, span, out| {
        let cycle = Span::whole_cycle(span.begin);
        let mut events = Vec::new();
        outer.collect(ctx, cycle, &mut events);
        for e in &mut events {
            e.part = e.part.map(|t| t - cycle.begin);
        }
        match laid_out(&events, &f) {
            Ok(p) => p.collect(ctx, span, out),
            Err(err) => ctx.fail(err),
        }
    })
    .with_steps(steps)
}

/// The inner patterns of one cycle's events, one after the other by their steps; where events
/// overlap, their patterns sound together. A gap counts as many steps as fit into it at the pace of
/// the others.
fn laid_out(
    events: &[Event],
    f: &impl Fn(&Value) -> Result<Pattern, PatternError>,
) -> Result<Pattern, PatternError> {
    let mut cuts: Vec<Frac> = events.iter().flat_map(|e| [e.part.begin, e.part.end]).collect();
    cuts.extend([Frac::ZERO, Frac::ONE]);
    cuts.sort();
    cuts.dedup();
    let mut slots = Vec::new();
    let (mut counted, mut filled) = (Frac::ZERO, Frac::ZERO);
    for pair in cuts.windows(2) {
        let slot = Span::new(pair[0], pair[1]);
        let mut layers = Vec::new();
        for e in events.iter().filter(|e| slot.intersect(e.part).is_some()) {
            let origin = e.clone();
            layers.push(f(&e.value)?.map_events(move |e| take_origin(e, &origin)));
        }
        let layer = sequence::stack(layers);
        if let Some(steps) = layer.steps() {
            (counted, filled) = (counted + steps, filled + slot.duration());
        }
        slots.push((layer.steps(), slot.duration(), layer));
    }
    let pace = if filled == Frac::ZERO { Frac::ONE } else { counted / filled };
    let slots = slots.into_iter().map(|(steps, d, p)| (steps.unwrap_or(d * pace), p));
    Ok(sequence::weighted(slots.collect()))
}
