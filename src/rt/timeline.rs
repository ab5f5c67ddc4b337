//! Frames to beats on the audio thread: the tempo map as a flat table of stretches.

use crate::dsp::unit::Meta;

/// A stretch of time in which the tempo holds or moves in a straight line over beats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Seconds from the start at which it begins.
    pub seconds: f64,
    /// Beats from the start at which it begins.
    pub beat: f64,
    /// Beats per minute where it begins.
    pub bpm: f64,
    /// Beats per minute gained per beat.
    pub slope: f64,
}

impl Stretch {
    /// Beats since the start at `seconds`.
    fn beat_at(&self, seconds: f64) -> f64 {
        let dt = seconds - self.seconds;
        if self.slope.abs() < 1e-12 {
            return self.beat + dt * self.bpm / 60.0;
        }
        self.beat + libm::expm1(dt * self.slope / 60.0) * self.bpm / self.slope
    }
}

/// The tempo of a whole piece at a sample rate. Read on the audio thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    rate: f64,
    beats_per_bar: f64,
    stop: u64,
    /// Seconds of the device's time at beat 0.
    origin: f64,
    stretches: Vec<Stretch>,
    /// The stretch that was used last: time mostly goes forward.
    at: usize,
}

impl Timeline {
    /// A timeline of `stretches` (sorted, the first at 0 s) at `rate` hertz.
    #[must_use]
    pub fn new(rate: f64, beats_per_bar: f64, stretches: Vec<Stretch>) -> Timeline {
        Timeline { rate, beats_per_bar, stop: u64::MAX, origin: 0.0, stretches, at: 0 }
    }

    /// Sets the frame from which sources that play by themselves are silent.
    pub fn stop_at(&mut self, frame: u64) {
        self.stop = frame;
    }

    /// Sets the seconds of the device's time at beat 0.
    pub fn start_at(&mut self, origin: f64) {
        self.origin = origin;
    }

    /// Sample rate in hertz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    fn locate(&mut self, seconds: f64) -> Stretch {
        if seconds < self.stretches[self.at].seconds {
            self.at = 0;
        }
        while self.stretches.get(self.at + 1).is_some_and(|s| s.seconds <= seconds) {
            self.at += 1;
        }
        self.stretches[self.at]
    }

    /// What units and processors are told about the range of `frames` frames from `frame`.
    #[must_use]
    pub fn meta(&mut self, frame: u64, frames: usize) -> Meta {
        let seconds = frame as f64 / self.rate - self.origin;
        let here = self.locate(seconds);
        let beat = here.beat_at(seconds);
        let end = (frame + frames as u64) as f64 / self.rate - self.origin;
        let beat_end = self.locate(end).beat_at(end);
        let bpm = here.bpm + here.slope * (beat - here.beat);
        let (rate, beats_per_bar, stop) = (self.rate, self.beats_per_bar, self.stop);
        Meta { rate, frame, seconds, beat, beat_end, bpm, beats_per_bar, stop }
    }
}

/// The part of `meta` that covers `frames` frames from `start` of a block of `of` frames: the tempo is
/// taken as steady inside a block (64 frames), which every reader of the block does alike.
#[must_use]
pub fn part(meta: &Meta, start: usize, frames: usize, of: usize) -> Meta {
    let per = (meta.beat_end - meta.beat) / of as f64;
    let beat = meta.beat + per * start as f64;
    let seconds = meta.seconds + start as f64 / meta.rate;
    let (frame, beat_end) = (meta.frame + start as u64, beat + per * frames as f64);
    Meta { frame, seconds, beat, beat_end, ..*meta }
}
