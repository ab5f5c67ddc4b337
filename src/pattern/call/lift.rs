//! Combinators of constant values, made into combinators of patterns.

use super::super::combine::Structure;
use super::super::join::Join;
use super::super::sequence;
use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs a lifted row: at once when all arguments are constant, else for each value.
pub(super) fn run_lifted(
    row: &Row,
    r: &Pattern,
    args: &Args<'_, '_>,
    join: Join,
    f: LiftFn,
) -> Built {
    let is_func = |i: usize| row.args.get(i).is_some_and(|(_, kind)| kind.is_function());
    let wanted = row.args.len();
    let single = wanted == 1 && !is_func(0);
    if !single {
        args.count(wanted)?;
    }
    let mut patterns = Vec::new();
    let mut funcs = Vec::new();
    for (i, arg) in args.items.iter().enumerate() {
        if is_func(i) {
            funcs.push(args.func(i)?);
        } else {
            patterns.push(arg.to_pattern()?);
        }
    }
    if single && patterns.len() != 1 {
        // Several arguments where one is taken are a sequence of it.
        patterns = vec![sequence::fastcat(patterns)];
    }
    let constant: Option<Vec<Value>> =
        patterns.iter().map(|p| p.as_pure().map(|c| c.value.clone())).collect();
    if let Some(values) = constant {
        let funcs: Vec<Fun<'_>> = funcs.into_iter().map(Fun::Direct).collect();
        let out = f(&In { name: &row.name, values: &values, funcs: &funcs, pat: r })?;
        return Ok(with_sources_of(out, &patterns));
    }
    let holes: Vec<Hole> =
        funcs.into_iter().map(|f| Hole::new(f, r, row.indexed)).collect::<Result<_, _>>()?;
    let (pat, name) = (r.clone(), row.name.clone());
    Ok(lift_impure(&patterns, join, move |values| {
        let funcs: Vec<Fun<'_>> = holes.iter().cloned().map(Fun::Hole).collect();
        f(&In { name: &name, values, funcs: &funcs, pat: &pat })
    }))
}

/// A function of constant values made into one of patterns: called at once when all are
/// constant, else for each value, and the results joined.
pub(crate) fn lift(
    args: &[Pattern],
    join: Join,
    f: impl Fn(&[Value]) -> Built + Send + Sync + 'static,
) -> Built {
    let constant: Option<Vec<Value>> =
        args.iter().map(|p| p.as_pure().map(|c| c.value.clone())).collect();
    match constant {
        Some(values) => Ok(with_sources_of(f(&values)?, args)),
        None => Ok(lift_impure(args, join, f)),
    }
}

fn lift_impure(
    args: &[Pattern],
    join: Join,
    f: impl Fn(&[Value]) -> Built + Send + Sync + 'static,
) -> Pattern {
    if let [one] = args {
        return one.join(join, move |v| f(std::slice::from_ref(v)));
    }
    let mut list = args[0].map(|v| Value::List(vec![v.clone()]));
    for p in &args[1..] {
        list = list.combine(Structure::Left, p, |list, v| {
            let mut values = match list {
                Value::List(l) => l.clone(),
                _ => Vec::new(),
            };
            values.push(v.clone());
            Ok(Some(Value::List(values)))
        });
    }
    list.join(join, move |v| match v {
        Value::List(values) => f(values),
        _ => Ok(Pattern::silence()),
    })
}

/// Adds where constant arguments were written to every event.
fn with_sources_of(out: Pattern, args: &[Pattern]) -> Pattern {
    let spans: Vec<_> = args
        .iter()
        .filter_map(Pattern::as_pure)
        .flat_map(|p| p.source.iter().collect::<Vec<_>>())
        .collect();
    if spans.is_empty() {
        return out;
    }
    out.map_events(move |e| spans.iter().for_each(|s| e.source.push(*s)))
}

/// What a lifted combinator works with: one value for each argument.
pub(crate) struct In<'a> {
    pub(crate) name: &'a str,
    pub(crate) values: &'a [Value],
    pub(crate) funcs: &'a [Fun<'a>],
    pub(crate) pat: &'a Pattern,
}

/// A lifted combinator.
pub(crate) type LiftFn = fn(&In<'_>) -> Built;

impl In<'_> {
    pub(crate) fn frac(&self, i: usize) -> Result<Frac, PatternError> {
        need_frac(self.name, &self.values[i])
    }

    pub(crate) fn num(&self, i: usize) -> Result<f64, PatternError> {
        need_num(self.name, &self.values[i])
    }

    pub(crate) fn int(&self, i: usize) -> Result<i64, PatternError> {
        need_int(self.name, &self.values[i])
    }

    /// A count of things: whole, and not too many.
    pub(crate) fn count(&self, i: usize) -> Result<usize, PatternError> {
        match self.int(i)? {
            n @ 0..=4096 => Ok(n as usize),
            n => Err(PatternError::new(format!("{}: {n} is not between 0 and 4096", self.name))),
        }
    }

    /// The first function, applied.
    pub(crate) fn apply(&self, p: &Pattern) -> Built {
        self.funcs[0].apply(p, None)
    }
}

/// A function argument: itself, or what it made of a stand-in while the pattern was built.
pub(crate) enum Fun<'a> {
    Direct(Func<'a>),
    Hole(Hole),
}

/// The result of a function on a stand-in pattern, which a query replaces by the real one.
#[derive(Clone)]
pub(crate) struct Hole {
    id: u64,
    bodies: Arc<[Pattern]>,
}

/// How many different indices a function with an index can see when its count is patterned.
const MOST_INDICES: i64 = 32;

impl Hole {
    fn new(f: Func<'_>, like: &Pattern, indexed: bool) -> Result<Hole, PatternError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let input = Pattern::new(move |ctx, span, out| ctx.query_hole(id, span, out))
            .with_steps(like.steps());
        let bodies = if indexed {
            let body = |i| f(&[input.clone(), Pattern::pure(i as f64)]);
            (0..MOST_INDICES).map(body).collect::<Result<_, _>>()?
        } else {
            Arc::from(vec![f(&[input])?])
        };
        Ok(Hole { id, bodies })
    }
}

impl Fun<'_> {
    pub(crate) fn apply(&self, p: &Pattern, index: Option<i64>) -> Built {
        match self {
            Fun::Direct(f) => match index {
                Some(i) => f(&[p.clone(), Pattern::pure(i as f64)]),
                None => f(std::slice::from_ref(p)),
            },
            Fun::Hole(hole) => {
                let at = index.unwrap_or(0).clamp(0, hole.bodies.len() as i64 - 1) as usize;
                let (id, body, given) = (hole.id, hole.bodies[at].clone(), p.clone());
                let steps = body.steps();
                let bound = Pattern::new(move |ctx, span, out| {
                    ctx.query_bound(id, &given, &body, span, out)
                });
                Ok(bound.with_steps(steps))
            }
        }
    }
}
