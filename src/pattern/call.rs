//! Calling a combinator by name with any arguments: what scripts, tests and docs share.

mod args;

use super::combine::Structure;
use super::context::MOST_DEPTH;
use super::core::Pattern;
use super::error::PatternError;
use super::expr::{Expr, Part};
use super::frac::Frac;
use super::join::Join;
use super::sequence;
use super::table::{self, Row, Run};
use super::value::Value;
pub(crate) use args::{Args, need_frac, need_int, need_num};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a fallible step of building a pattern gives.
pub type Built = Result<Pattern, PatternError>;

/// A function from patterns to a pattern: called while the pattern is built, never later. The
/// first argument is the pattern; some combinators give a number as a second one.
pub type Func<'a> = &'a dyn Fn(&[Pattern]) -> Built;

/// A function of values, kept and called when the pattern is queried (on the control side).
#[derive(Clone)]
pub struct ValueFn {
    /// What it does; an error fails the query.
    pub run: Arc<dyn Fn(&Value) -> Result<Value, PatternError> + Send + Sync>,
    /// Its text and captured values, by which two of them are compared.
    pub text: Arc<str>,
}

/// An argument of a combinator.
#[derive(Clone)]
pub enum Arg<'a> {
    /// A number.
    Num(f64),
    /// Text: mini-notation wherever a pattern is wanted.
    Text(Arc<str>),
    /// True or false.
    Bool(bool),
    /// A pattern.
    Pat(Pattern),
    /// A function from pattern to pattern.
    Func(Func<'a>),
    /// A function from value to value.
    ValueFn(ValueFn),
    /// A list of arguments.
    List(Vec<Arg<'a>>),
    /// Arguments by name.
    Map(BTreeMap<Arc<str>, Arg<'a>>),
}

impl Arg<'_> {
    /// The argument as a pattern: text is read as mini-notation, a number or a list is constant.
    ///
    /// # Errors
    /// When text does not parse, or the argument is a function.
    pub fn to_pattern(&self) -> Built {
        match self {
            Arg::Pat(p) => Ok(p.clone()),
            Arg::Text(t) => Ok(Pattern::mini(t)?),
            other => Ok(Pattern::pure(other.to_value()?)),
        }
    }

    /// The argument as a constant value.
    ///
    /// # Errors
    /// When it is a function or a pattern.
    pub fn to_value(&self) -> Result<Value, PatternError> {
        match self {
            Arg::Num(n) => Ok(Value::Num(*n)),
            Arg::Text(t) => Ok(Value::Text(t.clone())),
            Arg::Bool(b) => Ok(Value::Bool(*b)),
            Arg::List(l) => Ok(Value::List(l.iter().map(Arg::to_value).collect::<Result<_, _>>()?)),
            Arg::Map(m) => {
                let pairs = m.iter().map(|(k, v)| Ok((k.clone(), v.to_value()?)));
                Ok(Value::Map(pairs.collect::<Result<_, PatternError>>()?))
            }
            Arg::Pat(p) => match p.as_pure() {
                Some(pure) => Ok(pure.value.clone()),
                None => Err(PatternError::new("a plain value is needed here, not a pattern")),
            },
            Arg::Func(_) | Arg::ValueFn(_) => {
                Err(PatternError::new("a number, text or pattern is needed here, not a function"))
            }
        }
    }

    /// Like [`Arg::to_pattern`], but a list is a sequence in one cycle.
    ///
    /// # Errors
    /// As [`Arg::to_pattern`].
    pub fn to_sequence(&self) -> Built {
        match self {
            Arg::List(l) => {
                let items = l.iter().map(Arg::to_sequence).collect::<Result<_, _>>()?;
                Ok(sequence::fastcat(items))
            }
            other => other.to_pattern(),
        }
    }

    /// How the argument was written, if that can be said.
    fn describe(&self) -> Option<Part> {
        Some(match self {
            Arg::Pat(p) => Part::Pattern(p.expr()?.clone()),
            Arg::Text(t) => Part::Value(Value::Text(t.clone())),
            Arg::Num(n) => Part::Value(Value::Num(*n)),
            Arg::Bool(b) => Part::Value(Value::Bool(*b)),
            Arg::ValueFn(f) => Part::Code(f.text.clone()),
            Arg::Func(_) => Part::Function(Vec::new()),
            Arg::List(l) => Part::List(l.iter().map(Arg::describe).collect::<Option<_>>()?),
            Arg::Map(m) => {
                let pair = |(k, v): (&Arc<str>, &Arg<'_>)| {
                    Some(Part::List(vec![Part::Value(Value::Text(k.clone())), v.describe()?]))
                };
                Part::List(m.iter().map(pair).collect::<Option<_>>()?)
            }
        })
    }
}

/// Calls the combinator `name` (snake_case or Strudel's spelling) on `receiver`.
///
/// # Errors
/// An unknown name, a wrong number or kind of arguments, or what the combinator itself refuses.
pub fn call(name: &str, receiver: &Pattern, args: &[Arg<'_>]) -> Built {
    let row = table::find_method(name)?;
    recorded(row, Some(receiver), args)
}

/// Calls the function `name`: one that makes a pattern (`cat`, `run`, `silence`), or a combinator
/// with its receiver as the last argument (`fast(2, p)`).
///
/// # Errors
/// As [`call`].
pub fn call_function(name: &str, args: &[Arg<'_>]) -> Built {
    if let Some(row) = table::find_function(name) {
        return recorded(row, None, args);
    }
    let row = table::find_method(name)?;
    match args.split_last() {
        Some((last, rest)) => recorded(row, Some(&last.to_pattern()?), rest),
        None => Err(PatternError::new(format!("{name} needs a pattern"))),
    }
}

impl Pattern {
    /// [`call`] as a method.
    ///
    /// # Errors
    /// As [`call`].
    pub fn call(&self, name: &str, args: &[Arg<'_>]) -> Built {
        call(name, self, args)
    }
}

/// Runs a row and notes how the result was written.
fn recorded(row: &Row, receiver: Option<&Pattern>, args: &[Arg<'_>]) -> Built {
    let described: Option<Vec<Part>> = args.iter().map(Arg::describe).collect();
    let inputs = receiver.and_then(|r| r.expr()).map_or(0, |e| e.inputs());
    let outputs: Vec<RefCell<Vec<Option<Arc<Expr>>>>> =
        args.iter().map(|_| RefCell::default()).collect();
    let watched: Vec<Option<Box<dyn Fn(&[Pattern]) -> Built + '_>>> = args
        .iter()
        .zip(&outputs)
        .map(|(arg, log)| match arg {
            Arg::Func(f) => Some(watch(*f, inputs, log)),
            _ => None,
        })
        .collect();
    let run_args: Vec<Arg<'_>> = args
        .iter()
        .zip(&watched)
        .map(|(arg, watched)| match watched {
            Some(f) => Arg::Func(&**f),
            None => arg.clone(),
        })
        .collect();
    let result = run(row, receiver, &run_args)?;
    let Some(mut parts) = described else { return Ok(result) };
    for (part, log) in parts.iter_mut().zip(&outputs) {
        if let Part::Function(made) = part {
            match log.take().into_iter().collect() {
                Some(list) => *made = list,
                None => return Ok(result),
            }
        }
    }
    if let Some(r) = receiver {
        let Some(e) = r.expr() else { return Ok(result) };
        parts.insert(0, Part::Pattern(e.clone()));
    }
    let expr = Expr::call(&row.name, parts);
    if expr.depth() > MOST_DEPTH / 4 {
        return Err(PatternError::new(format!(
            "{}: more than {} combinators on top of one another",
            row.name,
            MOST_DEPTH / 4
        )));
    }
    Ok(result.with_expr(expr))
}

/// A function whose input is marked as such and whose outputs are noted.
fn watch<'a>(
    f: Func<'a>,
    inputs: u32,
    log: &'a RefCell<Vec<Option<Arc<Expr>>>>,
) -> Box<dyn Fn(&[Pattern]) -> Built + 'a> {
    Box::new(move |given| {
        let mut given = given.to_vec();
        if let Some(first) = given.first_mut() {
            *first = first.clone().with_expr(Expr::input(inputs));
        }
        let made = f(&given)?;
        log.borrow_mut().push(made.expr().cloned());
        Ok(made)
    })
}

fn run(row: &Row, receiver: Option<&Pattern>, args: &[Arg<'_>]) -> Built {
    let args = Args { name: &row.name, items: args };
    match (&row.run, receiver) {
        (Run::Make(f), _) => f(&args),
        (Run::Raw(f), Some(r)) => f(r, &args),
        (Run::Lift { join, keep_steps, run }, Some(r)) => {
            let out = run_lifted(row, r, &args, *join, *run)?;
            Ok(if *keep_steps { out.with_steps(r.steps()) } else { out })
        }
        (_, None) => Err(PatternError::new(format!("{} is called on a pattern", row.name))),
    }
}

fn run_lifted(row: &Row, r: &Pattern, args: &Args<'_, '_>, join: Join, f: LiftFn) -> Built {
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
