//! The node table: one entry a kind is its binding, its manual, its completion and its builder.
//!
//! A file of this room holds one node or one family: its entries (description) and its state (unit or
//! processor). `KINDS` lists them all; nothing else in the program knows a node by name, but for the
//! structural kinds that the graph compiler lowers itself.

pub mod table;

pub use table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports, find, kinds};

pub mod analysis;
pub mod convolve;
pub mod delay;
pub mod dynamics;
pub mod harness;
pub mod limiter;
pub mod maths;
pub mod meter;
pub mod noise;
pub mod oscillator;
pub mod pitch_shift;
pub mod reverb;
pub mod sampler;
pub mod svf;

/// The families of kinds, one slice a file.
#[rustfmt::skip]
pub(crate) static KINDS: &[&[Kind]] = &[
    analysis::KINDS,
    convolve::KINDS,
    delay::KINDS,
    dynamics::KINDS,
    limiter::KINDS,
    maths::KINDS,
    meter::KINDS,
    noise::KINDS,
    oscillator::KINDS,
    pitch_shift::KINDS,
    reverb::KINDS,
    sampler::KINDS,
    svf::KINDS,
];
