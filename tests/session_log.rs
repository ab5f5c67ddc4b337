//! The log of a set renders to the samples that were recorded while it was played.
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[path = "session_log/again.rs"]
mod again;

use again::{render, same_as_recorded};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn prompt(dir: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    command
        .args(["repl", "--quant", "now", "--device", "null"])
        .args(options)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .env("XDG_STATE_HOME", dir)
        .env("XDG_RUNTIME_DIR", dir);
    command
}

/// Enters `entries` and waits for the end.
fn played(dir: &Path, options: &[&str], entries: &str) -> String {
    let mut child = prompt(dir, options).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(entries.as_bytes()).expect("listens");
    let out = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&out.stderr).to_string();
    assert!(out.status.success(), "{said}");
    said
}

#[test]
fn a_set_at_the_prompt_is_rendered_as_it_was_heard() {
    let dir = tempfile::tempdir().expect("a folder");
    let module = dir.path().join("sounds.rhai");
    std::fs::write(&module, "fn level() { 0.2 }").expect("written");
    let entries = "import \"sounds\" as s; let cut = arg(\"cut\", 500);\n\
        tempo(133)\n\
        record(\"take.wav\")\n\
        let i = instrument(|v| (saw(v.freq) + noise() * 0.1) * adsr(v.gate) * s::level() |> lowpass(cut));\n\
        track(\"a\", i).play(note(\"c2*4 e2*2 [g2 a2]\").degrade()).fx(delay(0.2))\n\
        :wait 0.5\ntrack(\"b\", sine(300) * 0.1).quant(1)\n:wait 0.3\nmute(\"a\")\n:wait 0.2\nunmute(\"a\")\n\
        track(\"a\", i).play(note(\"c3*8\")).fx(delay(0.2) |> reverb())\n:wait 0.4\nundo()\n:wait 0.3\n\
        hush()\n:wait 0.2\ntempo(90)\nunhush()\n:wait 0.3\npanic()\n:wait 0.2\nredo()\n:wait 0.4\n";
    let options = ["--log", "set.rhailog", "--set", "cut=900", "--seed", "7"];
    // The module is another one by the time of the render: the log has what was heard.
    let said = played(dir.path(), &options[..4], entries);
    assert!(said.contains("render it with: rhapsode render set.rhailog"), "{said}");
    std::fs::write(&module, "fn level() { 0 }").expect("written");
    let told = render(dir.path(), "set.rhailog", "again.wav");
    assert!(told.contains("again.wav: "), "{told}");
    let frames = same_as_recorded(dir.path(), "take.wav", "again.wav");
    assert!(frames > 100_000, "{frames} frames");
    // The notes of the set: those of the first pattern are 16 a bar at 133 beats a minute, and a tempo of 90 follows.
    let mut export = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    let out = export.args(["midi-export", "set.rhailog"]).current_dir(dir.path()).output();
    let told = String::from_utf8_lossy(&out.expect("runs").stderr).to_string();
    let bytes = std::fs::read(dir.path().join("set.mid")).unwrap_or_else(|_| panic!("{told}"));
    let (song, _) = rhapsode::midi::Song::parse(&bytes).expect("a MIDI file");
    let tempi: Vec<u32> = song.tempo().iter().map(|t| t.1.round() as u32).collect();
    assert_eq!(tempi, [120, 133, 90], "it begins before the tempo is entered");
    let notes = song.notes();
    // Of the first pattern alone; how many there are is a matter of the machine's time.
    assert!(notes.len() >= 3, "{notes:?}");
    let twice = |w: &[rhapsode::midi::Note]| (w[0].begin, w[0].key) == (w[1].begin, w[1].key);
    assert!(!notes.windows(2).any(twice), "{notes:?}");
    assert!(notes.iter().all(|n| [36, 40, 43, 45, 48].contains(&n.key)), "{notes:?}");
    // The first pattern has twelfths of a bar, the second one, all on one key, eighths.
    let first = notes.iter().filter(|n| n.key != 48).map(|n| (n.begin, 160));
    let second = notes.iter().filter(|n| n.key == 48).map(|n| (n.begin, 240));
    for (tick, grid) in first.chain(second) {
        assert!(tick % grid <= 1 || tick % grid == grid - 1, "{tick}: {notes:?}");
    }
    // Another log does not take the place of this one.
    let said = played(dir.path(), &options[..2], "track(\"a\", sine(200))\n:wait 0.1\n");
    assert!(said.contains("set-2.rhailog"), "{said}");
}

#[test]
fn a_log_that_was_torn_is_rendered_up_to_there_and_others_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = prompt(dir.path(), &["--log", "set.rhailog"]).spawn().expect("starts");
    let mut entries = child.stdin.take().expect("piped");
    let text = "record(\"take.wav\")\ntrack(\"a\", saw(110) * 0.2).fx(lowpass(lfo(\"sine\", 2).range(200, 2000)))\n:wait 60\n";
    entries.write_all(text.as_bytes()).expect("listens");
    let log = dir.path().join("set.rhailog");
    let begin = std::time::Instant::now();
    let long = |log: &Path| {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        text.matches("played").count() >= 3
    };
    while !long(&log) {
        assert!(begin.elapsed() < Duration::from_secs(30), "nothing is written");
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().expect("is killed");
    child.wait().expect("ends");
    drop(entries);
    let text = std::fs::read_to_string(&log).expect("a log");
    std::fs::write(&log, format!("{text}{{\"took\":{{\"mess")).expect("written");
    let told = render(dir.path(), "set.rhailog", "again.wav");
    assert!(told.contains("ends in the middle of a line"), "{told}");
    let frames = same_as_recorded(dir.path(), "take.wav", "again.wav");
    assert!(frames > 40_000, "{frames} frames");

    let refused = |text: &str, word: &str| {
        std::fs::write(dir.path().join("other.rhailog"), text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
        let out = command
            .args(["render", "other.rhailog", "-o", "other.wav"])
            .current_dir(dir.path())
            .output()
            .expect("runs");
        let told = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success() && told.contains(word), "{told}");
    };
    refused("track(\"a\", sine(200));", "is not a session log");
    refused(&text.replacen("\"format\":1", "\"format\":2", 1), "a log of format 2");
    let cut = text.replacen("{\"messages\":", "{\"messages\":9", 1);
    refused(&cut, "something was taken in that had not been sent");
    let line = text.lines().count() / 2;
    let mut lines: Vec<&str> = text.lines().collect();
    lines[line] = "{\"tooth\":1}";
    refused(&(lines.join("\n") + "\n"), &format!("other.rhailog:{}", line + 1));
}
