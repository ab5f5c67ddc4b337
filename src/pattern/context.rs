//! What travels along with a query: the random seed, the bound arguments of functions, and limits.

use super::core::Pattern;
use super::error::PatternError;
use super::event::Event;
use super::span::Span;
use std::cell::{Cell, RefCell};

/// The most work that one query may do, in visited patterns and cycles; a bar of dense music
/// takes a few thousand.
const MOST_WORK: u32 = 4_000_000;
/// The most events that one query may hold at a time.
const MOST_EVENTS: usize = 200_000;
/// The deepest nesting of patterns inside patterns; chosen so that a query stays well inside a
/// thread's default stack of 2 MiB even in an unoptimised build.
pub(crate) const MOST_DEPTH: u32 = 1_000;

/// The limits of one query and what has been used of them.
pub(crate) struct Meter {
    work: Cell<u32>,
    events: usize,
    depth: Cell<u32>,
    fault: RefCell<Option<PatternError>>,
}

impl Meter {
    /// The limits of an ordinary query.
    pub(crate) fn new() -> Meter {
        Meter::with_limits(MOST_WORK, MOST_EVENTS)
    }

    /// Tighter limits, for looking at a pattern before it is accepted.
    pub(crate) fn with_limits(work: u32, events: usize) -> Meter {
        Meter { work: Cell::new(work), events, depth: Cell::new(0), fault: RefCell::new(None) }
    }

    /// How much of the limit of an ordinary query has been used.
    pub(crate) fn spent(&self) -> u32 {
        MOST_WORK.saturating_sub(self.work.get())
    }

    /// The first thing that went wrong, if anything did.
    pub(crate) fn into_fault(self) -> Option<PatternError> {
        self.fault.into_inner()
    }
}

/// A function's argument bound for the duration of a query.
struct Bound<'a> {
    hole: u64,
    pattern: &'a Pattern,
    up: Option<&'a Bound<'a>>,
}

/// The circumstances of a query, handed down through every pattern.
#[derive(Clone, Copy)]
pub(crate) struct Ctx<'a> {
    meter: &'a Meter,
    /// Added to time by the random signals; 0 unless `seed` was used.
    pub(crate) seed: f64,
    bound: Option<&'a Bound<'a>>,
}

impl<'a> Ctx<'a> {
    /// The outermost circumstances.
    pub(crate) fn new(meter: &'a Meter) -> Ctx<'a> {
        Ctx { meter, seed: 0.0, bound: None }
    }

    /// The same with another random seed.
    pub(crate) fn with_seed(self, seed: f64) -> Ctx<'a> {
        Ctx { seed, ..self }
    }

    /// Queries `body` while `hole` stands for `pattern`.
    pub(crate) fn query_bound(
        &self,
        hole: u64,
        pattern: &Pattern,
        body: &Pattern,
        span: Span,
        out: &mut Vec<Event>,
    ) {
        let bound = Bound { hole, pattern, up: self.bound };
        let ctx = Ctx { meter: self.meter, seed: self.seed, bound: Some(&bound) };
        body.collect(&ctx, span, out);
    }

    /// Queries what `hole` stands for; a hole outside its function is silent.
    pub(crate) fn query_hole(&self, hole: u64, span: Span, out: &mut Vec<Event>) {
        let mut at = self.bound;
        while let Some(b) = at {
            if b.hole == hole {
                let ctx = Ctx { bound: b.up, ..*self };
                return b.pattern.collect(&ctx, span, out);
            }
            at = b.up;
        }
    }

    /// Records what went wrong; only the first is kept, and the query ends early.
    pub(crate) fn fail(&self, error: PatternError) {
        self.meter.fault.borrow_mut().get_or_insert(error);
        self.meter.work.set(0);
    }

    /// Spends one unit of work; false when the query has to stop.
    pub(crate) fn spend(&self, held: usize) -> bool {
        let left = self.meter.work.get();
        if left == 0 || held > self.meter.events {
            self.fail(PatternError::new(
                "this pattern is too dense: too many events or too much work in one query; \
                 use smaller repeat factors",
            ));
            return false;
        }
        self.meter.work.set(left - 1);
        true
    }

    /// Spends what `units` visited patterns cost; false when the query has to stop.
    pub(crate) fn spend_many(&self, held: usize, units: u32) -> bool {
        let left = self.meter.work.get();
        self.meter.work.set(left.saturating_sub(units).max(left.min(1)));
        self.spend(held)
    }

    /// Goes one pattern deeper; false when the query has to stop.
    pub(crate) fn enter(&self, held: usize) -> bool {
        if self.meter.depth.get() >= MOST_DEPTH {
            self.fail(PatternError::new(format!(
                "this pattern is nested more than {MOST_DEPTH} patterns deep"
            )));
            return false;
        }
        if !self.spend(held) {
            return false;
        }
        self.meter.depth.set(self.meter.depth.get() + 1);
        true
    }

    /// Comes back up.
    pub(crate) fn leave(&self) {
        self.meter.depth.set(self.meter.depth.get() - 1);
    }

    /// Calls `f` with each piece of `span` that stays inside one cycle, while the limits hold.
    pub(crate) fn each_cycle(
        &self,
        span: Span,
        out: &mut Vec<Event>,
        mut f: impl FnMut(Span, &mut Vec<Event>),
    ) {
        if span.begin == span.end {
            return f(span, out);
        }
        let mut begin = span.begin;
        while begin < span.end && self.spend(out.len()) {
            let next = begin.next_cycle();
            if next <= begin {
                return; // the end of time
            }
            f(Span::new(begin, next.min(span.end)), out);
            begin = next;
        }
    }
}
