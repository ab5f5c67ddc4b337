//! Audio files: reading, writing, resampling and measuring them; no function here runs on the audio thread.

mod chunks;
mod decode;
mod destination;
mod encode;
mod error;
mod flac;
mod format;
mod gain;
mod loudness;
mod quantize;
mod resample;
mod sink;
mod temporary;
mod wav;

pub use decode::{MAX_DECODED_BYTES, Reader, StreamInfo};
pub(crate) use destination::numbered;
pub use encode::{WriteOptions, Writer, Written, create, create_new};
pub use error::FileError;
pub use format::Format;
pub use gain::{Gain, Target, apply_gain, gain_for};
pub use loudness::{Loudness, Meter};
pub use quantize::Quantizer;
pub use resample::{Resampler, resample, scale_loops};
pub use temporary::write_whole;

use std::path::Path;

/// A decoded audio file, whole in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFile {
    /// Sample rate in hertz, at least 1.
    pub rate: u32,
    /// Samples, channels x frames; every channel has the same number of frames. Full scale is -1.0..=1.0.
    pub channels: Vec<Vec<f32>>,
    /// Loops stored in the file (WAV `smpl`, AIFF `INST`/`MARK`), each inside the file's frames.
    pub loops: Vec<LoopPoint>,
    /// MIDI note number (0..=127) at which the recording sounds unshifted, if the file says so.
    pub root_key: Option<u8>,
}

impl AudioFile {
    /// Reads and decodes the file at `path` (WAV, AIFF, FLAC, MP3 or Ogg Vorbis).
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be read, is no known format, is damaged, holds no audio, or
    /// would take more than [`MAX_DECODED_BYTES`] in memory.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Reader::open(path)?.read_to_end()
    }

    /// Number of frames (samples of one channel).
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

/// A loop inside a sample, in frames of the file's own rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoopPoint {
    /// First frame of the loop.
    pub start: u64,
    /// The frame after the last one of the loop; greater than `start`.
    pub end: u64,
    /// Direction in which the loop is played.
    pub kind: LoopKind,
    /// How many times the loop is played; `None` for as long as the note is held.
    pub count: Option<u32>,
}

/// Direction in which a loop is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoopKind {
    /// From start to end, then again from the start.
    Forward,
    /// Forward and backward in turn.
    PingPong,
    /// From end to start, then again from the end.
    Backward,
}
