//! A bound on how much a port may say: a loop of cables must not bury everything else.

/// Messages a second that a port may go on saying: three times what fits a MIDI cable (31,250 bits a second).
pub const RATE: f64 = 3000.0;
/// Messages that may come at once.
const BURST: f64 = 3000.0;

/// Counts the messages of a port as they come (a leaky bucket, J. Turner 1986).
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    left: f64,
    at: u64,
    shut: bool,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes.
    Pass,
    /// It is dropped, and it is the first one: what the port holds is to be let go.
    Shut,
    /// It is dropped.
    Drop,
}

impl Default for Limit {
    fn default() -> Self {
        Limit { left: BURST, at: 0, shut: false }
    }
}

impl Limit {
    /// A message at a moment in microseconds. A port that has said too much is heard again once it has been quiet
    /// for a while: until half of the burst is free.
    pub fn count(&mut self, micros: u64) -> Verdict {
        let passed = micros.saturating_sub(self.at) as f64 / 1e6;
        self.at = self.at.max(micros);
        self.left = (self.left + passed * RATE).min(BURST);
        if self.shut && self.left < BURST / 2.0 {
            // What comes meanwhile counts too: a loop does not end by being overheard.
            self.left = (self.left - 1.0).max(0.0);
            return Verdict::Drop;
        }
        self.shut = self.left < 1.0;
        if self.shut {
            return Verdict::Shut;
        }
        self.left -= 1.0;
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(limit: &mut Limit, from: u64, count: u64, every: u64) -> u64 {
        (0..count).filter(|i| limit.count(from + i * every) == Verdict::Pass).count() as u64
    }

    #[test]
    fn a_full_cable_passes_and_a_loop_does_not() {
        // A cable carries 1,042 messages a second at most.
        assert_eq!(passed(&mut Limit::default(), 0, 20_000, 960), 20_000);
        let mut limit = Limit::default();
        let through = passed(&mut limit, 0, 1_000_000, 10);
        assert!(through < 12_000, "100,000 a second for 10 s: {through}");
        assert_eq!(limit.count(10_000_001), Verdict::Drop);
        assert_eq!(
            passed(&mut limit, 11_500_000, 1000, 1000),
            1000,
            "quiet for a while, it is heard"
        );
    }

    #[test]
    fn the_first_that_is_dropped_is_told_apart() {
        let mut limit = Limit::default();
        let shut = (0..10_000).filter(|_| limit.count(5) == Verdict::Shut).count();
        assert_eq!(shut, 1);
    }
}
