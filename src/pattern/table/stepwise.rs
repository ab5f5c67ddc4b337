//! Rows: patterns as lists of steps.

use super::Kind::{Number, Patterns};
use super::{Row, lift, lift_steps, raw};
use crate::pattern::{Frac, sequence};

pub(super) fn rows() -> Vec<Row> {
    let num = |n| (n, Number);
    vec![
        lift_steps(
            "take",
            &[num("steps")],
            "the first steps (the last, for a negative number)",
            "m(\"a b c d\").take(2)",
            |c| Ok(c.pat.take(c.frac(0)?)),
        ),
        lift_steps(
            "drop",
            &[num("steps")],
            "without the first steps (the last, for a negative number)",
            "m(\"a b c d\").drop(1)",
            |c| Ok(c.pat.drop_steps(c.frac(0)?)),
        ),
        lift_steps(
            "extend",
            &[num("factor")],
            "speeds up, counting as that many more steps",
            "stepcat(m(\"a b\").extend(2), m(\"c\"))",
            |c| Ok(c.pat.extend(c.frac(0)?)),
        ),
        lift_steps(
            "replicate",
            &[num("times")],
            "repeats each cycle, counting as that many more steps",
            "stepcat(m(\"a b\").replicate(2), m(\"c\"))",
            |c| {
                let n = c.frac(0)?;
                let repeated = c.pat.repeat_cycles(n).fast(n).with_steps(c.pat.steps());
                Ok(repeated.expand(n))
            },
        ),
        lift_steps(
            "expand",
            &[num("factor")],
            "counts as more steps, sounding the same",
            "stepcat(m(\"a b\").expand(2), m(\"c\"))",
            |c| Ok(c.pat.expand(c.frac(0)?)),
        ),
        lift_steps(
            "contract",
            &[num("factor")],
            "counts as fewer steps, sounding the same",
            "stepcat(m(\"a b\").contract(2), m(\"c\"))",
            |c| Ok(c.pat.expand(Frac::ONE / c.frac(0)?)),
        ),
        lift(
            "pace steps",
            &[num("steps")],
            "plays so many steps per cycle",
            "m(\"a b c\").pace(4)",
            |c| Ok(c.pat.pace(c.frac(0)?)),
        ),
        lift_steps(
            "shrink",
            &[num("steps")],
            "again and again, each time without more of its first steps",
            "m(\"a b c d\").shrink(1)",
            |c| c.pat.shrink(c.frac(0)?),
        ),
        lift_steps(
            "grow",
            &[num("steps")],
            "again and again, each time with more of its first steps",
            "m(\"a b c d\").grow(1)",
            |c| c.pat.grow(c.frac(0)?),
        ),
        raw(
            "tour",
            &[("patterns", Patterns)],
            "inserted into a list of patterns, moving from its end to its start",
            "m(\"[c g]\").tour(m(\"e f\"), m(\"a\"))",
            |p, a| Ok(p.tour(&a.sequences()?)),
        ),
        raw(
            "zip",
            &[("patterns", Patterns)],
            "one step of each in turn",
            "m(\"a b c\").zip(m(\"d e\"))",
            |p, a| {
                let mut all = vec![p.clone()];
                all.extend(a.sequences()?);
                Ok(sequence::zip(all))
            },
        ),
    ]
}
