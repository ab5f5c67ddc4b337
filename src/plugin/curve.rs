//! How plain values of a parameter map to normalised ones, for the audio thread, which may not ask the plugin.

use serde::{Deserialize, Serialize};

/// The map of one parameter, as [`Plugin::curve`](super::Plugin::curve) gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Curve {
    /// A straight line between the plain values at 0 and at 1.
    Line {
        /// Plain value at 0.
        lowest: f64,
        /// Plain value at 1.
        highest: f64,
    },
    /// Plain values at equal steps of the normalised value, rising or falling throughout.
    Table(Box<[f64]>),
}

/// Steps of a table: an exponential range of three decades is met to 6e-6 of the value.
const STEPS: usize = 1024;

impl Curve {
    /// Reads the map off `plain`, which takes a normalised value. Allocates; main thread.
    #[must_use]
    pub fn read(plain: impl Fn(f64) -> f64) -> Curve {
        let (lowest, highest) = (plain(0.0), plain(1.0));
        let width = highest - lowest;
        let straight = (1..8).all(|k| {
            let x = f64::from(k) / 8.0;
            (plain(x) - (lowest + width * x)).abs() <= 1e-9 * width.abs()
        });
        if straight {
            return Curve::Line { lowest, highest };
        }
        let table: Box<[f64]> = (0..=STEPS).map(|k| plain(k as f64 / STEPS as f64)).collect();
        let rises = table.windows(2).all(|w| w[0] <= w[1]);
        let falls = table.windows(2).all(|w| w[0] >= w[1]);
        let good = (rises || falls) && table.iter().all(|v| v.is_finite());
        if good { Curve::Table(table) } else { Curve::Line { lowest, highest } }
    }

    /// The normalised value of a plain one; what is outside the range is at its end. Audio thread.
    #[must_use]
    pub fn normalise(&self, plain: f64) -> f64 {
        match self {
            Curve::Line { lowest, highest } => {
                let width = highest - lowest;
                if width == 0.0 { 0.0 } else { ((plain - lowest) / width).max(0.0).min(1.0) }
            }
            Curve::Table(table) => {
                let rises = table[0] <= table[table.len() - 1];
                let above = table.partition_point(|&v| if rises { v < plain } else { v > plain });
                if above == 0 {
                    return 0.0;
                }
                if above == table.len() {
                    return 1.0;
                }
                let (a, b) = (table[above - 1], table[above]);
                let inside = if a == b { 1.0 } else { (plain - a) / (b - a) };
                ((above - 1) as f64 + inside) / (table.len() - 1) as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_lines_and_curves_are_met_closely() {
        let line = Curve::read(|x| -60.0 + 72.0 * x);
        assert_eq!(line, Curve::Line { lowest: -60.0, highest: 12.0 });
        assert_eq!((line.normalise(-24.0), line.normalise(99.0)), (0.5, 1.0));
        let plain = |x: f64| 20.0 * libm::pow(1000.0, x);
        let curve = Curve::read(plain);
        for k in 0..=777 {
            let x = f64::from(k) / 777.0;
            let error = (plain(curve.normalise(plain(x))) / plain(x) - 1.0).abs();
            assert!(error < 7e-6, "{x}: {error}");
        }
        let falling = Curve::read(|x| 1.0 / (x + 0.1));
        assert!((falling.normalise(1.0 / 0.6) - 0.5).abs() < 1e-4);
        assert_eq!((falling.normalise(11.0), falling.normalise(0.1)), (0.0, 1.0));
    }
}
