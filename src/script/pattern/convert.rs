//! Values of scripts to arguments of combinators, and errors of patterns to errors of scripts.

use super::super::args::describe;
use super::super::build::{Build, Desk, Fallible, number, with};
use super::super::operators::fail;
use super::super::value::{Failed, Fx, Signal};
use super::values::{self, Role};
use crate::diag::Diagnostic;
use crate::pattern::table::{Kind, Row};
use crate::pattern::{Arg, Pattern, PatternError};
use crate::units::Place;
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext as Cx, Position};
use std::cell::RefCell;

/// Cycles that are played before the music starts, to find what would go wrong.
const REHEARSED: i64 = 16;

/// Converts the arguments of a call of `row`, calls, and tells what is wrong as an error of the script.
pub(super) fn run(
    cx: &Cx,
    row: Option<&Row>,
    args: Vec<Dynamic>,
    call: impl FnOnce(&[Arg<'_>]) -> Result<Pattern, PatternError>,
) -> Fallible<Dynamic> {
    if args.iter().any(|a| a.is::<Failed>()) {
        return Ok(Dynamic::from(Failed));
    }
    let kind = |i: usize| row.and_then(|r| r.args.get(i)).map(|(_, kind)| *kind);
    let of_values = |i: usize| matches!(kind(i), Some(Kind::ValueFunction | Kind::Recorder));
    // What went wrong inside a closure of the script, at its own place.
    let inner: RefCell<Option<Box<EvalAltResult>>> = RefCell::new(None);
    let mut closures: Vec<Closure<'_>> = Vec::new();
    let of_patterns = args.iter().enumerate().filter(|(i, _)| !of_values(*i));
    of_patterns.for_each(|(_, a)| collect(a, cx, &inner, &mut closures));
    let mut next = closures.iter();
    let mut given = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        given.push(match arg.clone().try_cast::<FnPtr>() {
            Some(f) if of_values(i) => {
                let recorder = kind(i) == Some(Kind::Recorder);
                let role = if recorder { Role::Loop } else { Role::Value };
                Arg::ValueFn(values::kept(cx, &f, role))
            }
            _ => argument(cx, arg, &mut next)?,
        });
    }
    match call(&given) {
        Ok(pattern) => Ok(Dynamic::from(pattern)),
        Err(e) => match inner.take() {
            Some(error) => Err(error),
            None => Err(placed(cx, e)),
        },
    }
}

/// The error of a pattern as one of the script: at its own place, if that is in the same file.
fn placed(cx: &Cx, error: PatternError) -> Box<EvalAltResult> {
    let at = with(cx, |build, call| {
        let own = build.place_of(&error).filter(|p| p.file == call.file);
        own.map_or(Position::NONE, |p| Position::new(p.line as u16, p.column as u16))
    });
    Box::new(EvalAltResult::ErrorRuntime(error.message.into(), at))
}

/// Mini-notation in the text `value`, an argument of the call at `place`.
pub fn notation(build: &Build, value: &Dynamic, place: &Place) -> Result<Pattern, PatternError> {
    written(build, value, place).map_or_else(
        || Err(PatternError::new("this must be a text in mini-notation")),
        |text| text.to_pattern(),
    )
}

/// The text in `value`, an argument of the call at `place`, as an argument.
fn written(build: &Build, value: &Dynamic, place: &Place) -> Option<Arg<'static>> {
    let text = value.as_immutable_string_ref().ok()?;
    Some(match build.literal(&text, place) {
        Some(places) => Arg::Literal(text.as_str().into(), places),
        None => Arg::Text(text.as_str().into()),
    })
}

/// The pattern in `value`, which the statement at `at` of the script `name` gave; else a report.
pub fn of_value(desk: &Desk, value: &Dynamic, at: Position, name: &str) -> Option<Pattern> {
    if value.is::<Failed>() {
        return None;
    }
    let mut build = desk.open();
    let place = build.place(Some(name), at);
    let made = if let Some(pattern) = value.clone().try_cast::<Pattern>() {
        Ok(pattern)
    } else if let Some(text) = written(&build, value, &place) {
        text.to_pattern()
    } else if let Ok(c) = value.as_char() {
        Pattern::mini(&c.to_string()).map_err(PatternError::from)
    } else if let Some(n) = number(value) {
        Ok(Pattern::pure(n))
    } else {
        let what = describe(value);
        let message = format!("this must be a pattern or mini-notation in quotes, not {what}");
        Err(PatternError::new(message))
    };
    match made {
        Ok(pattern) => Some(pattern),
        Err(e) => {
            let place = build.place_of(&e).unwrap_or(place);
            build.report(Diagnostic::error(e.message, place));
            None
        }
    }
}

/// Complains of what goes wrong when the patterns of the tracks are played: a dry run of their beginning.
pub fn rehearse(build: &mut Build) {
    for (pattern, place) in std::mem::take(&mut build.played) {
        if let Err(e) = pattern.rehearse(REHEARSED) {
            let place = build.place_of(&e).unwrap_or(place);
            build.report(Diagnostic::error(e.message, place));
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
    match argument(cx, &result, &mut [].iter())?.to_pattern() {
        Ok(p) => Ok(p),
        Err(e) => Err(placed(cx, e)),
    }
}

fn argument<'a>(
    cx: &Cx,
    x: &Dynamic,
    closures: &mut std::slice::Iter<'a, Closure<'a>>,
) -> Fallible<Arg<'a>> {
    if let Some(n) = number(x) {
        return Ok(Arg::Num(n));
    }
    if let Ok(b) = x.as_bool() {
        return Ok(Arg::Bool(b));
    }
    if let Some(text) = with(cx, |build, call| written(build, x, &call)) {
        return Ok(text);
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
        let items = list.iter().map(|a| argument(cx, a, closures)).collect::<Fallible<_>>()?;
        return Ok(Arg::List(items));
    }
    if let Some(map) = x.clone().try_cast::<Map>() {
        let pairs = map.iter().map(|(k, v)| Ok((k.as_str().into(), argument(cx, v, closures)?)));
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
