//! One file a command, and what the commands share.

pub mod files;
pub mod interrupt;
pub mod output;
pub mod progress;
