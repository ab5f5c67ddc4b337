//! Where the audio side takes in events and edits, in order. `tests/model.rs` checks this file under every
//! interleaving with the control side.

use super::Message;
use crate::rt::{Timed, Update};
use ringbuf::traits::{Consumer, Observer, Producer};
use ringbuf::{HeapCons, HeapProd};

/// Messages that are looked at before a block: a bound on the time that it takes.
const MESSAGES: usize = 4096;

/// What plays the messages.
pub(super) trait Plays {
    /// An event for the music that plays.
    fn push(&mut self, event: Timed);
    /// What came for a frame from this one on is not played.
    fn forget(&mut self, frame: u64);
    /// Another music from now on; what played before goes back in the same box.
    fn take(&mut self, update: &mut Update);
}

/// The audio side's end of the two rings.
pub(super) struct Inbox {
    messages: HeapCons<Message>,
    retired: HeapProd<Box<Update>>,
    /// An edit whose frame has not come.
    pending: Option<Box<Update>>,
    /// Messages that have been taken in.
    received: u64,
}

impl Inbox {
    pub fn new(messages: HeapCons<Message>, retired: HeapProd<Box<Update>>) -> Inbox {
        Inbox { messages, retired, pending: None, received: 0 }
    }

    /// Messages that have been taken in so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Takes messages in, up to an edit that must wait: what follows it is for the music after it.
    pub fn receive(&mut self, on: &mut impl Plays) {
        for _ in 0..MESSAGES {
            if self.pending.is_some() {
                return;
            }
            let Some(message) = self.messages.try_pop() else { return };
            self.received += 1;
            match message {
                Message::Event(event) => on.push(event),
                Message::Update(update) => self.pending = Some(update),
                Message::Forget(frame) => on.forget(frame),
            }
        }
    }

    /// Takes the edits before the frame `end`. Each goes back to be freed and has its place in the ring: the
    /// control side never sends more than that has.
    pub fn take(&mut self, end: u64, on: &mut impl Plays) {
        while self.pending.as_ref().is_some_and(|u| u.at < end) && !self.retired.is_full() {
            if let Some(mut update) = self.pending.take() {
                on.take(&mut update);
                let _ = self.retired.try_push(update);
            }
            self.receive(on);
        }
    }
}
