//! `engine/live/inbox.rs` as it is, opposite a control side that sends in the order of `Live`: events of a music,
//! the edit that ends it, events of the next; at most one edit that has not come back.

use crate::check;
use crate::ring::{Consumer, HeapCons, HeapProd, HeapRb, Observer, Producer, Split};
use inbox::{Inbox, Plays};
use loom::thread;
use std::cell::Cell;

#[path = "../../src/engine/live/inbox.rs"]
mod inbox;

/// What goes to the audio side.
pub enum Message {
    Event(Timed),
    Update(Box<Update>),
    Forget(u64),
}

/// An event: the music that it is for, and its number there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    music: usize,
    number: usize,
}

loom::thread_local! {
    static ON_AUDIO: Cell<bool> = Cell::new(false);
}

/// The frame of an edit, and the music that it brings or takes back.
pub struct Update {
    pub at: u64,
    music: usize,
}

impl Drop for Update {
    fn drop(&mut self) {
        assert!(!ON_AUDIO.with(Cell::get), "freed on the audio thread");
    }
}

/// What plays: checks that each music gets its own events, all and in order.
struct Music {
    now: usize,
    events: usize,
    /// Events that each music has had.
    had: Vec<usize>,
}

impl Plays for Music {
    fn push(&mut self, event: Timed) {
        assert_eq!(event, Timed { music: self.now, number: self.events }, "in order, to its own");
        self.events += 1;
    }

    fn forget(&mut self, _frame: u64) {}

    fn take(&mut self, update: &mut Update) {
        assert_eq!(update.music, self.now + 1, "edits come in order, each once");
        std::mem::swap(&mut self.now, &mut update.music);
        self.had.push(std::mem::take(&mut self.events));
    }
}

/// The control side: `fill`, `send` and `tick` of `Live`, with two events a music.
struct Control {
    outbox: HeapProd<Message>,
    retired: HeapCons<Box<Update>>,
    music: usize,
    number: usize,
    away: bool,
    back: Vec<usize>,
}

const EVENTS: usize = 2;

impl Control {
    fn tick(&mut self, last: usize) {
        while let Some(update) = self.retired.try_pop() {
            assert!(self.away, "nothing comes back twice");
            self.back.push(update.music);
            self.away = false;
        }
        while self.number < EVENTS && !self.outbox.is_full() {
            let event = Timed { music: self.music, number: self.number };
            assert!(self.outbox.try_push(Message::Event(event)).is_ok());
            self.number += 1;
        }
        if self.number == EVENTS && self.music < last && !self.away && !self.outbox.is_full() {
            let update = Box::new(Update { at: self.music as u64 * 64, music: self.music + 1 });
            assert!(self.outbox.try_push(Message::Update(update)).is_ok());
            (self.music, self.number, self.away) = (self.music + 1, 0, true);
        }
    }
}

/// `edits` edits, the device asking for `blocks` blocks meanwhile; `room` messages fit the ring.
fn play(edits: usize, blocks: u64, ticks: usize, room: usize) {
    let (outbox, messages) = HeapRb::new(room).split();
    let (retire, retired) = HeapRb::new(1).split();
    let mut inbox = Inbox::new(messages, retire);
    let block = |inbox: &mut Inbox, music: &mut Music, end: u64| {
        inbox.receive(music);
        inbox.take(end, music);
    };
    let audio = thread::spawn(move || {
        ON_AUDIO.with(|on| on.set(true));
        let mut music = Music { now: 0, events: 0, had: Vec::new() };
        for n in 1..=blocks {
            block(&mut inbox, &mut music, n * 64);
        }
        ON_AUDIO.with(|on| on.set(false));
        (inbox, music)
    });
    let (back, away) = (Vec::new(), false);
    let mut control = Control { outbox, retired, music: 0, number: 0, away, back };
    for _ in 0..ticks {
        control.tick(edits);
    }
    let (mut inbox, mut music) = audio.join().expect("ends");
    // One after the other from here on, until all is done.
    for n in blocks..blocks + 20 {
        control.tick(edits);
        ON_AUDIO.with(|on| on.set(true));
        block(&mut inbox, &mut music, (n + 1) * 64);
        ON_AUDIO.with(|on| on.set(false));
    }
    control.tick(edits);
    assert_eq!(control.back, (0..edits).collect::<Vec<_>>(), "all musics came back, in order");
    assert_eq!((music.now, music.events), (edits, EVENTS), "the last one plays");
    assert!(music.had.iter().all(|n| *n == EVENTS), "nothing is lost: {:?}", music.had);
    assert!(!control.away);
}

#[test]
fn edits_and_events_arrive_once_in_order_and_nothing_is_freed_on_the_audio_side() {
    check(2, || play(2, 3, 4, 8));
}

#[test]
fn a_ring_that_is_full_only_delays() {
    check(2, || play(2, 4, 4, 2));
}
