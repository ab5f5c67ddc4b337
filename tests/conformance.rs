//! The public conformance files: every case must come out exactly, values within 1e-9.

#[path = "conformance/expr.rs"]
mod expr;
#[path = "conformance/observed.rs"]
mod observed;

use observed::{Observed, same};
use rhapsode::pattern::{Frac, Pattern, Span};
use serde_json::Value as Json;

fn cases(text: &str) -> Vec<Json> {
    let file: Json = serde_json::from_str(text).expect("the file is JSON");
    file["cases"].as_array().expect("the file has cases").clone()
}

fn check(case: &Json, built: Result<Pattern, String>) -> Result<(), String> {
    let wants_error = case.get("error").is_some();
    let observed = built.and_then(|p| {
        let from = case["from"].as_i64().unwrap_or(0);
        let span = match case.get("query").and_then(Json::as_array) {
            Some(q) => Span::new(observed::frac(&q[0]), observed::frac(&q[1])),
            None => Span::cycles(from, case["cycles"].as_i64().unwrap_or(1)),
        };
        let events = p.try_query(span).map_err(|e| e.to_string())?;
        Ok((Observed::of(&events), p.steps()))
    });
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
                Some(want) if steps != Some(observed::frac(want)) => {
                    Err(format!("{} steps, want {want}", steps.unwrap_or(Frac::ZERO)))
                }
                _ => Ok(()),
            }
        }
    }
}

fn run(text: &str, build: impl Fn(&Json) -> (String, Result<Pattern, String>)) {
    let all = cases(text);
    let mut failed = Vec::new();
    for case in &all {
        let (written, built) = build(case);
        if let Err(why) = check(case, built) {
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
        (format!("{text:?}"), Pattern::mini(text).map_err(|e| e.to_string()))
    });
}

#[test]
fn combinators_are_strudels() {
    run(include_str!("conformance/combinators_public.json"), |case| {
        let text = case["rhai"].as_str().unwrap_or_default();
        (text.to_string(), expr::evaluate(text))
    });
}

#[test]
fn strudels_own_spelling_works_too() {
    run(include_str!("conformance/combinators_public.json"), |case| {
        let text = case["js"].as_str().unwrap_or_default();
        (text.to_string(), expr::evaluate(text))
    });
}
