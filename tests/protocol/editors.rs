//! The bindings of `editors/`, each in its editor without a screen, against a session of the tests.
//!
//! `setup/test.sh` installs the editors.

use super::stage::Stage;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The error stands behind two characters of two bytes each, one of them with two in UTF-16.
const SONG: &str = "tempo(120);\n\nlet a = 1;\nßé wrong\n\n𝄞 shine\nlast\n";

struct Desk {
    stage: Stage,
    song: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        let stage = Stage::new();
        let song = stage.runtime.path().canonicalize().expect("there").join("song.rhai");
        std::fs::write(&song, SONG).expect("writes");
        Desk { stage, song }
    }

    /// What the last line of the output says as JSON.
    fn run(&self, command: &mut Command) -> Value {
        command.env("XDG_RUNTIME_DIR", self.stage.runtime.path()).env("SONG", &self.song);
        command.env("HOME", self.stage.runtime.path()).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output();
        let program = command.get_program().display();
        let output = output.unwrap_or_else(|e| panic!("{program}: {e}; run setup/test.sh"));
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().rfind(|l| l.starts_with('{')).unwrap_or_else(|| panic!("{text}"));
        serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {text}"))
    }
}

fn script(name: &str) -> PathBuf {
    Path::new("tests/protocol").join(name)
}

#[test]
fn neovim_sends_blocks_marks_errors_and_lights_up_what_plays() {
    let desk = Desk::new();
    let mut command = Command::new("nvim");
    command.args(["--headless", "-u", "NONE", "-i", "NONE", "--cmd", "set rtp+=editors/nvim"]);
    command.arg("-c").arg("runtime plugin/rhapsode.lua").arg("-c");
    command.arg(format!("luafile {}", script("neovim.lua").display()));
    let seen = desk.run(&mut command);
    // Bytes from 0; the errors go when the code is right.
    let error = json!({"lnum": 3, "col": 5, "end_col": 10, "message": "it is wrong\ndo it right"});
    assert_eq!(seen["error"], error, "{seen}");
    assert_eq!(seen["light"], json!({"row": 5, "col": 5, "end_col": 10}), "{seen}");
    assert_eq!((&seen["dark"], &seen["right"]), (&json!(true), &json!(true)), "{seen}");
    assert_eq!(seen["statusline"], "♪ 3:2 124 bpm 0 % -6 dB");
}

#[test]
fn vs_code_sends_blocks_marks_errors_and_lights_up_what_plays() {
    let desk = Desk::new();
    let seen = desk.run(Command::new("node").arg(script("vscode.js")));
    // UTF-16 from 0.
    let error =
        json!({"range": [3, 3, 3, 8], "message": "it is wrong\ndo it right", "severity": 0});
    assert_eq!(seen["error"], error, "{seen}");
    assert_eq!(seen["light"], json!([[5, 3, 5, 8]]), "{seen}");
    assert_eq!((&seen["dark"], &seen["right"]), (&json!(true), &json!(true)), "{seen}");
    assert_eq!(seen["status"], "♪ 3:2 124 bpm -6 dB");
}

#[test]
fn emacs_sends_paragraphs_and_marks_errors() {
    let desk = Desk::new();
    let mut command = Command::new("emacs");
    command.args(["--batch", "-Q", "-L", "editors/emacs", "-l"]).arg(script("emacs.el"));
    command.env("RHAPSODE", env!("CARGO_BIN_EXE_rhapsode"));
    let seen = desk.run(&mut command);
    assert_eq!(seen["marked"], "wrong", "{seen}");
    assert_eq!(seen["said"], "Rhapsode: 4:4: it is wrong (do it right)");
    assert_eq!(seen["right"], "Rhapsode: 𝄞 shine\nlast\n", "{seen}");
    assert_eq!(seen["marks"], 0);
}
