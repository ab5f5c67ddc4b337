//! The musics that were played, to go back to.

use crate::diag::Source;
use crate::engine::Library;
use crate::script::notebook::Notebook;
use crate::session::Session;
use std::sync::Arc;

/// Musics that `undo` can go back through.
const TAKES: usize = 50;

/// A music that was played, or is about to be.
#[derive(Clone)]
pub struct Take {
    /// As the script says it, before what is muted and stopped by hand.
    pub session: Arc<Session>,
    /// Its text.
    pub notebook: Notebook,
    /// Its sounds.
    pub library: Arc<Library>,
    /// The scripts that it was read from, as [`Notebook::source`] has the main one.
    pub sources: Arc<[Source]>,
}

/// The musics that were played, in order, and which of them is played now.
#[derive(Default)]
pub struct Takes {
    all: Vec<Take>,
    at: usize,
}

impl Takes {
    /// `take` is played after the one that was; what could be redone is gone.
    pub fn push(&mut self, take: Take) {
        self.all.truncate(self.at + 1);
        if self.all.len() >= TAKES {
            self.all.remove(0);
        }
        self.all.push(take);
        self.at = self.all.len() - 1;
    }

    /// What is played now.
    #[must_use]
    pub fn now(&self) -> Option<&Take> {
        self.all.get(self.at)
    }

    /// The take `by` steps back (negative) or forward, and its index.
    #[must_use]
    pub fn step(&self, by: isize) -> Option<(usize, &Take)> {
        let to = self.at.checked_add_signed(by)?;
        Some((to, self.all.get(to)?))
    }

    /// The same takes with sounds at another sample rate, in hertz.
    pub fn at_rate(&mut self, rate: u32) {
        for take in &mut self.all {
            take.library = Arc::new(take.library.at(rate));
        }
    }

    /// Forgets what is played now: it could not be.
    pub fn fail(&mut self) {
        if self.at < self.all.len() {
            self.all.remove(self.at);
        }
        self.at = self.at.saturating_sub(1);
    }

    /// The take with this index is played.
    pub fn go(&mut self, to: usize) {
        self.at = to.min(self.all.len().saturating_sub(1));
    }
}
