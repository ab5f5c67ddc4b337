//! Loops over frames of lanes outside units, compiled for the widest registers of the machine.

use super::lanes::F8;
use super::lanes::one_frame;
use super::unit::BLOCK;

/// Set to keep to the base instruction set; see [`keep_narrow`].
static NARROW: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Makes the whole program keep to the base instruction set from now on (or not): the bits are the same,
/// which tests show by asking for both.
pub fn keep_narrow(narrow: bool) {
    NARROW.store(narrow, std::sync::atomic::Ordering::Relaxed);
}

/// Whether the wide registers of this machine are there and may be used.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn wide_registers() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && !NARROW.load(std::sync::atomic::Ordering::Relaxed)
}

/// Defines a function whose body is compiled twice, for the base instruction set and for AVX2, and
/// chosen by the machine; the bits are the same.
macro_rules! wide {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),*) $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "of a loop, all that it needs")]
        $vis fn $name($($arg: $type),*) {
            #[inline(always)]
            fn base($($arg: $type),*) $body
            #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
            #[target_feature(enable = "avx2")]
            unsafe fn avx2($($arg: $type),*) { base($($arg),*) }
            #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
            if $crate::dsp::wide::wide_registers() {
                // SAFETY: the feature was found on this processor just above.
                unsafe { avx2($($arg),*) };
                return;
            }
            base($($arg),*)
        }
    };
}
pub(crate) use wide;

wide! {
    /// `acc += x * gain`, where `gain` moves on by `step` each frame.
    pub fn add_scaled(acc: &mut [F8], x: &[F8], gain: F8, step: F8) {
        let mut gain = gain;
        for (y, x) in acc.iter_mut().zip(x) {
            one_frame();
            *y += *x * gain;
            gain += step;
        }
    }
}

wide! {
    /// `y += x * gain`.
    pub fn add_row(y: &mut [f32; BLOCK], x: &[f32; BLOCK], gain: f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += *x * gain;
        }
    }
}

wide! {
    /// `bits = max(bits, bits of |x|)`: magnitudes of floats are ordered as whole numbers, and what is not
    /// finite is above all that is.
    pub fn fold_bits(bits: &mut i32, x: &[f32; BLOCK]) {
        *bits = x.iter().fold(*bits, |m, x| m.max((x.to_bits() & 0x7fff_ffff) as i32));
    }
}

/// Wires that [`add_panned`] adds at once: their gains stay in registers.
pub const BATCH: usize = 4;

wide! {
    /// `left += x * gain of left`, `right += x * gain of right` for each of the wires `x`, whose sum is
    /// made first: (0 + 1) + (2 + 3).
    pub fn add_panned(
        left: &mut [F8; BLOCK],
        right: &mut [F8; BLOCK],
        x: &[&[F8; BLOCK]; BATCH],
        gains: &[[F8; 2]; BATCH]
    ) {
        let [[l0, r0], [l1, r1], [l2, r2], [l3, r3]] = *gains;
        for i in 0..BLOCK {
            one_frame();
            let (a, b, c, d) = (x[0][i], x[1][i], x[2][i], x[3][i]);
            left[i] += (a * l0 + b * l1) + (c * l2 + d * l3);
            right[i] += (a * r0 + b * r1) + (c * r2 + d * r3);
        }
    }
}

wide! {
    /// `out[n] += sum of the lanes of acc[n]`, in the fixed order of [`F8::sum`].
    pub fn add_sums(out: &mut [f32], acc: &[F8]) {
        for (y, x) in out.iter_mut().zip(acc) {
            one_frame();
            *y += x.sum();
        }
    }
}

wide! {
    /// `peak = max(peak, |x|)` lane by lane.
    pub fn fold_peak(peak: &mut F8, x: &[F8]) {
        let mut p = *peak;
        for x in x {
            one_frame();
            p = p.max(x.abs());
        }
        *peak = p;
    }
}

wide! {
    /// `acc += x * h` for spectra whose halves are real parts, then imaginary parts.
    pub fn add_products(re: &mut [F8], im: &mut [F8], x: &[F8], h: &[F8]) {
        let half = re.len();
        let ((xr, xi), (hr, hi)) = (x.split_at(half), h.split_at(half));
        for i in 0..half.min(im.len()).min(xi.len()).min(hi.len()) {
            re[i] += xr[i] * hr[i] - xi[i] * hi[i];
            im[i] += xr[i] * hi[i] + xi[i] * hr[i];
        }
    }
}
