//! MIDI as the audio thread sees it: short messages that come in and go out at their frames, and who plays them.

use super::update::TaskSpot;
use serde::{Deserialize, Serialize};

/// A short message that has come in, or a note, a controller, ... of a keyboard on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The absolute frame at which it is heard; the first that is possible if that is past.
    pub frame: u64,
    /// The number of the port that it came from.
    pub port: u8,
    /// Status and data, as in "MIDI 1.0 Detailed Specification" (MIDI Manufacturers Association, 1996). A status
    /// of 0xFF ([`UNPLUGGED`]) ends all that the port holds.
    pub bytes: [u8; 3],
}

/// The status (in MIDI: system reset) that says that a port is gone: its notes are ended, its pedals released.
pub const UNPLUGGED: u8 = 0xff;

/// The same status on its way out says that another device hears the port now.
pub const PLUGGED: u8 = 0xff;

/// A short message that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The absolute frame of the event that it was made from.
    pub frame: u64,
    /// The number of the port that it goes to.
    pub port: u8,
    /// Status and data; program change and channel pressure have one data byte, the third byte is 0.
    pub bytes: [u8; 3],
}

/// Bit of the number of a note that was played by hand: patterns count from 0 and do not come that far.
const BY_HAND: u32 = 1 << 31;

/// The number of a note that was played by hand: the same from its beginning to its end, over all edits.
#[must_use]
pub fn note_id(port: u8, channel: u8, key: u8) -> u32 {
    BY_HAND | u32::from(port) << 11 | u32::from(channel & 15) << 7 | u32::from(key & 127)
}

/// What a voice can take besides its pitch: slots of its named parameters, where it has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// Channel and key pressure, 0..1.
    pub pressure: Option<u16>,
    /// Controller 74 (sound brightness; the third dimension of MPE), 0..1.
    pub timbre: Option<u16>,
    /// Controller 1, 0..1.
    pub modulation: Option<u16>,
}

/// A task that is played from a port.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The port.
    pub port: u8,
    /// Channels that are heard: bit 0 is channel 1.
    pub channels: u16,
    /// Each note has a channel of its own, which bends it alone ("MIDI Polyphonic Expression", MIDI Manufacturers
    /// Association, RP-053, 2018).
    pub mpe: bool,
    /// What is played.
    pub to: TaskSpot,
    /// Semitones of a full bend.
    pub bend: f32,
    /// For kits: the sound of each key, [`NO_SOUND`] for none.
    pub sounds: Option<Box<[u16; 128]>>,
    /// What its voices take.
    pub expression: Expression,
    /// Messages go to it as they are: it is hardware.
    pub raw: bool,
    /// What concerns all notes goes to it as it is: it is a plugin, which knows its controllers itself.
    pub hosted: bool,
}

/// No sound on a key.
pub const NO_SOUND: u16 = u16::MAX;

impl Route {
    /// Whether it hears `channel` (0..16) of `port`.
    #[must_use]
    pub fn hears(&self, port: u8, channel: u8) -> bool {
        self.port == port && self.channels >> (channel & 15) & 1 == 1
    }

    /// Whether it hears, on the task `to`, all that `before` heard.
    pub(super) fn continues(&self, before: &Route, to: TaskSpot) -> bool {
        let all = before.channels & !self.channels == 0;
        self.to == to && self.port == before.port && all
    }
}
