//! Band-limited steps and corners: residuals that are added to a naive waveform around its jumps.
//!
//! V. Välimäki, J. Pekonen, J. Nam, "Perceptually informed synthesis of bandlimited classical waveforms
//! using integrated polynomial interpolation", JASA 131 (2012), with one polynomial of the distance to
//! the jump for the whole kernel, so that there is nothing to branch on. Its coefficients are a
//! least-squares fit of the kernel's spectrum: flat in the pass band, and for a 5 kHz saw at 48 kHz every
//! alias below 20 kHz more than 65 dB under the fundamental.

use super::lanes::F8;

/// Frames on each side of a jump that [`step`] reaches.
pub const STEP_REACH: f32 = 3.0;
/// Frames on each side of a corner that [`corner`] reaches.
pub const CORNER_REACH: f32 = 2.0;

/// What is missing at `distance` frames (0 or more) from a jump of height 2, before it; the negative of
/// it after. 1 at the jump, 0 from [`STEP_REACH`] on.
#[inline(always)]
#[must_use]
pub fn step(distance: F8) -> F8 {
    let v = (F8::ONE - distance * (1.0 / STEP_REACH)).max(0.0);
    let p = v * 12.724_94 - 48.991_34;
    let p = p * v + 64.374_52;
    let p = p * v - 32.375_18;
    let p = p * v + 6.442_669;
    // The sum of the coefficients is 1.
    let p = p * v - 1.175_609;
    p * v * v
}

/// What a corner whose slope changes by 1 per frame lacks at `distance` frames (0 or more) from it: the
/// integral of half a step's residual, with a shorter kernel. 0 from [`CORNER_REACH`] on.
#[inline(always)]
#[must_use]
pub fn corner(distance: F8) -> F8 {
    let v = (F8::ONE - distance * (1.0 / CORNER_REACH)).max(0.0);
    // Coefficients of the step (v^3 to v^7) divided by the new exponent.
    let p = v * (0.643_825_7 / 8.0) - 1.919_932 / 7.0;
    let p = p * v + 1.293_117 / 6.0;
    let p = p * v - 0.200_496_9 / 5.0;
    let p = p * v + 1.183_487 / 4.0;
    let v2 = v * v;
    p * v2 * v2 * (0.5 * CORNER_REACH)
}

/// A rising saw, -1..1, at `half_cycles` (-1..1) from its jump; `period` is in half-cycles per frame,
/// inverted: frames per half-cycle.
///
/// Right up to a sixth of the sample rate; above, the kernels of neighbouring jumps should overlap: see
/// [`saw_above`].
#[inline(always)]
#[must_use]
pub fn saw(half_cycles: F8, frames_per_half: F8) -> F8 {
    let distance = half_cycles.abs();
    half_cycles - (F8::ONE - step(distance * frames_per_half)).copysign(half_cycles)
}

/// What the second nearest jump adds to [`saw`]: exactly zero below a sixth of the sample rate.
#[inline(always)]
#[must_use]
pub fn saw_above(half_cycles: F8, frames_per_half: F8) -> F8 {
    let distance = F8::splat(2.0) - half_cycles.abs();
    -step(distance * frames_per_half).copysign(half_cycles)
}

/// A triangle, -1..1, that rises through 0 at 0 cycles; its corners are rounded by [`corner`], narrowed
/// above an eighth of the sample rate so that they do not overlap.
#[inline(always)]
#[must_use]
pub fn triangle(quarter_late: F8, frames_per_half: F8) -> F8 {
    // `quarter_late` is in half-cycles, 0 at the upper corner; q is the distance to the nearest corner.
    let side = F8::splat(0.5) - quarter_late.abs();
    let q = F8::splat(0.5) - side.abs();
    let frames = frames_per_half.max(2.0 * CORNER_REACH);
    let lack = corner(q * frames) * (F8::splat(4.0) / frames);
    (F8::ONE - q * 2.0 - lack).copysign(side)
}
