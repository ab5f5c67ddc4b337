//! Rows: rhythm taken from patterns, Euclidean rhythms, repetition.

use super::Kind::{Number, Pattern as Pat};
use super::{Row, lift, lift_same, make, raw};
use crate::pattern::call::{need_frac, need_int};
use crate::pattern::join::Join;
use crate::pattern::structure::morph;
use crate::pattern::{Frac, PatternError, Value};

pub(super) fn rows() -> Vec<Row> {
    let num = |n| (n, Number);
    let euclid = [num("pulses"), num("steps")];
    let rotated = [num("pulses"), num("steps"), num("rotation")];
    vec![
        lift(
            "euclid",
            &euclid,
            "a Euclidean rhythm: pulses spread evenly over steps",
            "m(\"bd\").euclid(3, 8)",
            |c| c.pat.euclid(c.int(0)?, c.int(1)?, 0),
        ),
        lift(
            "euclid_rot euclidrot",
            &rotated,
            "a Euclidean rhythm, rotated to the right",
            "m(\"bd\").euclid_rot(3, 8, 2)",
            |c| c.pat.euclid(c.int(0)?, c.int(1)?, c.int(2)?),
        ),
        lift(
            "euclid_legato",
            &euclid,
            "a Euclidean rhythm held from pulse to pulse",
            "m(\"c3\").euclid_legato(3, 8)",
            |c| c.pat.euclid_legato(c.int(0)?, c.int(1)?, 0),
        ),
        lift(
            "euclid_legato_rot",
            &rotated,
            "a held Euclidean rhythm, rotated",
            "m(\"c3\").euclid_legato_rot(3, 8, 2)",
            |c| c.pat.euclid_legato(c.int(0)?, c.int(1)?, c.int(2)?),
        ),
        lift(
            "euclidish eish",
            &[num("pulses"), num("steps"), num("evenness")],
            "between a Euclidean rhythm (0) and even pulses (1)",
            "m(\"hh\").euclidish(7, 12, 0.5)",
            |c| c.pat.euclidish(c.int(0)?, c.int(1)?, c.frac(2)?),
        ),
        lift(
            "bjork",
            &[("rhythm", Number)],
            "a Euclidean rhythm from a list [pulses, steps, rotation]",
            "m(\"bd\").bjork([3, 8])",
            |c| {
                let list = match &c.values[0] {
                    Value::List(l) => l.clone(),
                    one => vec![one.clone()],
                };
                let at = |i: usize| list.get(i).map(|v| need_int("bjork", v)).transpose();
                let pulses = at(0)?.unwrap_or(0);
                c.pat.euclid(pulses, at(1)?.unwrap_or(pulses), at(2)?.unwrap_or(0))
            },
        ),
        raw(
            "struct structure",
            &[("shape", Pat)],
            "events where the shape is true, with these values",
            "m(\"c3\").struct(\"x ~ x x\")",
            |p, a| Ok(p.structure(&a.sequence()?)),
        ),
        raw(
            "struct_all",
            &[("shape", Pat)],
            "events of the shape, with these values",
            "m(\"c3\").struct_all(\"1 0\")",
            |p, a| {
                Ok(p.operate(
                    crate::pattern::operators::Op::Keep,
                    crate::pattern::operators::How::Out,
                    &a.sequence()?,
                ))
            },
        ),
        raw(
            "mask",
            &[("shape", Pat)],
            "silence where the shape is false",
            "m(\"a*4\").mask(\"1 0\")",
            |p, a| Ok(p.mask(&a.sequence()?)),
        ),
        raw(
            "mask_all",
            &[("shape", Pat)],
            "cut by the events of the shape",
            "m(\"a*4\").mask_all(\"1 0\")",
            |p, a| {
                Ok(p.operate(
                    crate::pattern::operators::Op::Keep,
                    crate::pattern::operators::How::In,
                    &a.sequence()?,
                ))
            },
        ),
        raw(
            "reset",
            &[("shape", Pat)],
            "starts the cycle over at each true event of the shape",
            "m(\"a b c d\").reset(\"1 1\")",
            |p, a| Ok(restarted(p, &a.sequence()?, Join::Reset)),
        ),
        raw(
            "restart",
            &[("shape", Pat)],
            "starts from cycle 0 at each true event of the shape",
            "m(\"<a b>\").restart(\"1 1\")",
            |p, a| Ok(restarted(p, &a.sequence()?, Join::Restart)),
        ),
        lift(
            "segment seg",
            &[num("times")],
            "samples several times per cycle",
            "sine.segment(8)",
            |c| Ok(c.pat.segment(c.frac(0)?)),
        ),
        lift(
            "ply",
            &[num("times")],
            "repeats each event inside its own time",
            "m(\"a b\").ply(2)",
            |c| Ok(c.pat.ply(c.frac(0)?)),
        ),
        lift(
            "press",
            &[],
            "starts each event halfway through its time",
            "m(\"a b\").press()",
            |c| Ok(c.pat.press_by(Frac::HALF)),
        ),
        lift(
            "press_by",
            &[num("part")],
            "starts each event this part of its time late",
            "m(\"a b\").press_by(0.25)",
            |c| Ok(c.pat.press_by(c.frac(0)?)),
        ),
        lift_same(
            "invert inv",
            &[],
            "true to false and false to true",
            "m(\"1 0\").invert()",
            |c| Ok(c.pat.map(|v| Value::Bool(!v.truthy()))),
        ),
        lift(
            "beat",
            &[num("place"), num("parts")],
            "an event at one place of a cycle in equal parts",
            "m(\"bd\").beat(\"0 3\", 8)",
            |c| {
                let parts = c.frac(1)?;
                let place = c.frac(0)?.rem_floor(parts);
                let (begin, end) = (place / parts, (place + Frac::ONE) / parts);
                Ok(c.pat.join(Join::Inner, move |v| {
                    Ok(crate::pattern::Pattern::pure(v.clone()).compress(begin, end))
                }))
            },
        ),
        make(
            "morph",
            &[("from", Pat), ("to", Pat), ("by", Number)],
            "from one list of onsets towards another",
            "morph([1, 0, 1, 0], [1, 1, 0, 0], 0.5)",
            |a| {
                a.count(3)?;
                crate::pattern::call::lift(
                    &[a.pattern(0)?, a.pattern(1)?, a.pattern(2)?],
                    Join::Inner,
                    |v| Ok(morph(&onsets(&v[0])?, &onsets(&v[1])?, need_frac("morph", &v[2])?)),
                )
            },
        ),
        raw(
            "bite",
            &[("parts", Number), ("order", Pat)],
            "parts of each cycle in another order, squeezed into its events",
            "m(\"0 1 2 3\").bite(4, \"3 2 1 0\")",
            |p, a| {
                a.count(2)?;
                let (parts, order, p) = (a.pattern(0)?, a.pattern(1)?, p.clone());
                let pairs =
                    order.combine(crate::pattern::combine::Structure::Left, &parts, |i, n| {
                        Ok(Some(Value::List(vec![i.clone(), n.clone()])))
                    });
                Ok(pairs.join(Join::Squeeze, move |v| {
                    let Value::List(l) = v else { return Ok(p.clone()) };
                    let n = need_frac("bite", &l[1])?;
                    let begin = (need_frac("bite", &l[0])? / n).rem_floor(Frac::ONE);
                    Ok(p.zoom(begin, begin + Frac::ONE / n))
                }))
            },
        ),
    ]
}

fn restarted(
    p: &crate::pattern::Pattern,
    shape: &crate::pattern::Pattern,
    join: Join,
) -> crate::pattern::Pattern {
    let p = p.clone();
    shape.join(join, move |v| {
        Ok(if v.truthy() { p.clone() } else { crate::pattern::Pattern::silence() })
    })
}

fn onsets(v: &Value) -> Result<Vec<bool>, PatternError> {
    match v {
        Value::List(l) => Ok(l.iter().map(Value::truthy).collect()),
        _ => Err(PatternError::new("morph needs lists such as 1:0:1:0")),
    }
}
