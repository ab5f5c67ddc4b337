//! Rhapsode: a scripting runtime for music. A Rhai script describes a piece; the runtime compiles the
//! description into a graph and renders it, sample for sample the same, live or offline.
//!
//! The rooms of the house, in the order in which data flows: `script` evaluates a script against a
//! `world` into a `session` (pure values, with `pattern`s); `graph` compiles the session, through the
//! table of `nodes`, into a schedule; `engine` feeds it events; `rt` with `dsp` renders it; `io` carries
//! the samples to files and devices; `plugin` hosts plugins; `app` is the command line.

pub mod app;
pub mod diag;
pub mod dsp;
pub mod engine;
pub mod graph;
pub mod io;
pub mod ir;
pub mod jit;
pub mod midi;
pub mod nodes;
pub mod pattern;
pub mod plugin;
pub mod rt;
pub mod runtime;
pub mod script;
pub mod session;
pub mod units;
pub mod world;

pub use engine::{Length, Offline, Options};
pub use runtime::{Piece, Runtime, Sound};
