//! The control side of a running renderer: patterns become events, files become samples.

pub mod library;
pub mod offline;
pub mod player;

pub use library::Library;
pub use offline::{Length, Offline, Options};
pub use player::Player;
