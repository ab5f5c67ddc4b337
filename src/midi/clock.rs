//! MIDI clock as it comes in: 24 ticks a quarter note, filtered until their tempo is steady.
//!
//! A delay-locked loop of second order (F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005).
//! Until it has seen enough ticks for its bandwidth, its gains are those of a line through all of them (the growing
//! memory filter of least squares: E. Brookner, "Tracking and Kalman Filtering Made Easy", 1998, 1.2.10), so that it
//! locks within a beat and is steady within some.

/// Ticks of a quarter note.
pub const TICKS: f64 = 24.0;
/// 2 pi times the bandwidth, in ticks: 0.11 Hz at 120 bpm.
const OMEGA: f64 = 0.015;
/// Ticks from which the tempo is told.
const KNOWN: u32 = 12;
/// Ticks that may be missing before the clock counts as lost.
const MISSING: f64 = 8.0;
/// Tempi that are believed, in beats a minute.
const RANGE: (f64, f64) = (20.0, 400.0);

/// What a message of the clock means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beat {
    /// A tick.
    Tick,
    /// The first tick after start or continue: the music is at this many quarter notes now.
    Go(f64),
    /// The music stops here.
    Stop,
}

/// Follows a clock. Fed with messages and their times, in seconds; pure, so any thread may do so.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockIn {
    /// Ticks since the loop was opened.
    seen: u32,
    /// Filtered time of the last tick, in seconds.
    time: f64,
    /// Filtered seconds from tick to tick.
    period: f64,
    /// The same when it was steady last.
    known: Option<f64>,
    /// Place of the last tick, in ticks since the beginning of the music.
    place: f64,
    /// Start or continue was heard: the next tick is at this place.
    armed: Option<f64>,
    runs: bool,
    /// It was stopped: ticks go by, the place stays.
    stopped: bool,
    /// Every tick arrives: a gap is another tempo, not ticks that were lost.
    lossless: bool,
    /// Running mean of the errors, in seconds, and of their magnitudes.
    lean: f64,
    spread: f64,
}

impl Default for ClockIn {
    fn default() -> ClockIn {
        ClockIn {
            seen: 0,
            time: 0.0,
            period: 60.0 / 120.0 / TICKS,
            known: None,
            place: 0.0,
            armed: None,
            runs: false,
            stopped: false,
            lossless: false,
            lean: 0.0,
            spread: 0.0,
        }
    }
}

impl ClockIn {
    /// A clock of which no tick is ever lost on the way.
    #[must_use]
    pub fn lossless() -> ClockIn {
        ClockIn { lossless: true, ..ClockIn::default() }
    }

    /// Takes a message in that came at `time` seconds; the meaning of those that are about the clock.
    pub fn feed(&mut self, time: f64, [status, low, high]: [u8; 3]) -> Option<Beat> {
        match status {
            0xf8 => {
                self.tick(time);
                let Some(place) = self.armed.take() else { return Some(Beat::Tick) };
                (self.place, self.runs, self.stopped) = (place, true, false);
                Some(Beat::Go(place / TICKS))
            }
            0xfa => {
                self.armed = Some(0.0);
                None
            }
            0xfb => {
                // Where it stopped, or what the song position has said.
                self.armed.get_or_insert(self.place + 1.0);
                None
            }
            0xfc => {
                let ran = std::mem::take(&mut self.runs);
                (self.armed, self.stopped) = (None, true);
                ran.then_some(Beat::Stop)
            }
            0xf2 => {
                // In sixteenths: six ticks each. Takes effect with continue.
                let place = f64::from(u16::from(high & 127) << 7 | u16::from(low & 127)) * 6.0;
                (self.place, self.stopped) = (place - 1.0, true);
                None
            }
            _ => None,
        }
    }

    fn tick(&mut self, time: f64) {
        if self.seen == 0 || time <= self.time - 1.0 {
            (self.seen, self.time) = (1, time);
            self.go_on(1.0);
            return;
        }
        let since = time - self.time;
        if self.seen == 1 {
            self.period = since.clamp(60.0 / RANGE.1 / TICKS, 60.0 / RANGE.0 / TICKS);
        }
        // Ticks that were lost on the way count.
        let guess = self.seen >= KNOWN && !self.lossless;
        let ticks = if guess { (since / self.period).round().max(1.0) } else { 1.0 };
        let error = since - ticks * self.period;
        self.seen = self.seen.saturating_add(1);
        let n = f64::from(self.seen);
        let (grown_a, grown_b) = (2.0 * (2.0 * n - 1.0) / (n * (n + 1.0)), 6.0 / (n * (n + 1.0)));
        let (a, b) = (grown_a.max(core::f64::consts::SQRT_2 * OMEGA), grown_b.max(OMEGA * OMEGA));
        self.time += ticks * self.period + a * error;
        self.period += b * error / ticks;
        self.go_on(ticks);
        self.lean += (error - self.lean) * 0.2;
        self.spread += (error.abs() - self.spread) * if self.seen < 2 * KNOWN { 0.1 } else { 0.01 };
        if self.seen >= KNOWN {
            self.known = Some(self.period);
        }
        if self.seen >= 2 * KNOWN && self.lean.abs() > 2.0 * self.spread + 0.3e-3 {
            // Another tempo: not jitter any more. The loop is opened again; what was known holds until it is closed.
            (self.seen, self.time, self.lean) = (1, time, 0.0);
        }
    }

    fn go_on(&mut self, ticks: f64) {
        if !self.stopped {
            self.place += ticks;
        }
    }

    /// Beats per minute, once enough ticks have come.
    #[must_use]
    pub fn bpm(&self) -> Option<f64> {
        self.known.map(|period| 60.0 / (period * TICKS))
    }

    /// Quarter notes since the beginning of the music at `time` seconds.
    #[must_use]
    pub fn beat(&self, time: f64) -> f64 {
        let period = self.known.unwrap_or(self.period);
        (self.place + (time - self.time) / period) / TICKS
    }

    /// Filtered time of the last tick, in seconds.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Whether the music runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.runs
    }

    /// Whether start or continue was heard, and when the tick is expected that it means, in seconds, at how many
    /// quarter notes.
    #[must_use]
    pub fn about_to_run(&self) -> Option<(f64, f64)> {
        let place = self.armed?;
        let period = self.known?;
        Some((self.time + period, place / TICKS))
    }

    /// Whether ticks are missing at `time` that should have come.
    #[must_use]
    pub fn is_lost(&self, time: f64) -> bool {
        self.known.is_some_and(|period| time - self.time > MISSING * period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from -1 to 1, always the same (a linear congruential generator).
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> f64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as f64 / f64::from(1u32 << 30) - 1.0
        }
    }

    /// Feeds ticks at `bpm` from `time` on, each late or early by up to `jitter` seconds; calls `look` after each.
    fn ticks(
        clock: &mut ClockIn,
        (time, bpm, count): (f64, f64, usize),
        (noise, jitter): (&mut Noise, f64),
        mut look: impl FnMut(f64, &ClockIn),
    ) -> f64 {
        let period = 60.0 / bpm / TICKS;
        for i in 0..count {
            let at = time + period * i as f64;
            clock.feed(at + jitter * noise.next(), [0xf8, 0, 0]);
            look(at, clock);
        }
        time + period * count as f64
    }

    #[test]
    fn a_jittered_clock_has_a_steady_tempo() {
        for seed in 1..=20 {
            let (mut clock, mut noise) = (ClockIn::default(), Noise(seed));
            let (mut worst, mut late) = (0.0f64, 0.0f64);
            ticks(&mut clock, (0.0, 120.0, 24 * 240), (&mut noise, 2e-3), |at, clock| {
                if at > 5.0 {
                    worst = worst.max((clock.bpm().unwrap_or(0.0) - 120.0).abs());
                    late = late.max((clock.time() - at).abs());
                }
            });
            assert!(worst < 0.05, "seed {seed}: {worst} bpm");
            assert!(late < 0.8e-3, "seed {seed}: {late} s");
        }
    }

    #[test]
    fn it_locks_in_a_beat_and_follows_another_tempo() {
        let (mut clock, mut noise) = (ClockIn::default(), Noise(7));
        let on = ticks(&mut clock, (0.0, 120.0, 24), (&mut noise, 2e-3), |_, _| {});
        assert!((clock.bpm().expect("known") - 120.0).abs() < 1.5, "{:?}", clock.bpm());
        let on = ticks(&mut clock, (on, 120.0, 24 * 16), (&mut noise, 2e-3), |_, _| {});
        let on = ticks(&mut clock, (on, 126.0, 24 * 6), (&mut noise, 2e-3), |_, _| {});
        assert!((clock.bpm().expect("known") - 126.0).abs() < 0.5, "{:?}", clock.bpm());
        let on = ticks(&mut clock, (on, 126.0, 24 * 10), (&mut noise, 2e-3), |_, _| {});
        assert!((clock.bpm().expect("known") - 126.0).abs() < 0.1, "{:?}", clock.bpm());
        ticks(&mut clock, (on, 60.0, 24 * 12), (&mut noise, 2e-3), |_, _| {});
        assert!((clock.bpm().expect("known") - 60.0).abs() < 0.1, "{:?}", clock.bpm());
    }

    #[test]
    fn it_goes_on_while_ticks_are_missing() {
        let (mut clock, mut noise) = (ClockIn::default(), Noise(3));
        clock.feed(0.0, [0xfa, 0, 0]);
        let on = ticks(&mut clock, (0.0, 100.0, 24 * 16), (&mut noise, 1e-3), |_, _| {});
        assert!(!clock.is_lost(on + 0.02) && clock.is_lost(on + 0.5));
        let gap = 60.0 / 100.0 * 7.0;
        let beat = clock.beat(on + gap);
        assert!((beat - 23.0).abs() < 0.01, "{beat}");
        let on = ticks(&mut clock, (on + gap, 100.0, 24), (&mut noise, 1e-3), |_, _| {});
        assert!((clock.beat(on) - 24.0).abs() < 0.01, "{}", clock.beat(on));
        assert!((clock.bpm().expect("known") - 100.0).abs() < 0.1);
    }

    #[test]
    fn start_stop_continue_and_song_position() {
        let mut clock = ClockIn::default();
        let mut at = 0.0;
        let mut say = |clock: &mut ClockIn, bytes| {
            at += 0.02;
            clock.feed(at, bytes)
        };
        let tick = [0xf8, 0, 0];
        assert_eq!(say(&mut clock, tick), Some(Beat::Tick));
        assert_eq!(say(&mut clock, [0xfa, 0, 0]), None);
        assert_eq!(say(&mut clock, tick), Some(Beat::Go(0.0)));
        for _ in 0..24 {
            say(&mut clock, tick);
        }
        assert_eq!(say(&mut clock, [0xfc, 0, 0]), Some(Beat::Stop));
        for _ in 0..100 {
            say(&mut clock, tick);
        }
        assert_eq!(say(&mut clock, [0xfb, 0, 0]), None);
        assert_eq!(say(&mut clock, tick), Some(Beat::Go(25.0 / 24.0)), "where it stopped");
        assert_eq!(say(&mut clock, [0xfc, 0, 0]), Some(Beat::Stop));
        assert_eq!(say(&mut clock, [0xf2, 16, 1]), None);
        assert_eq!(say(&mut clock, [0xfb, 0, 0]), None);
        assert_eq!(say(&mut clock, tick), Some(Beat::Go(36.0)), "144 sixteenths");
    }
}
