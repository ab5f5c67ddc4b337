//! Random numbers: a generator a lane for noise, and a hash for control signals that depend on time alone.

use super::lanes::{F8, LANES};

/// Eight independent xorshift generators (G. Marsaglia, "Xorshift RNGs", 2003; period 2^32 - 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Random8([u32; LANES]);

impl Random8 {
    /// One generator for each seed; any seeds will do.
    #[must_use]
    pub fn new(seeds: &[u64; LANES]) -> Random8 {
        // Zero is the one state that never moves.
        Random8(core::array::from_fn(|i| (mix(seeds[i]) >> 32) as u32 | 1))
    }

    /// The next number of each lane, even in -1..1.
    #[inline(always)]
    #[must_use]
    pub fn bipolar(&mut self) -> F8 {
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            let mut x = self.0[i];
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            self.0[i] = x;
            out[i] = x as i32 as f32 * (1.0 / 2_147_483_648.0);
        }
        F8(out)
    }
}

/// Scrambles 64 bits (the finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
#[must_use]
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A number in 0..1 that belongs to `seed` and `index` (evenly spread over indices).
#[must_use]
pub fn at_index(seed: u64, index: i64) -> f32 {
    (mix(mix(seed) ^ index as u64) >> 40) as f32 * (1.0 / 16_777_216.0)
}
