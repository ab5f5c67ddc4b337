//! What turns the gain that peaks need into a gain that moves smoothly: a sliding minimum, a moving average.

/// Fixed-point one of the moving average, whose sum must not drift.
const UNIT: f32 = 1_073_741_824.0;

/// The least of the last `window` values (D. Lemire, "Streaming Maximum-Minimum Filter Using No More than
/// Three Comparisons per Element", 2006).
pub(super) struct SlidingMinimum {
    /// Rising values and when they came, in a ring.
    ring: Vec<(u64, f32)>,
    first: usize,
    count: usize,
    now: u64,
    window: u64,
}

impl SlidingMinimum {
    pub(super) fn new(window: usize) -> SlidingMinimum {
        let ring = vec![(0, 1.0); window + 1];
        SlidingMinimum { ring, first: 0, count: 0, now: 0, window: window as u64 }
    }

    /// Takes the next value; the least of the window with it.
    pub(super) fn push(&mut self, x: f32) -> f32 {
        let size = self.ring.len();
        while self.count > 0 && self.ring[(self.first + self.count - 1) % size].1 >= x {
            self.count -= 1;
        }
        self.ring[(self.first + self.count) % size] = (self.now, x);
        self.count += 1;
        self.now += 1;
        if self.ring[self.first].0 + self.window < self.now {
            self.first = (self.first + 1) % size;
            self.count -= 1;
        }
        self.ring[self.first].1
    }

    pub(super) fn reset(&mut self) {
        self.count = 0;
    }
}

/// Mean of the last values of a gain, 0..1, summed in integers.
pub(super) struct MovingAverage {
    ring: Vec<i64>,
    at: usize,
    sum: i64,
}

impl MovingAverage {
    pub(super) fn new(length: usize) -> MovingAverage {
        let mut average = MovingAverage { ring: vec![0; length], at: 0, sum: 0 };
        average.reset();
        average
    }

    /// Takes the next value, 0..1; the mean with it.
    pub(super) fn push(&mut self, x: f32) -> f32 {
        let new = (x * UNIT) as i64;
        self.sum += new - std::mem::replace(&mut self.ring[self.at], new);
        self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
        (self.sum / self.ring.len() as i64) as f32 / UNIT
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(UNIT as i64);
        self.sum = UNIT as i64 * self.ring.len() as i64;
    }
}
