//! Row 34: killed at once while a file is saved, it is the old file or the new one.

use crate::program::Program;
use std::path::Path;
use std::time::{Duration, Instant};

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

/// Waits until `there` is true, looking as often as can be.
fn until(there: impl Fn() -> bool) {
    let begin = Instant::now();
    while !there() {
        assert!(begin.elapsed() < crate::program::SOON, "it never happens");
    }
}

/// A script that takes a while to write.
fn long(n: u32) -> String {
    let rest: String =
        (0..300).map(|i| format!("let l{i} = \"{n} {i} {}\";\n", "of many ".repeat(40))).collect();
    format!("track(\"a\", sine({n}) * 0.1);\n{rest}")
}

#[test]
fn row_34_killed_while_a_script_is_saved() {
    let mut midway = 0;
    for turn in 0..10 {
        let mut program = Program::repl("");
        program.expect("Playing on");
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = (program.file("old.rhai"), program.file("new.rhai"));
        std::fs::write(&old, long(200)).expect("written");
        std::fs::write(&new, long(300)).expect("written");
        let out = folder.path().join("out.rhai");
        let enter = |program: &mut Program, file: &Path| {
            program.say(&format!(":load {}", file.display()));
            program.say(&format!(":save {}", out.display()));
        };
        enter(&mut program, &old);
        program.expect("Saved");
        let before = std::fs::read_to_string(&out).expect("saved");
        assert!(before.contains("sine(200)") && before.contains("200 299 "), "all of it");
        enter(&mut program, &new);
        // Half of the times when the new file begins, else a little later each time.
        if turn % 2 == 0 {
            until(|| {
                names(folder.path()).len() > 1
                    || std::fs::read_to_string(&out).expect("there") != before
            });
        } else {
            std::thread::sleep(Duration::from_millis(3 * turn));
        }
        program.signal(libc::SIGKILL);
        program.end();
        midway += usize::from(names(folder.path()).len() > 1);
        let after = std::fs::read_to_string(&out).expect("there");
        let new = before.replace("sine(200)", "sine(300)").replace("\"200 ", "\"300 ");
        assert!(after == before || after == new, "torn after {} bytes", after.len());
    }
    assert!(midway > 0, "it was killed while it wrote");
}

/// An entry of several kilobytes, so that writing it takes more than one call.
fn entry(n: usize) -> String {
    format!("let x{n} = \"{}\";", format!("{n} ").repeat(3000))
}

#[test]
fn row_34_killed_while_the_history_is_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rhapsode/history");
    let mut kept = 0;
    for turn in 0..12 {
        let mut program = Program::repl_in(folder.path());
        program.expect("Playing on");
        let changed = || file.metadata().and_then(|m| m.modified()).ok();
        let before = changed();
        for n in 0..30 {
            program.say(&entry(turn * 30 + n));
        }
        until(|| changed().is_some_and(|now| Some(now) != before));
        std::thread::sleep(Duration::from_micros(700 * turn as u64));
        program.signal(libc::SIGKILL);
        program.end();
        // Every line that is there is whole, and nothing that was there is lost (but for the oldest hundred).
        let text = std::fs::read_to_string(&file).expect("there");
        let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        for line in &lines {
            let n = line.trim_start_matches("let x").split(' ').next().and_then(|n| n.parse().ok());
            assert!(n.is_some_and(|n| *line == entry(n)), "torn: {} bytes", line.len());
        }
        assert!(lines.len() >= kept.min(90), "{} entries, {kept} before", lines.len());
        kept = lines.len();
    }
    assert!(kept > 30, "{kept} entries");
}

#[test]
fn row_34_killed_while_the_session_is_announced() {
    let mut seen = 0;
    for turn in 0..10 {
        let program = Program::live("track(\"a\", sine(200) * 0.1);", &[]);
        let folder = program.file("rhapsode");
        until(|| folder.is_dir() && !names(&folder).is_empty());
        std::thread::sleep(Duration::from_micros(150 * turn));
        program.signal(libc::SIGKILL);
        for name in names(&folder).iter().filter(|n| n.ends_with(".json")) {
            let text = std::fs::read_to_string(folder.join(name)).expect("there");
            let session: serde_json::Value = serde_json::from_str(&text).expect("whole");
            assert!(session["token"].is_string(), "{text}");
            seen += 1;
        }
    }
    assert!(seen > 0, "it was announced");
}
