//! Rows: continuous signals, and numbers in a row.

use super::Kind::Number;
use super::{Row, make};
use crate::pattern::call::{Built, lift, need_int, need_num};
use crate::pattern::join::Join;
use crate::pattern::{Pattern, PatternError, Value, random, sequence, signal};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = signals();
    rows.extend(numbers());
    rows
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
