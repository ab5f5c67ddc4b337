//! What happened while playing, exactly: enough to play it again without who played it.

mod sent;

use crate::rt::{Arrival, Step, Timed};
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that happened. What is sent to the audio side stands in the order of sending; [`Entry::Took`] says when
/// it got there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Events were sent, a message each.
    Events(#[serde(with = "sent")] Vec<Timed>),
    /// What had been sent from this frame on was not to be played.
    Forget(u64),
    /// A music was sent.
    Music {
        /// The number of the edit ([`Live::commits`](super::Live::commits)); none where the fades of the last one
        /// were over.
        edit: Option<u64>,
        /// The frame that it was made for.
        at: u64,
        /// When its musical time began, in seconds.
        origin: f64,
        /// The events that it took along.
        #[serde(with = "sent")]
        events: Vec<Timed>,
    },
    /// Somebody else's time was sent, in a ring of its own.
    Step(Step),
    /// So many messages and steps, all told, had been taken in before the block at frame `at` was rendered.
    Took {
        /// Events, forgettings and musics.
        messages: u64,
        /// Steps.
        steps: u64,
        /// The first frame of the block.
        at: u64,
    },
    /// A message was played by hand.
    Heard {
        /// As it came.
        #[serde(flatten)]
        arrival: Arrival,
        /// The first frame of the next block.
        at: u64,
    },
    /// All was silenced before the block at this frame.
    Silenced(u64),
    /// The fade at the end began with the block at this frame.
    Ended(u64),
}

impl Entry {
    /// The first frame of the block before which it happened, if the audio side has noted it.
    #[must_use]
    pub fn at(&self) -> Option<u64> {
        match *self {
            Entry::Took { at, .. } | Entry::Heard { at, .. } => Some(at),
            Entry::Silenced(at) | Entry::Ended(at) => Some(at),
            Entry::Events(_) | Entry::Forget(_) | Entry::Music { .. } | Entry::Step(_) => None,
        }
    }
}

/// Entries of the audio side that wait for the control side: a tenth of a second of the fastest ports.
const ENTRIES: usize = 8192;

/// The audio side's end.
pub(super) struct Pen {
    entries: HeapProd<Entry>,
    /// There was no room for something.
    blotted: Arc<AtomicBool>,
}

impl Pen {
    /// Notes an entry that owns no memory. Audio thread.
    pub fn note(&mut self, entry: Entry) {
        if self.entries.try_push(entry).is_err() {
            self.blotted.store(true, Ordering::Relaxed);
        }
    }
}

/// The control side's end.
pub(super) struct Log {
    entries: Vec<Entry>,
    noted: HeapCons<Entry>,
    blotted: Arc<AtomicBool>,
    /// The entries were taken since the last tick.
    is_read: bool,
}

impl Log {
    pub fn new() -> (Log, Pen) {
        let (entries, noted) = HeapRb::new(ENTRIES).split();
        let blotted = Arc::new(AtomicBool::new(false));
        let pen = Pen { entries, blotted: blotted.clone() };
        (Log { entries: Vec::new(), noted, blotted, is_read: false }, pen)
    }

    /// Notes an event.
    pub fn event(&mut self, event: Timed) {
        match self.entries.last_mut() {
            Some(Entry::Events(events)) => events.push(event),
            _ => self.entries.push(Entry::Events(vec![event])),
        }
    }

    /// Notes another entry of the control side.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Takes in what the audio side has noted.
    fn collect(&mut self) {
        self.entries.extend(self.noted.pop_iter());
    }

    /// Forgets what nobody has taken since this was called last.
    pub fn tick(&mut self) {
        self.collect();
        if !std::mem::take(&mut self.is_read) {
            self.entries.clear();
        }
    }
}

impl super::Live {
    /// What has happened since the last call, if all of it is known. To have all of it, call this before the first
    /// [`tick`](super::Live::tick) and after each: what nobody takes is forgotten.
    ///
    /// # Errors
    /// So much happened at once that a part of it was lost; it is told once.
    pub fn take_log(&mut self) -> Result<Vec<Entry>, Lost> {
        self.log.is_read = true;
        self.log.collect();
        let entries = std::mem::take(&mut self.log.entries);
        if self.log.blotted.swap(false, Ordering::Relaxed) { Err(Lost) } else { Ok(entries) }
    }
}

/// A part of what happened is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;
