//! The rules of the house, read off the source: who imports whom, first lines, lengths of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms, and the rooms that each may use besides `units` and `diag`, which are everybody's.
const VALUES: &[&str] = &["pattern", "ir", "midi", "world", "session"];

fn allowed(room: &str) -> BTreeSet<&'static str> {
    let own: &[&str] = match room {
        "units" | "diag" | "pattern" | "ir" | "midi" | "dsp" => &[],
        "jit" => &["ir"],
        "world" => &["session"],
        "session" => &["pattern", "ir"],
        "rt" => &["dsp"],
        "nodes" => &["pattern", "ir", "session", "world", "jit", "rt", "dsp"],
        "graph" => &["nodes", "rt", "dsp", "pattern", "session", "world"],
        "io" => &["rt", "dsp"],
        "plugin" => &["rt", "dsp", "pattern", "midi", "session", "world"],
        "engine" => &[
            "graph", "io", "jit", "rt", "dsp", "nodes", "plugin", "pattern", "ir", "midi",
            "session", "world",
        ],
        "script" => &["nodes", "pattern", "ir", "midi", "session", "world"],
        "runtime" => &["engine", "plugin", "script", "session", "world"],
        "app" => &[
            "runtime", "engine", "graph", "io", "midi", "nodes", "pattern", "plugin", "script",
            "session", "world",
        ],
        "main" | "lib" => return rooms().into_iter().collect(),
        other => panic!("no rule for the room `{other}`: write one in tests/house.rs"),
    };
    own.iter().copied().chain(["units", "diag"]).chain(std::iter::once("")).collect()
}

fn rooms() -> Vec<&'static str> {
    let mut rooms = vec![
        "units", "diag", "dsp", "rt", "jit", "nodes", "graph", "io", "plugin", "engine", "script",
        "runtime", "app",
    ];
    rooms.extend(VALUES);
    rooms
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").expect("below src");
    let first = inside.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_string()
}

/// The source without comments and the tests at its end.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("readable");
    let text = text.split("#[cfg(test)]").next().unwrap_or("");
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// Rooms named after `crate::`, in `use` lists and in paths; `super::` chains that leave the room too.
fn imports(path: &Path) -> BTreeSet<String> {
    let text = code(path);
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let list = list.split("};").next().unwrap_or("");
            let mut depth = 0;
            let mut name = String::new();
            for c in list.chars().chain([',']) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        let first = name.trim().split("::").next().unwrap_or("").trim().to_string();
                        found.insert(first);
                        name.clear();
                    }
                    _ if depth == 0 => name.push(c),
                    _ => {}
                }
            }
        } else {
            found.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    let depth = path.strip_prefix("src").expect("below src").iter().count();
    for part in text.split("super::").skip(1) {
        // `super::super::x` was split in two; a file of depth d leaves its room after d supers.
        let _ = part;
    }
    let chain = "super::".repeat(depth);
    for part in text.split(&chain).skip(1) {
        let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name != "super" {
            found.insert(name);
        }
    }
    found
}

#[test]
fn rooms_import_only_what_they_may() {
    let known: BTreeSet<&str> = rooms().into_iter().collect();
    let mut wrong: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut seen = 0;
    for path in sources(Path::new("src")) {
        let room = room_of(&path);
        let may = allowed(&room);
        for import in imports(&path).iter().filter(|i| known.contains(i.as_str())) {
            seen += 1;
            if *import != room && !may.contains(import.as_str()) {
                wrong.entry(path.display().to_string()).or_default().insert(import.clone());
            }
        }
    }
    assert!(seen > 50, "the test sees the imports: {seen}");
    assert!(wrong.is_empty(), "imports against the rules of ARCHITECTURE.md: {wrong:#?}");
}

#[test]
fn every_file_begins_with_one_plain_sentence() {
    for path in sources(Path::new("src")) {
        let text = std::fs::read_to_string(&path).expect("readable");
        let first = text.lines().next().unwrap_or("");
        assert!(first.starts_with("//! ") && first.len() > 12, "{}: {first}", path.display());
    }
}

#[test]
fn there_is_no_mod_rs_and_no_file_is_a_novel() {
    for path in sources(Path::new("src")) {
        assert_ne!(path.file_name().and_then(|n| n.to_str()), Some("mod.rs"), "{}", path.display());
        let lines = std::fs::read_to_string(&path).expect("readable").lines().count();
        assert!(lines <= 450, "{} has {lines} lines: split it by responsibility", path.display());
    }
}

/// What the audio thread must not do, as words: locks, the terminal, files, waiting by the clock. The node
/// table may lock: it is read where scripts are evaluated.
#[test]
fn nothing_on_the_audio_side_locks_prints_or_waits() {
    let words = [
        "Mutex",
        "RwLock",
        "Condvar",
        "Once",
        "println!",
        "eprintln!",
        "print!",
        "std::fs",
        "std::io",
        "thread::sleep",
        "tracing::",
        "mpsc",
    ];
    let audio = |path: &&PathBuf| {
        let room = room_of(path);
        let table = ["nodes/table.rs", "nodes/function/kinds.rs"].iter().any(|t| path.ends_with(t));
        ["dsp", "rt", "nodes"].contains(&room.as_str()) && !table
    };
    let files = sources(Path::new("src"));
    let files: Vec<&PathBuf> = files.iter().filter(audio).collect();
    assert!(files.len() > 60, "the rooms are there");
    let mut found = Vec::new();
    for path in files {
        let code = code(path);
        let said = words.iter().filter(|word| {
            code.match_indices(*word).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        });
        found.extend(said.map(|word| format!("{}: {word}", path.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
