//! `docs/protocol.md` is true: its examples are what the program reads and writes.

use rhapsode::app::serve::session::Session;
use rhapsode::app::serve::wire::{Answer, Message};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

const MANUAL: &str = include_str!("../../docs/protocol.md");

/// Text of the section with this heading.
fn section(heading: &str) -> &'static str {
    let rest = MANUAL.split(&format!("\n## {heading}\n")).nth(1).expect("a section");
    rest.split("\n## ").next().expect("its text")
}

/// The JSON objects of a section; without `id`, which is not part of the types.
fn examples(heading: &str) -> Vec<Value> {
    let blocks = section(heading).split("```json\n").skip(1);
    let lines = blocks.flat_map(|b| b.split("\n```").next().expect("an end").lines());
    let mut values: Vec<Value> = lines.map(|l| serde_json::from_str(l).expect(l)).collect();
    for value in &mut values {
        value.as_object_mut().expect("an object").remove("id");
    }
    values
}

/// Reads every example of a section as `T` and writes it again: nothing may be lost or added.
fn the_same_again<T: DeserializeOwned + Serialize>(heading: &str) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for example in examples(heading) {
        let read: T =
            serde_json::from_value(example.clone()).unwrap_or_else(|e| panic!("{example}: {e}"));
        let written = serde_json::to_value(&read).expect("JSON");
        for (key, value) in written.as_object().expect("an object") {
            // `line` has a default, which may be left out.
            assert!(example.get(key).is_none_or(|v| v == value), "{example}: {key}");
        }
        assert!(
            example.as_object().expect("an object").keys().all(|k| written.get(k).is_some()),
            "{example}"
        );
        kinds.insert(example["type"].as_str().unwrap_or_default().to_string());
    }
    kinds
}

/// Every field of an object, and of those in it, stands in a table of the section.
fn is_described(heading: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let known = name == "type" || section(heading).contains(&format!("`{name}`"));
                assert!(known, "`{name}` is not described under {heading}");
                is_described(heading, value);
            }
        }
        Value::Array(values) => values.iter().for_each(|v| is_described(heading, v)),
        _ => {}
    }
}

#[test]
fn examples_are_read_and_written_as_they_stand() {
    let names = |text: &str| text.split(' ').map(String::from).collect::<BTreeSet<_>>();
    let sent = the_same_again::<Message>("What an editor sends");
    assert_eq!(sent, names("hello eval status subscribe"));
    let told = the_same_again::<Answer>("What Rhapsode sends");
    assert_eq!(told, names("welcome result error status event meter log"));
    the_same_again::<Session>("Session file");
    for heading in ["Session file", "What an editor sends", "What Rhapsode sends"] {
        examples(heading).iter().for_each(|example| is_described(heading, example));
    }
}

#[test]
fn silence_is_a_number() {
    use rhapsode::app::serve::wire::Level;
    let level = |l, r| Level { name: "a".into(), peak_db: [l, r] };
    let text = serde_json::to_string(&level(f64::NEG_INFINITY, f64::NAN)).expect("JSON");
    assert_eq!(text, r#"{"name":"a","peak_db":[-200.0,-200.0]}"#);
}
