//! Laws that every pattern obeys, and limits that nothing gets past.

#![allow(clippy::disallowed_methods, reason = "a test measures how long queries take")]

use proptest::prelude::*;
use rhapsode::pattern::{Arg, Event, Frac, Pattern, Span, call, table};

/// Random mini-notation that is valid and not random itself.
fn mini_text() -> impl Strategy<Value = String> {
    let atom = prop_oneof!["[a-d]", "[0-9]", Just("~".to_string())];
    atom.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| format!("[{}]", v.join(" "))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| format!("<{}>", v.join(" "))),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|v| format!("[{}]", v.join(","))),
            (prop::collection::vec(inner.clone(), 1..4), 1..6)
                .prop_map(|(v, n)| format!("{{{}}}%{n}", v.join(" "))),
            (inner.clone(), 1..5).prop_map(|(x, n)| format!("[{x}]*{n}")),
            (inner.clone(), 1..4).prop_map(|(x, n)| format!("[{x}]/{n}")),
            (inner.clone(), 1..4).prop_map(|(x, n)| format!("[{x}]!{n}")),
            (inner.clone(), 1..4).prop_map(|(x, n)| format!("[{x}]@{n}")),
            (inner, 1..5, 5..9).prop_map(|(x, k, n)| format!("[{x}]({k},{n})")),
        ]
    })
}

/// Events with touching fragments joined, in an order of their own.
fn settled(mut events: Vec<Event>) -> Vec<(Option<Span>, Span, String)> {
    let key = |e: &Event| {
        let w = e.whole.unwrap_or(e.part);
        (w.begin, w.end, format!("{:?}", e.value), e.part.begin)
    };
    events.sort_by_key(key);
    let mut out: Vec<(Option<Span>, Span, String)> = Vec::new();
    for e in events {
        let value = format!("{:?}", e.value);
        let touching = out.iter_mut().rev().find(|(w, p, v)| {
            *w == e.whole && *v == value && p.end == e.part.begin && e.part.begin < e.part.end
        });
        match touching {
            Some((_, p, _)) => p.end = e.part.end,
            None => out.push((e.whole, e.part, value)),
        }
    }
    out.sort_by_key(|(w, p, v)| (w.map(|w| (w.begin, w.end)), p.begin, p.end, v.clone()));
    out
}

fn on(p: &Pattern, span: Span) -> Vec<(Option<Span>, Span, String)> {
    settled(p.try_query(span).expect("a query that succeeds"))
}

fn mini(text: &str) -> Pattern {
    Pattern::mini(text).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn reversing_twice_changes_nothing(text in mini_text()) {
        let p = mini(&text);
        // Over whole cycles: an event that crosses a cycle's border is mirrored in two pieces.
        prop_assert_eq!(on(&p.rev().rev(), Span::cycles(0, 3)), on(&p, Span::cycles(0, 3)));
    }

    #[test]
    fn fast_undoes_slow(text in mini_text(), n in 1i64..7, d in 1i64..4) {
        let (p, f) = (mini(&text), Frac::new(n, d));
        prop_assert_eq!(on(&p.slow(f).fast(f), Span::cycles(-1, 3)), on(&p, Span::cycles(-1, 3)));
    }

    #[test]
    fn a_query_is_the_sum_of_its_parts(text in mini_text(), cut in 1i64..24) {
        let p = mini(&text);
        let middle = Frac::new(cut, 12);
        let mut parts = p.query(Span::new(Frac::ZERO, middle));
        parts.extend(p.query(Span::new(middle, Frac::int(2))));
        prop_assert_eq!(settled(parts), on(&p, Span::cycles(0, 2)));
    }

    #[test]
    fn parts_lie_in_their_wholes_and_in_the_query(text in mini_text(), from in -20i64..20) {
        let span = Span::new(Frac::new(from, 7), Frac::new(from + 9, 7));
        for e in mini(&text).query(span) {
            let whole = e.whole.expect("mini-notation is discrete");
            prop_assert!(whole.begin <= e.part.begin && e.part.end <= whole.end);
            prop_assert!(span.begin <= e.part.begin && e.part.end <= span.end);
        }
    }

    #[test]
    fn chance_is_the_same_every_time(seed in 0i64..50) {
        let p = mini("[a|b|c]*8? [d e]?0.3").call("seed", &[Arg::Num(seed as f64)]).expect("valid");
        prop_assert_eq!(on(&p, Span::cycles(0, 4)), on(&p.clone(), Span::cycles(0, 4)));
    }

    #[test]
    fn the_parser_never_panics(text in "[a-d0-9 ~.,|!?@_*/:<>(){}\\[\\]%^#-]{0,40}") {
        if let Ok(p) = Pattern::mini(&text) {
            let _ = p.try_query(Span::cycles(-1, 3));
        }
    }
}

#[test]
fn events_know_where_they_were_written() {
    let text = "bd [sn hh]*2";
    let p = mini(text).call("rev", &[]).and_then(|p| p.call("late", &[Arg::Text("0.25".into())]));
    for e in p.expect("valid").query(Span::cycles(0, 1)) {
        let word = e.value.to_string();
        let spans: Vec<&str> =
            e.source.iter().filter_map(|s| text.get(s.begin as usize..s.end as usize)).collect();
        assert!(spans.contains(&&*word), "{word} in {spans:?}");
    }
}

#[test]
fn the_pathological_is_refused_in_words() {
    for text in ["bd*1000000", "bd*1000*1000*1000", "0 .. 100000000", "a!99999999", "a(3,100000)"] {
        let error = Pattern::mini(text).expect_err(text);
        assert!(error.column >= 1 && error.message.len() < 200, "{}", error.message);
    }
    let deep = format!("{}a{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(Pattern::mini(&deep).expect_err("too deep").message.contains("brackets"));
    let ninety = format!("{}a{}", "[b ".repeat(90), "]".repeat(90));
    assert!(!mini(&ninety).query(Span::cycles(0, 1)).is_empty());
    let far = mini("a b").query(Span::new(Frac::MIN, Frac::MAX));
    assert!(far.is_empty());
    let huge = mini("a").call("fast", &[Arg::Num(1e9)]).expect("only a query can fail");
    assert!(huge.try_query(Span::cycles(0, 1)).is_err());
}

#[test]
fn endless_chains_are_refused_before_the_stack_ends() {
    let mut p = mini("a b");
    let mut refused = false;
    for _ in 0..5_000 {
        match p.call("chunk", &[Arg::Num(2.0), Arg::Func(&|x: &[Pattern]| x[0].call("rev", &[]))]) {
            Ok(next) => p = next,
            Err(_) => {
                refused = true;
                break;
            }
        }
    }
    assert!(refused);
    let _ = p.try_query(Span::cycles(0, 1));
}

#[test]
fn what_is_written_alike_is_equal() {
    let build = |n: f64| {
        let reverse = |x: &[Pattern]| x[0].call("rev", &[]);
        call("every", &mini("a b"), &[Arg::Num(n), Arg::Func(&reverse)]).expect("valid")
    };
    assert_eq!(build(2.0), build(2.0));
    assert_ne!(build(2.0), build(3.0));
    assert_eq!(format!("{:?}", build(2.0)), "m(\"a b\").every(2, |x| x0.rev())");
}

#[test]
fn errors_point_at_the_place() {
    let e = Pattern::mini("a [b $ c]").expect_err("not a character");
    assert_eq!((e.column, e.offset, e.found.as_str()), (6, 5, "'$'"));
    assert!(!e.expected.is_empty() && e.expected.len() <= 3);
    let e = Pattern::mini("é (3").expect_err("unclosed");
    assert_eq!(e.column, 5);
    let e = call("degradBy", &mini("a"), &[]).expect_err("a typo");
    assert!(e.message.contains("degradeBy") || e.message.contains("degrade_by"), "{e}");
}

#[test]
fn empties_are_silence_and_tight_ranges_are_ranges() {
    for text in ["", " ", "[]", "<>", "{}", "[ ]*2"] {
        assert!(mini(text).query(Span::cycles(0, 2)).is_empty(), "{text:?}");
    }
    assert_eq!(mini("a,,b").query(Span::cycles(0, 1)).len(), 2);
    assert_eq!(mini("a []").query(Span::cycles(0, 1)).len(), 1);
    assert_eq!(on(&mini("0..4"), Span::cycles(0, 1)), on(&mini("0 .. 4"), Span::cycles(0, 1)));
}

#[test]
fn the_table_is_complete_and_unambiguous() {
    for row in table::rows() {
        assert!(!row.doc.is_empty() && !row.example.is_empty(), "{}", row.name);
        let found = if row.is_method() {
            table::find_method(&row.name).ok()
        } else {
            table::find_function(&row.name)
        };
        assert!(found.is_some_and(|r| r.name == row.name), "{} is hidden by another row", row.name);
    }
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

#[test]
fn time_grows_with_cycles_and_not_with_their_square() {
    let p = nested();
    let best = |cycles: i64| {
        let once = |_| {
            let start = std::time::Instant::now();
            let events = p.try_query(Span::cycles(0, cycles)).expect("a query that succeeds");
            assert!(events.len() as i64 >= 4 * cycles);
            start.elapsed().as_secs_f64()
        };
        (0..5).map(once).fold(f64::INFINITY, f64::min)
    };
    let (few, many) = (best(20), best(200));
    // Ten times the cycles take ten times as long; a square would be a hundred times.
    assert!(many < 30.0 * few, "20 cycles take {few} s, 200 take {many} s");
}

#[test]
fn queries_are_bounded_whatever_the_combinators() {
    let dense = mini("a*60000");
    let wide = |p: &Pattern| p.try_query(Span::cycles(0, 1));
    let start = std::time::Instant::now();
    let mixed = dense.call("keep_mix", &[Arg::Pat(mini("1*60000"))]).expect("a pattern");
    assert_eq!(wide(&mixed).expect("as many events as in each").len(), 60_000);
    for (name, arg) in [("ply", 100.0), ("segment", 1e7), ("fast", 1e6), ("extend", 1e6)] {
        let p = dense.call(name, &[Arg::Num(arg)]).expect("only a query can fail");
        let told = wide(&p).expect_err(name).message;
        assert!(told.contains("dense"), "{name}: {told}");
    }
    let squeezed = dense.call("squeeze", &[Arg::Text("a*1000".into())]).expect("a pattern");
    assert!(wide(&squeezed).is_err());
    for name in ["striate", "chop", "iter", "shuffle", "scramble", "euclid"] {
        let args = vec![Arg::Num(1e6); if name == "euclid" { 2 } else { 1 }];
        assert!(mini("a").call(name, &args).is_err(), "{name}");
    }
    assert!(start.elapsed().as_secs() < 60, "refused fast: {:?}", start.elapsed());
}
