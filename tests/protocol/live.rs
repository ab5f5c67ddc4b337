//! A session that plays, in a process of its own, and editors that talk to it.

use super::editor::Editor;
use rhapsode::app::serve::session::{Session, running};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SONG: &str = "tempo(120);\n\
    track(\"hum\", sine(200) * 0.5);\n\
    track(\"notes\", instrument(|v| sine(v.freq) * v.gate * 0.25)).play(\"c4 ~ e4 ~\");\n";

/// A session that plays [`SONG`] on a paced device without sound.
struct Play {
    child: Child,
    runtime: tempfile::TempDir,
    session: Session,
}

impl Play {
    fn new() -> Play {
        Play::with(&["live", "song.rhai"])
    }

    fn with(args: &[&str]) -> Play {
        let runtime = tempfile::tempdir().expect("a folder");
        std::fs::write(runtime.path().join("song.rhai"), SONG).expect("writes");
        let mut command = rhapsode(runtime.path(), args);
        command.args(["--device", "null", "--quant", "now", "--for", "60"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("starts");
        let session = until("a session file", || {
            running(&runtime.path().join("rhapsode")).into_iter().next()
        });
        Play { child, runtime, session }
    }

    fn song(&self) -> PathBuf {
        self.runtime.path().join("song.rhai")
    }

    fn eval(&self, args: &[&str]) -> Output {
        rhapsode(self.runtime.path(), &[&["eval"], args].concat()).output().expect("runs")
    }

    fn eval_text(&self, text: &str, args: &[&str]) -> Output {
        let mut command = rhapsode(self.runtime.path(), &[&["eval", "-"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut input = child.stdin.take().expect("piped");
        std::io::Write::write_all(&mut input, text.as_bytes()).expect("listens");
        drop(input);
        child.wait_with_output().expect("ends")
    }

    /// The exit code after a signal.
    #[cfg(unix)]
    fn signal(&mut self, name: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kills").success());
        self.child.wait().expect("ends").code()
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rhapsode(runtime: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    command.args(args).current_dir(runtime);
    command.env("XDG_RUNTIME_DIR", runtime).env("XDG_STATE_HOME", runtime);
    command
}

/// Tries until there is something.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "no {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The answer with this id, with notices before it passed over.
fn answer(editor: &mut Editor, id: i64) -> Value {
    until("an answer", || editor.hear().filter(|m| m["id"] == id))
}

/// Hears meters until the left peak of a slot is within half a dB of `db`.
fn hears(editor: &mut Editor, slot: &str, db: f64) {
    let mut last = Value::Null;
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        let notice = editor.hear().expect("a notice");
        let slots = notice["slots"].as_array().into_iter().flatten();
        for level in slots.filter(|l| l["name"] == slot && l["peak_db"].is_array()) {
            last = level["peak_db"][0].clone();
            if last.as_f64().is_some_and(|l| (l - db).abs() < 0.5) {
                return;
            }
        }
    }
    panic!("`{slot}` is at {last} and not {db} dB");
}

#[test]
fn a_block_changes_what_plays_and_errors_change_nothing() {
    let play = Play::new();
    let mut editor = Editor::enter(&play.session);
    editor.say(&json!({"type": "subscribe", "id": 0, "kinds": ["meter"]}));
    // Half of full scale, in the middle of the panorama.
    hears(&mut editor, "hum", -6.0);
    let file = play.song().display().to_string();
    let block = "track(\"hum\", sine(200) * 0.05);\n";
    editor.say(&json!({"type": "eval", "id": 1, "code": block, "file": file, "line": 2}));
    let result = answer(&mut editor, 1);
    assert_eq!(result["type"], "result", "{result}");
    hears(&mut editor, "hum", -26.0);
    let wrong = "// louder\ntrack(\"hum\", sine(200) |> lowpas(900));\n";
    editor.say(&json!({"type": "eval", "id": 2, "code": wrong, "file": file, "line": 7}));
    let error = answer(&mut editor, 2);
    let first = &error["diagnostics"][0];
    assert_eq!((&error["type"], &first["severity"]), (&json!("error"), &json!("error")));
    assert_eq!(first["file"], json!(file));
    let span = json!({"line": 8, "column": 27, "end_line": 8, "end_column": 33});
    assert_eq!(first["span"], span, "{error}");
    assert!(first["hint"].as_str().expect("a hint").contains("lowpass"), "{error}");
    editor.say(&json!({"type": "status", "id": 3}));
    let status = answer(&mut editor, 3);
    assert_eq!(status["bpm"], 120.0, "{status}");
    assert!(status["slots"].as_array().expect("slots").contains(&json!("hum")), "{status}");
    hears(&mut editor, "hum", -26.0);
}

#[test]
fn events_point_to_what_is_heard() {
    let play = Play::new();
    let mut editor = Editor::enter(&play.session);
    editor.say(&json!({"type": "subscribe", "kinds": ["event"]}));
    let mut next = || until("an event", || editor.hear().filter(|m| m["type"] == "event"));
    let (first, second) = (next(), next());
    let column = SONG.lines().nth(2).and_then(|l| l.find("c4")).expect("a note") + 1;
    for event in [&first, &second] {
        assert_eq!(
            (&event["slot"], &event["span"]["line"]),
            (&json!("notes"), &json!(3)),
            "{event}"
        );
        assert_eq!(event["file"], json!(play.song().display().to_string()));
    }
    let columns: Vec<u64> =
        [&first, &second].iter().filter_map(|e| e["span"]["column"].as_u64()).collect();
    let (c, e) = (column as u64, column as u64 + 5);
    assert!(columns == [c, e] || columns == [e, c], "{columns:?} and not {c} {e}");
    assert_eq!(
        first["span"]["end_column"].as_u64(),
        first["span"]["column"].as_u64().map(|c| c + 2)
    );
    // Two beats of half a second lie between them.
    let begin = |e: &Value| e["begin"].as_f64().expect("a time");
    assert!((begin(&second) - begin(&first) - 1000.0).abs() < 60.0, "{first} {second}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    assert!((begin(&second) - now.as_secs_f64() * 1e3).abs() < 2000.0, "{second}");
}

#[test]
fn what_is_wrong_with_a_saved_file_is_told() {
    let play = Play::new();
    let mut editor = Editor::enter(&play.session);
    editor.say(&json!({"type": "subscribe", "id": 1, "kinds": ["error", "log"]}));
    assert_eq!(answer(&mut editor, 1)["type"], "result");
    // The file is watched once it plays.
    until("a beat", || {
        editor.say(&json!({"type": "status", "id": 2}));
        (answer(&mut editor, 2)["bar"] != 0).then_some(())
    });
    std::fs::write(play.song(), format!("{SONG}sinee(3);\n")).expect("writes");
    let error = until("an error", || editor.hear().filter(|m| m["type"] == "error"));
    assert_eq!(error["diagnostics"][0]["span"]["line"], 4, "{error}");
    assert_eq!(error["diagnostics"][0]["file"], json!(play.song().display().to_string()));
}

#[test]
fn eval_sends_files_selections_and_standard_input() {
    let play = Play::new();
    let told = |out: &Output| text(&[out.stdout.clone(), out.stderr.clone()].concat());
    let status = play.eval(&["--status"]);
    assert!(status.status.success() && told(&status).contains("bpm"), "{}", told(&status));
    let block = play.runtime.path().join("block.rhai");
    std::fs::write(&block, "track(\"one\", sine(3));\n\ntrack(\"two\", sinee(3));\n")
        .expect("writes");
    // The first line alone is right.
    let right = play.eval(&["block.rhai", "--lines", "1:2", "--quant", "now"]);
    assert_eq!(right.status.code(), Some(0), "{}", told(&right));
    let wrong = play.eval(&["block.rhai"]);
    assert_eq!(wrong.status.code(), Some(1));
    let said = text(&wrong.stderr);
    for part in ["sinee", "block.rhai:3:14", "did you mean `sine`?", "track(\"two\", sinee(3));"] {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    let wrong = play.eval_text("nope(1);", &["--json", "--name", "there.rhai", "--line", "9"]);
    assert_eq!(wrong.status.code(), Some(1));
    let json: Value = serde_json::from_str(&text(&wrong.stdout)).expect("JSON");
    assert_eq!(
        (&json["type"], &json["diagnostics"][0]["span"]["line"]),
        (&json!("error"), &json!(9))
    );
    let pid = play.child.id().to_string();
    let right = play.eval_text("track(\"three\", sine(5));", &["--session", &pid]);
    assert_eq!(right.status.code(), Some(0), "{}", told(&right));
    #[cfg(unix)]
    {
        let socket = play.session.socket.as_ref().expect("a socket").display().to_string();
        let status = play.eval(&["--status", "--session", &socket]);
        assert!(
            told(&status).contains("one") && told(&status).contains("three"),
            "{}",
            told(&status)
        );
    }
    assert_eq!(play.eval(&["--lines", "3:1", "block.rhai"]).status.code(), Some(2));
    assert_eq!(play.eval(&[]).status.code(), Some(2));
    let nobody = play.eval(&["--status", "--session", "1"]);
    assert!(nobody.status.code() == Some(1) && told(&nobody).contains(&pid), "{}", told(&nobody));
}

#[test]
fn eval_without_a_session_says_how_to_start_one() {
    let empty = tempfile::tempdir().expect("a folder");
    std::fs::write(empty.path().join("song.rhai"), SONG).expect("writes");
    let out = rhapsode(empty.path(), &["eval", "song.rhai"]).output().expect("runs");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("start `rhapsode live song.rhai`"), "{}", text(&out.stderr));
}

#[test]
fn a_prompt_takes_code_of_editors_too() {
    let play = Play::with(&["repl"]);
    let mut editor = Editor::enter(&play.session);
    editor.say(&json!({"type": "subscribe", "id": 0, "kinds": ["meter"]}));
    editor.say(&json!({"type": "eval", "id": 1, "code": "track(\"a\", sine(300) * 0.25);"}));
    assert_eq!(answer(&mut editor, 1)["type"], "result");
    hears(&mut editor, "a", -12.0);
}

#[cfg(unix)]
#[test]
fn row_30_the_session_file_is_private_and_goes_with_the_session() {
    use std::os::unix::fs::PermissionsExt;
    for (signal, code) in [("-INT", Some(0)), ("-TERM", Some(0)), ("-KILL", None)] {
        let mut play = Play::new();
        let folder = play.runtime.path().join("rhapsode");
        let files = || std::fs::read_dir(&folder).expect("lists").flatten().collect::<Vec<_>>();
        assert_eq!(files().len(), 2);
        for file in files() {
            assert_eq!(file.metadata().expect("is there").permissions().mode() & 0o777, 0o600);
        }
        let mode = std::fs::metadata(&folder).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(play.session.pid, play.child.id());
        assert_eq!(play.signal(signal), code);
        // One that was killed has left them, until somebody looks.
        assert_eq!(files().len(), if code.is_none() { 2 } else { 0 }, "{signal}");
        let out = play.eval(&["--status"]);
        assert!(out.status.code() == Some(1) && text(&out.stderr).contains("nothing is running"));
        assert_eq!(files().len(), 0, "{signal}");
    }
}

#[test]
fn row_30_the_music_plays_on_whatever_comes_in() {
    let play = Play::new();
    let mut editor = Editor::enter(&play.session);
    editor.say(&json!({"type": "subscribe", "kinds": ["meter"]}));
    let mut rude = Editor::connect(&play.session);
    rude.say_bytes(b"POST / HTTP/1.1\r\nOrigin: https://example.com\r\n\r\n").expect("says");
    assert_eq!(rude.hear(), None);
    let mut stranger = Editor::connect(&play.session);
    stranger.say(&json!({"type": "hello", "version": 1, "token": "guess"}));
    assert!(stranger.refusal().contains("token"));
    let mut bomber = Editor::enter(&play.session);
    bomber.say_bytes(&[vec![b'x'; 2 << 20], vec![b'\n']].concat()).expect("says");
    assert!(bomber.refusal().contains("1 MiB"));
    bomber.say_bytes(&[vec![b'['; 100_000], vec![b'\n']].concat()).expect("says");
    assert!(bomber.refusal().contains("deeper"));
    let crowd: Vec<Editor> = (0..14).map(|_| Editor::enter(&play.session)).collect();
    assert!(Editor::connect(&play.session).refusal().contains("16 connections"));
    hears(&mut editor, "hum", -6.0);
    drop(crowd);
    let closed = rhapsode(play.runtime.path(), &["live", "song.rhai", "--no-server"])
        .args(["--device", "null", "--for", "0.3"])
        .output()
        .expect("runs");
    assert!(closed.status.success());
    assert_eq!(running(&play.runtime.path().join("rhapsode")), std::slice::from_ref(&play.session));
}
