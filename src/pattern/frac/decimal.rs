//! The fraction that a decimal number means.

/// The largest denominator that is looked for.
const FAREY_LIMIT: i64 = 10_000_000;

/// The first node of the Stern-Brocot tree of (0, 1) that rounds to `p`.
pub(super) fn simplest(p: f64) -> (i64, i64) {
    let (mut a, mut b, mut c, mut d) = (0i64, 1i64, 1i64, 1i64);
    let mut last = (0, 1);
    while b <= FAREY_LIMIT && d <= FAREY_LIMIT {
        let mid = (a + c) as f64 / (b + d) as f64;
        if p == mid {
            return if b + d <= FAREY_LIMIT {
                (a + c, b + d)
            } else if d > b {
                (c, d)
            } else {
                (a, b)
            };
        }
        // How many steps go the same way: mediants move monotonically, so gallop and bisect.
        let right = p > mid;
        let beyond = |k: i64| {
            let m = if right {
                (a + k * c) as f64 / (b + k * d) as f64
            } else {
                (c + k * a) as f64 / (d + k * b) as f64
            };
            let den = if right { b + (k - 1) * d } else { d + (k - 1) * b };
            den <= FAREY_LIMIT && if right { p > m } else { p < m }
        };
        let (mut lo, mut hi) = (1i64, 2i64);
        while beyond(hi) {
            lo = hi;
            hi *= 2;
        }
        while hi - lo > 1 {
            let k = (lo + hi) / 2;
            if beyond(k) { lo = k } else { hi = k }
        }
        if right {
            a += lo * c;
            b += lo * d;
        } else {
            c += lo * a;
            d += lo * b;
        }
        last = if b > FAREY_LIMIT { (c, d) } else { (a, b) };
    }
    last
}
