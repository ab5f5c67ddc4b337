//! Musical time that somebody else gives: steps of tempo and place, in place of the tempo of the piece.

use super::timeline::Timeline;
use crate::dsp::unit::Meta;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// From a frame on, the music goes at another tempo or from another place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The frame.
    pub frame: u64,
    /// Beats since the start at that frame.
    pub beat: f64,
    /// Beats per minute; `None` gives time back to the piece.
    pub bpm: Option<f64>,
    /// The beat is not the one that the steps before lead to.
    pub jumps: bool,
}

/// Steps that can wait.
const STEPS: usize = 64;

/// The steps of a performance. Belongs to the renderer, so that edits leave it alone.
pub struct Pace {
    /// The one that holds first, then those to come.
    steps: VecDeque<Step>,
}

impl Pace {
    /// Time as the piece has it. Control thread.
    #[must_use]
    pub fn new() -> Pace {
        Pace { steps: VecDeque::with_capacity(STEPS) }
    }

    /// Takes a step in, behind those before its frame; what was to come from there on is dropped. Audio thread.
    pub fn push(&mut self, step: Step) {
        while self.steps.back().is_some_and(|last| last.frame >= step.frame) {
            self.steps.pop_back();
        }
        if self.steps.len() < STEPS {
            self.steps.push_back(step);
        }
    }

    /// Leaves behind what is over at `frame`.
    pub(super) fn advance(&mut self, frame: u64) {
        while self.steps.get(1).is_some_and(|next| next.frame <= frame) {
            self.steps.pop_front();
        }
    }

    /// What units are told about `frames` frames from `frame`: of `timeline`, unless somebody else gives the time.
    pub(super) fn meta(&self, timeline: &mut Timeline, frame: u64, frames: usize) -> Meta {
        let meta = timeline.meta(frame, frames);
        let Some(at) = self.steps.iter().rposition(|step| step.frame <= frame) else { return meta };
        let step = &self.steps[at];
        let Some(bpm) = step.bpm else { return meta };
        let beat_at = |step: &Step, bpm: f64, at: u64| {
            step.beat + (at as f64 - step.frame as f64) * bpm / (60.0 * meta.rate)
        };
        let end = frame + frames as u64;
        let beat_end = match self.steps.get(at + 1) {
            Some(Step { bpm: Some(then), jumps: false, frame, .. }) if *frame < end => {
                beat_at(&self.steps[at + 1], *then, end)
            }
            _ => beat_at(step, bpm, end),
        };
        Meta { beat: beat_at(step, bpm, frame), beat_end, bpm, ..meta }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Pace::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::timeline::Stretch;

    #[test]
    fn steps_hold_from_their_frames_and_time_never_jumps_unless_it_is_told_to() {
        let stretch = Stretch { seconds: 0.0, beat: 0.0, bpm: 120.0, slope: 0.0 };
        let mut timeline = Timeline::new(48_000.0, 4.0, vec![stretch]);
        let mut pace = Pace::new();
        let step = |frame: u64, beat, bpm| Step { frame, beat, bpm, jumps: false };
        assert_eq!(pace.meta(&mut timeline, 0, 64), timeline.meta(0, 64));
        pace.push(step(48_000, 2.0, Some(60.0)));
        pace.push(step(96_000, 99.0, Some(1.0)));
        // What comes later is replaced.
        pace.push(step(72_010, 2.0 + 24_010.0 / 48_000.0, Some(240.0)));
        let (mut last, mut seen) = (0.0, 0.0);
        for block in 0..3000u64 {
            let meta = pace.meta(&mut timeline, block * 64, 64);
            assert!((meta.beat - last).abs() < 1e-9, "block {block}: {} after {last}", meta.beat);
            (last, seen) = (meta.beat_end, meta.bpm);
        }
        assert_eq!(seen, 240.0);
        pace.push(Step { frame: 200_000, beat: 8.0, bpm: Some(90.0), jumps: true });
        assert!((pace.meta(&mut timeline, 200_064, 64).beat - 8.002).abs() < 1e-9);
        pace.push(step(210_000, 0.0, None));
        assert_eq!(pace.meta(&mut timeline, 210_048, 64), timeline.meta(210_048, 64));
    }
}
