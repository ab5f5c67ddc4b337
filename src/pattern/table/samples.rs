//! Rows: what changes the controls of events, and parts of samples.

use super::Kind::{Number, Pattern as Pat, Text};
use super::{Row, lift, make, raw};
use crate::pattern::call::Arg;
use crate::pattern::{PatternError, control};
use std::sync::Arc;

pub(super) fn rows() -> Vec<Row> {
    let num = |n| (n, Number);
    vec![
        raw(
            "xfade",
            &[("position", Pat), ("other", Pat)],
            "fades between two patterns by their gain",
            "s(\"bd*4\").xfade(\"<0 0.5 1>\", s(\"hh*8\"))",
            |p, a| {
                a.count(2)?;
                Ok(control::xfade(p, &a.pattern(0)?, &a.pattern(1)?))
            },
        ),
        make(
            "xfade",
            &[("pattern", Pat), ("position", Pat), ("other", Pat)],
            "fades between two patterns by their gain",
            "xfade(s(\"bd*4\"), \"<0 0.5 1>\", s(\"hh*8\"))",
            |a| {
                a.count(3)?;
                Ok(control::xfade(&a.pattern(0)?, &a.pattern(1)?, &a.pattern(2)?))
            },
        ),
        raw(
            "param",
            &[("name", Text), ("values", Pat)],
            "sets any control by name",
            "note(\"c3\").param(\"cutoff\", \"200 800\")",
            |p, a| {
                a.count(2)?;
                let name = Arc::from(a.value(0)?.to_string());
                Ok(control::set_control(p, vec![name], &a.get(1)?.to_sequence()?))
            },
        ),
        raw(
            // `as` alone is a word of Rhai's.
            "as_controls as",
            &[("names", Text)],
            "names the items of lists as controls",
            "m(\"c3:0.5\").as_controls(\"note:gain\")",
            |p, a| {
                let names = match a.pattern(0)?.as_pure() {
                    Some(c) => match &c.value {
                        crate::pattern::Value::List(l) => {
                            l.iter().map(|v| v.to_string().into()).collect()
                        }
                        one => vec![Arc::from(one.to_string())],
                    },
                    None => match a.get(0)? {
                        Arg::Text(t) | Arg::Literal(t, _) => t.split(':').map(Arc::from).collect(),
                        _ => return Err(PatternError::new("as needs names such as \"note:gain\"")),
                    },
                };
                Ok(control::control_pattern(names, p))
            },
        ),
        lift(
            "chop",
            &[num("parts")],
            "cuts each sample into parts played in order",
            "s(\"break\").chop(4)",
            |c| Ok(control::chop(c.pat, c.count(0)?)),
        ),
        lift(
            "striate",
            &[num("parts")],
            "part 1 of every sample, then part 2 of every sample, ...",
            "s(\"bd sn\").striate(4)",
            |c| Ok(control::striate(c.pat, c.count(0)?)),
        ),
        raw(
            "slice",
            &[("parts", Pat), ("order", Pat)],
            "numbered parts of samples",
            "s(\"break\").slice(8, \"0 3 2 5\")",
            |p, a| {
                a.count(2)?;
                Ok(control::slice(&a.pattern(0)?, &a.pattern(1)?, p))
            },
        ),
        raw(
            "splice",
            &[("parts", Pat), ("order", Pat)],
            "numbered parts of samples, at the speed that fills their events",
            "s(\"break\").splice(8, \"0 3 2 5\")",
            |p, a| {
                a.count(2)?;
                Ok(control::splice(&a.pattern(0)?, &a.pattern(1)?, p))
            },
        ),
        raw(
            "fit",
            &[],
            "sets each sample's speed so that it fills its event",
            "s(\"break\").fit()",
            |p, _| Ok(control::fit(p)),
        ),
        lift(
            "loop_at loopat",
            &[num("cycles")],
            "spreads each sample over so many cycles",
            "s(\"break\").loop_at(2)",
            |c| control::loop_at(c.pat, c.frac(0)?, 0.5),
        ),
        lift(
            "loop_at_cps loopatcps",
            &[num("cycles"), num("cps")],
            "loop_at at a given tempo",
            "s(\"break\").loop_at_cps(2, 0.5)",
            |c| control::loop_at(c.pat, c.frac(0)?, c.num(1)?),
        ),
    ]
}
