//! MIDI as values: what a Standard MIDI File says, read, asked and written.
//!
//! The format is that of "Standard MIDI Files 1.0" (MIDI Manufacturers Association, RP-001, 1996).

mod arrange;
mod channels;
mod clock;
mod parse;
pub mod say;
mod song;
mod take;
mod write;

pub use channels::{Change, Line, PERCUSSION, initial};
pub use clock::{Beat, ClockIn, TICKS};
pub use parse::{Damage, MidiError};
pub use song::{Division, Event, Kind, Message, Note, Part, Song};
pub use take::Take;
