//! Musical time as frames: tempo, swing, and where the piece stands on the device's time.

use crate::pattern::Frac;
use crate::session::tempo::TempoPoint;
use crate::session::{Session, TempoMap};

/// Turns cycles and beats into frames and back.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    tempo: TempoMap,
    rate: f64,
    /// Beats in a cycle: one cycle is one bar.
    cycle: f64,
    swing: f64,
    swing_unit: f64,
    /// Seconds of the device's time at beat 0. Moves when the tempo is edited while playing.
    origin: f64,
    /// Somebody else gives the tempo, not the piece.
    followed: bool,
}

impl Clock {
    /// The clock of a session that starts at frame 0, at `rate` hertz.
    #[must_use]
    pub fn new(session: &Session, rate: f64) -> Clock {
        Clock {
            tempo: session.tempo.clone(),
            rate,
            cycle: session.meter.quarters(),
            swing: session.swing,
            swing_unit: session.swing_unit.max(1e-3),
            origin: 0.0,
            followed: false,
        }
    }

    /// The clock of a session that stands at `beat` at frame 0.
    #[must_use]
    pub fn starting(session: &Session, rate: f64, beat: f64) -> Clock {
        let clock = Clock::new(session, rate);
        let origin = 0.0 - clock.tempo.seconds_at(beat);
        Clock { origin, ..clock }
    }

    /// The clock of `session` as an edit of this one: at `frame` it stands at the same beat.
    #[must_use]
    pub fn edited(&self, session: &Session, frame: u64) -> Clock {
        let mut clock = Clock::new(session, self.rate);
        if self.followed && session.sync.is_some() {
            (clock.tempo, clock.origin, clock.followed) = (self.tempo.clone(), self.origin, true);
            return clock;
        }
        // Where the tempo is the same, not even a rounding error moves.
        clock.origin = if clock.tempo == self.tempo {
            self.origin
        } else {
            frame as f64 / self.rate - clock.tempo.seconds_at(self.beat(frame))
        };
        clock
    }

    /// The same with the tempo `bpm` from `frame` on, where it is at `beat`; if it `jumps`, that is not where the
    /// music would be.
    #[must_use]
    pub fn stepped(&self, frame: u64, beat: f64, bpm: f64, jumps: bool) -> Clock {
        let point = |beat, bpm| TempoPoint { beat, bpm, ramp: false };
        let before = self.tempo.bpm_at(beat - 1e-6);
        let tempo = if jumps || beat <= 0.0 {
            TempoMap::constant(bpm)
        } else {
            TempoMap::new(vec![point(0.0, before), point(beat, bpm)])
        };
        let origin = frame as f64 / self.rate - tempo.seconds_at(beat);
        Clock { tempo, origin, followed: true, ..self.clone() }
    }

    /// Whether somebody else gives the tempo.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.followed
    }

    /// Beats in a cycle.
    #[must_use]
    pub fn cycle(&self) -> f64 {
        self.cycle
    }

    /// Sample rate in hertz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Seconds of the device's time at beat 0.
    #[must_use]
    pub fn origin(&self) -> f64 {
        self.origin
    }

    /// Beats since the start of the piece at `frame`, swing apart.
    #[must_use]
    pub fn beat(&self, frame: u64) -> f64 {
        self.tempo.beat_at(frame as f64 / self.rate - self.origin)
    }

    /// Beats per minute at `frame`.
    #[must_use]
    pub fn bpm(&self, frame: u64) -> f64 {
        self.tempo.bpm_at(self.beat(frame))
    }

    /// The frame of a moment in cycles, swing included.
    #[must_use]
    pub fn frame(&self, cycles: Frac) -> u64 {
        self.frame_of(self.swung(cycles))
    }

    /// The first frame from `frame` on that is a multiple of `beats` beats.
    #[must_use]
    pub fn next(&self, frame: u64, beats: f64) -> u64 {
        let mut count = (self.beat(frame) / beats).floor();
        loop {
            let at = self.frame_of(count * beats);
            if at >= frame {
                return at;
            }
            count += 1.0;
        }
    }

    /// The last `1/steps` of a cycle from which on nothing is missed that begins at or after `frame`.
    #[must_use]
    pub fn step_before(&self, frame: u64, steps: i64) -> Frac {
        // Swing moves what begins in a pair of units late, inside the pair.
        let swung = if self.swing == 0.0 { 0.0 } else { 2.0 * self.swing_unit };
        let cycles = (self.beat(frame) - swung) / self.cycle;
        let step = (cycles * steps as f64).floor() as i64 - 1;
        Frac::new(step.max(0), steps)
    }

    /// The frame at which the music is at `beat`, swing apart.
    #[must_use]
    pub fn frame_of(&self, beat: f64) -> u64 {
        ((self.tempo.seconds_at(beat) + self.origin) * self.rate).round().max(0.0) as u64
    }

    /// The beat of a moment in cycles, swing included: it moves what lies between two swung units late. The
    /// middle of each pair goes from 1/2 to (1 + swing) / 2 of it, and the rest follows in straight lines.
    #[must_use]
    pub fn swung(&self, cycles: Frac) -> f64 {
        let beat = cycles.to_f64() * self.cycle;
        if self.swing == 0.0 {
            return beat;
        }
        let pair = 2.0 * self.swing_unit;
        let start = (beat / pair).floor() * pair;
        let x = (beat - start) / pair;
        let middle = (1.0 + self.swing.clamp(0.0, 0.99)) / 2.0;
        let y = if x < 0.5 { x * 2.0 * middle } else { middle + (x - 0.5) * 2.0 * (1.0 - middle) };
        start + y * pair
    }
}
