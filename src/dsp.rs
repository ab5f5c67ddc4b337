//! Signal-processing kernels: eight SIMD lanes, deterministic maths, and the plug of a light unit.

pub mod align;
pub mod blep;
pub mod clock;
pub mod controls;
pub mod fade;
pub mod lanes;
pub mod lines;
pub mod math;
pub mod phase;
pub mod random;
pub mod ring;
pub mod svf;
pub mod transpose;
pub mod unit;
pub mod values;
pub mod wide;

pub use lanes::{F8, M8};
pub use unit::{Io, Kernel, Unit, Wire};
