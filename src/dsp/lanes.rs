//! Eight `f32` lanes with the same bits on every instruction set.
//!
//! Plain arrays, so that the compiler vectorises them for whatever the calling function is compiled
//! for (SSE2 at least, AVX2 inside [`Unit`](crate::dsp::Unit) bodies on machines that have it, NEON).
//! Rust never contracts `a * b + c`, so the bits do not depend on the width.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// Number of lanes of [`F8`].
pub const LANES: usize = 8;

/// Eight `f32`, one per voice, track or term of a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(32))]
pub struct F8(pub [f32; LANES]);

/// Eight masks, all ones (true) or zero (false), made by comparisons of [`F8`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct M8(pub [u32; LANES]);

impl Default for F8 {
    fn default() -> Self {
        F8::ZERO
    }
}

impl From<f32> for F8 {
    #[inline(always)]
    fn from(x: f32) -> Self {
        F8::splat(x)
    }
}

impl F8 {
    /// All lanes 0.
    pub const ZERO: F8 = F8([0.0; LANES]);
    /// All lanes 1.
    pub const ONE: F8 = F8([1.0; LANES]);

    /// The same value in every lane.
    #[inline(always)]
    #[must_use]
    pub const fn splat(x: f32) -> F8 {
        F8([x; LANES])
    }

    /// Applies `f` to each lane.
    #[inline(always)]
    #[must_use]
    pub fn map(self, f: impl Fn(f32) -> f32) -> F8 {
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            out[i] = f(self.0[i]);
        }
        F8(out)
    }

    /// Applies `f` to each pair of lanes.
    #[inline(always)]
    #[must_use]
    pub fn zip(self, other: F8, f: impl Fn(f32, f32) -> f32) -> F8 {
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            out[i] = f(self.0[i], other.0[i]);
        }
        F8(out)
    }

    #[inline(always)]
    fn compare(self, other: F8, f: impl Fn(f32, f32) -> bool) -> M8 {
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = if f(self.0[i], other.0[i]) { !0 } else { 0 };
        }
        M8(out)
    }

    /// Lane-wise `self < other`.
    #[inline(always)]
    #[must_use]
    pub fn lt(self, other: impl Into<F8>) -> M8 {
        self.compare(other.into(), |a, b| a < b)
    }

    /// Lane-wise `self > other`.
    #[inline(always)]
    #[must_use]
    pub fn gt(self, other: impl Into<F8>) -> M8 {
        self.compare(other.into(), |a, b| a > b)
    }

    /// Lane-wise `self >= other`.
    #[inline(always)]
    #[must_use]
    pub fn ge(self, other: impl Into<F8>) -> M8 {
        self.compare(other.into(), |a, b| a >= b)
    }

    /// Smaller of the two; `other` where `self` is not a number.
    #[inline(always)]
    #[must_use]
    pub fn min(self, other: impl Into<F8>) -> F8 {
        self.zip(other.into(), |a, b| if a < b { a } else { b })
    }

    /// Larger of the two; `other` where `self` is not a number.
    #[inline(always)]
    #[must_use]
    pub fn max(self, other: impl Into<F8>) -> F8 {
        self.zip(other.into(), |a, b| if a > b { a } else { b })
    }

    /// Limits each lane to `lo..=hi`; a lane that is not a number becomes `lo`.
    #[inline(always)]
    #[must_use]
    pub fn clamp(self, lo: impl Into<F8>, hi: impl Into<F8>) -> F8 {
        self.max(lo).min(hi)
    }

    /// Magnitude.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> F8 {
        self.map(|x| f32::from_bits(x.to_bits() & 0x7fff_ffff))
    }

    /// Magnitude of `self` with the sign of `sign`.
    #[inline(always)]
    #[must_use]
    pub fn copysign(self, sign: F8) -> F8 {
        self.zip(sign, |x, s| {
            f32::from_bits((x.to_bits() & 0x7fff_ffff) | (s.to_bits() & 0x8000_0000))
        })
    }

    /// Square root (exactly rounded everywhere, so deterministic).
    #[inline(always)]
    #[must_use]
    pub fn sqrt(self) -> F8 {
        self.map(f32::sqrt)
    }

    /// Nearest integer, ties to even; right for |x| < 2^22.
    #[inline(always)]
    #[must_use]
    pub fn round(self) -> F8 {
        // Adding 1.5 * 2^23 pushes the fraction out of the mantissa: no call, on any instruction set.
        const SHIFT: f32 = 12_582_912.0;
        self.map(|x| (x + SHIFT) - SHIFT)
    }

    /// Largest integer not above x; right for |x| < 2^22.
    #[inline(always)]
    #[must_use]
    pub fn floor(self) -> F8 {
        let r = self.round();
        r - r.gt(self).select(F8::ONE, F8::ZERO)
    }

    /// Zero where the magnitude is below 1e-20 (-400 dB), so that what decays never becomes denormal.
    #[inline(always)]
    #[must_use]
    pub fn flushed(self) -> F8 {
        self.abs().lt(1e-20).select(F8::ZERO, self)
    }

    /// Sum of the lanes, in a fixed order (pairs of neighbours at distance 4, 2, 1).
    #[inline(always)]
    #[must_use]
    pub fn sum(self) -> f32 {
        let a = self.0;
        let b = [a[0] + a[4], a[1] + a[5], a[2] + a[6], a[3] + a[7]];
        (b[0] + b[2]) + (b[1] + b[3])
    }

    /// Largest lane.
    #[inline(always)]
    #[must_use]
    pub fn largest(self) -> f32 {
        let mut m = self.0[0];
        for &x in &self.0[1..] {
            if x > m {
                m = x;
            }
        }
        m
    }
}

impl M8 {
    /// `yes` in the true lanes, `no` in the others.
    #[inline(always)]
    #[must_use]
    pub fn select(self, yes: impl Into<F8>, no: impl Into<F8>) -> F8 {
        let (yes, no) = (yes.into(), no.into());
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            let (y, n) = (yes.0[i].to_bits(), no.0[i].to_bits());
            out[i] = f32::from_bits((y & self.0[i]) | (n & !self.0[i]));
        }
        F8(out)
    }

    /// Lane-wise and.
    #[inline(always)]
    #[must_use]
    pub fn and(self, other: M8) -> M8 {
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = self.0[i] & other.0[i];
        }
        M8(out)
    }

    /// Whether any lane is true.
    #[inline(always)]
    #[must_use]
    pub fn any(self) -> bool {
        self.0.iter().fold(0, |a, b| a | b) != 0
    }
}

impl std::ops::Not for M8 {
    type Output = M8;
    #[inline(always)]
    fn not(self) -> M8 {
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = !self.0[i];
        }
        M8(out)
    }
}

/// Stands first in a loop over frames: one frame at a time, says this empty instruction, which costs
/// nothing. Without it the compiler may work on several frames at once, as it does with plain numbers; but
/// the lanes fill its registers already, and the shuffles that it then needs take several times the work.
#[inline(always)]
pub fn one_frame() {
    // SAFETY: it does nothing.
    unsafe { core::arch::asm!("", options(nomem, nostack, preserves_flags)) };
}

macro_rules! operator {
    ($trait:ident, $method:ident, $op:tt) => {
        impl<R: Into<F8>> $trait<R> for F8 {
            type Output = F8;
            #[inline(always)]
            fn $method(self, other: R) -> F8 {
                self.zip(other.into(), |a, b| a $op b)
            }
        }
    };
}
operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);
operator!(Div, div, /);

impl Neg for F8 {
    type Output = F8;
    #[inline(always)]
    fn neg(self) -> F8 {
        self.map(|x| -x)
    }
}

impl AddAssign for F8 {
    #[inline(always)]
    fn add_assign(&mut self, other: F8) {
        *self = *self + other;
    }
}
