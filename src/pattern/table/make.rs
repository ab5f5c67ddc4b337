//! Rows: functions that make patterns.

use super::Kind::{List, Number, Pattern as Pat, Patterns, Text};
use super::{Row, make, raw};
use crate::pattern::call::{Arg, Args, Built, lift, need_int, need_num};
use crate::pattern::join::Join;
use crate::pattern::steps::{Align, stack_aligned};
use crate::pattern::{Frac, Pattern, PatternError, Value, random, sequence, signal};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = sequences();
    rows.extend(signals());
    rows.extend(numbers());
    rows
}

fn sequences() -> Vec<Row> {
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
    let notes = placed.into_iter().map(|(b, e, v)| Pattern::pure(v).compress(b / end, e / end));
    Ok(sequence::stack(notes.collect()).slow(end))
}

fn signals() -> Vec<Row> {
    let all: [(&str, &str, fn() -> Pattern); 12] = [
        ("sine", "a sine wave, 0 to 1", signal::sine),
        ("cosine", "a cosine wave, 0 to 1", signal::cosine),
        ("saw", "rising from 0 to 1", signal::saw),
        ("isaw", "falling from 1 to 0", signal::isaw),
        ("tri", "rising from 0 to 1 and falling back", signal::tri),
        ("itri", "falling from 1 to 0 and rising back", signal::itri),
        ("square", "0, then 1", signal::square),
        ("rand", "a random number at every moment, 0 to 1", random::rand),
        ("perlin", "smoothed random numbers, 0 to 1", random::perlin),
        ("berlin", "random ridges, 0 to 1", random::berlin),
        ("time", "the time in cycles", signal::time),
        ("brand", "true or false at random", brand),
    ];
    let mut rows = Vec::new();
    for (name, doc, f) in all {
        let example = format!("{name}.segment(8)");
        rows.push(make(name, &[], doc, &example, move |_| Ok(f())));
        if matches!(name, "sine" | "cosine" | "saw" | "isaw" | "square" | "rand") {
            let two = format!("{name}2");
            let doc = format!("{name}, from -1 to 1");
            rows.push(make(&two, &[], &doc, &format!("{two}.segment(8)"), move |_| {
                Ok(f().to_bipolar())
            }));
        }
    }
    rows.push(make("tri2", &[], "tri, from -1 to 1", "tri2.segment(8)", |_| {
        Ok(signal::tri().to_bipolar())
    }));
    rows.push(make("itri2", &[], "itri, from -1 to 1", "itri2.segment(8)", |_| {
        Ok(signal::itri().to_bipolar())
    }));
    rows
}

fn brand() -> Pattern {
    random::rand().map(|v| Value::Bool(v.as_num().is_some_and(|x| x < 0.5)))
}

fn numbers() -> Vec<Row> {
    let num = |n| (n, Number);
    vec![
        make(
            "run",
            &[num("count")],
            "the numbers from 0, one after the other in a cycle",
            "run(4)",
            |a| run(&a.pattern(0)?),
        ),
        make(
            "irand",
            &[num("below")],
            "random whole numbers at every moment",
            "irand(8).segment(4)",
            |a| Ok(a.pattern(0)?.join(Join::Inner, |v| Ok(random::irand(need_num("irand", v)?)))),
        ),
        make(
            "randrun",
            &[num("count")],
            "the numbers from 0 in random order, another each cycle",
            "randrun(4)",
            |a| Ok(random::randrun(need_int("randrun", &a.value(0)?)?.clamp(0, 4096) as usize)),
        ),
        make("rand_l", &[num("count")], "lists of random numbers", "rand_l(4).segment(2)", |a| {
            Ok(a.pattern(0)?.join(Join::Inner, |v| {
                let n = need_int("rand_l", v)?.clamp(0, 4096) as usize;
                Ok(random::rand_list(n))
            }))
        }),
        make(
            "brand_by",
            &[num("probability")],
            "true with this probability at every moment",
            "brand_by(0.2).segment(8)",
            |a| {
                Ok(a.pattern(0)?.join(Join::Inner, |v| {
                    let p = need_num("brand_by", v)?;
                    Ok(random::rand().map(move |v| Value::Bool(v.as_num().is_some_and(|x| x < p))))
                }))
            },
        ),
        make(
            "binary",
            &[num("number")],
            "the bits of a number, one after the other",
            "binary(5)",
            |a| Ok(bits(&a.pattern(0)?, None)),
        ),
        make(
            "binary_n",
            &[num("number"), num("bits")],
            "so many bits of a number, one after the other",
            "binary_n(5, 8)",
            |a| {
                let n = if a.items.len() > 1 { a.pattern(1)? } else { Pattern::pure(16.0) };
                Ok(bits(&a.pattern(0)?, Some(n)))
            },
        ),
        make("binary_l", &[num("number")], "the bits of a number as a list", "binary_l(5)", |a| {
            Ok(a.pattern(0)?.map(|v| {
                let n = v.as_num().unwrap_or(0.0);
                bit_list(n, bit_count(n))
            }))
        }),
        make(
            "binary_nl binaryNL",
            &[num("number"), num("bits")],
            "so many bits of a number as a list",
            "binary_nl(5, 8)",
            |a| {
                let n = if a.items.len() > 1 { a.pattern(1)? } else { Pattern::pure(16.0) };
                Ok(a.pattern(0)?.combine(crate::pattern::combine::Structure::Left, &n, |v, n| {
                    Ok(Some(bit_list(v.as_num().unwrap_or(0.0), n.as_num().unwrap_or(0.0))))
                }))
            },
        ),
    ]
}

fn run(count: &Pattern) -> Built {
    lift(std::slice::from_ref(count), Join::Inner, |v| {
        let n = need_int("run", &v[0])?;
        if !(0..=4096).contains(&n) {
            return Err(PatternError::new(format!("run: {n} is not between 0 and 4096")));
        }
        Ok(sequence::fastcat((0..n).map(|i| Pattern::pure(i as f64)).collect()))
    })
}

fn bit_count(n: f64) -> f64 {
    libm::floor(libm::log2(n)) + 1.0
}

fn bit_list(n: f64, count: f64) -> Value {
    let count = if count.is_finite() { count.clamp(0.0, 32.0) as i32 } else { 0 };
    let n = n as i64;
    Value::List((0..count).rev().map(|i| Value::Num(((n >> i) & 1) as f64)).collect())
}

fn bits(number: &Pattern, count: Option<Pattern>) -> Pattern {
    let count =
        count.unwrap_or_else(|| number.map(|v| Value::Num(bit_count(v.as_num().unwrap_or(0.0)))));
    let pairs = number.combine(crate::pattern::combine::Structure::Left, &count, |v, n| {
        Ok(Some(Value::List(vec![v.clone(), n.clone()])))
    });
    pairs.join(Join::Inner, |v| {
        let Value::List(l) = v else { return Ok(Pattern::silence()) };
        let list = bit_list(l[0].as_num().unwrap_or(0.0), l[1].as_num().unwrap_or(0.0));
        let Value::List(bits) = list else { return Ok(Pattern::silence()) };
        Ok(sequence::fastcat(bits.into_iter().map(Pattern::pure).collect()))
    })
}
