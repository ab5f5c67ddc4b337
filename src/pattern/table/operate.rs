//! Rows: operators in every structure, and functions of numbers.

use super::Kind::{Number, Pattern as Pat};
use super::{Row, lift, lift_same, raw};
use crate::pattern::join::Join;
use crate::pattern::operators::{How, Op};
use crate::pattern::pick::{Lookup, Outside, pick};
use crate::pattern::{Arg, Pattern, PatternError, Value};

/// The operators: name, what it does, its description.
pub(crate) const OPS: &[(&str, Op, &str)] = &[
    ("set", Op::Set, "takes the other value, or its controls"),
    ("keep", Op::Keep, "keeps its own value"),
    ("keepif", Op::KeepIf, "keeps its own value where the other is true"),
    ("add", Op::Add, "adds"),
    ("sub", Op::Sub, "subtracts"),
    ("mul", Op::Mul, "multiplies"),
    ("div", Op::Div, "divides"),
    ("mod", Op::Mod, "takes the remainder, never negative"),
    ("pow", Op::Pow, "raises to a power"),
    ("band", Op::Band, "bitwise and"),
    ("bor", Op::Bor, "bitwise or"),
    ("bxor", Op::Bxor, "bitwise exclusive or"),
    ("blshift", Op::Blshift, "shifts bits left"),
    ("brshift", Op::Brshift, "shifts bits right"),
    ("lt", Op::Lt, "whether it is less"),
    ("gt", Op::Gt, "whether it is greater"),
    ("lte", Op::Lte, "whether it is less or equal"),
    ("gte", Op::Gte, "whether it is greater or equal"),
    ("eq", Op::Eq, "whether it is equal"),
    ("eqt", Op::Eqt, "whether it is equal and of the same kind"),
    ("ne", Op::Ne, "whether it differs"),
    ("net", Op::Net, "whether it differs, also in kind"),
    ("and", Op::And, "the other value if this is true, else this"),
    ("or", Op::Or, "this value if it is true, else the other"),
];

/// The structures: suffix, meaning, description.
pub(crate) const HOWS: &[(&str, How, &str)] = &[
    ("", How::In, ""),
    ("_in", How::In, ""),
    ("_out", How::Out, ", with the structure of the other"),
    ("_mix", How::Mix, ", with the structure of both"),
    ("_squeeze", How::Squeeze, ", the other squeezed into its events"),
    ("_squeezein", How::Squeeze, ", the other squeezed into its events"),
    ("_squeezeout", How::SqueezeOut, ", squeezed into the other's events"),
    ("_reset", How::Reset, ", starting over at the other's events"),
    ("_restart", How::Restart, ", from cycle 0 at the other's events"),
    ("_poly", How::Poly, ", step by step"),
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, op, what) in OPS {
        for (suffix, how, where_from) in HOWS {
            let (op, how) = (*op, *how);
            let doc = format!("{what}{where_from}");
            let mut full = format!("{name}{suffix}");
            if *suffix == "_squeezeout" {
                full.push_str(&format!(" {name}_squeeze_out"));
            }
            let example = format!("m(\"0 2 4\").{name}{suffix}(\"1 2\")");
            rows.push(raw(&full, &[("other", Pat)], &doc, &example, move |p, a| {
                Ok(p.operate(op, how, &a.sequence()?))
            }));
        }
    }
    for (suffix, how, where_from) in HOWS.iter().filter(|(s, ..)| s.len() > 1) {
        let name = &suffix[1..];
        if matches!(*how, How::Reset | How::Restart) {
            continue; // these take true and false, see `reset`
        }
        let how = *how;
        let doc = format!("takes the other value or its controls{where_from}");
        let name = if name == "in" { "in_ in" } else { name };
        rows.push(raw(name, &[("other", Pat)], &doc, "m(\"0 1\").out(\"2 3 4\")", move |p, a| {
            // `squeeze(numbers, [patterns])` is the function of that name, called as a method.
            if let (How::Squeeze, [Arg::List(l)]) = (how, a.items) {
                let from = l.iter().map(Arg::to_sequence).collect::<Result<_, _>>()?;
                return Ok(pick(p, Lookup::List(from), Outside::Wrap, Join::Squeeze));
            }
            Ok(p.operate(Op::Set, how, &a.sequence()?))
        }));
    }
    rows.extend(numbers());
    rows
}

fn numbers() -> Vec<Row> {
    let num = |n| (n, Number);
    vec![
        lift(
            "range",
            &[num("low"), num("high")],
            "spreads 0..1 over low..high",
            "sine.range(200, 800)",
            |c| Ok(c.pat.range(c.num(0)?, c.num(1)?)),
        ),
        lift(
            "rangex",
            &[num("low"), num("high")],
            "spreads 0..1 over low..high exponentially",
            "sine.rangex(20, 2000)",
            |c| {
                let spread = c.pat.range(libm::log(c.num(0)?), libm::log(c.num(1)?));
                Ok(spread.map(|v| Value::Num(libm::exp(v.as_num().unwrap_or(f64::NAN)))))
            },
        ),
        lift(
            "range2",
            &[num("low"), num("high")],
            "spreads -1..1 over low..high",
            "sine2.range2(200, 800)",
            |c| Ok(c.pat.from_bipolar().range(c.num(0)?, c.num(1)?)),
        ),
        lift(
            "round",
            &[],
            "rounds to whole numbers, halves upwards",
            "m(\"0.5 1.2\").round()",
            |c| Ok(numeric(c.pat, |x| libm::floor(x + 0.5))),
        ),
        lift("floor", &[], "rounds down", "m(\"0.5 1.2\").floor()", |c| {
            Ok(numeric(c.pat, libm::floor))
        }),
        lift("ceil", &[], "rounds up", "m(\"0.5 1.2\").ceil()", |c| Ok(numeric(c.pat, libm::ceil))),
        lift("log2", &[], "logarithm to the base 2", "m(\"8 16\").log2()", |c| {
            Ok(numeric(c.pat, libm::log2))
        }),
        lift(
            "as_number",
            &[],
            "note names and texts to numbers",
            "m(\"c3 e3\").as_number()",
            |c| Ok(numeric(c.pat, |x| x)),
        ),
        lift("to_bipolar", &[], "0..1 to -1..1", "sine.to_bipolar()", |c| Ok(c.pat.to_bipolar())),
        lift("from_bipolar", &[], "-1..1 to 0..1", "sine2.from_bipolar()", |c| {
            Ok(c.pat.from_bipolar())
        }),
        lift_same(
            "ratio",
            &[],
            "lists such as 3:2 to the number 3/2",
            "m(\"1 3:2 2\").ratio()",
            |c| {
                Ok(c.pat.map(|v| match v {
                    Value::List(l) => {
                        let mut nums = l.iter().map(|x| x.as_num().unwrap_or(f64::NAN));
                        let first = nums.next().unwrap_or(f64::NAN);
                        Value::Num(nums.fold(first, |a, b| a / b))
                    }
                    other => other.clone(),
                }))
            },
        ),
    ]
}

fn numeric(p: &Pattern, f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Pattern {
    p.try_map(move |v| match v.as_numeral() {
        Some(n) => Ok(Some(Value::Num(f(n)))),
        None => Err(PatternError::new(format!("a number is needed, found {} ({v})", v.kind()))),
    })
}
