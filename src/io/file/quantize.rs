//! Rounding of floating-point samples to integers, with deterministic dither.

/// Rounds samples to integers of a given width, optionally with TPDF dither.
///
/// The dither is the sum of two uniform values of one quantisation step's width (triangular
/// probability density, 2 steps wide), which makes the mean and the power of the rounding error
/// independent of the signal: Lipshitz, Wannamaker and Vanderkooy, "Quantization and Dither: A
/// Theoretical Survey", JAES 40(5), 1992. The generator is SplitMix64 with a fixed seed, so the
/// same samples always give the same file. Samples that are exactly zero stay zero, so that
/// digital silence stays silent.
#[derive(Clone, Debug)]
pub struct Quantizer {
    scale: f64,
    dither: Option<SplitMix64>,
    clipped: u64,
}

impl Quantizer {
    /// A quantizer to `bits` (2..=31) signed bits; `seed` turns dither on.
    pub fn new(bits: u32, seed: Option<u64>) -> Self {
        let scale = f64::from(1_u32 << (bits - 1));
        Self { scale, dither: seed.map(SplitMix64), clipped: 0 }
    }

    /// The integer nearest to `sample` (full scale -1.0..=1.0), limited to the width; NaN becomes 0.
    pub fn quantize(&mut self, sample: f32) -> i32 {
        let noise = self.dither.as_mut().map_or(0.0, SplitMix64::triangular);
        if sample == 0.0 || sample.is_nan() {
            return 0;
        }
        let exact = f64::from(sample) * self.scale;
        let (low, high) = (-self.scale, self.scale - 1.0);
        // +1.0 itself has no integer and is worth no warning: it is one step from the largest.
        if !(low..=self.scale).contains(&exact) {
            self.clipped += 1;
        }
        (exact + noise).round().clamp(low, high) as i32
    }

    /// How many samples so far were beyond full scale.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }
}

/// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
#[derive(Clone, Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A triangular value in -1.0..1.0: two 32-bit halves of one draw, added and centred.
    fn triangular(&mut self) -> f64 {
        let draw = self.next();
        let sum = (draw >> 32) + (draw & 0xffff_ffff);
        sum as f64 / f64::from(u32::MAX) - 1.0
    }
}
