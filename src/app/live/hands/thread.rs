//! The thread of MIDI: takes in what is played, puts it through the script's effects, and hands it to the control side.

use crate::engine::Clock;
use crate::engine::live::{Effects, Hand};
use crate::io::midi::{Ear, Heard, Timebase};
use crate::session::Session;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryIter, channel};
use std::time::Duration;

/// Time between two looks at what has come in: an effect's message may take [`LATENCY`](crate::engine::live::LATENCY).
const TURN: Duration = Duration::from_millis(1);

/// What the thread is told.
pub(super) enum Order {
    /// Another system, with another ear.
    Listen(Box<Ear>, Arc<Timebase>),
    /// Another music, or another clock.
    Follow(Arc<Session>, Clock),
    /// A port is gone.
    Gone(u8),
    /// Something was played from within the program, on these ports; the message names none of them.
    Play(Vec<u8>, Heard),
}

/// The control side's end.
pub(super) struct Listener {
    orders: Sender<Order>,
    heard: Receiver<Heard>,
    told: Receiver<String>,
}

impl Listener {
    /// Starts the thread, which ends when this is dropped. None if the system gives no thread.
    pub fn start(hand: Hand) -> Option<Listener> {
        let (orders, ordered) = channel();
        let (hear, heard) = channel();
        let (tell, told) = channel();
        let mut thread =
            Thread { hand, effects: Effects::default(), ear: None, hear, tell, last: None };
        let spawned =
            std::thread::Builder::new().name("midi".into()).spawn(move || thread.run(&ordered));
        spawned.ok().map(|_| Listener { orders, heard, told })
    }

    pub fn order(&self, order: Order) {
        // The thread lives as long as this does.
        let _ = self.orders.send(order);
    }

    /// What has come in since this was last asked.
    pub fn heard(&self) -> TryIter<'_, Heard> {
        self.heard.try_iter()
    }

    /// What is wrong with effects.
    pub fn told(&self) -> TryIter<'_, String> {
        self.told.try_iter()
    }
}

struct Thread {
    hand: Hand,
    effects: Effects,
    ear: Option<(Box<Ear>, Arc<Timebase>)>,
    hear: Sender<Heard>,
    tell: Sender<String>,
    /// What was told last: an effect that is wrong is so for every message.
    last: Option<String>,
}

impl Thread {
    fn run(&mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(TURN) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.listen();
        }
    }

    fn obey(&mut self, order: Order) {
        let hand = self.hand.clone();
        match order {
            Order::Listen(ear, timebase) => self.ear = Some((ear, timebase)),
            Order::Follow(session, clock) => {
                self.last = None;
                self.effects.follow(&session, clock, |arrival| hand.play(arrival));
            }
            Order::Gone(port) => self.effects.end(port, |arrival| hand.play(arrival)),
            Order::Play(ports, heard) => self.play(&ports, heard),
        }
    }

    /// Puts what was played from within through the effects of the ports that hear it, and passes it on once.
    fn play(&mut self, ports: &[u8], heard: Heard) {
        let mut told = Vec::new();
        for port in ports {
            let message = (heard.frame, *port, &*heard.bytes);
            told.extend(self.effects.hear(message, |arrival| self.hand.play(arrival)));
        }
        // Nobody listens any more: the program ends.
        let _ = self.hear.send(heard);
        self.tell(told);
    }

    fn listen(&mut self) {
        let Some((ear, timebase)) = &mut self.ear else { return };
        let hand = &self.hand;
        let mut told = Vec::new();
        while let Some(heard) = ear.hear() {
            let message = (heard.frame, heard.port, &*heard.bytes);
            told.extend(self.effects.hear(message, |arrival| hand.play(arrival)));
            // Nobody listens any more: the program ends.
            let _ = self.hear.send(heard);
        }
        if let Some(mark) = timebase.get().filter(|_| !self.effects.is_empty()) {
            told.extend(self.effects.tick(mark.frame, |arrival| hand.play(arrival)));
        }
        self.tell(told);
    }

    fn tell(&mut self, told: Vec<String>) {
        for text in told {
            if self.last.as_ref() != Some(&text) {
                let _ = self.tell.send(text.clone());
                self.last = Some(text);
            }
        }
    }
}
