//! Evaluates and compiles what is to be played, on a thread of its own, one thing after the other.

use super::super::input::ScriptArgs;
use super::bounced::Bouncing;
use crate::diag::Diagnostic;
use crate::engine::Library;
use crate::engine::live::{Fresh, Quant};
use crate::runtime::Piece;
use crate::script::notebook::{self, Notebook, Origin};
use crate::session::Mixer;
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Instant;

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The watch.
    Nobody,
    /// The prompt.
    Prompt,
    /// An editor, by the number of its request.
    Editor(u64),
}

/// Where the text of a work comes from.
#[derive(Clone, Debug)]
pub enum Text {
    /// The file that is played, as it is on disk.
    File,
    /// What plays, because something that it uses has changed.
    Again,
    /// An entry that joins what plays, or only what it says of one slot.
    Entry(String, Origin, Option<String>),
    /// A text in place of all that plays.
    Whole(String, Origin),
}

impl Text {
    /// The mixer once this is heard: tracks that are entered anew play again.
    fn through(&self, mixer: &Mixer) -> Mixer {
        let mut mixer = mixer.clone();
        match self {
            Text::Entry(text, _, slot) => {
                let entered = notebook::tracks(text);
                let meant = |name: &String| slot.as_ref().is_none_or(|slot| slot == name);
                mixer.stopped.retain(|name| !entered.contains(name) || !meant(name));
            }
            Text::File | Text::Whole(..) => mixer.stopped.clear(),
            Text::Again => {}
        }
        mixer
    }
}

/// Something to be played.
#[derive(Clone, Debug)]
pub struct Work {
    pub text: Text,
    pub asker: Asker,
    /// When it is to be heard, if that is not as usual.
    pub quant: Option<Quant>,
    /// Files that were saved.
    pub files: BTreeSet<PathBuf>,
    /// When it was asked for.
    pub asked: Instant,
}

/// A work that is done.
pub struct Built {
    pub work: Work,
    /// For this sample rate, in hertz.
    pub rate: u32,
    /// Through what it was compiled.
    pub mixer: Mixer,
    /// What was built, and its text.
    pub result: Result<(Piece, Fresh, Notebook), Vec<Diagnostic>>,
}

/// What a work is built from besides its text.
pub struct Desk<'a> {
    pub script: &'a ScriptArgs,
    pub rate: u32,
    pub notebook: &'a Notebook,
    pub mixer: &'a Mixer,
    pub library: Option<Arc<Library>>,
}

/// Works in the order in which they were asked for.
#[derive(Default)]
pub struct Builder {
    queue: VecDeque<Work>,
    running: Option<Receiver<Built>>,
    bouncing: Bouncing,
}

impl Builder {
    /// Adds a work. A file that waits to be read is read once.
    pub fn ask(&mut self, work: Work) {
        if let (Text::File, Some(last)) = (&work.text, self.queue.back_mut())
            && matches!(last.text, Text::File)
        {
            last.files.extend(work.files);
            return;
        }
        self.queue.push_back(work);
    }

    /// Whether something is being built.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// What is to be said of what is being built, if it takes long.
    pub fn news(&mut self) -> Option<String> {
        self.bouncing.news()
    }

    /// Takes what is done.
    pub fn take(&mut self) -> Option<Built> {
        match self.running.as_ref()?.try_recv() {
            Ok(built) => {
                self.running = None;
                Some(built)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.running = None;
                None
            }
        }
    }

    /// Begins the next work, if there is one and none is under way.
    pub fn go_on(&mut self, desk: &Desk) {
        if self.running.is_some() {
            return;
        }
        let Some(work) = self.queue.pop_front() else { return };
        let script = ScriptArgs { observer: self.bouncing.observer(), ..desk.script.clone() };
        let (rate, mixer) = (desk.rate, work.text.through(desk.mixer));
        let (notebook, library) = (desk.notebook.clone(), desk.library.clone());
        let (send, receive) = channel();
        std::thread::spawn(move || {
            let result = build(&work, &script, rate, notebook, library.as_deref()).and_then(
                |(piece, notebook)| {
                    let fresh = piece.fresh_through(&mixer);
                    let fresh = fresh.map_err(|e| told(e, &notebook))?;
                    Ok((piece, fresh, notebook))
                },
            );
            // The studio may have closed meanwhile.
            let _ = send.send(Built { work, rate, mixer, result });
            crate::script::prepare();
        });
        self.running = Some(receive);
    }
}

fn build(
    work: &Work,
    script: &ScriptArgs,
    rate: u32,
    before: Notebook,
    library: Option<&Library>,
) -> Result<(Piece, Notebook), Vec<Diagnostic>> {
    let notebook = match &work.text {
        Text::File => {
            let (name, text) = script.read()?;
            let origin = Origin { name: name.as_str().into(), line: 1 };
            let notebook = Notebook::default().with(&text, &origin);
            return Ok((script.perform(&text, &name, rate, library)?, notebook));
        }
        Text::Again => before,
        Text::Entry(text, origin, None) => before.with(text, origin),
        Text::Entry(text, origin, Some(slot)) => before.with_slot(text, origin, slot),
        Text::Whole(text, origin) => Notebook::default().with(text, origin),
    };
    let piece = script.perform(&notebook.source(), PROMPT, rate, library);
    let piece = piece.map_err(|e| told(e, &notebook))?;
    Ok((piece, notebook))
}

/// Name of the script that entries make together, inside diagnostics.
const PROMPT: &str = "prompt";

/// Diagnostics in the places where their texts were entered.
pub fn told(diagnostics: Vec<Diagnostic>, notebook: &Notebook) -> Vec<Diagnostic> {
    let moved = |mut d: Diagnostic| {
        if d.file == PROMPT
            && let Some(origin) = notebook.origin(d.place.line)
        {
            (d.file, d.place.line) = (origin.name.to_string(), origin.line);
        }
        for other in d.related.iter_mut().filter(|r| r.file == PROMPT) {
            if let Some(origin) = notebook.origin(other.place.line) {
                (other.file, other.place.line) = (origin.name.to_string(), origin.line);
            }
        }
        d
    };
    diagnostics.into_iter().map(moved).collect()
}
