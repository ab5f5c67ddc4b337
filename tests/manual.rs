//! The manual: every page exists, every example evaluates, diagnostics are shown as they should.

use rhapsode::app::report::{to_json, to_text};
use rhapsode::script::{doc, evaluate};
use rhapsode::world::{Memory, World};
use std::sync::Arc;

fn world() -> Arc<dyn World> {
    Arc::new(Memory::new())
}

/// A MIDI file of one note.
fn song() -> Vec<u8> {
    use rhapsode::midi::{Event, Kind, Message, Part, Song};
    let event = |tick, message| Event { tick, kind: Kind::Voice(0, message) };
    let events = vec![event(0, Message::NoteOn(60, 100)), event(96, Message::NoteOff(60, 0))];
    Song { parts: vec![Part { events, end: 96 }], ..Song::new(96) }.to_bytes()
}

/// A rig of one track.
fn rig() -> Vec<u8> {
    let piece = evaluate("track(\"acid\", noise());", "rig", &world()).expect("evaluates");
    rhapsode::session::Rig::of(&piece.session).to_json().into_bytes()
}

/// The last lines of a page.
fn examples(page: &str) -> impl Iterator<Item = &str> {
    page.split("\nExample\n").skip(1).map(|e| e.lines().next().unwrap_or_default().trim())
}

#[test]
fn every_example_of_the_manual_evaluates() {
    let mut failures = Vec::new();
    let world: Arc<dyn World> = Arc::new(
        Memory::new()
            .with_asset("hall.wav")
            .with_external()
            .with_asset("piano/c3.wav")
            .with_bytes("song.mid", song())
            .with_bytes("rig.json", rig()),
    );
    let bound = |probe: &str| evaluate(probe, "probe", &world).is_ok();
    let (lfo, note) = (bound("lfo(\"sine\", 1);"), bound("note(\"c3\");"));
    for name in doc::names() {
        let page = doc::page(name).unwrap();
        assert!(page.contains("Example\n"), "{name} has no example");
        let ready = |e: &&str| (lfo || !e.contains("lfo(")) && (note || !e.contains("note("));
        for example in examples(&page).filter(ready) {
            if let Err(errors) = evaluate(example, name, &world) {
                failures.push(format!("{name}: {}", to_text(&errors, false)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_page_names_parameters_with_unit_range_and_default() {
    let page = doc::page("lpf").unwrap();
    assert!(page.contains("sound |> lowpass(cutoff = 1000, q = 0.7071)"), "{page}");
    assert!(page.contains("10 to 20000 Hz, or a signal; 1000 if not given"), "{page}");
    assert!(page.contains("Also: lpf"), "{page}");
    assert!(doc::page("lowpas").unwrap_err().contains("`lowpass`"));
    let overview = doc::overview();
    assert!(overview.contains("Effects\n") && overview.contains("  lowpass"), "{overview}");
    assert!(overview.contains("Tracks and buses\n"), "{overview}");
}

#[test]
fn diagnostics_show_the_line_underlined() {
    let source = "title(\"x\");\n\ntrack(\"a\", sine(220) |> lowpass(#{cutof: 3}));\ntrack(\"a\", sine(1));\n";
    let errors = evaluate(source, "song.rhai", &world()).unwrap_err();
    let text = to_text(&errors, false);
    assert!(text.contains("song.rhai:3:35"), "{text}");
    assert!(text.contains("3 │ track(\"a\", sine(220) |> lowpass(#{cutof: 3}));"), "{text}");
    assert!(text.contains("did you mean `cutoff`? options: cutoff, q"), "{text}");
    assert!(text.contains("the first is here") && text.contains("2 errors"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours: {text}");
    assert!(to_text(&errors, true).contains('\u{1b}'));
    let json = to_json(&errors);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["severity"], "error");
    assert_eq!(first["place"]["line"], 3);
    assert_eq!(first["place"]["column"], 35);
    assert_eq!(first["width"], 5);
    assert_eq!(first["file"], "song.rhai");
}
