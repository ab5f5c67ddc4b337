//! Units of measure as types and the conversions between them.

pub mod controller;
pub mod port;
pub mod taper;

pub use controller::{Controller, Turning};
pub use port::{PORTS, Way};
pub use taper::Taper;

use serde::{Deserialize, Serialize};

/// Converts decibels to a linear amplitude factor (`10^(db/20)`), with deterministic maths.
#[must_use]
pub fn db_to_gain(db: f64) -> f64 {
    libm::exp2(db * (core::f64::consts::LOG2_10 / 20.0))
}

/// Converts a linear amplitude factor to decibels; zero and negatives give -infinity.
#[must_use]
pub fn gain_to_db(gain: f64) -> f64 {
    if gain <= 0.0 {
        return f64::NEG_INFINITY;
    }
    20.0 * libm::log10(gain)
}

/// Frequency in hertz of a (fractional) MIDI note number: 69 is 440 Hz, 12 to the octave.
#[must_use]
pub fn note_to_hz(note: f64) -> f64 {
    440.0 * libm::exp2((note - 69.0) / 12.0)
}

/// MIDI note number (fractional) of a frequency in hertz; the inverse of [`note_to_hz`].
#[must_use]
pub fn hz_to_note(hz: f64) -> f64 {
    69.0 + 12.0 * libm::log2(hz.max(1e-9) / 440.0)
}

/// A place in a script: 1-based line and column, and the file it stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Index into the session's list of source files; 0 is the main script.
    pub file: u16,
    /// Line, from 1; 0 means "no place known".
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}
