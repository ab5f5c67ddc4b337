//! Sums, products and quotients of exact fractions.

use super::Frac;
use std::ops::{Add, Div, Mul, Neg, Sub};

impl Add for Frac {
    type Output = Frac;
    fn add(self, o: Frac) -> Frac {
        if o.den == 1 || self.den == 1 {
            // Adding a whole number keeps a fraction reduced: no gcd needed.
            let (whole, part) = if o.den == 1 { (o.num, self) } else { (self.num, o) };
            if let Some(num) = whole.checked_mul(part.den).and_then(|w| w.checked_add(part.num)) {
                return Frac { num, den: part.den };
            }
        }
        if self.den == o.den {
            return Frac::reduce(self.num as i128 + o.num as i128, self.den as i128);
        }
        Frac::reduce(
            self.num as i128 * o.den as i128 + o.num as i128 * self.den as i128,
            self.den as i128 * o.den as i128,
        )
    }
}

impl Sub for Frac {
    type Output = Frac;
    fn sub(self, o: Frac) -> Frac {
        self + -o
    }
}

impl Neg for Frac {
    type Output = Frac;
    fn neg(self) -> Frac {
        Frac { num: self.num.saturating_neg(), den: self.den }
    }
}

impl Mul for Frac {
    type Output = Frac;
    fn mul(self, o: Frac) -> Frac {
        if self.den == 1
            && o.den == 1
            && let Some(num) = self.num.checked_mul(o.num)
        {
            return Frac { num, den: 1 };
        }
        Frac::reduce(self.num as i128 * o.num as i128, self.den as i128 * o.den as i128)
    }
}

impl Div for Frac {
    type Output = Frac;
    fn div(self, o: Frac) -> Frac {
        if o.num == 1 && o.den == 1 {
            return self;
        }
        Frac::reduce(self.num as i128 * o.den as i128, self.den as i128 * o.num as i128)
    }
}
