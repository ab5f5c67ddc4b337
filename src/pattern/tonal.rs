//! Scales, chords, intervals and voicings: the music theory of patterns.

mod chord_type;
pub(crate) mod degree;
pub(crate) mod leading;
pub mod pitch;
pub mod scale;
pub mod voicing;
