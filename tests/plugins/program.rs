//! The program itself, with a prompt and plugins: what a player types and reads.

use super::built::root;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A prompt in a folder.
struct Prompt {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Prompt {
    fn new(folder: &Path, script: &str) -> Prompt {
        std::fs::write(folder.join("song.rhai"), script).expect("writes");
        let paths = ["good", "crash-process"].map(|name| root().join(name).display().to_string());
        let mut child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
            .args(["repl", "song.rhai", "--device", "null", "--quant", "now"])
            .current_dir(folder)
            .env("RHAPSODE_CACHE", folder)
            .env("CLAP_PATH", paths.join(":"))
            .env("VST3_PATH", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let said = Arc::new(Mutex::new(String::new()));
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().expect("a pipe"));
        let errors: Box<dyn Read + Send> = Box::new(child.stderr.take().expect("a pipe"));
        for mut pipe in [out, errors] {
            let said = said.clone();
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = pipe.read(&mut bytes) {
                    let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
                    said.lock().expect("no panic").push_str(&text);
                }
            });
        }
        Prompt { child, said }
    }

    fn enter(&mut self, line: &str) {
        writeln!(self.child.stdin.as_ref().expect("a pipe"), "{line}").expect("writes");
    }

    /// Waits until it has said something.
    fn hears(&self, what: &str) {
        let begin = Instant::now();
        loop {
            let said = self.said.lock().expect("no panic").clone();
            if said.contains(what) {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "never said {what:?}:\n{said}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn quit(mut self) -> String {
        self.enter(":quit");
        assert!(self.child.wait().expect("ends").success());
        self.said.lock().expect("no panic").clone()
    }
}

/// Row 14, as a player sees it: a plugin crashes, is named, bypassed, and one command starts it with what it was set to.
#[test]
fn a_crashed_plugin_is_named_and_reloaded_by_one_command() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let mut prompt = Prompt::new(
        folder.path(),
        r#"track("a", sine(200) * 0.3).fx(plugin("Fixture Crash").key("bad"));
           track("b", sine(200) * 0.1).fx(plugin("Fixture Gain").set("Gain", -9).set("Mode", "Warm").key("good"));
           on_change("bad", |c| if c.kind == "ended" { `it was ${c.plugin}` });"#,
    );
    prompt.hears("Type music");
    prompt.enter(r#"params("good")"#);
    prompt.hears("b/good\n");
    prompt.hears("Warm");
    prompt.enter(r#"track("a", sine(200) * 0.9).fx(plugin("Fixture Crash").key("bad"));"#);
    prompt.hears("the plugin `Fixture Crash` crashed (SIGSEGV)");
    prompt.hears("reload(\"a/bad\")");
    prompt.hears("it was a/bad");
    prompt.enter(r#"track("a", sine(200) * 0.1).fx(plugin("Fixture Crash").key("bad"));"#);
    prompt.enter(r#"reload("bad")"#);
    prompt.hears("a/bad starts anew");
    prompt.enter(r#"save_state("good", "good.state")"#);
    prompt.hears("b/good is saved in");
    prompt.enter(r#"params("god")"#);
    prompt.hears("no plugin that plays is called \"god\": did you mean \"good\"?");
    let said = prompt.quit();
    assert_eq!(said.matches("crashed").count(), 1, "{said}");
    let bytes = std::fs::read(folder.path().join("good.state")).expect("it is there");
    let state = rhapsode::plugin::State::from_bytes(&bytes).expect("a state");
    assert!(state.values.contains(&(10, -9.0)), "{:?}", state.values);
}

/// A set with plugins is rendered from its log: the same texts and edits, plugins hosted as for any render.
#[test]
fn a_log_with_plugins_is_rendered() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let script = r#"track("a", noise() * 0 + 0.5).fx(plugin("Fixture Gain").set("Factor", 0.5));"#;
    std::fs::write(folder.path().join("song.rhai"), script).expect("writes");
    let run = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
            .args(args)
            .current_dir(folder.path())
            .env("RHAPSODE_CACHE", folder.path())
            .env("CLAP_PATH", root().join("good"))
            .env("VST3_PATH", "")
            .output()
            .expect("starts");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    // The first use scans the plugins, which takes its time.
    run(&["plugins", "scan"]);
    run(&["live", "song.rhai", "--device", "null", "--for", "3", "--log", "set.rhailog"]);
    run(&["render", "set.rhailog", "-o", "set.wav", "--format", "wav32f"]);
    let sound = rhapsode::io::file::AudioFile::read(&folder.path().join("set.wav")).expect("reads");
    let left = &sound.channels[0];
    assert!(
        left.len() > 30_000 && left[1000..20_000].iter().all(|x| *x == 0.25),
        "{:?}",
        left[1000]
    );
}

/// `check` asks the plugins for what only they know.
#[test]
fn a_check_asks_plugins_for_their_words() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let script =
        r#"track("a", saw(110)).fx(plugin("Fixture Gain").set("Mode", "Wram")); print("once");"#;
    std::fs::write(folder.path().join("song.rhai"), script).expect("writes");
    let out = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["check", "song.rhai"])
        .current_dir(folder.path())
        .env("RHAPSODE_CACHE", folder.path())
        .env("CLAP_PATH", root().join("good"))
        .output()
        .expect("starts");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success() && said.contains("Clean, Warm, Hot"), "{said}");
    assert_eq!(said.lines().filter(|line| *line == "once").count(), 1, "evaluated once: {said}");
    assert!(
        said.contains("song.rhai:1:25") && said.contains("plugins info \"Fixture Gain\""),
        "{said}"
    );
}
