//! Which frame the sound is at when: written by the audio thread, read by the threads of MIDI.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// A buffer of the device: when it was asked for, and the frame of the music that it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Microseconds of [`crate::io::audio::micros`] at which it was asked for.
    pub micros: u64,
    /// On a JACK server, the beginning of its cycle in microseconds of JACK's clock.
    pub jack: Option<u64>,
    /// The first frame of the buffer.
    pub frame: u64,
    /// The frames that were asked for.
    pub frames: u32,
    /// Frames a second, in hertz.
    pub rate: u32,
}

/// The newest [`Mark`]. One thread writes, any number read, nobody waits (a sequence lock: H.-J. Boehm, "Can
/// Seqlocks Get Along With Programming Language Memory Models?", 2012).
#[derive(Debug, Default)]
pub struct Timebase {
    turn: AtomicU64,
    micros: AtomicU64,
    frame: AtomicU64,
    /// One more than the beginning of JACK's cycle; 0 for none.
    jack: AtomicU64,
    /// Frames of the buffer, and the rate in the lower half.
    format: AtomicU64,
}

impl Timebase {
    /// Publishes a mark. Audio thread.
    pub fn set(&self, mark: Mark) {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(turn + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.micros.store(mark.micros, Ordering::Relaxed);
        self.frame.store(mark.frame, Ordering::Relaxed);
        self.jack.store(mark.jack.map_or(0, |at| at + 1), Ordering::Relaxed);
        let format = u64::from(mark.frames) << 32 | u64::from(mark.rate);
        self.format.store(format, Ordering::Relaxed);
        self.turn.store(turn + 2, Ordering::Release);
    }

    /// The newest mark; none before the first.
    #[must_use]
    pub fn get(&self) -> Option<Mark> {
        loop {
            let turn = self.turn.load(Ordering::Acquire);
            let (micros, frame) =
                (self.micros.load(Ordering::Relaxed), self.frame.load(Ordering::Relaxed));
            let (jack, format) =
                (self.jack.load(Ordering::Relaxed), self.format.load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if turn.is_multiple_of(2) && turn == self.turn.load(Ordering::Relaxed) {
                let (jack, frames, rate) =
                    (jack.checked_sub(1), (format >> 32) as u32, format as u32);
                return (turn > 0).then_some(Mark { micros, jack, frame, frames, rate });
            }
            std::hint::spin_loop();
        }
    }
}

/// Buffers of JACK that are remembered.
const CYCLES: usize = 8;

/// Finds the frame of the music for the cycles of JACK, exactly: the audio client and the MIDI client see the
/// same cycles, but run in any order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cycles {
    /// Start in microseconds and in frames of JACK, newest first.
    seen: [(u64, u32); CYCLES],
}

impl Cycles {
    /// Takes in the cycle that begins at `micros` with JACK's frame `frame`; gives the frame of the music at its
    /// beginning, if `mark` tells of this cycle or one shortly before, by the clock of JACK.
    pub fn begin(&mut self, micros: u64, frame: u32, mark: Option<Mark>) -> Option<i64> {
        self.seen.copy_within(..CYCLES - 1, 1);
        self.seen[0] = (micros, frame);
        let mark = mark?;
        let begun = mark.jack?;
        let seen = self.seen.iter().filter(|(start, _)| *start > 0);
        let (_, then) = seen.min_by_key(|(start, _)| start.abs_diff(begun))?;
        let passed = frame.wrapping_sub(*then) as i32;
        Some(mark.frame as i64 + i64::from(passed))
    }
}

/// The frame of the music at moments of a clock that is read by hand: what jitters is smoothed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drift {
    /// Frames by which the music is ahead of the clock.
    ahead: Option<f64>,
    last: Option<Mark>,
}

/// A deviation of more seconds is a jump.
const JUMP: f64 = 0.05;
/// Weight of the newest mark.
const WEIGHT: f64 = 0.05;

impl Drift {
    /// The frame at `micros`.
    pub fn frame(&mut self, micros: u64, mark: Option<Mark>) -> Option<f64> {
        let mark = mark?;
        let rate = f64::from(mark.rate);
        let frames = |micros: u64| micros as f64 * rate / 1e6;
        if self.last != Some(mark) {
            self.last = Some(mark);
            let seen = mark.frame as f64 - frames(mark.micros);
            self.ahead = Some(match self.ahead {
                Some(ahead) if (seen - ahead).abs() < JUMP * rate => {
                    ahead + (seen - ahead) * WEIGHT
                }
                _ => seen,
            });
        }
        Some(frames(micros) + self.ahead?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_exact_whichever_client_runs_first() {
        let mut cycles = Cycles::default();
        let cycle = |k: u64| (1_000_000 + k * 1333, (5000 + k * 64) as u32);
        for k in 0..100 {
            let (micros, frame) = cycle(k);
            // The audio client has seen this cycle, or only the one before, and knows nearly when it began.
            for behind in [0, 1.min(k)] {
                let (then, _) = cycle(k - behind);
                let (jack, at) = (Some(then + 9), (k - behind) * 64);
                let mark = Mark { micros: 0, jack, frame: at, frames: 64, rate: 48_000 };
                let got = { cycles }.begin(micros, frame, Some(mark));
                assert_eq!(got, Some(k as i64 * 64), "cycle {k}, {behind} behind");
            }
            cycles.begin(micros, frame, None);
        }
    }

    #[test]
    fn a_counter_of_frames_that_wraps_does_not_matter() {
        let mut cycles = Cycles::default();
        cycles.begin(1000, u32::MAX - 31, None);
        let mark = Mark { micros: 0, jack: Some(1100), frame: 640, frames: 64, rate: 48_000 };
        assert_eq!(cycles.begin(2333, 32, Some(mark)), Some(704));
    }

    #[test]
    fn jitter_is_smoothed_and_jumps_are_followed() {
        let mut drift = Drift::default();
        let mut worst = 0.0_f64;
        for k in 0..400_u64 {
            let jitter = (k * 7919) % 500;
            let mark = Mark {
                micros: k * 1_000 + jitter,
                jack: None,
                frame: k * 48,
                frames: 64,
                rate: 48_000,
            };
            let got = drift.frame(k * 1000, Some(mark)).expect("known");
            if k > 100 {
                worst = worst.max((got + 12.0 - (k * 48) as f64).abs());
            }
        }
        assert!(worst < 6.0, "{worst} frames");
        let mark = Mark { micros: 10_000_000, jack: None, frame: 7, frames: 64, rate: 48_000 };
        let got = drift.frame(10_001_000, Some(mark)).expect("known");
        assert!((got - 55.0).abs() < 1e-6, "{got}");
    }
}
