//! Watches the files of a piece: says that something was saved, once it has been written to the end.

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a file that is written to, and not closed, must be left alone.
const SETTLE: Duration = Duration::from_millis(60);
/// Editors close a file and rename another over it: what follows so soon belongs to the same save.
const GATHER: Duration = Duration::from_millis(1);

/// Files that were saved together.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// With all links followed.
    pub files: BTreeSet<PathBuf>,
    /// When the first of them was.
    pub at: Instant,
}

impl Saved {
    /// Whether `path` is among them.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.files.contains(&real(path))
    }
}

/// Watches the folders of some files: editors often write another file and rename it over the old one,
/// which a watch on the file itself would not survive.
pub struct Watch {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
    folders: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    /// Written to and not known to be closed, and when that was last seen.
    open: BTreeSet<PathBuf>,
    written: Instant,
}

impl Watch {
    /// A watch on nothing yet.
    ///
    /// # Errors
    /// The system has no means of watching left; the message says what to do.
    pub fn new() -> notify::Result<Watch> {
        let (send, events) = channel();
        let watcher = notify::recommended_watcher(move |event| {
            // Nobody listens any more when the program ends.
            let _ = send.send(event);
        })?;
        let (folders, files, open) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Ok(Watch { watcher, events, folders, files, open, written: Instant::now() })
    }

    /// Watches these files from now on; those that do not exist yet too.
    pub fn set(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        self.files = files.into_iter().map(|f| real(&f)).collect();
        for folder in self.files.iter().filter_map(|f| f.parent()).map(Path::to_path_buf) {
            if !self.folders.contains(&folder)
                && self.watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok()
            {
                self.folders.insert(folder);
            }
        }
    }

    /// Waits at most `patience` for files to be saved.
    pub fn wait(&mut self, patience: Duration) -> Option<Saved> {
        let end = Instant::now() + patience;
        let mut saved: Option<Saved> = None;
        loop {
            let limit = match &saved {
                Some(saved) => saved.at + GATHER,
                None => end,
            };
            match self.events.recv_timeout(limit.saturating_duration_since(Instant::now())) {
                Ok(Ok(event)) => self.note(&event, &mut saved),
                Ok(Err(_)) => {}
                // The watcher holds the other end for as long as this lives.
                Err(RecvTimeoutError::Disconnected) => return saved,
                Err(RecvTimeoutError::Timeout) => return saved.or_else(|| self.settled()),
            }
        }
    }

    fn note(&mut self, event: &notify::Event, saved: &mut Option<Saved>) {
        let ours = event.paths.iter().map(|p| real(p)).filter(|p| self.files.contains(p));
        let ours: Vec<PathBuf> = ours.collect();
        let whole = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            EventKind::Modify(ModifyKind::Name(_)) => true,
            EventKind::Create(_) | EventKind::Modify(_) | EventKind::Any => false,
            _ => return,
        };
        for path in ours {
            if whole {
                self.open.remove(&path);
                let new = || Saved { files: BTreeSet::new(), at: Instant::now() };
                saved.get_or_insert_with(new).files.insert(path);
            } else {
                self.open.insert(path);
                self.written = Instant::now();
            }
        }
    }

    /// Files that were written to and have been left alone for long enough.
    fn settled(&mut self) -> Option<Saved> {
        if self.open.is_empty() || self.written.elapsed() < SETTLE {
            return None;
        }
        Some(Saved { files: std::mem::take(&mut self.open), at: Instant::now() })
    }
}

/// The path with links followed, as far as it exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}
