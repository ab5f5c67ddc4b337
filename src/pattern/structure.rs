//! Rhythm from another pattern: masks, Euclidean rhythms, sampling.

use super::combine::Structure;
use super::core::Pattern;
use super::error::PatternError;
use super::event::Event;
use super::frac::Frac;
use super::join::Join;
use super::sequence;
use super::span::Span;
use super::value::Value;

/// The most steps of a Euclidean rhythm.
const MOST_STEPS: i64 = 4_096;

impl Pattern {
    /// Events where `shape` is true, with this pattern's values.
    pub fn structure(&self, shape: &Pattern) -> Pattern {
        self.combine(Structure::Right, shape, |a, b| Ok(b.truthy().then(|| a.clone())))
    }

    /// This pattern's events, cut to where `shape` is true.
    pub fn mask(&self, shape: &Pattern) -> Pattern {
        self.combine(Structure::Left, shape, |a, b| Ok(b.truthy().then(|| a.clone())))
    }

    /// Samples `n` times per cycle.
    pub fn segment(&self, n: Frac) -> Pattern {
        self.structure(&Pattern::pulses(n)).with_steps(Some(n))
    }

    /// Events on the pulses of a Euclidean rhythm: `pulses` spread over `steps` as evenly as can
    /// be, `rotation` steps later; negative pulses give the rests instead. (G. Toussaint, "The
    /// Euclidean algorithm generates traditional musical rhythms", 2005; E. Bjorklund 2003.)
    ///
    /// # Errors
    /// When there are more pulses than steps or more than 4,096 steps.
    pub fn euclid(&self, pulses: i64, steps: i64, rotation: i64) -> Result<Pattern, PatternError> {
        let onsets = rotated(bjorklund(pulses, steps)?, rotation);
        let shape = onsets.into_iter().map(|on| Pattern::pure(Value::Bool(on))).collect();
        Ok(self.structure(&sequence::fastcat(shape)))
    }

    /// Like [`Pattern::euclid`], each event held until the next pulse.
    ///
    /// # Errors
    /// As [`Pattern::euclid`].
    pub fn euclid_legato(
        &self,
        pulses: i64,
        steps: i64,
        rotation: i64,
    ) -> Result<Pattern, PatternError> {
        if pulses < 1 {
            return Ok(Pattern::silence());
        }
        let onsets = bjorklund(pulses, steps)?;
        let at: Vec<usize> = (0..onsets.len()).filter(|i| onsets[*i]).collect();
        let ends = at.iter().skip(1).copied().chain([onsets.len()]);
        let held = at
            .iter()
            .zip(ends)
            .map(|(a, b)| (Frac::int((b - a) as i64), Pattern::pure(Value::Bool(true))));
        Ok(self.structure(&sequence::weighted(held.collect())).late(Frac::new(rotation, steps)))
    }

    /// Between a Euclidean rhythm (`evenness` 0) and evenly spaced pulses (1).
    ///
    /// # Errors
    /// As [`Pattern::euclid`].
    pub fn euclidish(
        &self,
        pulses: i64,
        steps: i64,
        evenness: Frac,
    ) -> Result<Pattern, PatternError> {
        let from = bjorklund(pulses, steps)?;
        let even = vec![true; pulses.max(0) as usize];
        let shape = morph(&from, &even, evenness);
        Ok(self.structure(&shape).with_steps(Some(Frac::int(steps))))
    }

    /// Each event `n` times in its own time.
    pub fn ply(&self, n: Frac) -> Pattern {
        self.join(Join::Squeeze, move |v| Ok(Pattern::pure(v.clone()).fast(n)))
            .with_steps(self.steps().map(|s| s * n))
    }

    /// Each event starts a part `r` of its length late.
    pub fn press_by(&self, r: Frac) -> Pattern {
        self.join(Join::Squeeze, move |v| Ok(Pattern::pure(v.clone()).compress(r, Frac::ONE)))
    }
}

/// A rhythm of lists of onsets, moved from the positions in `from` towards those in `to`.
pub(crate) fn morph(from: &[bool], to: &[bool], by: Frac) -> Pattern {
    let places = |list: &[bool]| -> Vec<Frac> {
        let n = list.len() as i64;
        (0..list.len()).filter(|i| list[*i]).map(|i| Frac::new(i as i64, n)).collect()
    };
    let length = Frac::new(1, from.len().max(1) as i64);
    let spans: Vec<Span> = places(from)
        .into_iter()
        .zip(places(to))
        .map(|(a, b)| {
            let begin = by * (b - a) + a;
            Span::new(begin, begin + length)
        })
        .collect();
    Pattern::new_per_cycle(move |_, span, out| {
        let cycle = span.begin.floor();
        let inside = span.map(|t| t - cycle);
        for whole in &spans {
            if let Some(part) = whole.intersect(inside) {
                let back = |s: Span| s.map(|t| t + cycle);
                out.push(Event::new(Some(back(*whole)), back(part), Value::Bool(true)));
            }
        }
    })
}

/// Bjorklund's rhythm as onsets.
pub(crate) fn bjorklund(pulses: i64, steps: i64) -> Result<Vec<bool>, PatternError> {
    let on = pulses.saturating_abs();
    if on > steps || steps > MOST_STEPS {
        return Err(PatternError::new(format!(
            "euclid({pulses}, {steps}): there must be at least as many steps as pulses, \
             and at most {MOST_STEPS} steps"
        )));
    }
    let inverted = pulses < 0;
    let mut heads: Vec<Vec<bool>> = vec![vec![true]; on as usize];
    let mut tails: Vec<Vec<bool>> = vec![vec![false]; (steps - on) as usize];
    // Pair every head with a tail; whichever kind is left over are the tails of the next round.
    while heads.len().min(tails.len()) > 1 {
        let pairs = heads.len().min(tails.len());
        let rest_heads = heads.split_off(pairs);
        let rest_tails = tails.split_off(pairs);
        for (h, t) in heads.iter_mut().zip(tails) {
            h.extend(t);
        }
        tails = if rest_heads.is_empty() { rest_tails } else { rest_heads };
    }
    Ok(heads.into_iter().chain(tails).flatten().map(|on| on != inverted).collect())
}

/// Rotates to the right; by more than a whole turn not at all, as in Strudel.
fn rotated(mut onsets: Vec<bool>, later: i64) -> Vec<bool> {
    let n = onsets.len() as i64;
    if n > 0 && (-n..=n).contains(&later) {
        onsets.rotate_right(later.rem_euclid(n) as usize);
    }
    onsets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(pulses: i64, steps: i64) -> String {
        let onsets = bjorklund(pulses, steps).expect("valid rhythm");
        onsets.iter().map(|on| if *on { 'x' } else { '.' }).collect()
    }

    #[test]
    fn rhythms_are_those_of_the_literature() {
        assert_eq!(drawn(3, 8), "x..x..x.");
        assert_eq!(drawn(5, 8), "x.xx.xx.");
        assert_eq!(drawn(5, 12), "x..x.x..x.x.");
        assert_eq!(drawn(7, 16), "x..x.x.x..x.x.x.");
        assert_eq!(drawn(-3, 8), ".xx.xx.x");
        assert_eq!(drawn(0, 4), "....");
        assert!(bjorklund(12, 8).is_err());
    }
}
