//! Musical time: tempo changes and ramps, meter, swing; beats to seconds and back.

use serde::{Deserialize, Serialize};

/// Beats in a bar and the note value that has the beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// Beats in a bar (the upper number).
    pub beats: u32,
    /// Note value of a beat (the lower number): 4 is a quarter note.
    pub unit: u32,
}

impl Default for Meter {
    fn default() -> Self {
        Meter { beats: 4, unit: 4 }
    }
}

impl Meter {
    /// Length of a bar in quarter-note beats, the unit of all times here.
    #[must_use]
    pub fn quarters(&self) -> f64 {
        f64::from(self.beats) * 4.0 / f64::from(self.unit)
    }
}

/// A stretch of the tempo map, from its beat to that of the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TempoPoint {
    /// Where it begins, in beats.
    pub beat: f64,
    /// Tempo there, in beats per minute.
    pub bpm: f64,
    /// Whether the tempo moves in a straight line (over beats) to that of the next point.
    pub ramp: bool,
}

/// The tempo over a whole piece; sorted, the first point at beat 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TempoMap {
    points: Vec<TempoPoint>,
    /// Seconds at which each point is reached.
    seconds: Vec<f64>,
}

impl Default for TempoMap {
    fn default() -> Self {
        TempoMap::constant(120.0)
    }
}

impl TempoMap {
    /// One tempo throughout.
    #[must_use]
    pub fn constant(bpm: f64) -> TempoMap {
        TempoMap::new(vec![TempoPoint { beat: 0.0, bpm, ramp: false }])
    }

    /// A map through `points`, sorted by beat; tempi are kept within 1..=2000 bpm. What comes before
    /// the first point has its tempo; no points at all mean 120 bpm.
    #[must_use]
    pub fn new(mut points: Vec<TempoPoint>) -> TempoMap {
        points.retain(|p| p.beat.is_finite() && p.bpm.is_finite());
        points.sort_by(|a, b| a.beat.total_cmp(&b.beat));
        if points.is_empty() {
            points.push(TempoPoint { beat: 0.0, bpm: 120.0, ramp: false });
        }
        points[0].beat = 0.0;
        for p in &mut points {
            p.bpm = p.bpm.clamp(1.0, 2000.0);
        }
        let mut seconds = vec![0.0];
        for i in 1..points.len() {
            let length = points[i].beat - points[i - 1].beat;
            let last = seconds[i - 1];
            seconds.push(last + span_seconds(&points, i - 1, length));
        }
        TempoMap { points, seconds }
    }

    /// The points, sorted by beat.
    #[must_use]
    pub fn points(&self) -> &[TempoPoint] {
        &self.points
    }

    /// Seconds from the start to `beat`.
    #[must_use]
    pub fn seconds_at(&self, beat: f64) -> f64 {
        let i = self.points.partition_point(|p| p.beat <= beat).saturating_sub(1);
        self.seconds[i] + span_seconds(&self.points, i, beat - self.points[i].beat)
    }

    /// Beats from the start to `seconds`: the inverse of [`seconds_at`](TempoMap::seconds_at).
    #[must_use]
    pub fn beat_at(&self, seconds: f64) -> f64 {
        let i = self.seconds.partition_point(|&s| s <= seconds).saturating_sub(1);
        self.points[i].beat + span_beats(&self.points, i, seconds - self.seconds[i])
    }

    /// Tempo at `beat`, in beats per minute.
    #[must_use]
    pub fn bpm_at(&self, beat: f64) -> f64 {
        let i = self.points.partition_point(|p| p.beat <= beat).saturating_sub(1);
        self.points[i].bpm + slope(&self.points, i) * (beat - self.points[i].beat).max(0.0)
    }
}

/// Beats per minute gained per beat after point `i`; 0 where the tempo holds.
fn slope(points: &[TempoPoint], i: usize) -> f64 {
    match points.get(i + 1) {
        Some(next) if points[i].ramp && next.beat > points[i].beat => {
            (next.bpm - points[i].bpm) / (next.beat - points[i].beat)
        }
        _ => 0.0,
    }
}

/// Seconds that `beats` beats after point `i` take: the integral of 60 / bpm.
fn span_seconds(points: &[TempoPoint], i: usize, beats: f64) -> f64 {
    let (bpm, k) = (points[i].bpm, slope(points, i));
    if k.abs() < 1e-12 { beats * 60.0 / bpm } else { libm::log1p(k * beats / bpm) * 60.0 / k }
}

/// Beats that pass in `seconds` after point `i`.
fn span_beats(points: &[TempoPoint], i: usize, seconds: f64) -> f64 {
    let (bpm, k) = (points[i].bpm, slope(points, i));
    if k.abs() < 1e-12 { seconds * bpm / 60.0 } else { libm::expm1(seconds * k / 60.0) * bpm / k }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_takes_the_time_of_the_integral_and_can_be_inverted() {
        let map = TempoMap::new(vec![
            TempoPoint { beat: 0.0, bpm: 60.0, ramp: true },
            TempoPoint { beat: 8.0, bpm: 120.0, ramp: false },
        ]);
        // 60/k * ln(120/60) with k = 7.5 bpm a beat.
        assert!((map.seconds_at(8.0) - 8.0 * libm::log(2.0)).abs() < 1e-9);
        assert!((map.seconds_at(10.0) - map.seconds_at(8.0) - 1.0).abs() < 1e-9);
        for beat in [0.0, 0.5, 3.25, 8.0, 100.0] {
            assert!((map.beat_at(map.seconds_at(beat)) - beat).abs() < 1e-9);
        }
        assert!((map.bpm_at(4.0) - 90.0).abs() < 1e-9);
    }
}
