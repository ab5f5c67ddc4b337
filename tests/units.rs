//! Light units, one by one: measured, not compared with yesterday.

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
