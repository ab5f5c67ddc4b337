//! What is promised when things go wrong while music plays, by the numbers of the promises' rows.
//!
//! Elsewhere: rows 5 and 7 in `live.rs`, 22 to 24 for devices alone in `audio.rs`, 30 in `protocol.rs`, 32 and
//! 33 in `record.rs`.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests of live playing wait by the clock")]

#[path = "promises/devices.rs"]
mod devices;
#[path = "promises/levels.rs"]
mod levels;
#[path = "promises/memory.rs"]
mod memory;
#[path = "promises/program.rs"]
mod program;
#[path = "promises/reloads.rs"]
mod reloads;
#[path = "promises/saving.rs"]
mod saving;
#[path = "promises/scripts.rs"]
mod scripts;
#[allow(dead_code, reason = "each test uses a part of the server")]
#[path = "jack/server.rs"]
mod server;
#[path = "live/stage.rs"]
mod stage;
#[path = "promises/swaps.rs"]
mod swaps;
#[path = "promises/ways_out.rs"]
mod ways_out;
