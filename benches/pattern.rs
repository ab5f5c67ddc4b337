//! How long pattern queries take.

use criterion::{Criterion, criterion_group, criterion_main};
use rhapsode::pattern::{Arg, Pattern, Span};
use std::hint::black_box;

fn mini(text: &str) -> Pattern {
    Pattern::mini(text).expect("valid mini-notation")
}

/// Thirty combinators on top of one another.
fn nested() -> Pattern {
    let mut p = mini("0 [1 2] <3 4> 5");
    for i in 0..30 {
        let (name, arg) = match i % 5 {
            0 => ("late", 0.125),
            1 => ("rev", 0.0),
            2 => ("add", 1.0),
            3 => ("iter", 4.0),
            _ => ("early", 0.25),
        };
        let args = if name == "rev" { vec![] } else { vec![Arg::Num(arg)] };
        p = p.call(name, &args).expect("valid call");
    }
    p
}

fn queries(c: &mut Criterion) {
    let steps: Vec<String> = (0..64).map(|i| format!("c{}", i % 8)).collect();
    let flat = mini(&steps.join(" "));
    let grouped =
        mini(&steps.chunks(8).map(|c| format!("[{}]", c.join(" "))).collect::<Vec<_>>().join(" "));
    let controls = mini("0 2 4 5*4").call("note", &[]).expect("valid call");
    let controls = controls.call("velocity", &[Arg::Text("0.6 1".into())]).expect("valid call");
    let nested = nested();
    let text = steps.join(" ");
    c.bench_function("64 steps, one cycle", |b| {
        b.iter(|| black_box(flat.query(Span::cycles(3, 1))));
    });
    c.bench_function("64 steps in groups, one cycle", |b| {
        b.iter(|| black_box(grouped.query(Span::cycles(3, 1))));
    });
    c.bench_function("notes with velocity, one cycle", |b| {
        b.iter(|| black_box(controls.query(Span::cycles(3, 1))));
    });
    c.bench_function("30 nested combinators, one cycle", |b| {
        b.iter(|| black_box(nested.query(Span::cycles(3, 1))));
    });
    c.bench_function("30 nested combinators, 100 cycles", |b| {
        b.iter(|| black_box(nested.query(Span::cycles(0, 100))));
    });
    c.bench_function("parse 64 steps", |b| b.iter(|| black_box(mini(&text))));
}

criterion_group!(benches, queries);
criterion_main!(benches);
