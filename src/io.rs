//! Devices, MIDI ports, files and recordings: everything that carries samples and messages in and out.

pub mod audio;
pub mod file;
pub mod midi;
pub mod record;
