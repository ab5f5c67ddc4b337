//! Continuous patterns: a value at every moment, sampled at the begin of what is asked for.

use super::core::Pattern;
use super::sequence;

/// From 0 up to 1 in each cycle.
pub fn saw() -> Pattern {
    Pattern::signal(|t, _| t % 1.0)
}

/// From 1 down to 0 in each cycle.
pub fn isaw() -> Pattern {
    Pattern::signal(|t, _| 1.0 - t % 1.0)
}

/// A sine between 0 and 1 that starts at 0.5, rising.
pub fn sine() -> Pattern {
    Pattern::signal(|t, _| (libm::sin(std::f64::consts::PI * 2.0 * t) + 1.0) / 2.0)
}

/// A sine a quarter of a cycle ahead.
pub fn cosine() -> Pattern {
    sine().early(super::frac::Frac::new(1, 4))
}

/// 0 in the first half of each cycle, 1 in the second.
pub fn square() -> Pattern {
    Pattern::signal(|t, _| libm::floor((t * 2.0) % 2.0))
}

/// From 0 up to 1 and down again in each cycle.
pub fn tri() -> Pattern {
    sequence::fastcat(vec![saw(), isaw()])
}

/// From 1 down to 0 and up again in each cycle.
pub fn itri() -> Pattern {
    sequence::fastcat(vec![isaw(), saw()])
}

/// The time itself, in cycles.
pub fn time() -> Pattern {
    Pattern::signal(|t, _| t)
}

impl Pattern {
    /// Numbers from 0..1 to -1..1.
    pub fn to_bipolar(&self) -> Pattern {
        self.map(|v| (v.as_num().unwrap_or(f64::NAN) * 2.0 - 1.0).into())
    }

    /// Numbers from -1..1 to 0..1.
    pub fn from_bipolar(&self) -> Pattern {
        self.map(|v| ((v.as_num().unwrap_or(f64::NAN) + 1.0) / 2.0).into())
    }
}
