//! The public conformance files: every case must come out exactly, values within 1e-9.

#[path = "conformance/expr.rs"]
mod expr;

use rhapsode::app::pattern::{Observed, look, same};
use rhapsode::pattern::{Frac, Pattern, Span};
use serde_json::Value as Json;

fn cases(text: &str) -> Vec<Json> {
    let file: Json = serde_json::from_str(text).expect("the file is JSON");
    file["cases"].as_array().expect("the file has cases").clone()
}

/// A rational in the files' form, `"3"` or `"-1/4"`.
fn frac(v: &Json) -> Frac {
    let text = v.as_str().map_or_else(|| v.to_string(), str::to_string);
    let (n, d) = text.split_once('/').unwrap_or((&text, "1"));
    Frac::new(n.parse().expect("a numerator"), d.parse().expect("a denominator"))
}

/// What a case looks at.
fn span(case: &Json) -> Span {
    match case.get("query").and_then(Json::as_array) {
        Some(q) => Span::new(frac(&q[0]), frac(&q[1])),
        None => {
            let from = case["from"].as_i64().unwrap_or(0);
            Span::cycles(from, case["cycles"].as_i64().unwrap_or(1))
        }
    }
}

/// Queries a pattern as its case says.
fn query(case: &Json, pattern: &Pattern) -> Result<(Observed, Option<Frac>), String> {
    let events = pattern.try_query(span(case)).map_err(|e| e.to_string())?;
    Ok((Observed::of(&events), pattern.steps()))
}

fn check(case: &Json, observed: Seen) -> Result<(), String> {
    let wants_error = case.get("error").is_some();
    match observed {
        Err(_) if wants_error => Ok(()),
        Err(e) => Err(format!("failed: {e}")),
        Ok((o, _)) if wants_error => Err(format!("should be refused, gave {}", o.events)),
        Ok((o, steps)) => {
            let none = Json::Array(Vec::new());
            let fragments = case.get("fragments").unwrap_or(&none);
            if !same(&o.events, &case["events"]) {
                return Err(format!("events {}\n    want {}", o.events, case["events"]));
            }
            if !same(&o.fragments, fragments) {
                return Err(format!("fragments {}\n    want {fragments}", o.fragments));
            }
            match case.get("steps") {
                Some(want) if steps != Some(frac(want)) => {
                    Err(format!("{} steps, want {want}", steps.unwrap_or(Frac::ZERO)))
                }
                _ => Ok(()),
            }
        }
    }
}

type Seen = Result<(Observed, Option<Frac>), String>;

fn run(text: &str, see: impl Fn(&Json) -> (String, Seen)) {
    let all = cases(text);
    let mut failed = Vec::new();
    for case in &all {
        let (written, seen) = see(case);
        if let Err(why) = check(case, seen) {
            failed.push(format!("{} {written}\n    {why}", case["id"].as_str().unwrap_or("?")));
        }
    }
    println!("{} of {} cases pass", all.len() - failed.len(), all.len());
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), all.len(), failed.join("\n"));
}

#[test]
fn mini_notation_is_strudels() {
    run(include_str!("conformance/public.json"), |case| {
        let text = case["mini"].as_str().unwrap_or_default();
        let built = Pattern::mini(text).map_err(|e| e.to_string());
        (format!("{text:?}"), built.and_then(|p| query(case, &p)))
    });
}

#[test]
fn combinators_are_strudels() {
    run(include_str!("conformance/combinators_public.json"), |case| {
        let text = case["rhai"].as_str().unwrap_or_default();
        (text.to_string(), expr::evaluate(text).and_then(|p| query(case, &p)))
    });
}

#[test]
fn strudels_own_spelling_works_too() {
    run(include_str!("conformance/combinators_public.json"), |case| {
        let text = case["js"].as_str().unwrap_or_default();
        (text.to_string(), expr::evaluate(text).and_then(|p| query(case, &p)))
    });
}

/// What `rhapsode pattern EXPR --json` answers.
fn through_the_command(case: &Json, expression: &str) -> (String, Seen) {
    let looked = look(expression, span(case))
        .map_err(|errors| errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("\n"));
    let seen = looked.map(|look| (Observed::of(&look.events), look.pattern.steps()));
    (expression.to_string(), seen)
}

#[test]
fn the_command_answers_mini_notation() {
    run(include_str!("conformance/public.json"), |case| {
        through_the_command(case, &case["mini"].to_string())
    });
}

#[test]
fn the_command_answers_combinators() {
    run(include_str!("conformance/combinators_public.json"), |case| {
        through_the_command(case, case["rhai"].as_str().unwrap_or_default())
    });
}
