//! Rows: functions that make patterns.

use super::Kind::{List, Number, Pattern as Pat, Patterns, Recorder, Text};
use super::{Row, make, raw};
use crate::pattern::call::{Arg, Args, Built, need_int, need_num};
use crate::pattern::join::Join;
use crate::pattern::steps::{Align, stack_aligned};
use crate::pattern::{Frac, Pattern, PatternError, Value, sequence, turns};

pub(super) fn rows() -> Vec<Row> {
    let pats = [("patterns", Patterns)];
    let num = |n| (n, Number);
    let mut rows = vec![
        make("m mini", &[("text", Text)], "mini-notation", "m(\"a [b c] <d e>\")", |a| {
            Ok(sequence::fastcat(a.items.iter().map(Arg::to_pattern).collect::<Result<_, _>>()?))
        }),
        make("pure", &[("value", Number)], "one value once per cycle", "pure(60)", |a| {
            Ok(Pattern::pure(a.value(0)?))
        }),
        make("steady", &[("value", Number)], "one value at every moment", "steady(0.5)", |a| {
            let v = a.value(0)?;
            Ok(Pattern::new(move |_, span, out| {
                out.push(crate::pattern::Event::new(None, span, v.clone()))
            }))
        }),
        make("silence", &[], "nothing, for one step", "silence", |_| Ok(Pattern::silence())),
        make("nothing", &[], "nothing, for no steps", "nothing", |_| Ok(Pattern::gap(Frac::ZERO))),
        make(
            "gap",
            &[num("steps")],
            "nothing, for so many steps",
            "stepcat(m(\"a b\"), gap(2))",
            |a| Ok(Pattern::gap(a.value(0)?.as_frac().unwrap_or(Frac::ONE))),
        ),
        make(
            "slowcat_prime",
            &pats,
            "one cycle of each in turn, skipping the others' cycles",
            "slowcat_prime(\"a b\", \"<c d>\")",
            |a| Ok(sequence::slowcat_skipping(a.sequences()?)),
        ),
        make(
            "stepcat timecat time_cat timeCat",
            &pats,
            "by steps or [steps, pattern] pairs, one after the other in a cycle",
            "stepcat([3, m(\"a\")], [1, m(\"b\")])",
            |a| Ok(sequence::weighted_or_average(pairs(a)?)),
        ),
        make(
            "arrange",
            &pats,
            "[cycles, pattern] sections of a piece, one after the other",
            "arrange([[4, m(\"a b\")], [2, m(\"c\")]])",
            |a| {
                let sections =
                    pairs(a)?.into_iter().map(|(n, p)| (n.unwrap_or(Frac::ONE), p)).collect();
                sequence::arrange(sections)
            },
        ),
        make(
            "polymeter pm",
            &pats,
            "at once, step for step",
            "polymeter(m(\"a b c\"), m(\"d e\"))",
            |a| Ok(sequence::polymeter(lanes(a)?)),
        ),
        make("zip", &pats, "one step of each in turn", "zip(m(\"a b c\"), m(\"d e\"))", |a| {
            Ok(sequence::zip(a.sequences()?))
        }),
        make(
            "stepalt",
            &pats,
            "by steps, the next of each list in every round",
            "stepalt([m(\"a b\"), m(\"c\")], m(\"d\"))",
            |a| {
                let group = |x: &Arg<'_>| match x {
                    Arg::List(l) => l.iter().map(Arg::to_pattern).collect::<Result<Vec<_>, _>>(),
                    one => Ok(vec![one.to_pattern()?]),
                };
                Ok(sequence::stepalt(a.items.iter().map(group).collect::<Result<_, _>>()?))
            },
        ),
        make(
            "stack_left",
            &pats,
            "at once by steps, starting together",
            "stack_left(m(\"a b c\"), m(\"d\"))",
            |a| Ok(stack_aligned(a.sequences()?, Align::Left)),
        ),
        make(
            "stack_right",
            &pats,
            "at once by steps, ending together",
            "stack_right(m(\"a b c\"), m(\"d\"))",
            |a| Ok(stack_aligned(a.sequences()?, Align::Right)),
        ),
        make(
            "stack_centre",
            &pats,
            "at once by steps, around the middle",
            "stack_centre(m(\"a b c\"), m(\"d\"))",
            |a| Ok(stack_aligned(a.sequences()?, Align::Centre)),
        ),
        make(
            "tour",
            &pats,
            "the first pattern inserted into the list of the others",
            "tour(m(\"a\"), m(\"b\"), m(\"c\"))",
            |a| {
                let all = a.sequences()?;
                let (first, rest) =
                    all.split_first().ok_or_else(|| PatternError::new("tour needs patterns"))?;
                Ok(first.tour(rest))
            },
        ),
        make(
            "seq_p_loop seqPLoop",
            &pats,
            "[from, to, pattern] sections in cycles, looped",
            "seq_p_loop([0, 2, \"bd*4\"], [1, 3, \"cp\"])",
            seq_p_loop,
        ),
        make(
            "clip",
            &[("notes", List)],
            "[beat, note, length, velocity] notes as a clip as long as its last bar",
            "clip([[0, \"c4\", 1], [1.5, \"e4\", 0.5, 0.7]])",
            clip,
        ),
        make(
            "loop_every",
            &[("name", Text), num("beats"), ("play", Recorder)],
            "a loop that a function plays turn by turn: note, sound, wait, set, random, choose, turn, beat",
            "loop_every(\"riff\", 4, |t| { t.note(60, 0.5); t.wait(0.5); t.note(67, 0.5); })",
            |a| {
                a.count(3)?;
                let beats = crate::pattern::call::need_frac("loop_every", &a.value(1)?)?;
                match a.get(2)? {
                    Arg::ValueFn(f) => turns::loop_every(beats, f.clone()),
                    _ => {
                        Err(PatternError::new("loop_every needs a function such as |t| t.note(60)"))
                    }
                }
            },
        ),
        make(
            "euclid",
            &[num("pulses"), num("steps")],
            "a Euclidean rhythm of true and false",
            "euclid(3, 8)",
            |a| {
                let rotation =
                    if a.items.len() > 2 { need_int("euclid", &a.value(2)?)? } else { 0 };
                Pattern::pure(Value::Bool(true)).euclid(
                    need_int("euclid", &a.value(0)?)?,
                    need_int("euclid", &a.value(1)?)?,
                    rotation,
                )
            },
        ),
        make(
            "param",
            &[("name", Text), ("values", Pat)],
            "any control by name",
            "param(\"cutoff\", \"200 800\")",
            |a| {
                a.count(2)?;
                let name = a.value(0)?.to_string().into();
                Ok(crate::pattern::control::control_pattern(vec![name], &a.get(1)?.to_sequence()?))
            },
        ),
    ];
    let several: [(&str, &str, fn(Vec<Pattern>) -> Pattern); 3] = [
        ("stack polyrhythm pr", "at once", sequence::stack),
        ("cat slowcat", "one cycle of each in turn", sequence::slowcat),
        ("seq fastcat sequence", "one after the other in one cycle", sequence::fastcat),
    ];
    for (names, doc, f) in several {
        let name = names.split(' ').next().unwrap_or_default();
        rows.push(make(names, &pats, doc, &format!("{name}(\"a b\", \"c\")"), move |a| {
            Ok(f(lanes(a)?))
        }));
        rows.push(raw(names, &pats, doc, &format!("m(\"a b\").{name}(\"c\")"), move |p, a| {
            let mut all = vec![p.clone()];
            all.extend(lanes(a)?);
            Ok(f(all))
        }));
    }
    rows
}

/// Patterns given one by one, or all in one list.
fn lanes(a: &Args<'_, '_>) -> Result<Vec<Pattern>, PatternError> {
    a.flat().iter().map(Arg::to_sequence).collect()
}

/// Pairs given one by one, or all in one list.
fn pairs(a: &Args<'_, '_>) -> Result<Vec<(Option<Frac>, Pattern)>, PatternError> {
    let items = match a.items {
        [Arg::List(l)] if l.iter().all(|x| matches!(x, Arg::List(_))) => l,
        items => items,
    };
    items.iter().map(|x| a.weighted(x)).collect()
}

fn seq_p_loop(a: &Args<'_, '_>) -> Built {
    let mut total = Frac::ZERO;
    let mut parts = Vec::new();
    for item in a.items {
        let Arg::List(l) = item else {
            return Err(PatternError::new("seq_p_loop takes [from, to, pattern] lists"));
        };
        let frac = |i: usize| crate::pattern::call::need_frac("seq_p_loop", &l[i].to_value()?);
        let (from, to, p) = match l.len() {
            2 => (total, frac(0)?, l[1].to_sequence()?),
            3 => (frac(0)?, frac(1)?, l[2].to_sequence()?),
            _ => return Err(PatternError::new("seq_p_loop takes [from, to, pattern] lists")),
        };
        total = to;
        parts.push((from, to, p));
    }
    let patterns: Vec<Pattern> = parts.iter().map(|p| p.2.clone()).collect();
    let places = parts
        .iter()
        .enumerate()
        .map(|(i, (from, to, _))| Pattern::pure(i as f64).compress(*from / total, *to / total));
    let index = sequence::stack(places.collect()).slow(total);
    Ok(index.join(Join::Inner, move |v| Ok(patterns[v.as_num().unwrap_or(0.0) as usize].clone())))
}

/// Notes at beats, four beats to a cycle.
fn clip(a: &Args<'_, '_>) -> Built {
    let wrong = || {
        PatternError::new(
            "clip takes a list of [beat, note, length] or [beat, note, length, velocity]",
        )
    };
    let [Arg::List(notes)] = a.items else { return Err(wrong()) };
    let mut placed = Vec::new();
    let mut end = Frac::ONE;
    let beat = |v: &Arg<'_>| v.to_value()?.as_frac().map(|f| f / Frac::int(4)).ok_or_else(wrong);
    for n in notes {
        let Arg::List(n) = n else { return Err(wrong()) };
        if !(3..=4).contains(&n.len()) {
            return Err(wrong());
        }
        let (begin, length) = (beat(&n[0])?, beat(&n[2])?);
        if begin < Frac::ZERO || length <= Frac::ZERO {
            return Err(PatternError::new("clip: beats start at 0 and lengths are above 0"));
        }
        let mut m = crate::pattern::value::Controls::from([("note".into(), n[1].to_value()?)]);
        if let Some(v) = n.get(3) {
            // Above 1 it can only be a MIDI velocity.
            let v = need_num("clip", &v.to_value()?)?;
            m.insert("velocity".into(), Value::Num(if v > 1.0 { v / 127.0 } else { v }));
        }
        end = end.max((begin + length).ceil());
        placed.push((begin, begin + length, Value::Map(m)));
    }
    Ok(Pattern::placed(placed, end))
}
