//! Signal-processing kernels: eight SIMD lanes, deterministic maths, and the plug of a light unit.

pub mod align;
pub mod lanes;
pub mod lines;
pub mod math;
pub mod unit;
pub mod wide;

pub use lanes::{F8, M8};
pub use unit::{Io, Unit, Wire};
