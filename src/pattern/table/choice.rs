//! Rows: picking by number or name, and by chance.

use super::Kind::{Lookup as Look, Pattern as Pat, Patterns};
use super::{Row, make, raw};
use crate::pattern::call::Args;
use crate::pattern::join::Join;
use crate::pattern::pick::{Lookup, Outside, pick, pick_function, pick_function_for};
use crate::pattern::{Frac, Pattern, PatternError, random};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = picks();
    rows.extend(choices());
    rows
}

fn picks() -> Vec<Row> {
    use Outside::{Clamp, Wrap};
    let all: [(&str, Join, Outside, &str); 10] = [
        ("pick", Join::Inner, Clamp, ""),
        ("pickmod", Join::Inner, Wrap, ""),
        ("pick_out", Join::Outer, Clamp, ", keeping the numbers' events"),
        ("pickmod_out pickmodOut", Join::Outer, Wrap, ", keeping the numbers' events"),
        ("pick_restart", Join::Restart, Clamp, ", started from cycle 0"),
        ("pickmod_restart pickmodRestart", Join::Restart, Wrap, ", started from cycle 0"),
        ("pick_reset", Join::Reset, Clamp, ", started over"),
        ("pickmod_reset pickmodReset", Join::Reset, Wrap, ", started over"),
        ("inhabit pick_squeeze pickSqueeze", Join::Squeeze, Clamp, ", squeezed into the event"),
        (
            "inhabitmod pickmod_squeeze pickmodSqueeze",
            Join::Squeeze,
            Wrap,
            ", squeezed into the event",
        ),
    ];
    let mut rows = Vec::new();
    for (names, join, outside, how) in all {
        let name = names.split(' ').next().unwrap_or_default();
        let wrap = if outside == Wrap { "; numbers wrap around" } else { "" };
        let doc = format!("picks patterns by number or name{how}{wrap}");
        let example = format!("m(\"<0 1>\").{name}([m(\"a b\"), m(\"c\")])");
        rows.push(raw(names, &[("patterns", Look)], &doc, &example, move |p, a| {
            a.count(1)?;
            Ok(pick(p, Lookup::of(a.get(0)?)?, outside, join))
        }));
        let example = format!("{name}([m(\"a b\"), m(\"c\")], \"<0 1>\")");
        rows.push(make(names, &[("patterns", Look), ("numbers", Pat)], &doc, &example, move |a| {
            pick_function(a, outside, join)
        }));
    }
    rows.push(make(
        "squeeze",
        &[("numbers", Pat), ("patterns", Look)],
        "picks patterns by number, squeezed into the event; numbers wrap around",
        "squeeze(\"0 1 1\", [m(\"a b\"), m(\"c\")])",
        |a| pick_function(a, Wrap, Join::Squeeze),
    ));
    rows.push(raw(
        "pick_f",
        &[("numbers", Pat), ("functions", Look)],
        "picks functions by number and applies them",
        "m(\"a b\").pick_f(\"<0 1>\", [|p| p.rev(), |p| p.fast(2)])",
        |p, a| pick_function_for(p, a, Clamp),
    ));
    rows.push(raw(
        "pickmod_f pickmodF",
        &[("numbers", Pat), ("functions", Look)],
        "like pick_f; numbers wrap around",
        "m(\"a b\").pickmod_f(\"<0 1 2>\", [|p| p.rev(), |p| p.fast(2)])",
        |p, a| pick_function_for(p, a, Wrap),
    ));
    rows
}

fn choices() -> Vec<Row> {
    let pats = [("patterns", Patterns)];
    let patterns =
        |a: &Args<'_, '_>| a.flat().iter().map(|x| x.to_sequence()).collect::<Result<Vec<_>, _>>();
    vec![
        make(
            "choose chooseOut",
            &pats,
            "chooses one of the values at every moment",
            "choose(\"a\", \"b\").segment(4)",
            move |a| Ok(random::choose_with(&random::rand(), patterns(a)?, Join::Outer)),
        ),
        make(
            "choose_in",
            &pats,
            "chooses one of the patterns at every moment",
            "choose_in(\"a b\", \"c\").segment(4)",
            move |a| Ok(random::choose_with(&random::rand(), patterns(a)?, Join::Inner)),
        ),
        make(
            "choose_cycles randcat",
            &pats,
            "chooses one of the patterns for each cycle",
            "choose_cycles(\"a b\", \"c\")",
            move |a| {
                let by = random::rand().segment(Frac::ONE);
                Ok(random::choose_with(&by, patterns(a)?, Join::Inner))
            },
        ),
        make(
            "choose_with",
            &[("numbers", Pat), ("patterns", Look)],
            "chooses by numbers from 0 to 1",
            "choose_with(sine, [\"a\", \"b\"]).segment(4)",
            |a| chosen(a, Join::Outer),
        ),
        make(
            "choose_in_with",
            &[("numbers", Pat), ("patterns", Look)],
            "chooses patterns by numbers from 0 to 1",
            "choose_in_with(sine, [\"a b\", \"c\"]).segment(4)",
            |a| chosen(a, Join::Inner),
        ),
        raw(
            "choose",
            &pats,
            "chooses by its own numbers from 0 to 1",
            "rand.choose(\"a\", \"b\").segment(4)",
            move |p, a| Ok(random::choose_with(p, patterns(a)?, Join::Outer)),
        ),
        raw(
            "choose2",
            &pats,
            "chooses by its own numbers from -1 to 1",
            "sine2.choose2(\"a\", \"b\").segment(4)",
            move |p, a| Ok(random::choose_with(&p.from_bipolar(), patterns(a)?, Join::Outer)),
        ),
        make(
            "wchoose",
            &pats,
            "chooses one of [value, weight] pairs at every moment",
            "wchoose([\"a\", 3], [\"b\", 1]).segment(4)",
            |a| weighted_choice(a, &random::rand(), Join::Outer),
        ),
        make(
            "wchoose_cycles wrandcat",
            &pats,
            "chooses one of [pattern, weight] pairs for each cycle",
            "wchoose_cycles([\"a b\", 3], [\"c\", 1])",
            |a| weighted_choice(a, &random::rand().segment(Frac::ONE), Join::Inner),
        ),
    ]
}

fn chosen(a: &Args<'_, '_>, join: Join) -> Result<Pattern, PatternError> {
    a.count(2)?;
    let crate::pattern::Arg::List(l) = a.get(1)? else {
        return Err(PatternError::new(format!("{} needs a list of patterns", a.name)));
    };
    let items = l.iter().map(|x| x.to_sequence()).collect::<Result<_, _>>()?;
    Ok(random::choose_with(&a.pattern(0)?, items, join))
}

fn weighted_choice(a: &Args<'_, '_>, by: &Pattern, join: Join) -> Result<Pattern, PatternError> {
    use crate::pattern::Value;
    use crate::pattern::call::{Arg, need_num};
    use crate::pattern::combine::Structure;
    let mut items = Vec::new();
    let mut sums = Pattern::pure(Value::List(Vec::new()));
    for arg in a.items {
        let Arg::List(pair) = arg else {
            return Err(PatternError::new(format!("{} takes [pattern, weight] pairs", a.name)));
        };
        let [item, weight] = &pair[..] else {
            return Err(PatternError::new(format!("{} takes [pattern, weight] pairs", a.name)));
        };
        items.push(item.to_sequence()?);
        // The running sums of the weights, which may be patterns themselves.
        sums = sums.combine(Structure::Both, &weight.to_pattern()?, |sums, w| {
            let Value::List(sums) = sums else { return Ok(None) };
            let last = sums.last().and_then(Value::as_num).unwrap_or(0.0);
            let mut sums = sums.clone();
            sums.push(Value::Num(last + need_num("a weight", w)?));
            Ok(Some(Value::List(sums)))
        });
    }
    if items.is_empty() {
        return Ok(Pattern::silence());
    }
    let place = by.join(Join::Both, move |r| {
        let r = r.as_num().unwrap_or(0.0);
        Ok(sums.map(move |sums| {
            let Value::List(sums) = sums else { return Value::Num(0.0) };
            let total = sums.last().and_then(Value::as_num).unwrap_or(0.0);
            let at = sums.iter().position(|s| s.as_num().is_some_and(|s| s > total * r));
            Value::Num(at.unwrap_or(0) as f64)
        }))
    });
    Ok(place.join(join, move |v| Ok(items[v.as_num().unwrap_or(0.0) as usize].clone())))
}
