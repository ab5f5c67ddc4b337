//! Scales, chords, intervals and voicings: the music theory of patterns.

pub mod pitch;
pub mod scale;
pub mod voicing;
