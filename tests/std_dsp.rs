//! `std/dsp`, part by part: against built-in nodes that do the same maths, or against what the mathematics says.

#![allow(clippy::disallowed_methods, reason = "tests measure with the platform's maths")]

#[path = "std_dsp/delays.rs"]
mod delays;
#[path = "std_dsp/envelopes.rs"]
mod envelopes;
#[path = "std_dsp/filters.rs"]
mod filters;
#[path = "std_dsp/module.rs"]
mod module;
#[path = "std_dsp/oscillators.rs"]
mod oscillators;
#[path = "std_dsp/responses.rs"]
mod responses;
#[path = "std_dsp/rig.rs"]
mod rig;
#[path = "std_dsp/rooms.rs"]
mod rooms;
#[path = "std_dsp/shapes.rs"]
mod shapes;
