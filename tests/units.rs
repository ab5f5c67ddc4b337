//! Light units, one by one: measured, not compared with yesterday.

#![allow(clippy::disallowed_methods, reason = "tests wait, and measure with the platform's maths")]

#[path = "units/all.rs"]
mod all;
#[path = "units/control.rs"]
mod control;
#[path = "units/effects.rs"]
mod effects;
#[path = "units/filters.rs"]
mod filters;
#[path = "units/listen.rs"]
mod listen;
#[path = "units/sources.rs"]
mod sources;
