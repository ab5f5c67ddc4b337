//! Combinators that apply a function to a pattern: now and then, here and there, on top.

use super::call::{Built, In};
use super::combine::lcm_steps;
use super::core::Pattern;
use super::error::PatternError;
use super::frac::Frac;
use super::join::Join;
use super::random;
use super::sequence;
use super::span::Span;
use super::value::{Controls, Value};
use std::sync::Arc;

/// Every `n` cycles (the first of them, or the last), something else.
pub(crate) fn every(c: &In<'_>, last: bool) -> Built {
    let n = c.count(0)?;
    if n == 0 {
        return Err(PatternError::new(format!("{}: there is no 0th cycle", c.name)));
    }
    let mut pats = vec![c.pat.clone(); n];
    pats[if last { n - 1 } else { 0 }] = c.apply(c.pat)?;
    Ok(sequence::slowcat_skipping(pats))
}

/// Applies the function while `on` is true.
pub(crate) fn when(p: &Pattern, on: &Pattern, changed: Pattern) -> Pattern {
    let plain = p.clone();
    on.clone()
        .impure()
        .join(Join::Inner, move |v| Ok(if v.truthy() { changed.clone() } else { plain.clone() }))
}

/// A mask that is true in the first of `n` parts, moving on by a part each cycle.
fn part_mask(n: usize, back: bool) -> Pattern {
    let first = (0..n).map(|i| Pattern::pure(Value::Bool(i == 0))).collect();
    sequence::fastcat(first).iter(n, !back)
}

/// One of `n` parts of the pattern through the function, the next one each cycle.
pub(crate) fn chunk(c: &In<'_>, back: bool, fast: bool) -> Built {
    let n = c.count(0)?;
    if n == 0 {
        return Err(PatternError::new(format!("{}: there are no 0 parts", c.name)));
    }
    let p = if fast { c.pat.clone() } else { c.pat.repeat_cycles(Frac::int(n as i64)) };
    let changed = c.apply(&p)?;
    Ok(when(&p, &part_mask(n, back), changed))
}

/// One of `n` parts of the pattern, looped as a pattern of its own, through the function.
pub(crate) fn chunk_into(c: &In<'_>, back: bool) -> Built {
    let n = c.count(0)?;
    let first = (0..n).map(|i| Pattern::pure(Value::Bool(i == 0))).collect();
    let parts = sequence::fastcat(first);
    let parts = if back { parts.iter(n, false).early(Frac::ONE) } else { parts.iter(n, true) };
    into(c, &parts)
}

/// The stretches where `pieces` is true, each looped and changed by the function.
fn into(c: &In<'_>, pieces: &Pattern) -> Built {
    // The function sees a loop that depends on the event: a stand-in, filled in for each.
    let (cell, input) = stand_in();
    let changed = c.apply(&input)?;
    let (whole, pieces) = (c.pat.clone(), pieces.clone());
    Ok(Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        pieces.collect(ctx, span, &mut events);
        for e in &events {
            let of = e.whole_or_part();
            if e.value.truthy() {
                let piece = ribbon(&whole, of.begin, of.duration());
                ctx.query_bound(cell, &piece, &changed, e.part, out);
            } else {
                whole.collect(ctx, e.part, out);
            }
        }
    }))
}

/// Loops `cycles` cycles of the pattern starting at `offset`.
pub(crate) fn ribbon(p: &Pattern, offset: Frac, cycles: Frac) -> Pattern {
    let shifted = p.early(offset);
    Pattern::pure(1.0).slow(cycles).join(Join::Restart, move |_| Ok(shifted.clone()))
}

/// Events that begin between `a` and `b` of their cycle through the function, the others plain.
pub(crate) fn within(c: &In<'_>) -> Built {
    let (a, b) = (c.num(0)?, c.num(1)?);
    let inside = move |t: Frac| {
        let t = t.cycle_pos().to_f64();
        t >= a && t <= b
    };
    let chosen = c.pat.filter(move |e| e.whole.is_some_and(|w| inside(w.begin)));
    let rest = c.pat.filter(move |e| e.whole.is_some_and(|w| !inside(w.begin)));
    Ok(sequence::stack(vec![c.apply(&chosen)?, rest]))
}

/// Some events through the function, by chance; the others plain.
pub(crate) fn sometimes_by(c: &In<'_>, chance: f64) -> Built {
    let changed = c.apply(&c.pat.undegrade_by(1.0 - chance))?;
    Ok(sequence::stack(vec![c.pat.degrade_by(chance), changed]).with_steps(None))
}

/// Some cycles through the function, by chance.
pub(crate) fn some_cycles_by(c: &In<'_>, chance: f64) -> Built {
    let plain = c.pat.degrade_by_with(&random::rand().segment(Frac::ONE), chance);
    let other = random::inverse_rand().segment(Frac::ONE);
    let changed = c.apply(&c.pat.degrade_by_with(&other, 1.0 - chance))?;
    Ok(sequence::stack(vec![plain, changed]).with_steps(None))
}

/// Plain on the left, through the function on the right, `by` apart.
pub(crate) fn jux_by(c: &In<'_>, by: f64) -> Built {
    let panned = |by: f64| {
        c.pat.map(move |v| {
            let mut m = v.as_map().cloned().unwrap_or_else(Controls::new);
            let pan = m.get("pan").and_then(Value::as_num).unwrap_or(0.5);
            m.insert(Arc::from("pan"), Value::Num(pan + by));
            Value::Map(m)
        })
    };
    let left = panned(-by / 2.0);
    let right = c.apply(&panned(by / 2.0))?;
    let steps = lcm_steps([left.steps(), right.steps()]);
    Ok(sequence::stack(vec![left, right]).with_steps(steps))
}

/// Copies of the pattern, each `time` later than the last and changed by its index.
pub(crate) fn echo_with(
    p: &Pattern,
    times: usize,
    time: Frac,
    f: impl Fn(&Pattern, i64) -> Built,
) -> Built {
    let copy = |i: i64| f(&p.late(time * Frac::int(i)), i);
    Ok(sequence::stack((0..times as i64).map(copy).collect::<Result<_, _>>()?))
}

/// Sets the `gain` of each event.
pub(crate) fn fade(p: &Pattern, gain: f64) -> Pattern {
    let gain = Controls::from([(Arc::from("gain"), Value::Num(gain))]);
    p.operate(
        super::operators::Op::Set,
        super::operators::How::In,
        &Pattern::pure(Value::Map(gain)),
    )
}

/// Each event `n` times in its own time, the i-th changed by the function i times.
pub(crate) fn ply_with(c: &In<'_>) -> Built {
    let n = c.count(0)?;
    // The function is applied to a stand-in for one event, which is filled in for each.
    let (cell, stand_in) = stand_in();
    let mut layers = vec![stand_in];
    for i in 1..n {
        let next = c.apply(&layers[i - 1])?;
        layers.push(next);
    }
    layers.truncate(n);
    ply_layers(c, cell, layers)
}

/// Each event `n` times in its own time, the i-th changed by the function, which sees i.
pub(crate) fn ply_for_each(c: &In<'_>) -> Built {
    let n = c.count(0)?;
    let (cell, stand_in) = stand_in();
    let mut layers = vec![stand_in.clone()];
    for i in 1..n as i64 {
        layers.push(c.funcs[0].apply(&stand_in, Some(i))?);
    }
    layers.truncate(n);
    ply_layers(c, cell, layers)
}

fn ply_layers(c: &In<'_>, cell: u64, layers: Vec<Pattern>) -> Built {
    let n = Frac::int(layers.len() as i64);
    let sequence = sequence::slowcat(layers).fast(n);
    let plied = c.pat.join(Join::Squeeze, move |v| {
        let (one, body) = (Pattern::pure(v.clone()), sequence.clone());
        Ok(Pattern::new(move |ctx, span, out| ctx.query_bound(cell, &one, &body, span, out)))
    });
    Ok(plied.with_steps(c.pat.steps().map(|s| s * n)))
}

/// A pattern that a query fills in, and its number.
fn stand_in() -> (u64, Pattern) {
    use std::sync::atomic::{AtomicU64, Ordering};
    // Counts down from the top, so that the numbers never meet those of function arguments.
    static NEXT: AtomicU64 = AtomicU64::new(u64::MAX);
    let id = NEXT.fetch_sub(1, Ordering::Relaxed);
    let p = Pattern::new(move |ctx, span, out| ctx.query_hole(id, span, out));
    (id, p.with_steps(Some(Frac::ONE)))
}
/// What begins moved to the nearest multiple of `grid` cycles, the later one if it stands between two; lengths stay.
///
/// # Errors
/// A grid that is not above 0.
pub(crate) fn quantize(p: &Pattern, grid: Frac) -> Result<Pattern, PatternError> {
    if grid <= Frac::ZERO {
        return Err(PatternError::new(
            "quantize: the grid is a part of a cycle above 0, such as 1.0/16",
        ));
    }
    let (p, half) = (p.clone(), grid / Frac::int(2));
    let steps = p.steps();
    Ok(Pattern::new(move |ctx, span, out| {
        // Nothing moves by more than half of the grid.
        let near = Span::new(span.begin - half, span.end + half);
        let mut found = Vec::new();
        p.collect(ctx, near, &mut found);
        for mut event in found {
            let Some(whole) = event.whole else {
                // What changes all the time has no beginning.
                if let Some(part) = event.part.intersect(span) {
                    event.part = part;
                    out.push(event);
                }
                continue;
            };
            let by = ((whole.begin / grid) + Frac::new(1, 2)).floor() * grid - whole.begin;
            let moved = event.part.map(|t| t + by);
            if let Some(part) = moved.intersect(span) {
                event.whole = Some(whole.map(|t| t + by));
                event.part = part;
                out.push(event);
            }
        }
    })
    .with_steps(steps))
}
