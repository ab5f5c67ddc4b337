//! Events of instruments outside of the program, which are sent earlier than they are heard.

use super::super::player::Player;
use crate::rt::job::Timed;

/// Events that have been made and not been sent: each is due earlier than its music by what its line is early.
#[derive(Default)]
pub(super) struct Early {
    /// By their frames, which are earlier already.
    waiting: Vec<Timed>,
}

impl Early {
    /// Keeps an event until it is asked for.
    pub fn keep(&mut self, event: Timed) {
        let at = self.waiting.partition_point(|e| e.frame <= event.frame);
        self.waiting.insert(at, event);
    }

    /// Sends what begins before `frame`.
    pub fn send(&mut self, frame: u64, mut send: impl FnMut(Timed)) {
        let due = self.waiting.partition_point(|e| e.frame < frame);
        self.waiting.drain(..due).for_each(&mut send);
    }
}

impl Player {
    /// Drops what was made ahead of its time and has not been sent.
    pub fn drop_waiting(&mut self) {
        self.early.waiting.clear();
    }

    /// Sends what instruments outside of the program play earlier by `delay` frames: what a message takes until it
    /// leaves; each also by the latency of its own.
    #[must_use]
    pub fn ahead_of(mut self, delay: u64) -> Player {
        for line in self.lines.iter_mut().filter(|l| l.hardware) {
            line.early = line.early.saturating_add_unsigned(delay);
        }
        self
    }

    /// Frames by which a line may be early.
    pub(super) fn lead(&self) -> u64 {
        self.lines.iter().map(|l| l.early.max(0).unsigned_abs()).max().unwrap_or(0)
    }
}
