//! From the position of a knob to the value that it sets, and back.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The way between the two ends of a knob.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taper {
    /// Even steps.
    #[default]
    Linear,
    /// Even ratios; straight where an end is not above 0.
    Exp,
    /// Fast at first: the mirror image of even ratios over two decades.
    Log,
    /// So many values, from one end to the other.
    Stepped(u16),
}

/// Ratio of the slopes at the two ends of [`Taper::Log`].
const DECADES: f64 = 100.0;

impl Taper {
    /// Reads `linear`, `exp`, `log` or `stepped(n)`.
    #[must_use]
    pub fn read(text: &str) -> Option<Taper> {
        match text {
            "linear" | "lin" => Some(Taper::Linear),
            "exp" => Some(Taper::Exp),
            "log" => Some(Taper::Log),
            _ => {
                let steps = text.strip_prefix("stepped(")?.strip_suffix(')')?.trim().parse();
                steps.ok().filter(|n| (2..=1024).contains(n)).map(Taper::Stepped)
            }
        }
    }

    /// The value at `place` (0..1) between `lo` and `hi`.
    #[must_use]
    pub fn value(self, place: f64, (lo, hi): (f64, f64)) -> f64 {
        let x = place.clamp(0.0, 1.0);
        let x = match self {
            Taper::Exp if lo > 0.0 && hi > 0.0 => return lo * libm::pow(hi / lo, x),
            Taper::Linear | Taper::Exp => x,
            Taper::Log => libm::log(1.0 + x * (DECADES - 1.0)) / libm::log(DECADES),
            Taper::Stepped(n) => {
                let last = f64::from(n.max(2)) - 1.0;
                (libm::floor(x * (last + 1.0)).min(last)) / last
            }
        };
        lo + (hi - lo) * x
    }

    /// The place (0..1) at which `value` stands, or the nearest end: the inverse of [`value`](Taper::value), in
    /// the middle of a step.
    #[must_use]
    pub fn place(self, value: f64, (lo, hi): (f64, f64)) -> f64 {
        if lo == hi {
            return 0.0;
        }
        if self == Taper::Exp && lo > 0.0 && hi > 0.0 {
            let value = value.clamp(lo.min(hi), lo.max(hi));
            return libm::log(value / lo) / libm::log(hi / lo);
        }
        let x = ((value - lo) / (hi - lo)).clamp(0.0, 1.0);
        match self {
            Taper::Linear | Taper::Exp => x,
            Taper::Log => (libm::pow(DECADES, x) - 1.0) / (DECADES - 1.0),
            Taper::Stepped(n) => {
                let count = f64::from(n.max(2));
                (libm::round(x * (count - 1.0)) + 0.5) / count
            }
        }
    }
}

impl fmt::Display for Taper {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Taper::Linear => f.write_str("linear"),
            Taper::Exp => f.write_str("exp"),
            Taper::Log => f.write_str("log"),
            Taper::Stepped(n) => write!(f, "stepped({n})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_taper_reaches_its_ends_and_can_be_inverted() {
        for taper in [Taper::Linear, Taper::Exp, Taper::Log, Taper::Stepped(5)] {
            for ends in [(200.0, 8000.0), (8000.0, 200.0), (0.0, 1.0), (-1.0, 1.0)] {
                assert!((taper.value(0.0, ends) - ends.0).abs() < 1e-9, "{taper} {ends:?}");
                assert!((taper.value(1.0, ends) - ends.1).abs() < 1e-9, "{taper} {ends:?}");
                for i in 0..=20 {
                    let value = taper.value(f64::from(i) / 20.0, ends);
                    let again = taper.value(taper.place(value, ends), ends);
                    assert!((again - value).abs() < 1e-6, "{taper} {ends:?} {value} {again}");
                }
            }
            assert_eq!(Taper::read(&taper.to_string()), Some(taper));
        }
        assert!((Taper::Exp.value(0.5, (100.0, 10_000.0)) - 1000.0).abs() < 1e-6);
        assert!((Taper::Stepped(3).value(0.5, (0.0, 10.0)) - 5.0).abs() < 1e-9);
        assert!(Taper::Log.value(0.5, (0.0, 1.0)) > 0.8);
    }
}
