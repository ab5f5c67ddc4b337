//! The control side of a running renderer: patterns become events, files become samples.

pub mod clock;
pub mod export;
pub mod library;
pub mod live;
mod mishap;
pub mod offline;
pub mod player;
pub mod rack;

pub use clock::Clock;
pub use library::Library;
pub use live::{Live, Performer};
pub use offline::{Length, Offline, Options};
pub use player::Player;
