//! The spellings of the conformance file run in the real interpreter.

use super::super::build::{Build, Desk};
use super::super::engine;
use super::*;
use crate::pattern::{Span, table};
use crate::world::Memory;
use std::sync::Arc;

fn evaluate(text: &str) -> Result<Pattern, String> {
    let world: Arc<dyn crate::world::World> = Arc::new(Memory::default());
    let desk = Desk::new(Build::new(world, "test", text));
    let known = Constants::new(48_000.0);
    constants(&known);
    let engine = engine::engine(&desk, &known);
    let ast = engine.compile_with_scope(&known.scope(), text).map_err(|e| e.to_string())?;
    engine.eval_ast::<Pattern>(&ast).map_err(|e| e.to_string())
}

fn shown(p: &Pattern, cycles: i64) -> Vec<String> {
    let events = p.try_query(Span::cycles(0, cycles)).expect("a query that succeeds");
    let mut all: Vec<String> = events
        .iter()
        .filter(|e| e.has_onset())
        .map(|e| {
            let w = e.whole_or_part();
            format!("{:?} {:?} {}", w.begin, w.end, number_text(&e.value))
        })
        .collect();
    all.sort();
    all
}

/// Numbers with few enough digits to be compared as text.
fn number_text(v: &crate::pattern::Value) -> String {
    match v {
        crate::pattern::Value::Num(n) => format!("{:.8}", n + 0.0),
        other => other.to_string(),
    }
}

#[test]
fn the_conformance_spellings_run() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/conformance/combinators_public.json"))
            .expect("the file is JSON");
    let cases = file["cases"].as_array().expect("cases");
    let mut failed = Vec::new();
    for case in cases {
        let text = case["rhai"].as_str().expect("a spelling");
        let count = case["events"].as_array().map_or(0, Vec::len);
        match evaluate(text) {
            Ok(p) if shown(&p, case["cycles"].as_i64().unwrap_or(1)).len() == count => {}
            Ok(_) => failed.push(format!("{text}: another number of events")),
            Err(e) => failed.push(format!("{text}: {e}")),
        }
    }
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

#[test]
fn operators_keep_the_pattern_s_structure() {
    let same = [
        ("m(\"0 2 4\") + 1", "m(\"1 3 5\")"),
        ("10 - m(\"0 2\")", "m(\"10 8\")"),
        ("m(\"1 2\") * \"3\"", "m(\"3 6\")"),
        ("-m(\"1 2\")", "m(\"-1 -2\")"),
        ("stack([m(\"a\"), \"b c\"])", "m(\"a,b c\")"),
        ("arrange([[2, m(\"a b\")], [1, \"c\"]])", "cat(\"a b\", \"a b\", \"c\")"),
        ("note(\"0 2\").velocity(0.5)", "note(\"0 2\").param(\"velocity\", 0.5)"),
        (
            "m(\"0 1\").echo_with(2, 0.5, |p, i| p + i)",
            "m(\"0 1\").superimpose(|p| p.late(0.5) + 1)",
        ),
    ];
    for (a, b) in same {
        let (p, q) = (evaluate(a).expect(a), evaluate(b).expect(b));
        assert_eq!(shown(&p, 3), shown(&q, 3), "{a}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, says) in [
        ("m(\"a [b\")", "column"),
        ("m(\"a\").every(2, |p| 1 + p.fist(2))", "fist"),
        ("m(\"a\").euclid(9, 8)", "pulses"),
    ] {
        let error = evaluate(text).expect_err(text);
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn every_example_of_the_table_runs() {
    let mut failed = Vec::new();
    for row in table::rows() {
        let hidden = !row.is_method() && !row.is_constant() && !hides_nothing(row, &row.name);
        if hidden || matches!(&*row.name, "time" | "as" | "in_") {
            continue;
        }
        if let Err(e) = evaluate(&row.example) {
            failed.push(format!("{}: {}: {e}", row.name, row.example));
        }
    }
    assert!(failed.is_empty(), "{} fail:\n{}", failed.len(), failed.join("\n"));
}
