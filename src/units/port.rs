//! Ports of MIDI: how many there may be, and which way they go.

use serde::Serialize;

/// Ports of one direction that can be named while the program runs: the numbers of ports are below it.
pub const PORTS: usize = 32;

/// Which way messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To us.
    In,
    /// From us.
    Out,
}
