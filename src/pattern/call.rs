//! Calling a combinator by name with any arguments: what scripts, tests and docs share.

mod args;
mod lift;
mod value_fn;

use super::context::MOST_DEPTH;
use super::core::Pattern;
use super::error::{PatternError, Where};
use super::event::Places;
use super::expr::{Expr, Part};
use super::frac::Frac;
use super::sequence;
use super::table::{self, Row, Run};
use super::value::Value;
pub(crate) use args::{Args, need_frac, need_int, need_num};
pub(crate) use lift::{In, LiftFn, lift};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
pub use value_fn::ValueFn;

/// What a fallible step of building a pattern gives.
pub type Built = Result<Pattern, PatternError>;

/// A function from patterns to a pattern: called while the pattern is built, never later. The
/// first argument is the pattern; some combinators give a number as a second one.
pub type Func<'a> = &'a dyn Fn(&[Pattern]) -> Built;

/// An argument of a combinator.
#[derive(Clone)]
pub enum Arg<'a> {
    /// A number.
    Num(f64),
    /// Text: mini-notation wherever a pattern is wanted.
    Text(Arc<str>),
    /// Text that stands in a script, and where.
    Literal(Arc<str>, Places),
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
            Arg::Literal(t, places) => Pattern::mini_at(t, places).map_err(|e| {
                let place = Where::Offset(places.of(e.offset));
                PatternError::from(e).at(place)
            }),
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
            Arg::Text(t) | Arg::Literal(t, _) => Ok(Value::Text(t.clone())),
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
            Arg::Text(t) | Arg::Literal(t, _) => Part::Value(Value::Text(t.clone())),
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
            let out = lift::run_lifted(row, r, &args, *join, *run)?;
            Ok(if *keep_steps { out.with_steps(r.steps()) } else { out })
        }
        (_, None) => Err(PatternError::new(format!("{} is called on a pattern", row.name))),
    }
}
