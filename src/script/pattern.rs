//! Binds every row of the pattern table: constructors, combinators, bare signals, operators.

use super::args::describe;
use super::build::{Desk, Fallible, number};
use super::constants::Constants;
use super::operators::fail;
use super::value::{Failed, Fx, Signal};
use crate::diag::Diagnostic;
use crate::nodes::find;
use crate::pattern::call::call_function;
use crate::pattern::table::operate::{HOWS, OPS};
use crate::pattern::table::{Kind, Row, rows};
use crate::pattern::{Arg, Pattern, PatternError, call};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext as Cx, Position};
use std::any::TypeId;
use std::cell::RefCell;

/// Most patterns that are given one by one; more go in a list.
const MOST: usize = 12;
/// Most values that are given one by one where one pattern is taken.
const MOST_VALUES: usize = 4;

/// Operators between patterns, and the combinators that do the work.
const ARITHMETIC: [(&str, &str); 6] =
    [("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"), ("%", "mod"), ("**", "pow")];

impl From<Pattern> for Dynamic {
    fn from(pattern: Pattern) -> Dynamic {
        Dynamic::from(pattern)
    }
}

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Pattern>("Pattern");
    for row in rows().iter().filter(|r| is_bound(r)) {
        for name in std::iter::once(&row.name).chain(&row.aliases) {
            // As a function and as a method `choose` would mean two things, which Rhai cannot tell apart.
            if row.is_method() && &*row.name != "choose" {
                method(engine, row, name);
            } else if !row.is_method() && hides_nothing(row, name) {
                function(engine, row, name);
            }
        }
    }
    operators(engine);
    alignments(engine);
}

/// What `p.add` is before `.out(q)` says whose structure the sum has.
#[derive(Clone)]
struct Pending(Pattern, &'static str);

/// Strudel's spelling `p.add.out(q)` beside `p.add_out(q)`.
fn alignments(engine: &mut Engine) {
    engine.register_type_with_name::<Pending>("Operator");
    for (name, ..) in OPS {
        engine.register_get(*name, |p: &mut Pattern| Pending(p.clone(), name));
    }
    for (how, ..) in HOWS.iter().filter(|(how, ..)| how.len() > 1) {
        engine.register_fn(&how[1..], move |cx: Cx, p: Pending, other: Dynamic| {
            run(&cx, vec![other], |given| call(&format!("{}{how}", p.1), &p.0, given))
        });
    }
}

/// Whether scripts can call it: all but what takes a function of values.
pub fn is_bound(row: &Row) -> bool {
    row.args.iter().all(|(_, k)| *k != Kind::ValueFunction) && &*row.name != "time"
}

/// Whether `name` is a bare name, such as `sine`.
#[cfg(test)]
pub fn is_constant(name: &str) -> bool {
    crate::pattern::table::find_function(name).is_some_and(Row::is_constant)
}

/// The bare names `sine saw rand silence ...`: with parentheses they are sources.
pub fn constants(constants: &Constants) {
    for row in rows().iter().filter(|r| r.is_constant() && is_bound(r)) {
        if let Ok(pattern) = call_function(&row.name, &[]) {
            constants.set(&row.name, pattern);
        }
    }
}

/// Effects and sources keep their names: `gain(0.5)` is an effect, `.gain("0.5 1")` a control. A list
/// that is stacked may be one of signals.
pub fn hides_nothing(row: &Row, name: &str) -> bool {
    let silent = matches!(name, "silence" | "nothing");
    find(name).is_none() && (!row.is_constant() || silent) && !matches!(name, "param" | "bus")
}

/// How many arguments a row is called with.
fn arities(row: &Row) -> std::ops::RangeInclusive<usize> {
    let many = |k: &Kind| matches!(k, Kind::Patterns | Kind::Functions);
    match &row.args[..] {
        [] => 0..=0,
        list if list.iter().any(|(_, k)| many(k)) => 0..=MOST,
        [(_, Kind::Function | Kind::Lookup | Kind::List)] => 1..=1,
        [_] => 0..=MOST_VALUES,
        list => 1..=list.len() + 1,
    }
}

fn method(engine: &mut Engine, row: &'static Row, name: &str) {
    for n in arities(row) {
        let mut types = vec![TypeId::of::<Dynamic>(); n + 1];
        types[0] = TypeId::of::<Pattern>();
        engine.register_raw_fn(name, types, move |cx, args| {
            let receiver = args[0].clone_cast::<Pattern>();
            run(&cx, args[1..].iter().map(|a| (**a).clone()).collect(), |given| {
                call(&row.name, &receiver, given)
            })
        });
    }
}

fn function(engine: &mut Engine, row: &'static Row, name: &str) {
    let lists = name == "stack";
    for n in arities(row).filter(|n| !lists || *n != 1) {
        let types = vec![TypeId::of::<Dynamic>(); n];
        engine.register_raw_fn(name, types, move |cx, args| {
            run(&cx, args.iter().map(|a| (**a).clone()).collect(), |given| {
                call_function(&row.name, given)
            })
        });
    }
}

/// `stack([..])` of patterns.
pub fn stack(cx: &Cx, parts: &Array) -> Fallible<Dynamic> {
    run(cx, parts.clone(), |given| call_function("stack", given))
}

/// Converts the arguments, calls, and tells what is wrong as an error of the script.
fn run(
    cx: &Cx,
    args: Vec<Dynamic>,
    call: impl FnOnce(&[Arg<'_>]) -> Result<Pattern, PatternError>,
) -> Fallible<Dynamic> {
    if args.iter().any(|a| a.is::<Failed>()) {
        return Ok(Dynamic::from(Failed));
    }
    // What went wrong inside a closure of the script, at its own place.
    let inner: RefCell<Option<Box<EvalAltResult>>> = RefCell::new(None);
    let mut closures: Vec<Closure<'_>> = Vec::new();
    args.iter().for_each(|a| collect(a, cx, &inner, &mut closures));
    let mut next = closures.iter();
    let given = args.iter().map(|a| argument(a, &mut next)).collect::<Fallible<Vec<_>>>()?;
    match call(&given) {
        Ok(pattern) => Ok(Dynamic::from(pattern)),
        Err(e) => match inner.take() {
            Some(error) => Err(error),
            None => fail(e.message),
        },
    }
}

/// The pattern in `value`, which the statement at `at` of the script `name` gave; else a report.
pub fn of_value(desk: &Desk, value: &Dynamic, at: Position, name: &str) -> Option<Pattern> {
    if value.is::<Failed>() {
        return None;
    }
    let text = value.as_char().ok().map(|c| Dynamic::from(c.to_string()));
    let value = text.as_ref().unwrap_or(value);
    let made = match argument(value, &mut [].iter()) {
        Ok(Arg::Func(_)) | Err(_) => Err(PatternError::new(format!(
            "this must be a pattern or mini-notation in quotes, not {}",
            describe(value)
        ))),
        Ok(given) => given.to_pattern(),
    };
    let mut build = desk.open();
    let place = build.place(Some(name), at);
    match made {
        Ok(pattern) => Some(pattern),
        Err(e) => {
            build.report(Diagnostic::error(e.message, place));
            None
        }
    }
}

type Closure<'a> = Box<dyn Fn(&[Pattern]) -> Result<Pattern, PatternError> + 'a>;

/// The closures in an argument, in order.
fn collect<'a>(
    arg: &Dynamic,
    cx: &'a Cx,
    inner: &'a RefCell<Option<Box<EvalAltResult>>>,
    into: &mut Vec<Closure<'a>>,
) {
    if let Some(f) = arg.clone().try_cast::<FnPtr>() {
        into.push(Box::new(move |patterns| {
            apply(cx, &f, patterns).map_err(|error| {
                let message = error.to_string();
                inner.borrow_mut().get_or_insert(error);
                PatternError::new(message)
            })
        }));
    } else if let Ok(list) = arg.as_array_ref() {
        list.iter().for_each(|a| collect(a, cx, inner, into));
    }
}

/// Calls a closure with a pattern, and with the number after it if the closure takes one.
fn apply(cx: &Cx, f: &FnPtr, patterns: &[Pattern]) -> Fallible<Pattern> {
    let first = Dynamic::from(patterns[0].clone());
    let index = patterns.get(1).and_then(|p| p.query(crate::pattern::Span::cycles(0, 1)).pop());
    let index = index.and_then(|e| e.value.as_num()).map(|n| Dynamic::from(n as i64));
    let result = match index {
        Some(i) => match f.call_within_context::<Dynamic>(cx, (first.clone(), i)) {
            Err(e) if matches!(*e, EvalAltResult::ErrorFunctionNotFound(..)) => {
                f.call_within_context(cx, (first,))
            }
            other => other,
        },
        None => f.call_within_context(cx, (first,)),
    }?;
    if result.is::<Failed>() {
        return fail("this function made nothing that can be played");
    }
    match argument(&result, &mut [].iter())?.to_pattern() {
        Ok(p) => Ok(p),
        Err(e) => fail(format!("this function must return a pattern\n{}", e.message)),
    }
}

fn argument<'a>(
    x: &Dynamic,
    closures: &mut std::slice::Iter<'a, Closure<'a>>,
) -> Fallible<Arg<'a>> {
    if let Some(n) = number(x) {
        return Ok(Arg::Num(n));
    }
    if let Ok(b) = x.as_bool() {
        return Ok(Arg::Bool(b));
    }
    if let Ok(text) = x.as_immutable_string_ref() {
        return Ok(Arg::Text(text.as_str().into()));
    }
    if let Some(p) = x.clone().try_cast::<Pattern>() {
        return Ok(Arg::Pat(p));
    }
    if x.is::<FnPtr>()
        && let Some(f) = closures.next()
    {
        return Ok(Arg::Func(&**f));
    }
    if let Some(list) = x.clone().try_cast::<Array>() {
        let items = list.iter().map(|a| argument(a, closures)).collect::<Fallible<_>>()?;
        return Ok(Arg::List(items));
    }
    if let Some(map) = x.clone().try_cast::<Map>() {
        let pairs = map.iter().map(|(k, v)| Ok((k.as_str().into(), argument(v, closures)?)));
        return Ok(Arg::Map(pairs.collect::<Fallible<_>>()?));
    }
    let what = describe(x);
    if x.is::<Signal>() || x.is::<Fx>() {
        return fail(format!(
            "a pattern cannot use {what}\n\
             continuous patterns are the bare names sine, saw, tri, square, rand, perlin"
        ));
    }
    fail(format!("a pattern cannot use {what}\ngive a number, mini-notation text or a pattern"))
}

fn operators(engine: &mut Engine) {
    for (op, name) in ARITHMETIC {
        engine.register_fn(op, move |cx: Cx, a: Pattern, b: Dynamic| {
            run(&cx, vec![b], |given| call(name, &a, given))
        });
        engine.register_fn(op, move |cx: Cx, a: Dynamic, b: Pattern| {
            // The structure is that of the pattern, on whichever side it stands.
            let how = format!("{name}_out");
            run(&cx, vec![a, b.into()], |given| call(&how, &given[0].to_pattern()?, &given[1..]))
        });
    }
    engine.register_fn("-", |cx: Cx, a: Pattern| {
        run(&cx, vec![Dynamic::from(-1.0)], |given| call("mul", &a, given))
    });
    engine.register_fn("==", |a: Pattern, b: Pattern| a == b);
    engine.register_fn("!=", |a: Pattern, b: Pattern| a != b);
}

#[cfg(test)]
mod tests;
