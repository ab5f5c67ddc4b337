//! Rigs: the sound of a session as a file that any script can load, and files that are none.

use rhapsode::engine::offline::Tail;
use rhapsode::runtime::Runtime;
use rhapsode::script::evaluate;
use rhapsode::session::{Rig, Session};
use rhapsode::world::{Memory, World};
use rhapsode::{Length, Options};
use std::path::Path;
use std::sync::Arc;

const SONG: &str = r#"
    import "std/drums" as drums; import "std/synths" as synths;
    tempo(133);
    track("drums", drums::kit("808")).play("bd*4, [~ hh]*4").fx(compressor(#{threshold: -14})).gain_db(-2);
    track("acid", synths::acid()).play(note("c2 eb2 g2 c3")).fx(lowpass(800) |> drive(0.3).key("dirt")).send("space", 0.25).pan(-0.3);
    bus("space", reverb(#{size: 0.8}));
    master(limiter(-1));
    map(74, "acid/lowpass.cutoff", 200, 8000, "exp", #{channel: 2}); cc(7).map("drums/gain", 0, 1);
"#;

fn session(source: &str) -> Session {
    Runtime::new().eval(source).unwrap_or_else(|e| panic!("{e:#?}")).session().clone()
}

fn world(file: &[u8]) -> Arc<dyn World> {
    Arc::new(Memory::new().with_bytes("rig.json", file.to_vec()))
}

/// What is wrong with loading a file.
fn refused(file: &[u8]) -> String {
    let error = evaluate("load_rig(\"rig.json\");", "s", &world(file)).expect_err("refused");
    error.iter().map(|d| format!("{} {}", d.message, d.hint.clone().unwrap_or_default())).collect()
}

#[test]
fn a_rig_sounds_in_another_script_as_it_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = Rig::of(&session(SONG)).to_json();
    assert!(text.contains("\"lowpass\"") && text.contains("\"acid/lowpass.cutoff\""), "readable");
    assert!(!text.contains("\"place\"") && text.lines().count() > 50);
    std::fs::write(folder.path().join("rig.json"), &text).expect("written");
    let script = folder.path().join("other.rhai");
    let other = r#"tempo(133); load_rig("rig.json");
        track("drums").play("bd*4, [~ hh]*4"); track("acid").play(note("c2 eb2 g2 c3"));"#;
    std::fs::write(&script, other).expect("written");
    let render = |piece: rhapsode::runtime::Piece| {
        let options = Options { length: Length::Bars(2.0), tail: Tail::None, ..Options::default() };
        piece.render(options).expect("renders")
    };
    let piece = Runtime::new().load(&script).unwrap_or_else(|e| panic!("{e:#?}"));
    let maps: Vec<String> = piece.session().maps.iter().map(|m| m.script()).collect();
    assert_eq!(maps[0], "map(74, \"acid/lowpass.cutoff\", 200, 8000, \"exp\", #{channel: 2})");
    assert_eq!(maps.len(), 2);
    let again = Rig::of(piece.session());
    let (got, want) = (render(piece), render(Runtime::new().eval(SONG).expect("evaluates")));
    assert!(got == want, "the samples differ");
    // Saved again it is the same.
    assert!(again.to_json() == text, "{}", again.to_json());
}

#[test]
fn every_example_and_piece_makes_a_rig_that_can_be_loaded() {
    let mut count = 0;
    for folder in ["examples", "scripts"] {
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "rhai") {
                let piece = Runtime::new().load(&path).unwrap_or_else(|e| panic!("{e:#?}"));
                let text = Rig::of(piece.session()).to_json();
                let file = Rig::read(text.as_bytes())
                    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                assert!(file.to_json() == text, "{}: not the same again", path.display());
                let loaded = evaluate("load_rig(\"rig.json\");", "s", &world(text.as_bytes()));
                let wrong = loaded.err().into_iter().flatten().find(|d| d.message.contains("rig"));
                assert!(wrong.is_none(), "{}: {wrong:?}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn what_is_newer_or_damaged_is_refused_and_left_alone() {
    let text = Rig::of(&session(SONG)).to_json();
    let newer =
        text.replacen("\"rig\": 1", "\"rig\": 2", 1).replacen("rhapsode 0", "rhapsode 9", 1);
    let told = refused(newer.as_bytes());
    assert!(told.contains("newer") && told.contains("rhapsode 9"), "{told}");
    for (file, why) in [
        (&text.as_bytes()[..text.len() / 2], "EOF"),
        (b"not json", "no rig"),
        (b"{}", "no rig"),
        (b"{\"rig\": 1}", "missing field"),
        (b"", "no rig"),
    ] {
        let told = refused(file);
        assert!(told.contains(why) && told.contains("rig.json"), "{why}: {told}");
    }
    let rig = |nodes: &str| {
        format!(
            "{{\"rig\": 1, \"made_by\": \"x\", \"tracks\": [], \"buses\": [], \"master\": null, \"maps\": [], \"instruments\": [], \"nodes\": [{nodes}]}}"
        )
    };
    for (nodes, why) in [
        ("{\"kind\": \"mix\", \"inputs\": [7]}", "there is no node 7"),
        ("{\"kind\": \"mix\", \"inputs\": [1]}, {\"kind\": \"mix\", \"inputs\": [0]}", "circle"),
        ("{\"kind\": \"instrument\", \"args\": {\"index\": 3}}", "no instrument 3"),
        ("{\"kind\": \"flux_capacitor\"}", "no node called `flux_capacitor`"),
        ("{\"kind\": \"lowpass\", \"args\": {\"cutof\": 3}}", "no parameter `cutof`"),
    ] {
        let told = refused(rig(nodes).as_bytes());
        assert!(told.contains(why), "{why}: {told}");
    }
    // Any byte that is lost or changed gives an error or a rig, never a crash.
    for at in (0..text.len()).step_by(97) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 0x15;
        if let Ok(rig) = Rig::read(&bytes) {
            let _ = rig.to_json();
        }
        let _ = evaluate("load_rig(\"rig.json\");", "s", &world(&bytes));
    }
}

#[test]
fn names_that_are_taken_are_told() {
    let text = Rig::of(&session(SONG)).to_json();
    let error =
        evaluate("track(\"acid\", noise()); load_rig(\"rig.json\");", "s", &world(text.as_bytes()));
    let told = format!("{:?}", error.err());
    assert!(told.contains("acid") && told.contains("already"), "{told}");
    assert!(Path::new("examples").exists());
}

/// Row 34: whoever kills the program while it saves leaves the old file or the new one.
#[cfg(unix)]
#[test]
#[allow(clippy::disallowed_methods, reason = "it kills a program in the middle of its work")]
fn row_34_a_rig_is_whole_whenever_the_program_is_killed() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("rig.json");
    let mut sizes = std::collections::BTreeSet::new();
    for round in 0..8_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
            .args(["repl", "--quant", "now", "--device", "null"])
            .current_dir(dir.path())
            .env("XDG_STATE_HOME", dir.path())
            .env("XDG_RUNTIME_DIR", dir.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut entries = child.stdin.take().expect("piped");
        let tracks =
            |n: u64| (0..n).map(|i| format!("track(\"t{i}\", sine({i}));")).collect::<String>();
        let text = format!("{} save_rig(\"rig.json\")\n", tracks(3 + round * 20));
        // It may be killed before it has read all of it.
        let _ = (0..400).try_for_each(|_| entries.write_all(text.as_bytes()));
        std::thread::sleep(std::time::Duration::from_millis(400 + round * 37));
        child.kill().expect("is killed");
        child.wait().expect("ends");
        let Ok(bytes) = std::fs::read(&file) else { continue };
        sizes.insert(bytes.len());
        if let Err(why) = rhapsode::session::Rig::read(&bytes) {
            panic!("round {round}: {why:?}");
        }
    }
    assert!(sizes.len() > 2, "it was saved: {sizes:?}");
}
