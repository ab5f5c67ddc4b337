//! Rows: faster, slower, earlier, later, parts of cycles.

use super::Kind::{Function, Number};
use super::{Row, lift, lift_same};
use crate::pattern::Pattern;
use crate::pattern::frac::Frac;
use crate::pattern::sequence;
use crate::pattern::transform;

pub(super) fn rows() -> Vec<Row> {
    let num = |n| (n, Number);
    vec![
        lift_same("fast density", &[num("factor")], "speeds up", "m(\"a b\").fast(2)", |c| {
            Ok(c.pat.fast(c.frac(0)?))
        }),
        lift("slow sparsity", &[num("factor")], "slows down", "m(\"a b\").slow(2)", |c| {
            Ok(c.pat.slow(c.frac(0)?).with_steps(c.pat.steps()))
        }),
        lift_same("early", &[num("cycles")], "shifts earlier", "m(\"a b\").early(0.25)", |c| {
            Ok(c.pat.early(c.frac(0)?))
        }),
        lift_same("late", &[num("cycles")], "shifts later", "m(\"a b\").late(0.25)", |c| {
            Ok(c.pat.late(c.frac(0)?))
        }),
        lift(
            "compress",
            &[num("begin"), num("end")],
            "squeezes each cycle into a part of it",
            "m(\"a b\").compress(0.25, 0.75)",
            |c| Ok(c.pat.compress(c.frac(0)?, c.frac(1)?)),
        ),
        lift(
            "zoom",
            &[num("begin"), num("end")],
            "plays only a part of each cycle, stretched to fill it",
            "m(\"a b c d\").zoom(0.25, 0.75)",
            |c| Ok(c.pat.zoom(c.frac(0)?, c.frac(1)?)),
        ),
        lift(
            "fast_gap fastgap",
            &[num("factor")],
            "speeds up and leaves a gap",
            "m(\"a b\").fast_gap(2)",
            |c| Ok(c.pat.fast_gap(c.frac(0)?)),
        ),
        lift(
            "focus",
            &[num("begin"), num("end")],
            "fits cycle 0 into a part of the cycle, with the other cycles around it",
            "m(\"a b\").focus(0.25, 0.75)",
            |c| {
                let span = crate::pattern::Span::new(c.frac(0)?, c.frac(1)?);
                Ok(c.pat.focus(span).with_steps(c.pat.steps()))
            },
        ),
        lift_same(
            "linger",
            &[num("part")],
            "repeats the first part of each cycle",
            "m(\"a b c d\").linger(0.25)",
            |c| Ok(c.pat.linger(c.frac(0)?)),
        ),
        lift(
            "ribbon rib",
            &[num("offset"), num("cycles")],
            "loops a stretch of time",
            "m(\"<a b c d>\").ribbon(1, 2)",
            |c| Ok(transform::ribbon(c.pat, c.frac(0)?, c.frac(1)?)),
        ),
        lift_same(
            "quantize",
            &[num("grid")],
            "moves what begins to the nearest multiple of a part of a cycle; lengths stay",
            "clip([[0.02, \"c4\", 1], [0.97, \"e4\", 1]]).quantize(1.0 / 16)",
            |c| transform::quantize(c.pat, c.frac(0)?),
        ),
        lift_same("rev", &[], "mirrors each cycle", "m(\"a b c\").rev()", |c| Ok(c.pat.rev())),
        lift("revv", &[], "runs all of time backwards", "m(\"<a b c>\").revv()", |c| {
            Ok(c.pat.revv())
        }),
        lift_same(
            "palindrome",
            &[],
            "mirrors every other cycle",
            "m(\"a b c\").palindrome()",
            |c| Ok(sequence::slowcat_skipping(vec![c.pat.clone(), c.pat.rev()])),
        ),
        lift_same(
            "iter",
            &[num("parts")],
            "starts a part later each cycle",
            "m(\"a b c d\").iter(4)",
            |c| Ok(c.pat.iter(c.count(0)?, false)),
        ),
        lift_same(
            "iter_back iterback",
            &[num("parts")],
            "starts a part earlier each cycle",
            "m(\"a b c d\").iter_back(4)",
            |c| Ok(c.pat.iter(c.count(0)?, true)),
        ),
        lift_same(
            "repeat_cycles",
            &[num("times")],
            "plays each cycle several times",
            "m(\"<a b>\").repeat_cycles(2)",
            |c| Ok(c.pat.repeat_cycles(c.frac(0)?)),
        ),
        lift(
            "inside",
            &[num("factor"), ("function", Function)],
            "applies a function inside a shorter cycle",
            "m(\"0 1 2 3\").inside(2, |p| p.rev())",
            |c| {
                let n = c.frac(0)?;
                Ok(c.apply(&c.pat.slow(n))?.fast(n))
            },
        ),
        lift(
            "outside",
            &[num("factor"), ("function", Function)],
            "applies a function over a longer cycle",
            "m(\"<0 1 2 3>\").outside(4, |p| p.rev())",
            |c| {
                let n = c.frac(0)?;
                Ok(c.apply(&c.pat.fast(n))?.slow(n))
            },
        ),
        lift(
            "swing_by",
            &[num("amount"), num("parts")],
            "delays the second half of each part",
            "m(\"hh*8\").swing_by(1.0 / 3.0, 4)",
            |c| swing(c.pat, c.num(0)?, c.frac(1)?),
        ),
        lift(
            "swing",
            &[num("parts")],
            "delays the second half of each part by a third of it",
            "m(\"hh*8\").swing(4)",
            |c| swing(c.pat, 1.0 / 3.0, c.frac(0)?),
        ),
        lift(
            "brak",
            &[],
            "squeezes and delays every other cycle, as in breakbeats",
            "m(\"bd sn\").brak()",
            |c| {
                let squeezed = sequence::fastcat(vec![c.pat.clone(), Pattern::silence()]);
                let late = squeezed.late(Frac::new(1, 4));
                let on = sequence::slowcat(vec![Pattern::pure(false), Pattern::pure(true)]);
                Ok(transform::when(c.pat, &on, late))
            },
        ),
        lift(
            "cpm",
            &[num("cycles")],
            "sets cycles per minute, when a cycle lasts a second",
            "m(\"a\").cpm(90)",
            |c| {
                let f = Frac::from_f64(c.num(0)? / 60.0).unwrap_or(Frac::ONE);
                Ok(c.pat.fast(f))
            },
        ),
        lift(
            "hurry",
            &[num("factor")],
            "speeds up the pattern and its samples",
            "s(\"bd sn\").hurry(2)",
            |c| {
                let speed = crate::pattern::control::control_pattern(
                    vec!["speed".into()],
                    &Pattern::pure(c.num(0)?),
                );
                Ok(c.pat.fast(c.frac(0)?).mul(&speed))
            },
        ),
    ]
}

fn swing(p: &Pattern, amount: f64, parts: Frac) -> crate::pattern::call::Built {
    let half = Frac::from_f64(amount / 2.0).unwrap_or(Frac::ZERO);
    let by = sequence::fastcat(vec![Pattern::pure(0.0), Pattern::pure(half)]);
    let slow = p.slow(parts);
    let late = by.join(crate::pattern::join::Join::Inner, move |v| {
        Ok(slow.late(crate::pattern::call::need_frac("swing", v)?))
    });
    Ok(late.fast(parts).with_steps(p.steps()))
}
