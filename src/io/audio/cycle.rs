//! When the cycle of JACK began whose buffer is asked for, whenever its callback gets to run.

/// Callbacks after which an older longest time is forgotten.
const WINDOW: u32 = 512;

/// Finds the beginning of the cycle from what a callback is told: when it began to run, which on a busy machine may be
/// cycles late, and when its buffer will be heard, which is always as long after the beginning. That time is the
/// longest between both: that of a callback that ran at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beginning {
    /// Longest microseconds from call to sound, of this window and of the one before.
    longest: [u64; 2],
    calls: u32,
}

impl Beginning {
    /// The beginning of the cycle of a callback that runs at `call` and is heard at `sound`, in microseconds.
    pub fn of(&mut self, call: u64, sound: u64) -> u64 {
        if self.calls == WINDOW {
            (self.longest, self.calls) = ([0, self.longest[0]], 0);
        }
        self.calls += 1;
        self.longest[0] = self.longest[0].max(sound.saturating_sub(call));
        sound.saturating_sub(self.longest[0].max(self.longest[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_callback_belongs_to_its_own_cycle() {
        let mut beginning = Beginning::default();
        for k in 0..5000_u64 {
            let start = 1_000_000 + k * 1333;
            // Each hundredth callback runs up to three cycles late.
            let late = if k % 100 == 99 { 1000 + k % 3000 } else { k % 40 };
            assert_eq!(beginning.of(start + late, start + 5333), start, "cycle {k}");
        }
    }

    #[test]
    fn another_latency_is_learnt() {
        let mut beginning = Beginning::default();
        (0..2000_u64).for_each(|k| assert!(beginning.of(k * 1333, k * 1333 + 9000) == k * 1333));
        (2000..3200_u64).for_each(|k| {
            beginning.of(k * 1333, k * 1333 + 4000);
        });
        assert_eq!(beginning.of(9_000_000, 9_004_000), 9_000_000);
    }
}
