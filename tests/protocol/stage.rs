//! A session of the tests, with a real server and no sound.

use super::editor::Editor;
use rhapsode::app::serve::session::Session;
use rhapsode::app::serve::wire::{Answer, Eval, Importance, Level, Outcome, Played, Span, Status};
use rhapsode::app::serve::{Request, ServeArgs, Server};
use rhapsode::diag::Diagnostic;
use rhapsode::engine::live::Quant;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

/// Answers `eval` with its code; where that says `wrong`, with an error there; where it says `shine`, that
/// word is played for half a second.
pub struct Stage {
    /// How to find it.
    pub session: Session,
    /// What would be `$XDG_RUNTIME_DIR`.
    pub runtime: tempfile::TempDir,
    /// While set, it logs long lines without end.
    pub loud: Arc<AtomicBool>,
    /// What the player would be told.
    pub notes: Receiver<String>,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Stage {
    /// Opens it.
    pub fn new() -> Stage {
        let runtime = tempfile::tempdir().expect("a folder");
        let folder = runtime.path().join("rhapsode");
        let opened = Server::open_in(&folder, None, &ServeArgs::default());
        let mut server = opened.unwrap_or_else(|e| panic!("{e:?}"));
        let session = server.session().expect("open").clone();
        let (over, loud) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (tell, notes) = channel();
        let (ends, shouts) = (over.clone(), loud.clone());
        let thread = std::thread::spawn(move || {
            let long = Answer::Log { level: Importance::Info, text: "x".repeat(60_000) };
            while !ends.load(Ordering::Relaxed) {
                let began = Instant::now();
                step(&mut server);
                if shouts.load(Ordering::Relaxed) {
                    server.publish(&long);
                }
                assert!(began.elapsed() < Duration::from_secs(5), "the control thread waits");
                server.take_notes().into_iter().for_each(|n| drop(tell.send(n)));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Stage { session, runtime, loud, notes, over, thread: Some(thread) }
    }

    /// Where its session file is.
    pub fn folder(&self) -> PathBuf {
        self.runtime.path().join("rhapsode")
    }

    /// The next thing that the player would be told.
    pub fn note(&self) -> String {
        self.notes.recv_timeout(Duration::from_secs(10)).expect("a note")
    }

    /// An editor can come in and is answered.
    pub fn lives(&self) {
        let mut editor = Editor::enter(&self.session);
        editor.say(&json!({"type": "eval", "id": "x", "code": "alive"}));
        let answer = editor.hear().expect("an answer");
        assert_eq!((answer["id"].as_str(), answer["text"].as_str()), (Some("x"), Some("alive")));
    }

    /// Ends the session, and says if its control thread has failed.
    pub fn end(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || !matches!(ended, Some(Err(_))), "it failed");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.end();
    }
}

/// Answers what was asked.
pub fn step(server: &mut Server) {
    while let Some((ticket, request)) = server.next() {
        let answer = match request {
            Request::Status => Answer::Status(status()),
            Request::Eval(eval) => {
                if let Some(span) = find(&eval, "shine") {
                    shine(server, &eval, span);
                }
                match find(&eval, "wrong") {
                    Some(span) => Answer::errors(&[wrong(&eval, span)]),
                    None => played(eval),
                }
            }
        };
        server.reply(ticket, &answer);
    }
}

fn status() -> Status {
    let device = "no sound".to_string();
    Status { bar: 3, beat: 2.5, bpm: 124.0, device, rate: 48_000, ..Status::default() }
}

fn played(eval: Eval) -> Answer {
    let beat = match eval.quant {
        Some(Quant::Beats(beats)) => Some(beats),
        _ => None,
    };
    Answer::Result(Outcome { text: eval.code, beat, ..Outcome::default() })
}

/// Where a word stands in the file.
fn find(eval: &Eval, word: &str) -> Option<Span> {
    let (row, text) = eval.code.lines().enumerate().find(|(_, l)| l.contains(word))?;
    let column = text[..text.find(word)?].chars().count() as u32 + 1;
    let line = eval.line + row as u32;
    Some(Span { line, column, end_line: line, end_column: column + word.len() as u32 })
}

fn wrong(eval: &Eval, span: Span) -> Diagnostic {
    let place = rhapsode::units::Place { file: 0, line: span.line, column: span.column };
    let mut error = Diagnostic::error("it is wrong", place).hint("do it right").wide(5);
    error.file = eval.file.clone().unwrap_or_default();
    error.text =
        eval.code.lines().nth((span.line - eval.line) as usize).unwrap_or_default().to_string();
    error
}

fn shine(server: &mut Server, eval: &Eval, span: Span) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    let begin = now.as_secs_f64() * 1e3 + 50.0;
    let file = eval.file.clone();
    let event = Played { file, span, begin, end: begin + 500.0, slot: Some("a".into()) };
    server.publish(&Answer::Event(event));
    let master = Level { name: "master".into(), peak_db: [-6.0, -12.0] };
    server.publish(&Answer::Meter { slots: vec![master] });
    server.publish(&Answer::Status(status()));
}
