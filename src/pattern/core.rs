//! The pattern itself and the primitives that every combinator is made of.

use super::context::{Ctx, Meter};
use super::error::{MiniError, PatternError};
use super::event::{Event, Places, SourceSpan, Sources};
use super::expr::{Expr, Part};
use super::frac::Frac;
use super::mini;
use super::span::Span;
use super::value::Value;
use std::fmt;
use std::sync::Arc;

type Query = dyn Fn(&Ctx<'_>, Span, &mut Vec<Event>) + Send + Sync;

/// A function of time to events; see the [module](super).
///
/// Two patterns are equal when they were written the same way (the same calls with the same
/// arguments), or are clones of one another.
#[derive(Clone)]
pub struct Pattern {
    query: Arc<Query>,
    steps: Option<Frac>,
    pure: Option<Arc<Pure>>,
    expr: Option<Arc<Expr>>,
}

/// The one value of a pattern that never changes, and where it was written.
pub(crate) struct Pure {
    pub(crate) value: Value,
    pub(crate) source: Sources,
}

impl Pattern {
    /// Reads mini-notation.
    ///
    /// # Errors
    /// A text that the grammar refuses, or one that cannot be played (more than 60,000 events in
    /// a cycle, more than 100 nested brackets, Euclidean rhythms with more pulses than steps).
    pub fn mini(text: &str) -> Result<Pattern, MiniError> {
        mini::parse(text, &Places::default())
    }

    /// Reads mini-notation that stands in a larger text, into which the source spans then point.
    ///
    /// # Errors
    /// As [`Pattern::mini`].
    pub fn mini_at(text: &str, places: &Places) -> Result<Pattern, MiniError> {
        mini::parse(text, places)
    }

    /// The events active in `span`, in no particular order. A query that fails (see
    /// [`Pattern::try_query`]) gives none. Not for the audio thread: it allocates.
    pub fn query(&self, span: Span) -> Vec<Event> {
        self.try_query(span).unwrap_or_default()
    }

    /// The events active in `span`, in no particular order.
    ///
    /// # Errors
    /// When a value cannot be used (`"x"` where a number is needed), a value function fails, or
    /// the pattern is too dense or too deep.
    pub fn try_query(&self, span: Span) -> Result<Vec<Event>, PatternError> {
        self.query_within(span, Meter::new())
    }

    /// Queries the first `cycles` cycles, fewer if they are a lot of work, for what goes wrong in them.
    ///
    /// # Errors
    /// As [`Pattern::try_query`].
    pub fn rehearse(&self, cycles: i64) -> Result<(), PatternError> {
        const WORTH: u32 = 200_000;
        let mut spent = 0;
        for cycle in 0..cycles {
            let meter = Meter::new();
            self.collect(&Ctx::new(&meter), Span::cycles(cycle, 1), &mut Vec::new());
            spent += meter.spent();
            if let Some(e) = meter.into_fault() {
                return Err(e);
            }
            if spent > WORTH {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn query_within(
        &self,
        span: Span,
        meter: Meter,
    ) -> Result<Vec<Event>, PatternError> {
        let mut out = Vec::new();
        self.collect(&Ctx::new(&meter), span, &mut out);
        match meter.into_fault() {
            Some(e) => Err(e),
            None => Ok(out),
        }
    }

    /// How many steps a cycle has, where that is known: what the stepwise functions count in.
    pub fn steps(&self) -> Option<Frac> {
        self.steps
    }

    /// How the pattern was written; `None` for one that was not built by named calls.
    pub fn written(&self) -> Option<String> {
        self.expr.as_ref().map(|e| e.to_string())
    }

    pub(crate) fn new(
        query: impl Fn(&Ctx<'_>, Span, &mut Vec<Event>) + Send + Sync + 'static,
    ) -> Pattern {
        Pattern { query: Arc::new(query), steps: None, pure: None, expr: None }
    }

    /// Appends the events of `span` to `out`.
    pub(crate) fn collect(&self, ctx: &Ctx<'_>, span: Span, out: &mut Vec<Event>) {
        if ctx.enter(out.len()) {
            (self.query)(ctx, span, out);
            ctx.leave();
        }
    }

    /// A pattern that is asked only for spans inside one cycle.
    pub(crate) fn new_per_cycle(
        query: impl Fn(&Ctx<'_>, Span, &mut Vec<Event>) + Send + Sync + 'static,
    ) -> Pattern {
        Pattern::new(move |ctx, span, out| ctx.each_cycle(span, out, |s, out| query(ctx, s, out)))
    }

    pub(crate) fn with_steps(mut self, steps: Option<Frac>) -> Pattern {
        self.steps = steps;
        self
    }

    /// The same events, no longer known to be one constant value.
    pub(crate) fn impure(mut self) -> Pattern {
        self.pure = None;
        self
    }

    pub(crate) fn with_expr(mut self, expr: Arc<Expr>) -> Pattern {
        self.expr = Some(expr);
        self
    }

    /// The same, known to have been written as the call of `name` with a text.
    #[must_use]
    pub fn written_as(self, name: &str, text: &str) -> Pattern {
        self.with_expr(Expr::call(name, vec![Part::Value(Value::Text(text.into()))]))
    }

    pub(crate) fn expr(&self) -> Option<&Arc<Expr>> {
        self.expr.as_ref()
    }

    pub(crate) fn as_pure(&self) -> Option<&Pure> {
        self.pure.as_deref()
    }

    /// One value once per cycle.
    pub fn pure(value: impl Into<Value>) -> Pattern {
        Pattern::pure_at(value.into(), Sources::default())
    }

    pub(crate) fn pure_from(value: Value, source: SourceSpan) -> Pattern {
        Pattern::pure_at(value, Sources::one(source))
    }

    fn pure_at(value: Value, source: Sources) -> Pattern {
        let pure = Arc::new(Pure { value, source });
        let shared = pure.clone();
        let mut p = Pattern::new(move |ctx, span, out| {
            ctx.each_cycle(span, out, |part, out| {
                let whole = Some(Span::whole_cycle(part.begin));
                let mut e = Event::new(whole, part, shared.value.clone());
                e.source = shared.source.clone();
                out.push(e);
            });
        });
        p.expr = Some(Expr::value(&pure.value));
        p.pure = Some(pure);
        p.with_steps(Some(Frac::ONE))
    }

    /// No events; one step.
    pub fn silence() -> Pattern {
        Pattern::gap(Frac::ONE).with_expr(Expr::call("silence", Vec::new()))
    }

    /// No events for this many steps.
    pub fn gap(steps: Frac) -> Pattern {
        Pattern::new(|_, _, _| {}).with_steps(Some(steps))
    }

    /// A pattern that changes all the time: sampled at the begin of what is asked for.
    pub(crate) fn signal(f: impl Fn(f64, f64) -> f64 + Send + Sync + 'static) -> Pattern {
        Pattern::new(move |ctx, span, out| {
            let v = Value::Num(f(span.begin.to_f64(), ctx.seed));
            out.push(Event::new(None, span, v));
        })
    }

    /// Every event changed in place; keeps the steps.
    pub(crate) fn map_events(&self, f: impl Fn(&mut Event) + Send + Sync + 'static) -> Pattern {
        let p = self.clone();
        Pattern::new(move |ctx, span, out| {
            let start = out.len();
            p.collect(ctx, span, out);
            out[start..].iter_mut().for_each(&f);
        })
        .with_steps(self.steps)
    }

    /// Every value changed; keeps the steps.
    pub fn map(&self, f: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Pattern {
        self.map_events(move |e| e.value = f(&e.value))
    }

    /// Every value changed by a function that may drop the event (`None`) or refuse the value
    /// (which fails the query).
    pub fn try_map(
        &self,
        f: impl Fn(&Value) -> Result<Option<Value>, PatternError> + Send + Sync + 'static,
    ) -> Pattern {
        let p = self.clone();
        Pattern::new(move |ctx, span, out| {
            let mut events = Vec::new();
            p.collect(ctx, span, &mut events);
            for mut e in events {
                match f(&e.value) {
                    Ok(Some(v)) => {
                        e.value = v;
                        out.push(e);
                    }
                    Ok(None) => {}
                    Err(err) => return ctx.fail(err),
                }
            }
        })
        .with_steps(self.steps)
    }

    /// Only the events that pass a test; keeps the steps.
    pub fn filter(&self, keep: impl Fn(&Event) -> bool + Send + Sync + 'static) -> Pattern {
        let p = self.clone();
        Pattern::new(move |ctx, span, out| {
            let start = out.len();
            p.collect(ctx, span, out);
            retain_from(out, start, &keep);
        })
        .with_steps(self.steps)
    }

    /// Time seen through an affine map: the query through `there`, the events through `back`.
    pub(crate) fn warp(
        &self,
        there: impl Fn(Frac) -> Frac + Send + Sync + 'static,
        back: impl Fn(Frac) -> Frac + Send + Sync + 'static,
    ) -> Pattern {
        let p = self.clone();
        Pattern::new(move |ctx, span, out| {
            let start = out.len();
            p.collect(ctx, span.map(&there), out);
            for e in &mut out[start..] {
                let same = e.whole == Some(e.part);
                e.part = e.part.map(&back);
                e.whole = if same { Some(e.part) } else { e.whole.map(|w| w.map(&back)) };
            }
        })
        .with_steps(self.steps)
    }
}

/// `Vec::retain` on the tail of a vector.
pub(crate) fn retain_from(out: &mut Vec<Event>, start: usize, keep: impl Fn(&Event) -> bool) {
    let mut kept = start;
    for i in start..out.len() {
        if keep(&out[i]) {
            out.swap(kept, i);
            kept += 1;
        }
    }
    out.truncate(kept);
}

impl PartialEq for Pattern {
    fn eq(&self, o: &Pattern) -> bool {
        match (&self.expr, &o.expr) {
            (Some(a), Some(b)) => a == b,
            _ => Arc::ptr_eq(&self.query, &o.query),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expr {
            Some(e) => write!(f, "{e}"),
            None => f.write_str("pattern"),
        }
    }
}
