//! The node table: one entry a kind is its binding, its manual, its completion and its builder.
//!
//! A file of this room holds one node or one family: its entries (description) and its state (unit or
//! processor). `KINDS` lists them all; nothing else in the program knows a node by name, but for the
//! structural kinds that the graph compiler lowers itself.

pub mod table;

pub use adapt::{Adapt, Adapted, adapt};
pub use function::kind_of;
pub use table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports, find, kinds, register};

pub mod adapt;
pub mod analysis;
pub mod chorus;
pub mod comb;
pub mod controller;
pub mod convolve;
pub mod curve;
pub mod delay;
pub mod dynamics;
pub mod envelope;
pub mod function;
pub mod harness;
pub mod ladder;
pub mod lfo;
pub mod limiter;
pub mod maths;
pub mod meter;
pub mod midi_out;
pub mod modulator;
pub mod noise;
pub mod onepole;
pub mod oscillator;
pub mod paths;
pub mod phaser;
pub mod pitch_shift;
pub mod plugin;
pub mod reverb;
pub mod sampler;
pub mod shaper;
pub mod smooth;
pub mod sounds;
pub mod stereo;
pub mod supersaw;
pub mod svf;

/// The families of kinds, one slice a file.
#[rustfmt::skip]
pub(crate) static KINDS: &[&[Kind]] = &[
    analysis::KINDS,
    chorus::KINDS,
    comb::KINDS,
    controller::KINDS,
    convolve::KINDS,
    curve::KINDS,
    delay::KINDS,
    dynamics::KINDS,
    envelope::KINDS,
    ladder::KINDS,
    lfo::KINDS,
    limiter::KINDS,
    maths::KINDS,
    meter::KINDS,
    midi_out::KINDS,
    modulator::KINDS,
    noise::KINDS,
    onepole::KINDS,
    oscillator::KINDS,
    phaser::KINDS,
    pitch_shift::KINDS,
    plugin::KINDS,
    reverb::KINDS,
    sampler::KINDS,
    shaper::KINDS,
    smooth::KINDS,
    stereo::KINDS,
    supersaw::KINDS,
    svf::KINDS,
];
