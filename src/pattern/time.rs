//! Faster, slower, earlier, later, and parts of a cycle.

use super::core::Pattern;
use super::frac::Frac;
use super::sequence;
use super::span::Span;
use super::value::Value;

impl Pattern {
    /// Speeds up by a factor; 0 is silence.
    pub fn fast(&self, factor: Frac) -> Pattern {
        if factor == Frac::ZERO {
            return Pattern::silence();
        }
        if factor == Frac::ONE {
            return self.clone().impure();
        }
        self.warp(move |t| t * factor, move |t| t / factor)
    }

    /// Slows down by a factor; 0 is silence.
    pub fn slow(&self, factor: Frac) -> Pattern {
        if factor == Frac::ZERO { Pattern::silence() } else { self.fast(Frac::ONE / factor) }
    }

    /// Shifts earlier by this many cycles.
    pub fn early(&self, cycles: Frac) -> Pattern {
        if cycles == Frac::ZERO {
            return self.clone().impure();
        }
        self.warp(move |t| t + cycles, move |t| t - cycles)
    }

    /// Shifts later by this many cycles.
    pub fn late(&self, cycles: Frac) -> Pattern {
        self.early(-cycles)
    }

    /// Speeds up inside each cycle and leaves a gap at its end.
    pub fn fast_gap(&self, factor: Frac) -> Pattern {
        if factor <= Frac::ZERO {
            return Pattern::silence();
        }
        let p = self.clone();
        Pattern::new_per_cycle(move |ctx, span, out| {
            let cycle = span.begin.floor();
            let there = |t: Frac| ((t - cycle) * factor).min(Frac::ONE);
            let begin = there(span.begin);
            if begin >= Frac::ONE {
                return;
            }
            let start = out.len();
            p.collect(ctx, Span::new(cycle + begin, cycle + there(span.end)), out);
            for e in &mut out[start..] {
                let cycle = e.part.begin.floor();
                let old = e.part;
                e.part = old.map(|t| cycle + ((t - cycle) / factor).min(Frac::ONE));
                let part = e.part;
                e.whole = e.whole.map(|w| {
                    Span::new(
                        part.begin - (old.begin - w.begin) / factor,
                        part.end + (w.end - old.end) / factor,
                    )
                });
            }
        })
    }

    /// Squeezes each cycle into the part of it from `begin` to `end`; silence when they are not in
    /// order inside a cycle.
    pub fn compress(&self, begin: Frac, end: Frac) -> Pattern {
        if begin >= end || begin < Frac::ZERO || end > Frac::ONE {
            return Pattern::silence();
        }
        self.fast_gap(Frac::ONE / (end - begin)).late(begin)
    }

    /// Fits cycle 0 into `span`, with the cycles before and after around it.
    pub fn focus(&self, span: Span) -> Pattern {
        self.early(span.begin.floor()).fast(Frac::ONE / span.duration()).late(span.begin)
    }

    /// Plays only the part of each cycle from `begin` to `end`, stretched to the whole cycle.
    pub fn zoom(&self, begin: Frac, end: Frac) -> Pattern {
        if begin >= end {
            return Pattern::gap(Frac::ZERO);
        }
        let d = end - begin;
        let p = self.clone();
        Pattern::new_per_cycle(move |ctx, span, out| {
            let start = out.len();
            p.collect(ctx, span.map_in_cycle(|t| t * d + begin), out);
            for e in &mut out[start..] {
                e.part = e.part.map_in_cycle(|t| (t - begin) / d);
                e.whole = e.whole.map(|s| s.map_in_cycle(|t| (t - begin) / d));
            }
        })
        .with_steps(self.steps().map(|s| s * d))
    }

    /// Mirrors each cycle.
    pub fn rev(&self) -> Pattern {
        let p = self.clone();
        Pattern::new_per_cycle(move |ctx, span, out| {
            let around = span.begin.floor() + span.begin.next_cycle();
            let mirror = |s: Span| Span::new(around - s.end, around - s.begin);
            let start = out.len();
            p.collect(ctx, mirror(span), out);
            for e in &mut out[start..] {
                e.part = mirror(e.part);
                e.whole = e.whole.map(mirror);
            }
        })
        .with_steps(self.steps())
    }

    /// Runs all of time backwards, around cycle 0.
    pub fn revv(&self) -> Pattern {
        let p = self.clone();
        Pattern::new(move |ctx, span, out| {
            let mirror = |s: Span| Span::new(-s.end, -s.begin);
            let start = out.len();
            p.collect(ctx, mirror(span), out);
            for e in &mut out[start..] {
                e.part = mirror(e.part);
                e.whole = e.whole.map(mirror);
            }
        })
    }

    /// Plays each cycle `n` times before the next.
    pub fn repeat_cycles(&self, n: Frac) -> Pattern {
        if n == Frac::ZERO {
            return Pattern::silence();
        }
        let p = self.clone();
        Pattern::new_per_cycle(move |ctx, span, out| {
            let cycle = span.begin.floor();
            let delta = cycle - (cycle / n).floor();
            let start = out.len();
            p.collect(ctx, span.map(|t| t - delta), out);
            for e in &mut out[start..] {
                e.part = e.part.map(|t| t + delta);
                e.whole = e.whole.map(|w| w.map(|t| t + delta));
            }
        })
        .with_steps(self.steps())
    }

    /// Starts `1/n` cycle later in the pattern every cycle (earlier if `back`), coming round after
    /// `n` cycles.
    pub fn iter(&self, n: usize, back: bool) -> Pattern {
        let turn = |i: usize| Frac::new(i as i64, n as i64);
        let turns = (0..n).map(|i| if back { self.late(turn(i)) } else { self.early(turn(i)) });
        sequence::slowcat(turns.collect()).with_steps(self.steps())
    }

    /// Repeats the first part of each cycle (its last part for a negative fraction).
    pub fn linger(&self, part: Frac) -> Pattern {
        if part == Frac::ZERO {
            Pattern::silence()
        } else if part < Frac::ZERO {
            self.zoom(part + Frac::ONE, Frac::ONE).slow(part.abs())
        } else {
            self.zoom(Frac::ZERO, part).slow(part)
        }
        .with_steps(self.steps())
    }

    /// Sets the steps of a cycle, playing faster or slower so that a step keeps its length.
    pub fn pace(&self, steps: Frac) -> Pattern {
        match self.steps() {
            None => self.clone(),
            Some(Frac::ZERO) => Pattern::gap(Frac::ZERO),
            Some(own) => self.fast(steps / own).with_steps(Some(steps)),
        }
    }

    /// Speeds up and counts as that many more steps.
    pub fn extend(&self, factor: Frac) -> Pattern {
        self.fast(factor).with_steps(self.steps().map(|s| s * factor))
    }

    /// True once per `1/n` cycle: the pattern that `segment` samples with.
    pub(crate) fn pulses(n: Frac) -> Pattern {
        Pattern::pure(Value::Bool(true)).fast(n)
    }
}
