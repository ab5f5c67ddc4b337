//! A stretch of time between two exact moments.

use super::frac::Frac;
use std::fmt;

/// A half-open stretch of time in cycles: `begin` belongs to it, `end` does not (a span of width
/// zero is the moment `begin`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it starts, in cycles.
    pub begin: Frac,
    /// Where it ends, in cycles.
    pub end: Frac,
}

impl Span {
    /// The span from `begin` to `end`.
    pub const fn new(begin: Frac, end: Frac) -> Span {
        Span { begin, end }
    }

    /// `n` whole cycles starting at cycle `from`.
    pub const fn cycles(from: i64, n: i64) -> Span {
        Span { begin: Frac::int(from), end: Frac::int(from.saturating_add(n)) }
    }

    /// The whole cycle that `t` lies in.
    pub fn whole_cycle(t: Frac) -> Span {
        Span::new(t.floor(), t.next_cycle())
    }

    /// Length in cycles.
    pub fn duration(self) -> Frac {
        self.end - self.begin
    }

    /// Both ends moved by a function.
    pub fn map(self, f: impl Fn(Frac) -> Frac) -> Span {
        Span::new(f(self.begin), f(self.end))
    }

    /// Both ends moved by a function of the time relative to the cycle that `begin` lies in.
    pub fn map_in_cycle(self, f: impl Fn(Frac) -> Frac) -> Span {
        let cycle = self.begin.floor();
        Span::new(cycle + f(self.begin - cycle), cycle + f(self.end - cycle))
    }

    /// What two spans share. A shared moment counts only when it is not the open end of a span
    /// that has a length.
    pub fn intersect(self, o: Span) -> Option<Span> {
        let begin = self.begin.max(o.begin);
        let end = self.end.min(o.end);
        if begin > end {
            return None;
        }
        if begin == end
            && ((begin == self.end && self.begin < self.end) || (begin == o.end && o.begin < o.end))
        {
            return None;
        }
        Some(Span::new(begin, end))
    }

    /// Calls `f` with each piece of this span that stays inside one cycle (a moment is one piece,
    /// a span that runs backwards has none).
    pub fn each_cycle(self, mut f: impl FnMut(Span)) {
        if self.begin == self.end {
            return f(self);
        }
        let mut begin = self.begin;
        while begin < self.end {
            let next = begin.next_cycle();
            if next <= begin {
                return; // saturated at the end of time
            }
            f(Span::new(begin, next.min(self.end)));
            begin = next;
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.begin, self.end)
    }
}
