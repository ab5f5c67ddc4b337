//! Patterns in scripts: functions of values, places of atoms and errors, what the dry run finds.

use rhapsode::app::pattern::look;
use rhapsode::diag::{Diagnostic, place_at};
use rhapsode::pattern::Span;
use rhapsode::script::evaluate;
use rhapsode::world::{Memory, World};
use std::sync::Arc;

/// Values of the events in the first cycles, in order of time.
fn values(text: &str, cycles: i64) -> Vec<String> {
    let mut looked =
        look(text, Span::cycles(0, cycles)).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    looked.events.sort_by_key(|e| e.part.begin);
    looked.events.iter().map(|e| e.value.to_string()).collect()
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let world: Arc<dyn World> = Arc::new(Memory::new().with_script("lib.rhai", LIBRARY));
    evaluate(text, "song.rhai", &world).expect_err(text)
}

/// What stands at the place of an error.
fn at(text: &str, error: &Diagnostic) -> String {
    let line = text.lines().nth(error.place.line as usize - 1).unwrap_or_default();
    line.chars().skip(error.place.column as usize - 1).collect()
}

const LIBRARY: &str = "const STEP = 10;\nfn up(v) { v + global::STEP }\n\
    fn raised(p) { p.fmap(|v| up(v)) }\nfn broken(p) {\n    p.fmap(|v| v.nothing)\n}";

#[test]
fn functions_of_values_change_values() {
    assert_eq!(values("m(\"0 1\").fmap(|v| v + 1)", 1), ["1", "2"]);
    assert_eq!(values("m(\"1 2\").fmap(|v| v / 4)", 1), ["0.25", "0.5"]);
    assert_eq!(values("m(\"a b\").fmap(|v| v + \"!\")", 1), ["a!", "b!"]);
    assert_eq!(values("m(\"0 1 2 3\").filter_values(|v| v % 2 == 0)", 1), ["0", "2"]);
    assert_eq!(values("note(\"60 62\").fmap(|v| #{note: v.note + 12, pan: 0.5})", 1).len(), 2);
    assert_eq!(values("m(\"0 1\").with_value(|v| [v, v + 1])", 1), ["0:1", "1:2"]);
    assert_eq!(values("m(\"0 1\").withValue(|v| v > 0)", 1), ["false", "true"]);
    assert_eq!(values("sine.fmap(|v| v * 10).segment(1)", 1), ["5"]);
}

#[test]
fn functions_of_values_see_captures_constants_and_functions_of_the_script() {
    assert_eq!(values("let x = 5; let p = m(\"0 1\").fmap(|v| v + x); x = 100; p", 1), ["5", "6"]);
    assert_eq!(
        values("const X = 3; fn up(v) { v + global::X } m(\"0\").fmap(|v| up(v) * 2)", 1),
        ["6"]
    );
    assert_eq!(values("fn twice(v) { v * 2 } m(\"4\").fmap(twice)", 1), ["8"]);
    assert_eq!(values("m(\"0\").fmap(|v| floor(TAU))", 1), ["6"]);
    assert_eq!(values("m(\"0\").every(1, |p| p.fmap(|v| v + 7))", 1), ["7"]);
    let mut seen = Vec::new();
    let world: Arc<dyn World> = Arc::new(Memory::new().with_script("lib.rhai", LIBRARY));
    let script = "import \"lib\" as lib;\n\
        track(\"a\", instrument(|v| sine(v.freq))).play(lib::raised(m(\"50\")).fmap(|v| lib::up(v)));";
    let session = evaluate(script, "song.rhai", &world).expect("no errors").session;
    for event in session.tracks[0].plays[0].query(Span::cycles(0, 1)) {
        seen.push(event.value.to_string());
    }
    assert_eq!(seen, ["70"]);
}

#[test]
fn the_same_script_gives_equal_patterns_and_another_does_not() {
    let world: Arc<dyn World> = Arc::new(Memory::new());
    let session = |f: &str| {
        let text = format!("track(\"a\", sine(1)).play(m(\"0\").fmap({f}));");
        evaluate(&text, "song.rhai", &world).expect("no errors").session
    };
    assert_eq!(session("|v| v + 1"), session("|v| v + 1"));
    assert_ne!(session("|v| v + 1"), session("|v| v + 2"));
}

#[test]
fn the_dry_run_finds_errors_in_functions_of_values_at_their_place() {
    let play = |p: &str| format!("track(\"a\", sine(1))\n    .play({p});");
    for (pattern, says, stands) in [
        ("m(\"<0 1 2 a>\").fmap(|v| v - 1)", "value a", "- 1)"),
        ("m(\"0\").fmap(|v| v.foo(1))", "foo", "foo(1)"),
        ("m(\"0\").fmap(|v| lowpass(v))", "lowpass", "lowpass(v)"),
        ("m(\"0\").fmap(|v| { while true {} })", "steps", "fmap"),
        ("m(\"1\").fmap(|v| { throw \"no\" })", "no", "throw"),
        ("m(\"1\").fmap(|v| { })", "must return", "fmap"),
        ("m(\"c x\").add(1)", "numbers", "play"),
    ] {
        let text = play(pattern);
        let found = errors(&text);
        assert!(found[0].message.contains(says), "{pattern}: {}", found[0].message);
        let there = at(&text, &found[0]);
        assert!(there.starts_with(stands), "{pattern}: {} at {there:?}", found[0].message);
    }
    let found =
        errors("import \"lib\" as lib;\ntrack(\"a\", sine(1)).play(lib::broken(m(\"1\")));");
    assert_eq!((found[0].file.as_str(), found[0].place.line), ("lib", 5), "{found:?}");
}

#[test]
fn errors_of_mini_notation_point_into_the_text() {
    for (text, stands) in [
        ("let p = note(\"c3 [e3 g3\");", "\");"),
        ("let p = m(\"a b\").fast(2).add(\"1 $ 3\");", "$ 3\");"),
        ("let x = \"a ) b\";\nlet p = m(\"c\").struct(x);", ") b\";"),
        ("track(\"a\", sine(1)).play(\"a b )\");", ")\");"),
        ("let p = cat(\"a b\", `c\n d ]`);", "]`);"),
        ("let p = s(\"a\\tb )\");", ")\");"),
        ("let p = stack([m(\"a\"), \"b )\"]);", ")\"]);"),
        ("let p = m(\"a\").every(2, |x| x.fast(\"2 )\"));", ")\"));"),
        ("m(\"a )\"); m(\"b\"); m(\"a )\");", ")\"); m"),
    ] {
        let found = errors(text);
        let there = at(text, &found[0]);
        assert!(there.starts_with(stands), "{text}: {} at {there:?}", found[0].message);
    }
    let same = errors("m(\"b\");\nm(\"a )\");\nm(\"a )\");");
    assert_eq!(same.iter().map(|e| e.place.line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn events_know_the_place_of_their_atom_through_every_combinator() {
    let text = "let riff = \"c3 [e3 g3]*2\";\nlet p = note(riff).fast(2);\n\
        p.every(2, |x| x.rev().add(note(\"12 <0 7>\"))).off(0.25, |x| x.velocity(\"0.5 1\")).jux(|x| x.iter(4))";
    let looked = look(text, Span::cycles(0, 4)).expect("a pattern");
    assert!(looked.events.len() > 20);
    for event in &looked.events {
        let mut atoms = Vec::new();
        for span in event.source.iter() {
            let place = place_at(&looked.sources, span.begin).expect("a place");
            let line = text.lines().nth(place.line as usize - 1).expect("a line");
            let width = (span.end - span.begin) as usize;
            atoms.push(
                line.get(place.column as usize - 1..).and_then(|l| l.get(..width)).expect("text"),
            );
        }
        assert!(atoms.iter().any(|a| ["c3", "e3", "g3"].contains(a)), "{atoms:?}");
        let known = ["c3", "e3", "g3", "2", "12", "0", "7", "0.5", "1"];
        assert!(atoms.iter().all(|a| known.contains(a)), "{atoms:?}");
    }
}

#[test]
fn loops_are_recorded_turn_by_turn() {
    let beats = |text: &str, cycles: i64| -> Vec<String> {
        let mut looked =
            look(text, Span::cycles(0, cycles)).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        looked.events.retain(|e| e.has_onset());
        looked.events.sort_by_key(|e| e.part.begin);
        let shown = looked.events.iter().map(|e| {
            let whole = e.whole.expect("a note");
            let note = e.value.as_map().and_then(|m| m.get("note")).map(|n| n.to_string());
            format!("{} {} {}", whole.begin, whole.end, note.unwrap_or_default())
        });
        shown.collect()
    };
    let riff = "loop_every(\"riff\", 4, |t| { t.note(60, 0.5); t.wait(0.5); t.note(67, 0.5); })";
    assert_eq!(beats(riff, 2), ["0 1/8 60", "1/8 1/4 67", "1 9/8 60", "9/8 5/4 67"]);
    let three = "let top = 70; loop_every(\"x\", 3, |t| { t.note(top - t.turn); t.wait(2.5); t.note(\"c4\", 1.0) })";
    assert_eq!(beats(three, 1), ["0 1/4 70", "5/8 7/8 c4", "3/4 1 69"]);
    let thirds =
        "loop_every(\"x\", 1, |t| { for i in 0..3 { t.note(i, 0.1); t.wait(1.0 / 3.0); } })";
    assert_eq!(beats(thirds, 1)[1], "1/12 13/120 1");
    let chance = "loop_every(\"x\", 4, |t| { t.note(t.choose([1, 2, 3, 4]) + t.random(), 1) })";
    assert_eq!(beats(chance, 8), beats(chance, 8));
    assert!(beats(chance, 8).iter().collect::<std::collections::BTreeSet<_>>().len() == 8);
    let ringing =
        look("loop_every(\"x\", 2, |t| t.note(60, 3))", Span::cycles(1, 1)).expect("plays");
    assert_eq!(ringing.events.len(), 3, "the last turn's note rings on");
    for (text, says) in [
        ("loop_every(\"x\", 0, |t| t.note(60))", "above 0"),
        ("loop_every(\"x\", 4, |t| { t.wait(4); t.note(60) })", "4 beats long"),
        ("loop_every(\"x\", 4, |t| { t.wait(-1) })", "at least 0"),
        ("loop_every(\"x\", 4, |t| { while true { t.note(60); } })", "too many steps"),
        ("loop_every(\"x\", 4, |t| { t.note(|x| x) })", "number or a name"),
    ] {
        let text = format!("track(\"a\", sine(1)).play({text});");
        let found = errors(&text);
        assert!(found[0].message.contains(says), "{text}: {}", found[0].message);
        assert!(found[0].place.line == 1 && found[0].place.column > 20, "{text}");
    }
}

#[test]
fn chords_are_voiced_led_and_arpeggiated() {
    let led = values("m(\"<C^7 Dm7 G7 Am7>\").voicings(\"lefthand\")", 1);
    assert_eq!(led, ["B3", "D4", "E4", "G4"]);
    let far = "m(\"<C^7 Dm7 G7 Am7>\").voicings(\"lefthand\")";
    let at = |from: i64| look(far, Span::cycles(from, 1)).expect("plays").events.len();
    assert_eq!([at(0), at(3), at(100), at(-7)], [4; 4]);
    assert_eq!(values("chord(\"CM7#5sus4\").voicing()", 1).len(), 4);
    assert_eq!(values("chord(\"<Csus2 Cmaj7#5>\").dict(\"lefthand\").voicing()", 2).len(), 7);
    assert_eq!(
        values("m(\"[c3,e3,g3]\").arp_with(|n| [n[0], n[2], n[1], n[2]])", 1),
        ["c3", "g3", "e3", "g3"]
    );
    assert!(look("chord(\"Cnonsense\").voicing()", Span::cycles(0, 1)).is_err());
}

#[test]
fn choose_is_a_function_and_a_method() {
    let by_signal = values("saw.choose(\"a\", \"b\", \"c\").segment(3)", 1);
    assert_eq!(by_signal, ["a", "b", "c"]);
    assert_eq!(values("choose(\"a\", \"a\").segment(2)", 1), ["a", "a"]);
    assert_eq!(values("m(\"0 .9\").choose(\"a\", \"b\")", 1), ["a", "b"]);
}
