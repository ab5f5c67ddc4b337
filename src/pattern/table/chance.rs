//! Rows: events dropped, changed and rearranged by chance.

use super::Kind::{Function, Number, Pattern as Pat};
use super::{Row, lift, lift_same, raw};
use crate::pattern::join::Join;
use crate::pattern::{Frac, Pattern, random, transform};

pub(super) fn rows() -> Vec<Row> {
    let num = |n| (n, Number);
    let f = ("function", Function);
    let mut rows = vec![
        lift_same(
            "degrade_by",
            &[num("probability")],
            "drops events by chance",
            "m(\"a*8\").degrade_by(0.3)",
            |c| Ok(c.pat.degrade_by(c.num(0)?)),
        ),
        lift_same(
            "degrade",
            &[],
            "drops half of the events by chance",
            "m(\"a*8\").degrade()",
            |c| Ok(c.pat.degrade_by(0.5)),
        ),
        lift_same(
            "undegrade_by",
            &[num("probability")],
            "keeps what degrade_by of the rest would drop",
            "m(\"a*8\").undegrade_by(0.3)",
            |c| Ok(c.pat.undegrade_by(c.num(0)?)),
        ),
        lift_same(
            "undegrade",
            &[],
            "keeps what degrade would drop",
            "m(\"a*8\").undegrade()",
            |c| Ok(c.pat.undegrade_by(0.5)),
        ),
        raw(
            "degrade_by_with",
            &[("by", Pat), ("amount", Number)],
            "keeps events at whose onset a pattern is above an amount",
            "m(\"a*8\").degrade_by_with(perlin, 0.5)",
            |p, a| {
                a.count(2)?;
                let by = a.pattern(0)?;
                let q = p.clone();
                let amount = [a.pattern(1)?];
                let out = crate::pattern::call::lift(&amount, Join::Inner, move |v| {
                    Ok(q.degrade_by_with(
                        &by,
                        crate::pattern::call::need_num("degrade_by_with", &v[0])?,
                    ))
                })?;
                Ok(out.with_steps(p.steps()))
            },
        ),
        lift(
            "sometimes_by",
            &[num("probability"), f],
            "applies a function to some events by chance",
            "m(\"a*8\").sometimes_by(0.3, |p| p.ply(2))",
            |c| transform::sometimes_by(c, c.num(0)?),
        ),
        lift(
            "some_cycles_by",
            &[num("probability"), f],
            "applies a function in some cycles by chance",
            "m(\"a*8\").some_cycles_by(0.3, |p| p.ply(2))",
            |c| transform::some_cycles_by(c, c.num(0)?),
        ),
        lift(
            "some_cycles",
            &[f],
            "applies a function in half of the cycles by chance",
            "m(\"a*8\").some_cycles(|p| p.ply(2))",
            |c| transform::some_cycles_by(c, 0.5),
        ),
        lift(
            "sometimes",
            &[f],
            "applies a function to half of the events by chance",
            "m(\"a*8\").sometimes(|p| p.ply(2))",
            |c| transform::sometimes_by(c, 0.5),
        ),
        lift(
            "often",
            &[f],
            "applies a function to three quarters of the events by chance",
            "m(\"a*8\").often(|p| p.ply(2))",
            |c| transform::sometimes_by(c, 0.75),
        ),
        lift(
            "rarely",
            &[f],
            "applies a function to a quarter of the events by chance",
            "m(\"a*8\").rarely(|p| p.ply(2))",
            |c| transform::sometimes_by(c, 0.25),
        ),
        lift(
            "almost_never",
            &[f],
            "applies a function to a tenth of the events by chance",
            "m(\"a*8\").almost_never(|p| p.ply(2))",
            |c| transform::sometimes_by(c, 0.1),
        ),
        lift(
            "almost_always",
            &[f],
            "applies a function to nine tenths of the events by chance",
            "m(\"a*8\").almost_always(|p| p.ply(2))",
            |c| transform::sometimes_by(c, 0.9),
        ),
        lift("always", &[f], "applies a function", "m(\"a*8\").always(|p| p.ply(2))", |c| {
            c.apply(c.pat)
        }),
        lift("never", &[f], "does not apply a function", "m(\"a*8\").never(|p| p.ply(2))", |c| {
            Ok(c.pat.clone())
        }),
    ];
    rows.extend([
        lift(
            "shuffle",
            &[num("parts")],
            "the parts of each cycle in random order",
            "m(\"a b c d\").shuffle(4)",
            |c| {
                let n = c.count(0)?;
                Ok(c.pat.rearrange(&random::randrun(n), n))
            },
        ),
        lift(
            "scramble",
            &[num("parts")],
            "parts of each cycle picked at random",
            "m(\"a b c d\").scramble(4)",
            |c| {
                let n = c.count(0)?;
                let order = random::irand(n as f64).segment(Frac::int(n as i64));
                Ok(c.pat.rearrange(&order, n))
            },
        ),
        lift(
            "seed",
            &[num("seed")],
            "another set of random numbers for everything random in the pattern",
            "rand.seed(7)",
            |c| {
                let (p, seed) = (c.pat.clone(), c.num(0)?);
                let steps = p.steps();
                let seeded =
                    Pattern::new(move |ctx, span, out| p.collect(&ctx.with_seed(seed), span, out));
                Ok(seeded.with_steps(steps))
            },
        ),
    ]);
    rows
}
