//! `rhapsode pattern`: its JSON, its exit codes, its drawings, and the drawings that the docs show.

use rhapsode::app::pattern::{Page, draw, look};
use rhapsode::pattern::{Frac, Span};
use std::process::{Command, Output};

fn rhapsode(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rhapsode")).arg("pattern").args(args).output().expect("starts")
}

fn json(args: &[&str]) -> serde_json::Value {
    let out = rhapsode(&[args, &["--json"]].concat());
    serde_json::from_slice(&out.stdout).expect("JSON on standard output")
}

#[test]
fn events_and_fragments_come_in_the_form_of_the_conformance_files() {
    let all = json(&["\"a:3 [~ 2.5]\"", "--cycles", "1"]);
    let want = serde_json::json!({
        "events": [["0", "1/2", ["a", 3]], ["3/4", "1", 2.5]], "fragments": []
    });
    assert_eq!(all, want);
    let cut = json(&["m(\"a b\").late(1.0/8)", "--from", "-1/4", "--cycles", "0.5"]);
    let want = serde_json::json!({
        "events": [["1/8", "5/8", "a"]],
        "fragments": [["-3/8", "1/8", "-1/4", "1/8", "b"], ["1/8", "5/8", "1/8", "1/4", "a"]]
    });
    assert_eq!(cut, want);
}

#[test]
fn times_may_be_negative_decimal_or_fractions_and_cycles_run_backwards() {
    let ahead = json(&["\"<a b c>\"", "--from", "-2", "--cycles", "2"]);
    assert_eq!(ahead, json(&["\"<a b c>\"", "--cycles", "-2"]));
    assert_eq!(ahead["events"], serde_json::json!([["-2", "-1", "b"], ["-1", "0", "c"]]));
    let third = json(&["\"a b c\"", "--from", "1/3", "--cycles", "1/3"]);
    assert_eq!(third["events"], serde_json::json!([["1/3", "2/3", "b"]]));
    for wrong in ["x", "1/0", "1/", "inf", "nan"] {
        assert_eq!(rhapsode(&["\"a\"", "--from", wrong]).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn any_expression_that_yields_a_pattern_will_do() {
    let names = |text: &str| -> Vec<String> {
        let events = json(&[text]);
        let list = events["events"].as_array().expect("events").clone();
        list.iter().map(|e| e[2].to_string()).collect()
    };
    assert_eq!(names("let x = m(\"1 2\"); x.rev()"), ["2", "1"]);
    assert_eq!(names("-m(\"1 2\")"), ["-1", "-2"]);
    assert_eq!(names("fn up(p) { p + 10 } up(m(\"1\"))"), ["11"]);
    assert_eq!(names("60"), ["60"]);
    assert_eq!(names("`a b`"), ["\"a\"", "\"b\""]);
    assert_eq!(names("silence").len(), 0);
}

#[test]
fn what_is_wrong_is_an_error_object_and_exit_code_1() {
    let cases = [
        ("\"a [b\"", "column"),
        ("m(\"a\").fsat(2)", "fast"),
        ("bd sn", "defined"),
        ("|x| x", "pattern"),
        ("\"bd*1000000\"", "dense"),
        ("m(\"a\").fast(1e9)", "dense"),
        ("m(\"x\").add(\"1\")", "number"),
        ("let x = 1;", "pattern"),
        ("", "pattern"),
    ];
    for (text, says) in cases {
        let out = rhapsode(&[text, "--json"]);
        assert_eq!(out.status.code(), Some(1), "{text}");
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let told = told["error"].as_str().expect("an error").to_string();
        assert!(told.contains(says), "{text}: {told}");
        let plain = rhapsode(&[text]);
        assert_eq!(plain.status.code(), Some(1), "{text}");
        assert!(plain.stdout.is_empty() && !plain.stderr.is_empty(), "{text}");
    }
}

#[test]
fn drawings_fit_the_page_and_have_colours_only_where_wanted() {
    for text in ["\"bd*16 hh*3\"", "note(\"c2 e7 c3\")", "sine", "\"[averyveryverylongname b]*2\""]
    {
        let looked = look(text, Span::cycles(0, 5)).expect(text);
        for width in [24, 40, 80, 133] {
            let plain = draw(&looked, &Page::plain(width));
            let widest = plain.lines().map(|l| l.chars().count()).max().unwrap_or(0);
            assert!(widest <= width.max(40), "{text}: {widest} columns of {width}\n{plain}");
            assert!(!plain.contains('\u{1b}'));
            assert!(draw(&looked, &Page { width, colour: true }).contains('\u{1b}'));
        }
    }
    let out = rhapsode(&["\"bd sn\""]);
    assert!(out.status.success() && !out.stdout.contains(&0x1b), "a pipe is no terminal");
}

/// The drawings of the docs: after a line `rhapsode pattern 'EXPR' [--cycles N]` stands what it draws.
#[test]
fn the_drawings_in_the_docs_are_true() {
    let page = std::fs::read_to_string("docs/patterns.md").expect("the page is there");
    let mut seen = 0;
    for block in page.split("```text\n$ rhapsode pattern '").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let (command, drawing) = block.split_once('\n').expect("a command and a drawing");
        let (expression, options) = command.split_once('\'').expect("an expression in quotes");
        let cycles =
            options.trim().strip_prefix("--cycles ").map_or(1, |n| n.parse().expect("a number"));
        let looked = look(expression, Span::new(Frac::ZERO, Frac::int(cycles))).expect(expression);
        assert_eq!(draw(&looked, &Page::plain(80)), drawing, "{expression}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen} drawings");
}
