//! The musics that were played, to go back to.

use crate::diag::Source;
use crate::engine::Library;
use crate::script::notebook::Notebook;
use crate::session::{Session, compose};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Musics that `undo` can go back through.
const TAKES: usize = 50;

/// What a music is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// Of the text with this number.
    Text(u64),
    /// Of two musics, while slots wait for moments of their own.
    Mixed {
        /// Where the tracks come from that stay.
        old: Arc<Made>,
        /// Where the others come from.
        new: Arc<Made>,
        /// The tracks that stay.
        stays: BTreeSet<String>,
    },
}

/// A music that is heard, or is to be.
#[derive(Clone)]
pub struct Music {
    /// As the script says it, before what is muted and stopped by hand.
    pub session: Arc<Session>,
    /// What it takes its sounds from, and where its text is.
    pub take: Take,
    /// What it is made of.
    pub made: Arc<Made>,
}

impl Music {
    /// The music of a text.
    #[must_use]
    pub fn of(take: Take) -> Music {
        Music { session: take.session.clone(), made: Arc::new(Made::Text(take.number)), take }
    }

    /// The same text, with the tracks of `old` that `stays` names, and what else there is of `new`.
    #[must_use]
    pub fn mixed(&self, old: &Music, new: &Music, stays: &dyn Fn(&str) -> bool) -> Music {
        let tracks = old.session.tracks.iter().chain(&new.session.tracks);
        let names = tracks.map(|t| t.name.clone()).filter(|name| stays(name)).collect();
        let session = Arc::new(compose(&old.session, &new.session, stays));
        let (old, new) = (old.made.clone(), new.made.clone());
        let made = Arc::new(Made::Mixed { old, new, stays: names });
        Music { session, made, take: self.take.clone() }
    }
}

/// A music that was played, or is about to be.
#[derive(Clone)]
pub struct Take {
    /// The number of its text, from 1.
    pub number: u64,
    /// As the script says it, before what is muted and stopped by hand.
    pub session: Arc<Session>,
    /// Its text.
    pub notebook: Notebook,
    /// Its sounds.
    pub library: Arc<Library>,
    /// The scripts that it was read from, as [`Notebook::source`] has the main one.
    pub sources: Arc<[Source]>,
    /// Files that are neither scripts nor sounds, as the script names them.
    pub read: Arc<[String]>,
}

/// The musics that were played, in order, and which of them is played now.
#[derive(Default)]
pub struct Takes {
    all: Vec<Take>,
    at: usize,
    /// Numbers that were given out.
    numbers: u64,
}

impl Takes {
    /// The number of another text.
    pub fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

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
