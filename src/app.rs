//! One file a command, and what the commands share.

pub mod check;
pub mod doc;
pub mod files;
pub mod input;
pub mod interrupt;
pub mod output;
pub mod progress;
pub mod report;
