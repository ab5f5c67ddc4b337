//! Elementary functions over lanes: polynomial kernels with the same bits on every machine.
//!
//! Never the platform's `sin` or `exp`, whose bits differ between machines. Coefficients are minimax
//! fits; the range reductions are exact in `f32`.

use super::lanes::{F8, LANES};

impl F8 {
    /// sin(2 pi x) for x in cycles, |x| < 2^22; absolute error below 6e-7.
    #[inline(always)]
    #[must_use]
    pub fn sin_cycles(self) -> F8 {
        // Fold to a quarter wave: y in [-0.5, 0.5] half-cycles, where the polynomial is odd.
        let x = (self - self.round()) * 2.0;
        let c = x.clamp(-0.5, 0.5);
        (c + c - x).sin_quarter()
    }

    /// sin(pi x) for x in -0.5..=0.5 only (a quarter wave on each side); absolute error below 4e-7.
    #[inline(always)]
    #[must_use]
    pub fn sin_quarter(self) -> F8 {
        let z = self * self;
        let p = z * 0.077_220_13 - 0.598_045_2;
        let p = p * z + 2.550_031_4;
        let p = p * z - 5.167_707;
        let p = p * z + 3.141_592_5;
        p * self
    }

    /// cos(pi x) for x in -0.5..=0.5 only; absolute error below 3e-7.
    #[inline(always)]
    #[must_use]
    pub fn cos_quarter(self) -> F8 {
        let z = self * self;
        let p = z * 0.219_696_75 - 1.331_880_1;
        let p = p * z + 4.058_412;
        let p = p * z - 4.934_793;
        p * z + 1.0
    }

    /// cos(2 pi x) for x in cycles; absolute error below 6e-7.
    #[inline(always)]
    #[must_use]
    pub fn cos_cycles(self) -> F8 {
        (self + 0.25).sin_cycles()
    }

    /// 2^x for x in -126..=126 (clamped); relative error below 2e-7.
    #[inline(always)]
    #[must_use]
    pub fn exp2(self) -> F8 {
        let x = self.clamp(-126.0, 126.0);
        let r = x.round();
        let f = x - r;
        let p = f * 1.535_336e-4 + 1.339_887_5e-3;
        let p = p * f + 9.618_437e-3;
        let p = p * f + 5.550_332_4e-2;
        let p = p * f + 0.240_226_48;
        let p = p * f + core::f32::consts::LN_2;
        let p = p * f + 1.0;
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            // r + 127 lands in the low mantissa bits of 2^23 + r + 127: shift it into the exponent.
            let e = (r.0[i] + (8_388_608.0 + 127.0)).to_bits() << 23;
            out[i] = p.0[i] * f32::from_bits(e);
        }
        F8(out)
    }

    /// log2(x) for positive normal x; absolute error below 3e-6. Zero and negatives give about -126.
    #[inline(always)]
    #[must_use]
    pub fn log2(self) -> F8 {
        let x = self.max(f32::MIN_POSITIVE);
        let mut e = [0.0; LANES];
        let mut m = [0.0; LANES];
        for i in 0..LANES {
            // Take sqrt(1/2)..sqrt(2) as the mantissa's range, so that log2 is small near 1.
            let bits = x.0[i].to_bits().wrapping_sub(0x3f35_04f3);
            e[i] = ((bits as i32) >> 23) as f32;
            m[i] = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3));
        }
        let t = (F8(m) - 1.0) / (F8(m) + 1.0);
        let z = t * t;
        // atanh series: log2(m) = 2/ln2 * (t + t^3/3 + t^5/5 + ...), |t| < 0.172.
        let p = z * 0.434_255_93 + 0.576_584_5;
        let p = p * z + 0.961_800_75;
        let p = p * z + 2.885_39;
        p * t + F8(e)
    }

    /// e^x; relative error below 4e-7 for |x| < 20.
    #[inline(always)]
    #[must_use]
    pub fn exp(self) -> F8 {
        (self * core::f32::consts::LOG2_E).exp2()
    }

    /// x^y for positive x.
    #[inline(always)]
    #[must_use]
    pub fn pow(self, y: impl Into<F8>) -> F8 {
        (self.log2() * y.into()).exp2()
    }

    /// tan(pi x) for x in 0..0.49 (a frequency over the sample rate); relative error below 2e-6.
    #[inline(always)]
    #[must_use]
    pub fn tan_pi(self) -> F8 {
        let x = self.clamp(0.0, 0.49) * 0.5;
        x.sin_cycles() / x.cos_cycles()
    }

    /// tanh(x); absolute error below 4e-7.
    #[inline(always)]
    #[must_use]
    pub fn tanh(self) -> F8 {
        let e = (self.clamp(-9.0, 9.0) * (2.0 * core::f32::consts::LOG2_E)).exp2();
        (e - 1.0) / (e + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(lo: f32, hi: f32, got: impl Fn(F8) -> F8, want: impl Fn(f64) -> f64) -> f64 {
        (0..4000)
            .map(|i| {
                let x = lo + (hi - lo) * i as f32 / 3999.0;
                (f64::from(got(F8::splat(x)).0[3]) - want(f64::from(x))).abs()
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn kernels_are_as_exact_as_documented() {
        let tau = core::f64::consts::TAU;
        assert!(
            worst(-2.0, 2.0, F8::sin_cycles, |x| libm::sin(tau * x)) < 6e-7,
            "{}",
            worst(-2.0, 2.0, F8::sin_cycles, |x| libm::sin(tau * x))
        );
        assert!(
            worst(-2.0, 2.0, F8::cos_cycles, |x| libm::cos(tau * x)) < 8e-7,
            "{}",
            worst(-2.0, 2.0, F8::cos_cycles, |x| libm::cos(tau * x))
        );
        assert!(
            worst(-1.0, 1.0, F8::exp2, libm::exp2) < 4e-7,
            "{}",
            worst(-1.0, 1.0, F8::exp2, libm::exp2)
        );
        assert!(
            worst(0.01, 8.0, F8::log2, libm::log2) < 4e-6,
            "{}",
            worst(0.01, 8.0, F8::log2, libm::log2)
        );
        assert!(
            worst(-8.0, 8.0, F8::tanh, libm::tanh) < 6e-7,
            "{}",
            worst(-8.0, 8.0, F8::tanh, libm::tanh)
        );
        assert!(
            worst(0.0, 0.25, F8::tan_pi, |x| libm::tan(core::f64::consts::PI * x)) < 2e-6,
            "{}",
            worst(0.0, 0.25, F8::tan_pi, |x| libm::tan(core::f64::consts::PI * x))
        );
    }

    #[test]
    fn floor_and_round_are_right_on_both_sides_of_zero() {
        for x in [-2.5f32, -1.0, -0.25, 0.0, 0.25, 0.999, 1.0, 7.75] {
            assert_eq!(F8::splat(x).floor().0[0], x.floor());
            assert_eq!(F8::splat(x).round().0[0], x.round_ties_even());
        }
    }
}
