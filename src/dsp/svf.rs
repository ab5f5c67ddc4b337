//! The state-variable filter with zero-delay feedback, in eight lanes, and its responses.
//!
//! A. Simper, "Solving the continuous SVF equations using trapezoidal integration and equivalent
//! currents", Cytomic 2013. The states are advanced in a form with a loop of three operations, and the
//! coefficients are made from sine and cosine, so that audio-rate modulation takes one division.

use super::lanes::F8;

/// Settings of a filter at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Corner frequency over the sample rate.
    pub cutoff: F8,
    /// Quality factor.
    pub q: F8,
    /// Boost in decibels, for the responses that have one.
    pub gain_db: F8,
}

/// What multiplies the states and the input: two of the states' loop, and the mix of the response.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coefs {
    /// 2 a1 - 1 of Simper's paper.
    c1: F8,
    /// 2 a2.
    a2: F8,
    /// 2 a3.
    a3: F8,
    /// Weights of input, band and low-pass output (the latter two halved).
    mix: [F8; 3],
}

impl Coefs {
    /// Calls `f` on each pair of coefficients.
    #[inline(always)]
    fn zip(&self, o: &Coefs, f: impl Fn(F8, F8) -> F8) -> Coefs {
        let mix = [f(self.mix[0], o.mix[0]), f(self.mix[1], o.mix[1]), f(self.mix[2], o.mix[2])];
        Coefs { c1: f(self.c1, o.c1), a2: f(self.a2, o.a2), a3: f(self.a3, o.a3), mix }
    }

    /// The step of a straight line to `end` in `frames` frames.
    #[inline(always)]
    #[must_use]
    pub fn step_to(&self, end: &Coefs, frames: usize) -> Coefs {
        let per_frame = 1.0 / frames as f32;
        self.zip(end, |a, b| (b - a) * per_frame)
    }

    /// One step on.
    #[inline(always)]
    #[must_use]
    pub fn plus(&self, step: &Coefs) -> Coefs {
        self.zip(step, |a, b| a + b)
    }
}

/// A response of the filter: which outputs are mixed, and whether it boosts.
pub trait Response: Send {
    /// Whether `gain_db` is used.
    const BOOSTS: bool = false;

    /// For damping `k` (1/q) and amplitude `a` (the square root of the boost): the factor of the cutoff's
    /// tangent, the damping to use, and the weights of input, band and low-pass output.
    fn design(k: F8, a: F8) -> (F8, F8, [F8; 3]);

    /// The output: `mix` of the input and twice the band and low-pass outputs.
    #[inline(always)]
    fn output(mix: &[F8; 3], x: F8, band: F8, low: F8) -> F8 {
        mix[0] * x + mix[1] * band + mix[2] * low
    }
}

/// Coefficients of response `R`; any settings are made safe.
#[inline(always)]
#[must_use]
pub fn coefs<R: Response>(s: &Settings) -> Coefs {
    let k = F8::ONE / s.q.clamp(0.05, 1000.0);
    damped::<R>(s.cutoff, k, s.gain_db)
}

/// The same from a damping instead of a quality factor.
#[inline(always)]
#[must_use]
pub fn damped<R: Response>(cutoff: F8, k: F8, gain_db: F8) -> Coefs {
    let x = cutoff.clamp(1e-5, 0.49);
    let (sin, cos) = (x.sin_quarter(), x.cos_quarter());
    let a = if R::BOOSTS {
        (gain_db.clamp(-60.0, 60.0) * (core::f32::consts::LOG2_10 / 40.0)).exp2()
    } else {
        F8::ONE
    };
    let (scale, k, mix) = R::design(k, a);
    let scale_sin = if R::BOOSTS { sin * scale } else { sin };
    // tan = scale_sin / cos; everything is multiplied by cos^2 to be rid of that division.
    let (ss, sc, cc) = (scale_sin * scale_sin, scale_sin * cos, cos * cos);
    let ksc = k * sc;
    let over = F8::ONE / (cc + ss + ksc);
    Coefs {
        c1: (cc - ss - ksc) * over,
        a2: (sc + sc) * over,
        a3: (ss + ss) * over,
        mix: [mix[0], mix[1] * 0.5, mix[2] * 0.5],
    }
}

/// The two states, in eight lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    s1: F8,
    s2: F8,
}

impl State {
    /// One frame through the filter.
    #[inline(always)]
    pub fn next<R: Response>(&mut self, x: F8, c: &Coefs) -> F8 {
        let (s1, s2) = (self.s1, self.s2);
        let v = x - s2;
        self.s1 = c.c1 * s1 + c.a2 * v;
        self.s2 = (s2 + c.a2 * s1) + c.a3 * v;
        R::output(&c.mix, x, self.s1 + s1, self.s2 + s2)
    }

    /// Clears a lane.
    pub fn reset(&mut self, lane: usize) {
        self.s1.0[lane] = 0.0;
        self.s2.0[lane] = 0.0;
    }

    /// Replaces what has decayed below hearing (-400 dB) by zero, before it becomes denormal.
    #[inline(always)]
    pub fn flush(&mut self) {
        self.s1 = self.s1.flushed();
        self.s2 = self.s2.flushed();
    }
}
