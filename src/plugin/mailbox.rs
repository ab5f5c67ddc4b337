//! Newest values of parameters on their way to another thread: no lock, no memory, no order but the index's.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A value a parameter; a later one takes the place of one that was not fetched yet.
pub struct Mailbox {
    values: Box<[AtomicU64]>,
    fresh: Box<[AtomicU64]>,
    any: AtomicBool,
}

impl Mailbox {
    /// For so many parameters.
    pub fn new(parameters: usize) -> Mailbox {
        Mailbox {
            values: (0..parameters).map(|_| AtomicU64::new(0)).collect(),
            fresh: (0..parameters.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            any: AtomicBool::new(false),
        }
    }

    /// Leaves a value; nothing happens if there is no such parameter.
    pub fn put(&self, index: u32, value: f64) {
        let Some(place) = self.values.get(index as usize) else { return };
        place.store(value.to_bits(), Ordering::Relaxed);
        self.fresh[index as usize / 64].fetch_or(1 << (index % 64), Ordering::Release);
        self.any.store(true, Ordering::Release);
    }

    /// Whether a value of this parameter is waiting.
    pub fn has(&self, index: u32) -> bool {
        let word = self.fresh.get(index as usize / 64);
        word.is_some_and(|bits| bits.load(Ordering::Acquire) & (1 << (index % 64)) != 0)
    }

    /// Whether a value may be waiting.
    pub fn waits(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Fetches at most `most` values, lowest index first; the rest waits.
    pub fn take(&self, most: usize, mut f: impl FnMut(u32, f64)) {
        if !self.any.swap(false, Ordering::AcqRel) {
            return;
        }
        let mut left = most;
        for (word, bits) in self.fresh.iter().enumerate() {
            let mut set = bits.load(Ordering::Acquire);
            while set != 0 {
                if left == 0 {
                    self.any.store(true, Ordering::Release);
                    return;
                }
                let bit = set.trailing_zeros();
                set &= set - 1;
                // Cleared before it is read: a value that comes in between is fetched again.
                bits.fetch_and(!(1 << bit), Ordering::AcqRel);
                let index = word as u32 * 64 + bit;
                let value = self.values[index as usize].load(Ordering::Relaxed);
                f(index, f64::from_bits(value));
                left -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_values_come_once_in_order() {
        let mailbox = Mailbox::new(200);
        let mut got = Vec::new();
        mailbox.take(10, |i, v| got.push((i, v)));
        assert!(got.is_empty() && !mailbox.waits());
        for (i, v) in [(130, 1.0), (3, 2.0), (130, 3.0), (500, 4.0), (199, 5.0)] {
            mailbox.put(i, v);
        }
        mailbox.take(2, |i, v| got.push((i, v)));
        assert_eq!(got, [(3, 2.0), (130, 3.0)]);
        assert!(mailbox.waits());
        mailbox.take(2, |i, v| got.push((i, v)));
        assert_eq!(got.last(), Some(&(199, 5.0)));
        assert_eq!(got.len(), 3);
    }
}
