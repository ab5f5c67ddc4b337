//! Light units, one by one: measured, not compared with yesterday.

#[path = "units/filters.rs"]
mod filters;
#[path = "units/listen.rs"]
mod listen;
#[path = "units/sources.rs"]
mod sources;
