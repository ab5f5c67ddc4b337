//! MIDI ports: found by a part of their names, kept connected, stamped with frames of the music.
//!
//! [`open`] joins the system's MIDI, or a JACK server's, and gives the [`Wires`] that the device's callback holds.
//! A keeper thread makes the ports that are wanted, connects them when their other ends appear, and again when
//! these come back. Messages go from the system's realtime thread to the audio thread by ring: nobody waits.

mod jack;
mod journal;
mod keeper;
mod limit;
mod native;
mod stream;
mod timebase;
mod wires;

pub use crate::units::Way;
pub use keeper::Ports;
pub use limit::RATE as MOST_MESSAGES;
pub use stream::{Message, Stream, length};
pub use timebase::{Drift, Mark, Timebase};
pub use wires::{Ear, Heard, Wires};

use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// A port that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Which way.
    pub way: Way,
    /// The number that its messages carry.
    pub number: u8,
    /// Part of the name of a port that there is, in any case; all ports if it is empty. Or the name of our own.
    pub name: String,
    /// It is made for others to connect to.
    pub own: bool,
}

/// A port that there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The system that has it: `jack`, or the name of the operating system's MIDI.
    pub system: &'static str,
    /// Which way, as seen from us: `In` can be listened to.
    pub way: Way,
    /// Its name.
    pub name: String,
}

/// What befell the ports, for their owner.
#[derive(Debug)]
pub enum Event {
    /// New wires to hand to the device's callback, and the control side's end: at the beginning, and when the system
    /// has come back.
    Wires(Box<Wires>, Box<Ear>),
    /// A port is connected.
    Connected {
        /// What was wanted.
        wanted: Wanted,
        /// The name of the other end.
        name: String,
    },
    /// Its other end has gone; what it held was let go.
    Gone {
        /// What was wanted.
        wanted: Wanted,
        /// The name of the other end.
        name: String,
    },
    /// No port is called so yet; it is connected when it comes.
    Missing {
        /// What was wanted.
        wanted: Wanted,
        /// What there is.
        there: Vec<String>,
    },
    /// A port said so much that it was not listened to for a while: its cables make a loop, most likely.
    Flood {
        /// What was wanted.
        wanted: Wanted,
    },
    /// What an earlier session had left sounding, when it was killed, was ended.
    Ended {
        /// The name of the other end.
        name: String,
        /// How many notes.
        notes: usize,
    },
    /// Something failed that was asked for.
    Failed(String),
}

impl std::fmt::Debug for Wires {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wires")
    }
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ear")
    }
}

/// The MIDI of the operating system.
#[cfg(target_os = "linux")]
pub const NATIVE: &str = "alsa";
/// The MIDI of the operating system.
#[cfg(target_os = "macos")]
pub const NATIVE: &str = "coremidi";
/// The MIDI of the operating system.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub const NATIVE: &str = "winmm";
/// JACK's MIDI.
pub const JACK: &str = "jack";

/// The other end of a port.
struct Found {
    /// By which it is connected to.
    id: String,
    /// By which people know it.
    names: Vec<String>,
    /// It is one of ours.
    own: bool,
}

impl Found {
    /// Whether it is what was wanted. Ours are meant only if they are named.
    fn fits(&self, wanted: &Wanted) -> bool {
        let name = wanted.name.to_lowercase();
        let named = self.names.iter().any(|n| n.to_lowercase().contains(&name));
        named && !(self.own && name.is_empty())
    }
}

/// Where ports are: JACK, or the operating system.
trait System: Send {
    /// The other ends that there are.
    fn found(&self, way: Way) -> Vec<Found>;
    /// Makes our end of a port.
    fn make(&mut self, wanted: &Wanted) -> Result<(), String>;
    /// Connects it to another end.
    fn join(&mut self, wanted: &Wanted, id: &str) -> Result<(), String>;
    /// The other end has gone: lets go what it held.
    fn part(&mut self, wanted: &Wanted, id: &str);
    /// The whole system has gone.
    fn is_lost(&self) -> bool;
    /// Frames that a message takes until it leaves, beside a buffer of the sound's device.
    fn delay(&self) -> u64;
    /// Sends messages to a port at once.
    fn say(&mut self, port: u8, messages: &[[u8; 3]]);
    /// Drops what waits to be sent; at the end.
    fn clear(&mut self);
    /// Waits until what was said has left.
    fn settle(&mut self);
}

/// Joins `system` ([`JACK`] or [`NATIVE`]); without one, the JACK server that runs, else the operating system's.
fn join(system: Option<&str>, ends: wires::Ends) -> Result<(Box<dyn System>, Rest), String> {
    let wires::Ends { wires, ear, intake, outtake, floods, sounding } = ends;
    let rest = Rest { wires, ear, floods, sounding };
    let jack = match system {
        None => jack::runs(),
        Some(name) => name == JACK,
    };
    let joined: Box<dyn System> = if jack {
        Box::new(jack::Server::open(intake, outtake)?)
    } else {
        Box::new(native::Native::open(intake, outtake)?)
    };
    Ok((joined, rest))
}

/// Wires that no system is at: for what is played from within the program where there is no MIDI.
#[must_use]
pub fn loose() -> (Box<Wires>, Box<Ear>) {
    let wires::Ends { wires, ear, .. } = wires::Ends::new();
    (Box::new(wires), Box::new(ear))
}

/// What is left of the ends when the system has its own.
struct Rest {
    wires: Wires,
    ear: Ear,
    floods: wires::Floods,
    sounding: Arc<journal::Sounding>,
}

/// The ports that there are, of every system that can be reached. Not for the audio thread.
#[must_use]
pub fn ports() -> Vec<Listed> {
    let mut all = Vec::new();
    for system in [JACK, NATIVE] {
        let Ok((joined, _rest)) = join(Some(system), wires::Ends::new()) else { continue };
        for way in [Way::In, Way::Out] {
            let found = joined.found(way).into_iter().filter(|found| !found.own);
            let listed = |found: Found| {
                let name = found.names.into_iter().next().unwrap_or(found.id);
                Listed { system, way, name }
            };
            all.extend(found.map(listed));
        }
    }
    all
}

/// Joins a system and starts its keeper; the first event is the wires. What sounds outside is written down in
/// the folder `journal`: a session that is killed has its notes ended by the next one that plays the same port.
///
/// # Errors
/// If there is no such system, or no MIDI at all.
pub fn open(system: Option<&str>, journal: Option<&Path>) -> Result<Ports, String> {
    Ports::open(system, journal)
}
