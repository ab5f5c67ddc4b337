//! Reading a sound at any speed, in either direction, with a loop.

use crate::nodes::table::Sample;

/// A place in a sound, between two frames, and how it moves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Playhead {
    /// In frames.
    position: f64,
    /// First frame and the one after the last.
    begin: usize,
    end: usize,
    /// First frame of the loop and the one after its last.
    looped: Option<(usize, usize)>,
    /// Whether it has been round the loop, so that what is before the loop is its end.
    round: bool,
    reverse: bool,
}

impl Playhead {
    /// At the beginning of frames `begin..end`, or at the end if it plays in `reverse`.
    pub fn new(
        begin: usize,
        end: usize,
        looped: Option<(usize, usize)>,
        reverse: bool,
    ) -> Playhead {
        let looped = looped.filter(|(start, stop)| begin < *stop && *stop <= end && start < stop);
        let looped = if reverse { None } else { looped };
        let position = if reverse { end.saturating_sub(1) as f64 } else { begin as f64 };
        Playhead { position, begin, end, looped, round: false, reverse }
    }

    /// Both channels at the place where it is.
    #[inline(always)]
    pub fn read(&self, sample: &Sample) -> (f32, f32) {
        // Truncation is the floor here but for what lies before the beginning.
        let at = self.position as i64 - i64::from(self.position < 0.0);
        let t = (self.position - at as f64) as f32;
        let left = self.channel(&sample.channels[0], at, t);
        match sample.channels.get(1) {
            Some(right) => (left, self.channel(right, at, t)),
            None => (left, left),
        }
    }

    #[inline(always)]
    fn channel(&self, x: &[f32], at: i64, t: f32) -> f32 {
        if t == 0.0 {
            return self.frame(x, at);
        }
        let first = at - 2;
        let inside = first >= self.begin as i64
            && at + 3 < self.end as i64
            && self.looped.is_none_or(|(start, stop)| {
                at + 3 < stop as i64 && (!self.round || first >= start as i64)
            });
        let points = if inside {
            let first = first as usize;
            match x[first..].first_chunk::<6>() {
                Some(points) => *points,
                None => [0.0; 6],
            }
        } else {
            std::array::from_fn(|i| self.frame(x, first + i as i64))
        };
        hermite6(points, t)
    }

    /// One frame, round the loop if there is one; zero outside.
    #[inline(always)]
    fn frame(&self, x: &[f32], mut at: i64) -> f32 {
        if let Some((start, stop)) = self.looped {
            let length = (stop - start) as i64;
            if at >= stop as i64 {
                at = start as i64 + (at - start as i64) % length;
            } else if self.round && at < start as i64 {
                at += length;
            }
        }
        if at < self.begin as i64 || at >= self.end as i64 {
            return 0.0;
        }
        x.get(at as usize).copied().unwrap_or(0.0)
    }

    /// Moves on by `step` frames.
    #[inline(always)]
    pub fn advance(&mut self, step: f64) {
        self.position += if self.reverse { -step } else { step };
        if let Some((start, stop)) = self.looped
            && self.position >= stop as f64
        {
            let length = (stop - start) as f64;
            let over = self.position - start as f64;
            self.position = start as f64 + over - libm::floor(over / length) * length;
            self.round = true;
        }
    }

    /// Frames until it ends; infinite in a loop.
    #[inline(always)]
    pub fn left(&self) -> f64 {
        match (self.looped, self.reverse) {
            (Some(_), _) => f64::INFINITY,
            (None, false) => self.end as f64 - self.position,
            (None, true) => self.position - self.begin as f64 + 1.0,
        }
    }
}

/// Six-point, fifth-order Hermite polynomial: the value at `t` (0..1) between the third and the fourth
/// point. O. Niemitalo, "Polynomial Interpolators for High-Quality Resampling of Oversampled Audio", 2001.
#[inline(always)]
pub(super) fn hermite6([a, b, c, d, e, f]: [f32; 6], t: f32) -> f32 {
    let c1 = (a - e) * (1.0 / 12.0) + (d - b) * (2.0 / 3.0);
    let c2 = b * (13.0 / 12.0) - c * (25.0 / 12.0) + d * 1.5 - e * (11.0 / 24.0) + f * (1.0 / 12.0)
        - a * 0.125;
    let c3 = c * (5.0 / 12.0) - d * (7.0 / 12.0) + e * (7.0 / 24.0) - (a + b + f) * (1.0 / 24.0);
    let c4 =
        a * 0.125 - b * (7.0 / 12.0) + c * (13.0 / 12.0) - d + e * (11.0 / 24.0) - f * (1.0 / 12.0);
    let c5 = (f - a) * (1.0 / 24.0) + (b - e) * (5.0 / 24.0) + (d - c) * (5.0 / 12.0);
    ((((c5 * t + c4) * t + c3) * t + c2) * t + c1) * t + c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpolator_is_exact_for_cubics_and_meets_its_points() {
        let curve = |x: f32| 0.3 + x * (0.5 - x * (0.2 + 0.1 * x));
        let points = std::array::from_fn(|i| curve(i as f32 - 2.0));
        for t in [0.0, 0.25, 0.5, 0.75, 1.0] {
            assert!((hermite6(points, t) - curve(t)).abs() < 1e-5, "{t}");
        }
        let rough = [0.3, -0.7, 0.9, -0.2, 0.5, -1.0];
        assert_eq!(hermite6(rough, 0.0), 0.9);
        assert!((hermite6(rough, 1.0) + 0.2).abs() < 1e-6);
    }
}
