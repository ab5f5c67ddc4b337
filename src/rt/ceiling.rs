//! The safety limiter at the very end: no sample leaves above full scale, none that is not a number.

use super::block::Buffer;

/// Holds the output at or below a ceiling. Bit-transparent while the signal stays below it.
#[derive(Clone, Debug)]
pub struct Ceiling {
    ceiling: f32,
    gain: f32,
    /// Part of the way back to unity per frame.
    release: f32,
}

impl Ceiling {
    /// A limiter to `ceiling` (linear) that recovers with a time constant of 50 ms at `rate` hertz.
    #[must_use]
    pub fn new(ceiling: f32, rate: f64) -> Ceiling {
        Ceiling { ceiling, gain: 1.0, release: (1.0 / (0.05 * rate)) as f32 }
    }

    /// Limits one block of stereo sound in place; returns whether it had to.
    pub fn process(&mut self, left: &mut Buffer, right: &mut Buffer) -> bool {
        if self.gain == 1.0 && left.peak() <= self.ceiling && right.peak() <= self.ceiling {
            return false;
        }
        for (l, r) in left.0.iter_mut().zip(&mut right.0) {
            let (x, y) = (finite(*l), finite(*r));
            let peak = if x.abs() > y.abs() { x.abs() } else { y.abs() };
            let gain = self.gain + (1.0 - self.gain) * self.release;
            let gain = if gain > 0.999_99 { 1.0 } else { gain };
            self.gain = if peak * gain > self.ceiling { self.ceiling / peak } else { gain };
            // The product may round to just above the ceiling.
            *l = (x * self.gain).clamp(-self.ceiling, self.ceiling);
            *r = (y * self.gain).clamp(-self.ceiling, self.ceiling);
        }
        true
    }
}

fn finite(x: f32) -> f32 {
    if x.is_finite() { x } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_above_the_ceiling_and_quiet_sound_is_untouched() {
        let mut ceiling = Ceiling::new(1.0, 48_000.0);
        let quiet = Buffer(core::array::from_fn(|i| (i as f32 / 64.0) - 0.5));
        let (mut l, mut r) = (quiet, quiet);
        assert!(!ceiling.process(&mut l, &mut r));
        assert_eq!(l, quiet);
        let mut loud = Buffer(core::array::from_fn(|i| 1000.0 * (i as f32 - 32.0)));
        loud.0[7] = f32::NAN;
        let mut other = quiet;
        assert!(ceiling.process(&mut loud, &mut other));
        assert!(loud.0.iter().chain(&other.0).all(|x| x.abs() <= 1.0));
    }
}
