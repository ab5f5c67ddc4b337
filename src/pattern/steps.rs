//! Stepwise functions: patterns seen as lists of steps.

use super::call::Built;
use super::core::Pattern;
use super::error::PatternError;
use super::frac::Frac;
use super::sequence;

/// The most parts that a pattern is grown or shrunk in.
const MOST_PARTS: i64 = 1_000;

impl Pattern {
    /// The first `n` steps (the last, for a negative number).
    pub fn take(&self, n: Frac) -> Pattern {
        let nothing = || Pattern::gap(Frac::ZERO);
        let Some(steps) = self.steps().filter(|s| *s > Frac::ZERO) else { return nothing() };
        let part = n.abs() / steps;
        if part <= Frac::ZERO {
            nothing()
        } else if part >= Frac::ONE {
            self.clone()
        } else if n < Frac::ZERO {
            self.zoom(Frac::ONE - part, Frac::ONE)
        } else {
            self.zoom(Frac::ZERO, part)
        }
    }

    /// All but the first `n` steps (all but the last, for a negative number).
    pub fn drop_steps(&self, n: Frac) -> Pattern {
        match self.steps() {
            None => Pattern::gap(Frac::ZERO),
            Some(steps) if n < Frac::ZERO => self.take(steps + n),
            Some(steps) => self.take(-(steps - n)),
        }
    }

    /// Counts as `factor` times as many steps, sounding the same.
    pub fn expand(&self, factor: Frac) -> Pattern {
        self.clone().impure().with_steps(self.steps().map(|s| s * factor))
    }

    /// The pattern, then the pattern without its first `n` steps, and so on until nothing is left;
    /// a negative number takes steps from the end.
    ///
    /// # Errors
    /// When that makes more than 1,000 parts.
    pub fn shrink(&self, n: Frac) -> Built {
        let Some(parts) = self.shrink_list(n)? else { return Ok(Pattern::gap(Frac::ZERO)) };
        Ok(laid_out(parts))
    }

    /// Like [`Pattern::shrink`], from nothing to the whole.
    ///
    /// # Errors
    /// As [`Pattern::shrink`].
    pub fn grow(&self, n: Frac) -> Built {
        let Some(mut parts) = self.shrink_list(-n)? else { return Ok(Pattern::gap(Frac::ZERO)) };
        parts.reverse();
        Ok(laid_out(parts))
    }

    fn shrink_list(&self, n: Frac) -> Result<Option<Vec<Pattern>>, PatternError> {
        let Some(steps) = self.steps() else { return Ok(None) };
        if steps == Frac::ZERO || n == Frac::ZERO {
            return Ok(Some(vec![self.clone()]));
        }
        let times = steps.ceil().num();
        if times > MOST_PARTS {
            return Err(PatternError::new(format!(
                "a pattern of {times} steps is too long for this"
            )));
        }
        let part = n.abs() / steps;
        let cut = (0..times).map(|i| part * Frac::int(i)).take_while(|c| *c <= Frac::ONE);
        let zoomed = cut.map(|c| {
            if n > Frac::ZERO {
                self.zoom(c, Frac::ONE)
            } else {
                self.zoom(Frac::ZERO, Frac::ONE - c)
            }
        });
        Ok(Some(zoomed.collect()))
    }

    /// This pattern inserted into a list of others, moving from their end to their start.
    pub fn tour(&self, others: &[Pattern]) -> Pattern {
        let mut all = Vec::new();
        for i in 0..others.len() {
            let (before, after) = others.split_at(others.len() - i);
            all.extend(before.iter().cloned());
            all.push(self.clone());
            all.extend(after.iter().cloned());
        }
        all.push(self.clone());
        all.extend(others.iter().cloned());
        sequence::stepcat(all)
    }
}

fn laid_out(parts: Vec<Pattern>) -> Pattern {
    let steps = parts.iter().filter_map(Pattern::steps).fold(Frac::ZERO, |a, b| a + b);
    sequence::stepcat(parts).with_steps(Some(steps))
}

/// Where shorter patterns of a step-wise stack stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
    Centre,
}

/// Patterns at once, each step as long as a step of the longest.
pub(crate) fn stack_aligned(pats: Vec<Pattern>, align: Align) -> Pattern {
    let longest = pats.iter().filter_map(Pattern::steps).max();
    let Some(longest) = longest.filter(|_| pats.len() > 1) else { return sequence::stack(pats) };
    let filled = pats.into_iter().map(|p| {
        let gap = longest - p.steps().unwrap_or(longest);
        let space = |steps| Pattern::gap(steps);
        match align {
            _ if gap == Frac::ZERO => p,
            Align::Left => sequence::stepcat(vec![p, space(gap)]),
            Align::Right => sequence::stepcat(vec![space(gap), p]),
            Align::Centre => {
                let half = gap * Frac::HALF;
                sequence::stepcat(vec![space(half), p, space(half)])
            }
        }
    });
    sequence::stack(filled.collect())
}
