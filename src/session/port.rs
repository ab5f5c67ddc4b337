//! MIDI ports as scripts name them.

use crate::units::{PORTS, Way};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// The name of the port that the computer's own keyboard is, where it is played.
pub const KEYBOARD: &str = "computer keyboard";

/// A port: some part of the name of one that there is, or one that the program makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// Part of the name of the port of a device or of another program, in any case; or the name of our own.
    pub name: String,
    /// It is made for others to connect to.
    pub own: bool,
}

/// All ports that were ever named; their places are their numbers.
static NAMED: Mutex<[Vec<Port>; 2]> = Mutex::new([Vec::new(), Vec::new()]);

impl Port {
    /// The port that other programs or devices have, called something with `name` in it.
    #[must_use]
    pub fn named(name: &str) -> Port {
        Port { name: name.to_string(), own: false }
    }

    /// The number of the port, the same for as long as the program runs; none if [`PORTS`] others have been named.
    #[must_use]
    pub fn number(&self, way: Way) -> Option<u8> {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        let ports = &mut named[way as usize];
        let place = ports.iter().position(|port| port == self).or_else(|| {
            (ports.len() < PORTS).then(|| {
                ports.push(self.clone());
                ports.len() - 1
            })
        });
        place.and_then(|place| u8::try_from(place).ok())
    }

    /// The port that has this number.
    #[must_use]
    pub fn numbered(way: Way, number: u8) -> Option<Port> {
        let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        named[way as usize].get(usize::from(number)).cloned()
    }

    /// Whether Ableton Link is meant, where a clock is asked for.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.name == "link" && !self.own
    }

    /// Whether the computer's own keyboard is meant, among others perhaps.
    #[must_use]
    pub fn is_keyboard(&self) -> bool {
        !self.own && self.fits(KEYBOARD)
    }

    /// Whether a port called `name` is meant.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.name.to_lowercase())
    }
}

/// What a track listens to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ear {
    /// Where notes come from.
    pub port: Port,
    /// Channels that are heard: bit 0 is channel 1.
    pub channels: u16,
    /// Every note has a channel of its own.
    pub mpe: bool,
}
