//! Devices, files and recordings: everything that carries samples in and out of the process.

pub mod audio;
pub mod file;
pub mod record;
