//! Delay lines, one a lane, read between the frames by a cubic through four of them.

/// The last frames of one lane, in a ring whose size is a power of two.
pub struct Ring {
    frames: Box<[f32]>,
    at: usize,
}

impl Ring {
    /// Room for delays of up to `longest` frames.
    #[must_use]
    pub fn new(longest: usize) -> Ring {
        Ring { frames: vec![0.0; (longest + 4).next_power_of_two()].into(), at: 0 }
    }

    /// Longest delay that [`read`](Ring::read) can give, in frames.
    #[must_use]
    pub fn longest(&self) -> f32 {
        (self.frames.len() - 4) as f32
    }

    /// Appends a frame.
    #[inline(always)]
    pub fn push(&mut self, x: f32) {
        self.at = (self.at + 1) & (self.frames.len() - 1);
        self.frames[self.at] = x;
    }

    /// The value `delay` frames before the newest frame (which is at 0); `delay` is limited to
    /// 1..=[`longest`](Ring::longest). Third-order Lagrange interpolation (T. Laakso et al., "Splitting the
    /// unit delay", IEEE Signal Processing Magazine 1996).
    #[inline(always)]
    #[must_use]
    pub fn read(&self, delay: f32) -> f32 {
        let delay = if delay > 1.0 { delay } else { 1.0 };
        let delay = if delay < self.longest() { delay } else { self.longest() };
        let whole = delay as usize;
        let t = delay - whole as f32;
        let mask = self.frames.len() - 1;
        let from = self.at.wrapping_sub(whole);
        let x = |k: usize| self.frames[from.wrapping_add(1).wrapping_sub(k) & mask];
        let (a, b, c, d) = (x(0), x(1), x(2), x(3));
        // Taps at t = -1, 0, 1, 2.
        let (tm, tp, tq) = (t - 1.0, t + 1.0, t - 2.0);
        let wa = t * tm * tq * (-1.0 / 6.0);
        let wb = tp * tm * tq * 0.5;
        let wc = t * tp * tq * -0.5;
        let wd = t * tp * tm * (1.0 / 6.0);
        wa * a + wb * b + (wc * c + wd * d)
    }

    /// Silence.
    pub fn clear(&mut self) {
        self.frames.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_frames_exactly_and_cubics_between() {
        let mut ring = Ring::new(100);
        let cubic = |x: f32| 1.0 + x * (0.5 - x * (0.25 - 0.01 * x));
        for i in 0..300 {
            ring.push(cubic((i - 290) as f32));
        }
        assert_eq!(ring.read(7.0), cubic(2.0));
        for delay in [1.5f32, 3.25, 8.75] {
            let want = cubic(9.0 - delay);
            assert!((ring.read(delay) - want).abs() < 2e-4, "{delay}: {} {want}", ring.read(delay));
        }
    }
}
