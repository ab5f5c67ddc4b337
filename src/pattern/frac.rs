//! Exact rational time: a reduced fraction of two 64-bit integers.

mod arithmetic;
mod decimal;

use std::cmp::Ordering;
use std::fmt;

/// An exact rational number of cycles, always reduced, with a positive denominator.
///
/// Arithmetic never panics: a result whose reduced parts do not fit 64 bits is rounded to the
/// nearest fraction that does (such times are far outside any musical use), and a division by
/// zero saturates to [`Frac::MAX`] or [`Frac::MIN`] (`0/0` is 0).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frac {
    num: i64,
    den: i64,
}

impl Frac {
    /// Zero.
    pub const ZERO: Frac = Frac { num: 0, den: 1 };
    /// One cycle.
    pub const ONE: Frac = Frac { num: 1, den: 1 };
    /// Half a cycle.
    pub const HALF: Frac = Frac { num: 1, den: 2 };
    /// The largest representable time, what overflows saturate to.
    pub const MAX: Frac = Frac { num: i64::MAX, den: 1 };
    /// The smallest representable time.
    pub const MIN: Frac = Frac { num: -i64::MAX, den: 1 };

    /// `num / den`, reduced.
    pub fn new(num: i64, den: i64) -> Frac {
        if den == 1 { Frac { num, den } } else { Frac::reduce(num as i128, den as i128) }
    }

    /// A whole number of cycles.
    pub const fn int(n: i64) -> Frac {
        Frac { num: n, den: 1 }
    }

    /// Numerator of the reduced form; carries the sign.
    pub const fn num(self) -> i64 {
        self.num
    }

    /// Denominator of the reduced form; at least 1.
    pub const fn den(self) -> i64 {
        self.den
    }

    fn reduce(num: i128, den: i128) -> Frac {
        if den == 0 {
            return match num.cmp(&0) {
                Ordering::Greater => Frac::MAX,
                Ordering::Less => Frac::MIN,
                Ordering::Equal => Frac::ZERO,
            };
        }
        let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
        if let (Ok(n), Ok(d)) = (i64::try_from(num), i64::try_from(den)) {
            let g = gcd(n.unsigned_abs(), d as u64) as i64;
            return if g == 1 { Frac { num: n, den: d } } else { Frac { num: n / g, den: d / g } };
        }
        let g = gcd_wide(num.unsigned_abs(), den as u128) as i128;
        let (mut num, mut den) = (num / g, den / g);
        while i64::try_from(num).is_err() || i64::try_from(den).is_err() {
            if den == 1 {
                return if num > 0 { Frac::MAX } else { Frac::MIN };
            }
            num /= 2;
            den = (den / 2).max(1);
        }
        let g = gcd(num.unsigned_abs() as u64, den as u64).max(1) as i64;
        Frac { num: num as i64 / g, den: den as i64 / g }
    }

    /// The fraction that a musician means by a decimal: the simplest one whose nearest double is
    /// `x`, with a denominator up to ten million (`0.1` is 1/10, `0.333` is 333/1000, `1.0 / 3.0`
    /// is 1/3); `None` when `x` is not finite or not below 2^62. Values of 1 or more are scaled
    /// below 1 first, as Strudel's fractions are. (Search through the Stern-Brocot tree with
    /// galloping steps.)
    pub fn from_f64(x: f64) -> Option<Frac> {
        if !x.is_finite() || x.abs() >= 4.6e18 {
            return None;
        }
        if x == libm::trunc(x) {
            return Some(Frac::int(x as i64));
        }
        let mut p = x.abs();
        let mut scale = 1i64;
        if p >= 1.0 {
            scale = 10i64.checked_pow(libm::floor(1.0 + libm::log10(p)) as u32)?;
            p /= scale as f64;
        }
        let (n, d) = decimal::simplest(p);
        let f = Frac::reduce(n as i128 * scale as i128, d as i128);
        Some(if x < 0.0 { -f } else { f })
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// The largest whole number not above this.
    pub fn floor(self) -> Frac {
        Frac::int(self.num.div_euclid(self.den))
    }

    /// The smallest whole number not below this.
    pub fn ceil(self) -> Frac {
        -(-self).floor()
    }

    /// The cycle this time lies in, as an integer.
    pub fn cycle(self) -> i64 {
        self.num.div_euclid(self.den)
    }

    /// The position inside its cycle, 0 inclusive to 1 exclusive.
    pub fn cycle_pos(self) -> Frac {
        Frac { num: self.num.rem_euclid(self.den), den: self.den }
    }

    /// The start of the next cycle.
    pub fn next_cycle(self) -> Frac {
        Frac::int(self.cycle().saturating_add(1))
    }

    /// True when there is no fractional part.
    pub fn is_int(self) -> bool {
        self.den == 1
    }

    /// Absolute value.
    pub fn abs(self) -> Frac {
        Frac { num: self.num.abs(), den: self.den }
    }

    /// The least common multiple of two positive fractions.
    pub fn lcm(self, other: Frac) -> Frac {
        if self.num == 0 || other.num == 0 {
            return Frac::ZERO;
        }
        let g = gcd(self.num.unsigned_abs(), other.num.unsigned_abs()) as i128;
        let n = (self.num as i128 / g) * other.num as i128;
        let d = gcd(self.den as u64, other.den as u64) as i128;
        Frac::reduce(n.abs(), d)
    }

    /// The remainder towards minus infinity, like `rem_euclid` for a positive `m`.
    pub fn rem_floor(self, m: Frac) -> Frac {
        if m.num == 0 { Frac::ZERO } else { self - m * (self / m).floor() }
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    loop {
        b >>= b.trailing_zeros();
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        b -= a;
        if b == 0 {
            return a << shift;
        }
    }
}

fn gcd_wide(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl Ord for Frac {
    fn cmp(&self, o: &Frac) -> Ordering {
        if self.den == o.den {
            return self.num.cmp(&o.num);
        }
        (self.num as i128 * o.den as i128).cmp(&(o.num as i128 * self.den as i128))
    }
}

impl PartialOrd for Frac {
    fn partial_cmp(&self, o: &Frac) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}

impl From<i64> for Frac {
    fn from(n: i64) -> Frac {
        Frac::int(n)
    }
}

impl fmt::Display for Frac {
    /// `3` or `-3/4`, the form of the conformance files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 {
            write!(f, "{}", self.num)
        } else {
            write!(f, "{}/{}", self.num, self.den)
        }
    }
}

impl fmt::Debug for Frac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_the_fraction_that_was_meant() {
        for (x, n, d) in [
            (0.1, 1, 10),
            (1.0 / 3.0, 1, 3),
            (2.5, 5, 2),
            (-0.125, -1, 8),
            (0.333, 333, 1000),
            (0.0003, 3, 10000),
            (1e-6, 1, 1_000_000),
            (12.7, 127, 10),
        ] {
            assert_eq!(Frac::from_f64(x), Some(Frac::new(n, d)), "{x}");
        }
        assert_eq!(Frac::from_f64(f64::NAN), None);
        assert_eq!(Frac::from_f64(1e300), None);
    }

    #[test]
    fn arithmetic_is_exact_and_never_panics() {
        assert_eq!(Frac::new(1, 3) + Frac::new(1, 6), Frac::HALF);
        assert_eq!(Frac::new(-7, 2).floor(), Frac::int(-4));
        assert_eq!(Frac::new(-7, 2).cycle_pos(), Frac::HALF);
        assert_eq!(Frac::new(3, 2).lcm(Frac::int(2)), Frac::int(6));
        assert_eq!(Frac::MAX + Frac::MAX, Frac::MAX);
        assert_eq!(Frac::MIN * Frac::MAX, Frac::MIN);
        assert_eq!(Frac::ONE / Frac::ZERO, Frac::MAX);
        let tiny = Frac::new(1, i64::MAX);
        assert!((tiny * tiny).to_f64() < 1e-18);
    }
}
