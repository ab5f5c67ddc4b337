//! Patterns: musical sequences as pure functions of exact rational time.
//!
//! A [`Pattern`] answers one question: which events are active in a span of cycles? It never
//! changes, is cheap to clone and to share between threads, and gives the same answer for ever.
//! Patterns are written as mini-notation ([`Pattern::mini`]) and transformed with the combinators
//! of [`table`], all reachable by name through [`call()`]. The meaning is Strudel's
//! (<https://strudel.cc>), which itself ports TidalCycles: A. McLean and others, "Tidal", and
//! "Alternate timelines for TidalCycles" (2021) for the representation.

pub mod call;
pub mod combine;
mod context;
pub mod control;
mod core;
mod error;
pub mod event;
mod expr;
pub mod frac;
pub mod join;
pub mod mini;
pub mod note;
pub mod operators;
pub mod pick;
mod placed;
pub mod random;
pub mod sequence;
pub mod signal;
pub mod span;
pub mod steps;
pub mod structure;
pub mod table;
pub mod time;
pub mod tonal;
pub mod transform;
mod turns;
pub mod value;

pub use self::core::Pattern;
pub use call::{Arg, Func, ValueFn, call};
pub use error::{MiniError, PatternError, Where};
pub use event::{Event, Places, SourceSpan, Sources};
pub use expr::fingerprint;
pub use frac::Frac;
pub use span::Span;
pub use value::Value;
