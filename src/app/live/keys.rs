//! The computer's keyboard as a MIDI keyboard: two rows of piano keys, heard by all that listens to it.

mod board;
mod held;
mod layout;
mod terminal;

pub use layout::Layout;
pub use terminal::restore;

use super::hands::Stamp;
use super::studio::Studio;
use crate::session::port::KEYBOARD;
use board::Board;
use layout::Key;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use terminal::{Stroke, Terminal};

/// The keyboard while it is played.
pub(super) struct Keys {
    terminal: Terminal,
    layout: Layout,
    board: Board,
    started: Instant,
    stamp: Stamp,
    /// Ports that have heard something.
    reached: BTreeSet<u8>,
    /// It was said that nothing listens.
    unheard: bool,
}

/// What the player asks for by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The keyboard types again.
    Leave,
    /// Ctrl-C.
    Interrupt,
}

impl Studio {
    /// Begins to play the keys of the terminal; false if that has none, which is said.
    pub fn open_keys(&mut self, layout: Layout) -> bool {
        let terminal = match Terminal::open() {
            Ok(terminal) => terminal,
            Err(why) => {
                self.say(&format!("No keyboard: {why}"));
                return false;
            }
        };
        let told = terminal.told();
        self.keys = Some(Keys {
            terminal,
            layout,
            board: Board::new(told),
            started: Instant::now(),
            stamp: Stamp::default(),
            reached: BTreeSet::new(),
            unheard: false,
        });
        self.listen_within();
        let how = if told {
            String::new()
        } else {
            let tap = held::TAP.as_secs_f64();
            format!(
                "\nThis terminal does not tell when keys are let go: a note ends {tap} s after its key went down, \
                 or when a held key stops repeating"
            )
        };
        self.say(&format!(
            "The keyboard plays what listens to `midi_in(\"{KEYBOARD}\")`\n{}{how}",
            layout.picture()
        ));
        true
    }

    /// Whether the keys are played.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Ends what the keys hold and gives the terminal back.
    pub fn close_keys(&mut self) {
        self.silence_keys();
        if self.keys.take().is_some() {
            self.say("The keyboard types again");
        }
    }

    /// Ends what the keys hold.
    pub(super) fn silence_keys(&mut self) {
        let messages = self.keys.as_mut().map(|keys| keys.board.silence()).unwrap_or_default();
        self.send_keys(&messages);
    }

    /// Plays what is pressed; waits at most `patience` for it. What else is asked for is returned.
    pub fn play_keys(&mut self, patience: Duration) -> Option<Wish> {
        let Some(keys) = &mut self.keys else { return None };
        let Ok(strokes) = keys.terminal.strokes(patience) else {
            // The terminal has gone.
            self.close_keys();
            return Some(Wish::Leave);
        };
        let now = keys.started.elapsed();
        let mut messages = keys.board.due(now);
        let mut wish = None;
        for stroke in strokes {
            match stroke {
                Stroke::Down(code, modifiers) => {
                    let Some(key) = keys.layout.key(code, modifiers) else { continue };
                    messages.extend(keys.board.down(key, now));
                    match key {
                        Key::Leave => wish = Some(Wish::Leave),
                        Key::Interrupt => wish = Some(Wish::Interrupt),
                        _ => {}
                    }
                }
                Stroke::Up(code, modifiers) => {
                    let key = keys.layout.key(code, modifiers);
                    messages.extend(key.into_iter().flat_map(|key| keys.board.up(key)));
                }
                Stroke::Away if keys.terminal.told() => messages.extend(keys.board.silence()),
                Stroke::Away => {}
            }
        }
        self.send_keys(&messages);
        if wish == Some(Wish::Leave) {
            self.close_keys();
        }
        wish
    }

    /// Does what there is to do, and plays what is pressed; waits at most `patience`.
    pub fn step_with_keys(&mut self, patience: Duration) -> Option<Wish> {
        let wish = self.play_keys(patience);
        // The keys have had the time.
        let rest = if self.has_keys() { Duration::ZERO } else { patience };
        self.step(rest);
        wish
    }

    /// Sends messages to all that listens to the keyboard. What ends something goes to all that ever did.
    fn send_keys(&mut self, messages: &[[u8; 3]]) {
        if messages.is_empty() {
            return;
        }
        let (listen, frame) = (self.keyboard_ports(), self.key_frame());
        let Some(keys) = &mut self.keys else { return };
        keys.reached.extend(&listen);
        let all: Vec<u8> = keys.reached.iter().copied().collect();
        let begins = messages.iter().any(|m| m[0] == 0x90);
        let deaf = begins && listen.is_empty() && !std::mem::replace(&mut keys.unheard, true);
        for message in messages {
            let ports = if message[0] == 0x90 { &listen } else { &all };
            self.hands.play(ports, frame, *message);
        }
        if deaf && self.live.is_some() {
            self.say(&format!(
                "Nothing listens to the keyboard: let a track, `.midi_in(\"{KEYBOARD}\")`"
            ));
        }
    }

    /// Numbers of the ports of what plays that mean the keyboard.
    fn keyboard_ports(&self) -> Vec<u8> {
        let Some(live) = &self.live else { return Vec::new() };
        let session = live.session();
        let heard = session.ports.iter().filter(|port| port.is_keyboard());
        heard.filter_map(|port| port.number(crate::units::Way::In)).collect()
    }

    /// The frame at which a key is heard that is pressed now.
    fn key_frame(&mut self) -> u64 {
        let buffer = u64::from(self.stream.buffer());
        let first = self.live.as_ref().map_or(0, |live| live.frame());
        let Some(keys) = &mut self.keys else { return first };
        self.hands.frame(&mut keys.stamp).map_or(first, |frame| frame + buffer)
    }

    /// What the keys would play, for the status line.
    pub(super) fn keys_status(&self) -> Option<String> {
        self.keys.as_ref().map(|keys| keys.board.status())
    }
}
