//! Eight phase accumulators in whole 2^-32 parts of a cycle: they wrap for free and never drift.
//!
//! Integers add without rounding, so the phase after n frames of one frequency is the same however the
//! block was split.

use super::lanes::{F8, LANES, M8};

/// A phase or a phase step in each lane, in 2^-32 cycles; steps may be negative (two's complement).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Phase8(pub [u32; LANES]);

impl Phase8 {
    /// From cycles, rounded; anything that is outside -0.5..0.5 is limited to it, as is what is not a number.
    #[inline(always)]
    #[must_use]
    pub fn from_cycles(cycles: F8) -> Phase8 {
        let x = cycles.clamp(-0.499_999_9, 0.499_999_9) * 4_294_967_296.0;
        let x = x + F8::splat(0.5).copysign(x);
        let mut out = [0; LANES];
        for i in 0..LANES {
            // SAFETY: the clamp leaves |x| < 2^31 and no NaN (`max` takes the limit then).
            let n: i32 = unsafe { x.0[i].to_int_unchecked() };
            out[i] = n as u32;
        }
        Phase8(out)
    }

    /// The sum, modulo one cycle.
    #[inline(always)]
    #[must_use]
    pub fn plus(self, other: Phase8) -> Phase8 {
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = self.0[i].wrapping_add(other.0[i]);
        }
        Phase8(out)
    }

    /// Whether the phase lies in the first `step` of its cycle: true once a cycle while it moves by `step`.
    #[inline(always)]
    #[must_use]
    pub fn before(self, step: Phase8) -> M8 {
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = if self.0[i] < step.0[i] { !0 } else { 0 };
        }
        M8(out)
    }

    /// As a number of half-cycles, -1..1.
    #[inline(always)]
    #[must_use]
    pub fn half_cycles(self) -> F8 {
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            out[i] = self.0[i] as i32 as f32 * (1.0 / 2_147_483_648.0);
        }
        F8(out)
    }

    /// sin(2 pi phase); absolute error below 4e-7.
    #[inline(always)]
    #[must_use]
    pub fn sin(self) -> F8 {
        // As the cosine of a quarter less: |phase| then folds the wave without a comparison.
        let quarter = self.plus(Phase8([0xc000_0000; LANES]));
        (F8::splat(0.5) - quarter.half_cycles().abs()).sin_quarter()
    }
}
