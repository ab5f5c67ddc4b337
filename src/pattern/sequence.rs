//! Patterns one after the other, and at once.

use super::combine::lcm_steps;
use super::core::Pattern;
use super::error::PatternError;
use super::event::Event;
use super::frac::Frac;
use super::span::Span;

/// All at once.
pub fn stack(pats: Vec<Pattern>) -> Pattern {
    let steps = lcm_steps(pats.iter().map(Pattern::steps));
    Pattern::new(move |ctx, span, out| pats.iter().for_each(|p| p.collect(ctx, span, out)))
        .with_steps(steps)
}

/// One cycle of each in turn; every pattern goes on where it stopped.
pub fn slowcat(mut pats: Vec<Pattern>) -> Pattern {
    if pats.len() <= 1 {
        return pats.pop().unwrap_or_else(Pattern::silence);
    }
    let steps = lcm_steps(pats.iter().map(Pattern::steps));
    let n = pats.len() as i64;
    Pattern::new_per_cycle(move |ctx, span, out| {
        let cycle = span.begin.cycle();
        let offset = Frac::int(cycle - cycle.div_euclid(n));
        let start = out.len();
        let pat = &pats[cycle.rem_euclid(n) as usize];
        pat.collect(ctx, span.map(|t| t - offset), out);
        for e in &mut out[start..] {
            e.part = e.part.map(|t| t + offset);
            e.whole = e.whole.map(|w| w.map(|t| t + offset));
        }
    })
    .with_steps(steps)
}

/// One cycle of each in turn; the patterns that are not heard move on silently.
pub fn slowcat_skipping(pats: Vec<Pattern>) -> Pattern {
    let n = pats.len() as i64;
    Pattern::new_per_cycle(move |ctx, span, out| {
        if n > 0 {
            pats[span.begin.cycle().rem_euclid(n) as usize].collect(ctx, span, out);
        }
    })
}

/// All in one cycle, each in an equal part of it.
pub fn fastcat(mut pats: Vec<Pattern>) -> Pattern {
    match pats.len() {
        0 => Pattern::silence(),
        1 => pats.swap_remove(0),
        n => {
            let slots = pats.into_iter().map(|p| (Frac::ONE, p)).collect();
            slotted(slots, Frac::int(n as i64))
        }
    }
}

/// All in one cycle, each in a part as long as its weight says; the steps are the sum of weights.
pub fn weighted(mut slots: Vec<(Frac, Pattern)>) -> Pattern {
    match slots.len() {
        0 => Pattern::gap(Frac::ZERO),
        1 => {
            let (steps, p) = slots.swap_remove(0);
            p.impure().with_steps(Some(steps))
        }
        _ => {
            let total = slots.iter().fold(Frac::ZERO, |sum, (w, _)| sum + *w);
            slotted(slots, total)
        }
    }
}

/// Like [`weighted`]; a missing weight is the average of the known ones.
pub fn weighted_or_average(slots: Vec<(Option<Frac>, Pattern)>) -> Pattern {
    let known: Vec<Frac> = slots.iter().filter_map(|(w, _)| *w).collect();
    if known.is_empty() && !slots.is_empty() {
        return fastcat(slots.into_iter().map(|(_, p)| p).collect());
    }
    let sum = known.iter().fold(Frac::ZERO, |a, b| a + *b);
    let average = sum / Frac::int(known.len().max(1) as i64);
    weighted(slots.into_iter().map(|(w, p)| (w.unwrap_or(average), p)).collect())
}

/// Patterns laid one after the other by their own steps.
pub fn stepcat(pats: Vec<Pattern>) -> Pattern {
    weighted(pats.into_iter().map(|p| (p.steps().unwrap_or(Frac::ONE), p)).collect())
}

/// A pattern squeezed into a part of every cycle.
struct Slot {
    begin: Frac,
    end: Frac,
    width: Frac,
    pattern: Pattern,
}

fn slotted(weights: Vec<(Frac, Pattern)>, total: Frac) -> Pattern {
    let mut slots = Vec::new();
    let mut at = Frac::ZERO;
    for (weight, pattern) in weights {
        let (begin, end) = (at / total, (at + weight) / total);
        at = at + weight;
        if begin < end && begin >= Frac::ZERO && end <= Frac::ONE {
            slots.push(Slot { begin, end, width: end - begin, pattern });
        }
    }
    slots.sort_by_key(|s| s.begin);
    // Negative weights can make slots overlap; then every slot has to be looked at.
    let ordered = slots.windows(2).all(|w| w[0].end <= w[1].begin);
    Pattern::new(move |ctx, span, out| {
        ctx.each_cycle(span, out, |piece, out| {
            let cycle = piece.begin.floor();
            let (from, to) = (piece.begin - cycle, piece.end - cycle);
            let first = if ordered { slots.partition_point(|s| s.end <= from) } else { 0 };
            for slot in &slots[first..] {
                if slot.begin > to || (slot.begin == to && from < to) {
                    if ordered {
                        break;
                    }
                    continue;
                }
                if slot.end <= from || !ctx.spend(out.len()) {
                    continue;
                }
                fill(slot, ctx, cycle, Span::new(from.max(slot.begin), to.min(slot.end)), out);
            }
        });
    })
    .with_steps(Some(total))
}

/// The events of one slot in one cycle; `part` is relative to the cycle and inside the slot.
fn fill(slot: &Slot, ctx: &super::context::Ctx<'_>, cycle: Frac, part: Span, out: &mut Vec<Event>) {
    if let Some(pure) = slot.pattern.as_pure() {
        let whole = Span::new(cycle + slot.begin, cycle + slot.end);
        let mut e = Event::new(Some(whole), part.map(|t| cycle + t), pure.value.clone());
        e.source = pure.source.clone();
        return out.push(e);
    }
    let start = out.len();
    let inside = part.map(|t| cycle + (t - slot.begin) / slot.width);
    slot.pattern.collect(ctx, inside, out);
    let back = |t: Frac| cycle + (t - cycle) * slot.width + slot.begin;
    for e in &mut out[start..] {
        let same = e.whole == Some(e.part);
        e.part = e.part.map(back);
        e.whole = if same { Some(e.part) } else { e.whole.map(|w| w.map(back)) };
    }
}

/// Sections of a piece, each a number of cycles long, one after the other and then again.
///
/// # Errors
/// When a length is not positive.
pub fn arrange(sections: Vec<(Frac, Pattern)>) -> Result<Pattern, PatternError> {
    if let Some((cycles, _)) = sections.iter().find(|(c, _)| *c <= Frac::ZERO) {
        return Err(PatternError::new(format!(
            "arrange: a section of {cycles} cycles cannot be played; lengths must be above 0"
        )));
    }
    let total = sections.iter().fold(Frac::ZERO, |sum, (c, _)| sum + *c);
    let slots = sections.into_iter().map(|(c, p)| (c, p.fast(c))).collect();
    Ok(weighted(slots).slow(total))
}

/// Patterns at once, each sped up so that all have the same steps in a cycle.
pub fn polymeter(pats: Vec<Pattern>) -> Pattern {
    let pats: Vec<Pattern> = pats.into_iter().filter(|p| p.steps().is_some()).collect();
    let Some(steps) = lcm_steps(pats.iter().map(Pattern::steps)) else {
        return Pattern::silence();
    };
    if steps == Frac::ZERO {
        return Pattern::gap(Frac::ZERO);
    }
    stack(pats.iter().map(|p| p.pace(steps)).collect()).with_steps(Some(steps))
}

/// One step of each in turn.
pub fn zip(pats: Vec<Pattern>) -> Pattern {
    let pats: Vec<Pattern> = pats.into_iter().filter(|p| p.steps().is_some()).collect();
    let Some(steps) = lcm_steps(pats.iter().map(Pattern::steps)) else {
        return Pattern::silence();
    };
    let slow = pats.iter().map(|p| p.slow(p.steps().unwrap_or(Frac::ONE))).collect();
    slowcat(slow).fast(steps).with_steps(Some(steps))
}

/// Groups of patterns, taking the next of each group in every round, laid out by steps.
pub fn stepalt(groups: Vec<Vec<Pattern>>) -> Pattern {
    let rounds = groups
        .iter()
        .map(|g| Frac::int(g.len() as i64))
        .filter(|n| *n > Frac::ZERO)
        .fold(Frac::ONE, Frac::lcm)
        .num()
        .min(4096) as usize;
    let mut all = Vec::new();
    for round in 0..rounds {
        for g in groups.iter().filter(|g| !g.is_empty()) {
            let p = &g[round % g.len()];
            if p.steps().is_some_and(|s| s > Frac::ZERO) {
                all.push(p.clone());
            }
        }
    }
    stepcat(all)
}
