//! The line that is being typed: history, completion, hints, and output that does not garble it.

use super::super::live::studio::Say;
use super::complete::{Known, complete};
use super::modes::Modes;
use crate::script::doc;
use crate::script::notebook::Notebook;
use arc_swap::ArcSwap;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, ExternalPrinter, Helper, Highlighter, Result};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// What comes from the prompt.
pub enum Line {
    /// A whole entry, of one line or several.
    Entry(String),
    /// Ctrl-C.
    Interrupt,
    /// The end of the input.
    End,
}

/// The prompt, on a thread of its own.
pub struct Editor {
    lines: Receiver<Line>,
    resume: Sender<()>,
    /// The thread waits for a line until the program ends.
    _modes: Modes,
    known: Arc<ArcSwap<Known>>,
}

impl Editor {
    /// Opens the prompt on standard input, and gives the way to print without garbling it.
    ///
    /// # Errors
    /// If the terminal cannot be used.
    pub fn open() -> Result<(Editor, Say)> {
        let known: Arc<ArcSwap<Known>> = Arc::default();
        let modes = Modes::keep();
        let mut editor = rustyline::Editor::<Help, FileHistory>::new()?;
        editor.set_helper(Some(Help { known: known.clone() }));
        let history = history();
        if let Some(file) = &history {
            // There is none at the first start.
            let _ = editor.load_history(file);
        }
        let say: Say =
            match std::io::stdin().is_terminal().then(|| editor.create_external_printer()) {
                Some(Ok(printer)) => {
                    let printer = Mutex::new(printer);
                    Box::new(move |text| {
                        let mut printer = printer.lock().unwrap_or_else(PoisonError::into_inner);
                        let _ = printer.print(format!("{text}\n"));
                    })
                }
                _ => Box::new(|text| eprintln!("{text}")),
            };
        let (send, lines) = channel();
        let (resume, resumed) = channel();
        std::thread::spawn(move || {
            loop {
                let line = match editor.readline("> ") {
                    Ok(text) => {
                        let _ = editor.add_history_entry(&text);
                        if let Some(file) = &history {
                            // What is typed is played all the same.
                            let _ = keep(&mut editor, file);
                        }
                        Line::Entry(text)
                    }
                    Err(ReadlineError::Interrupted) => Line::Interrupt,
                    Err(_) => Line::End,
                };
                let last = matches!(line, Line::End);
                let word = |text: &str| text.trim().split(' ').next() == Some(":keys");
                let keys = matches!(&line, Line::Entry(text) if word(text));
                if send.send(line).is_err() || last {
                    return;
                }
                // The terminal is not asked for a line while its keys are played.
                if keys && resumed.recv().is_err() {
                    return;
                }
            }
        });
        Ok((Editor { lines, resume, _modes: modes, known }, say))
    }

    /// The next line, if one was entered.
    pub fn next(&mut self) -> Option<Line> {
        match self.lines.try_recv() {
            Ok(line) => Some(line),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Line::End),
        }
    }

    /// Asks for lines again after `:keys`.
    pub fn resume(&self) {
        // If its thread has ended there is nobody to ask.
        let _ = self.resume.send(());
    }

    /// What there is to be completed.
    pub fn knows(&self, known: Known) {
        self.known.store(Arc::new(known));
    }
}

/// Adds what is new to the history on disk: in a copy, put in its place, so that a program that is killed
/// meanwhile leaves the old file or the new one. (The library writes in place.) A lock keeps two prompts apart.
fn keep(editor: &mut rustyline::Editor<Help, FileHistory>, file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let lock = std::fs::File::create(folder.join(".history.lock"))?;
    lock.lock()?;
    let copy = tempfile::Builder::new().prefix(".history-").tempfile_in(folder)?;
    if file.exists() {
        std::fs::copy(file, copy.path())?;
    }
    editor.append_history(copy.path())?;
    copy.persist(file).map_err(|e| e.error)?;
    Ok(())
}

/// Where the history is kept.
fn history() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let folder = state.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    let folder = folder.join("rhapsode");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

const COMMANDS: &[&str] = &[
    ":devices", ":help", ":keys", ":load", ":now", ":plan", ":quit", ":redo", ":save", ":show",
    ":status", ":undo", ":wait",
];

#[derive(Helper, Highlighter)]
struct Help {
    known: Arc<ArcSwap<Known>>,
}

/// Where the word before `at` begins.
fn word(line: &str, at: usize) -> usize {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line[..at].trim_end_matches(part).len()
}

impl Completer for Help {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context) -> Result<(usize, Vec<Pair>)> {
        let (begin, found) = complete(&line[..at], &self.known.load(), COMMANDS);
        let pairs = found.into_iter().map(|n| Pair { display: n.clone(), replacement: n });
        Ok((begin, pairs.collect()))
    }
}

impl Hinter for Help {
    type Hint = String;

    /// The arguments of the function that was just opened.
    fn hint(&self, line: &str, at: usize, _: &Context) -> Option<String> {
        let before = line[..at].strip_suffix('(')?;
        let name = &before[word(before, before.len())..];
        let signature = doc::signature(name)?;
        let inside = signature.split_once('(')?.1;
        (at == line.len()).then(|| inside.to_string())
    }
}

impl Validator for Help {
    fn validate(&self, cx: &mut ValidationContext) -> Result<ValidationResult> {
        Ok(if Notebook::is_open(cx.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}
