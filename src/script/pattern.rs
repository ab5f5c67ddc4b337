//! Binds every row of the pattern table: constructors, combinators, bare signals, operators.

mod convert;
pub mod midi;
pub mod recorder;
pub mod values;

use super::build::{Fallible, with};
use super::constants::Constants;
use crate::nodes::find;
use crate::pattern::call::call_function;
use crate::pattern::table::operate::{HOWS, OPS};
use crate::pattern::table::{Kind, Row, find_method, rows};
use crate::pattern::{Pattern, call};
use convert::run;
pub use convert::{notation, of_value, rehearse};
use rhai::{Array, Dynamic, Engine, NativeCallContext as Cx};
use std::any::TypeId;

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
    recorder::register(engine);
    midi::register(engine);
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
            run(&cx, None, vec![other], |given| call(&format!("{}{how}", p.1), &p.0, given))
        });
    }
}

/// Whether scripts can call it.
pub fn is_bound(row: &Row) -> bool {
    &*row.name != "time"
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
        [(_, Kind::Function | Kind::ValueFunction | Kind::Lookup | Kind::List)] => 1..=1,
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
            run(&cx, Some(row), args[1..].iter().map(|a| (**a).clone()).collect(), |given| {
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
            if let Some(method) = meant(&cx, row) {
                let receiver = args[0].clone();
                return run(
                    &cx,
                    Some(method),
                    args[1..].iter().map(|a| (**a).clone()).collect(),
                    |given| {
                        let receiver = receiver.clone_cast::<Pattern>();
                        call(&method.name, &receiver, given)
                    },
                );
            }
            run(&cx, Some(row), args.iter().map(|a| (**a).clone()).collect(), |given| {
                call_function(&row.name, given)
            })
        });
    }
}

/// The method of the same name as the function `row`, if that is what is meant: `rand.choose("a", "b")`
/// reaches the function as `choose(rand, "a", "b")` does, and only the text tells them apart.
fn meant(cx: &Cx, row: &Row) -> Option<&'static Row> {
    if &*row.name != "choose" {
        return None;
    }
    let dotted = with(cx, |build, at| {
        let text = &build.sources.get(usize::from(at.file))?.text;
        let line = text.lines().nth(at.line.checked_sub(1)? as usize)?;
        let before: String = line.chars().take(at.column.checked_sub(1)? as usize).collect();
        Some(before.trim_end().ends_with('.'))
    });
    dotted.filter(|d| *d).and_then(|_| find_method(&row.name).ok())
}

/// `stack([..])` of patterns.
pub fn stack(cx: &Cx, parts: &Array) -> Fallible<Dynamic> {
    run(cx, None, parts.clone(), |given| call_function("stack", given))
}

fn operators(engine: &mut Engine) {
    for (op, name) in ARITHMETIC {
        engine.register_fn(op, move |cx: Cx, a: Pattern, b: Dynamic| {
            run(&cx, None, vec![b], |given| call(name, &a, given))
        });
        engine.register_fn(op, move |cx: Cx, a: Dynamic, b: Pattern| {
            // The structure is that of the pattern, on whichever side it stands.
            let how = format!("{name}_out");
            run(&cx, None, vec![a, b.into()], |given| {
                call(&how, &given[0].to_pattern()?, &given[1..])
            })
        });
    }
    engine.register_fn("-", |cx: Cx, a: Pattern| {
        run(&cx, None, vec![Dynamic::from(-1.0)], |given| call("mul", &a, given))
    });
    engine.register_fn("==", |a: Pattern, b: Pattern| a == b);
    engine.register_fn("!=", |a: Pattern, b: Pattern| a != b);
}

#[cfg(test)]
mod tests;
