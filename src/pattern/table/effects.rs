//! Rows: functions applied to patterns, copies, and what they do to controls.

use super::Kind::{Function, Functions, Number, ValueFunction};
use super::{Row, lift, lift_same, raw};
use crate::pattern::call::{Arg, Args, Built};
use crate::pattern::{Frac, Pattern, PatternError, sequence, transform};

pub(super) fn rows() -> Vec<Row> {
    let num = |n| (n, Number);
    let f = ("function", Function);
    vec![
        lift(
            "every firstOf first_of",
            &[num("cycles"), f],
            "applies a function in the first of so many cycles",
            "m(\"a b\").every(4, |p| p.rev())",
            |c| transform::every(c, false),
        ),
        lift(
            "last_of",
            &[num("cycles"), f],
            "applies a function in the last of so many cycles",
            "m(\"a b\").last_of(4, |p| p.rev())",
            |c| transform::every(c, true),
        ),
        lift(
            "when",
            &[("on", Number), f],
            "applies a function while a pattern is true",
            "m(\"a b\").when(\"<1 0>\", |p| p.rev())",
            |c| {
                if c.values[0].truthy() { c.apply(c.pat) } else { Ok(c.pat.clone()) }
            },
        ),
        lift(
            "within",
            &[num("begin"), num("end"), f],
            "applies a function to the events of a part of the cycle",
            "m(\"a b c d\").within(0, 0.5, |p| p.fast(2))",
            transform::within,
        ),
        lift(
            "off",
            &[num("cycles"), f],
            "adds a later copy, changed by a function",
            "m(\"0 2\").off(0.25, |p| p.add(7))",
            |c| {
                let copy = c.apply(&c.pat.late(c.frac(0)?))?;
                Ok(sequence::stack(vec![c.pat.clone(), copy]))
            },
        ),
        raw(
            "superimpose",
            &[("functions", Functions)],
            "adds copies, changed by functions",
            "m(\"0 1\").superimpose(|p| p.add(10))",
            |p, a| {
                let mut all = vec![p.clone()];
                all.extend(applied(p, a)?);
                Ok(sequence::stack(all))
            },
        ),
        raw(
            "layer",
            &[("functions", Functions)],
            "what the functions make of the pattern, at once",
            "m(\"0 1\").layer(|p| p.fast(2), |p| p.add(5))",
            |p, a| Ok(sequence::stack(applied(p, a)?)),
        ),
        raw("apply", &[f], "applies a function", "m(\"0 1\").apply(|p| p.fast(2))", |p, a| {
            a.func(0)?(std::slice::from_ref(p))
        }),
        lift(
            "apply_n",
            &[num("times"), f],
            "applies a function several times",
            "m(\"0 1\").apply_n(3, |p| p.add(1))",
            |c| (0..c.count(0)?).try_fold(c.pat.clone(), |p, _| c.apply(&p)),
        ),
        lift(
            "jux",
            &[f],
            "plain on the left, changed by a function on the right",
            "note(\"0 1\").jux(|p| p.rev())",
            |c| transform::jux_by(c, 1.0),
        ),
        lift(
            "jux_by juxby",
            &[num("width"), f],
            "like jux, narrower",
            "note(\"0 1\").jux_by(0.5, |p| p.rev())",
            |c| transform::jux_by(c, c.num(0)?),
        ),
        lift_same(
            "chunk slowchunk slow_chunk slowChunk",
            &[num("parts"), f],
            "applies a function to one part, the next each cycle",
            "m(\"0 1 2 3\").chunk(4, |p| p.add(10))",
            |c| transform::chunk(c, false, false),
        ),
        lift_same(
            "chunk_back chunkback",
            &[num("parts"), f],
            "like chunk, the part before each cycle",
            "m(\"0 1 2 3\").chunk_back(4, |p| p.add(10))",
            |c| transform::chunk(c, true, false),
        ),
        lift_same(
            "fast_chunk fastchunk",
            &[num("parts"), f],
            "like chunk, while the pattern moves on",
            "m(\"<0 1>*4\").fast_chunk(4, |p| p.add(10))",
            |c| transform::chunk(c, false, true),
        ),
        lift(
            "chunk_into chunkinto",
            &[num("parts"), f],
            "like chunk, the function seeing the part as a loop",
            "m(\"0 1 2 3\").chunk_into(4, |p| p.fast(2))",
            |c| transform::chunk_into(c, false),
        ),
        lift(
            "chunk_back_into chunkbackinto",
            &[num("parts"), f],
            "like chunk_into, backwards",
            "m(\"0 1 2 3\").chunk_back_into(4, |p| p.fast(2))",
            |c| transform::chunk_into(c, true),
        ),
        indexed(lift(
            "echo_with echowith stut_with stutWith stutwith",
            &[num("times"), num("cycles"), f],
            "copies one after the other, changed by a function that may take their number",
            "note(\"c3\").echo_with(3, 0.125, |p, i| p.add(note(i * 2)))",
            |c| {
                transform::echo_with(c.pat, c.count(0)?, c.frac(1)?, |p, i| {
                    c.funcs[0].apply(p, Some(i))
                })
            },
        )),
        lift(
            "echo",
            &[num("times"), num("cycles"), num("feedback")],
            "copies one after the other, each quieter",
            "s(\"bd sn\").echo(3, 0.125, 0.6)",
            |c| echo(c.pat, c.count(0)?, c.frac(1)?, c.num(2)?),
        ),
        lift(
            "stut",
            &[num("times"), num("feedback"), num("cycles")],
            "echo with its arguments in another order",
            "s(\"bd sn\").stut(3, 0.6, 0.125)",
            |c| echo(c.pat, c.count(0)?, c.frac(2)?, c.num(1)?),
        ),
        lift(
            "ply_with plywith",
            &[num("times"), f],
            "repeats each event, the i-th changed i times",
            "m(\"0 10\").ply_with(3, |p| p.add(1))",
            transform::ply_with,
        ),
        indexed(lift(
            "ply_for_each plyforeach",
            &[num("times"), f],
            "repeats each event, changed by a function that takes the repetition's number",
            "m(\"0 10\").ply_for_each(3, |p, i| p.add(i))",
            transform::ply_for_each,
        )),
        raw(
            "fmap with_value",
            &[("function", ValueFunction)],
            "changes each value by a function",
            "m(\"0 1\").fmap(|v| v + 1)",
            |p, a| match a.get(0)? {
                Arg::ValueFn(f) => Ok(p.map_values(f.clone(), |_, made| Some(made))),
                _ => Err(PatternError::new("fmap needs a function of a value")),
            },
        ),
        raw(
            "filter_values",
            &[("function", ValueFunction)],
            "keeps the events whose value passes a test",
            "m(\"0 1 2\").filter_values(|v| v > 0)",
            |p, a| match a.get(0)? {
                Arg::ValueFn(f) => {
                    Ok(p.map_values(f.clone(), |v, test| test.truthy().then(|| v.clone())))
                }
                _ => Err(PatternError::new("filter_values needs a function of a value")),
            },
        ),
        lift_same(
            "bypass",
            &[num("on")],
            "silence while on",
            "m(\"a b\").bypass(\"<0 1>\")",
            |c| Ok(if c.num(0)? != 0.0 { Pattern::silence() } else { c.pat.clone() }),
        ),
        raw("hush", &[], "silence", "m(\"a b\").hush()", |_, _| Ok(Pattern::silence())),
    ]
}

fn indexed(mut row: Row) -> Row {
    row.indexed = true;
    row
}

fn applied(p: &Pattern, a: &Args<'_, '_>) -> Result<Vec<Pattern>, PatternError> {
    let one = |f: &Arg<'_>| match f {
        Arg::Func(f) => f(std::slice::from_ref(p)),
        _ => Err(PatternError::new(format!("{} takes functions from pattern to pattern", a.name))),
    };
    a.flat().iter().map(one).collect()
}

fn echo(p: &Pattern, times: usize, time: Frac, feedback: f64) -> Built {
    transform::echo_with(p, times, time, |p, i| {
        Ok(transform::fade(p, libm::pow(feedback, i as f64)))
    })
}
