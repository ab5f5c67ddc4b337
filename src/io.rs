//! Devices, MIDI ports, files and recordings: everything that carries samples and messages in and out.

pub mod audio;
pub mod file;
#[cfg(feature = "link")]
pub mod link;
pub mod midi;
pub mod record;
