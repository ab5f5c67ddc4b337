//! Scales, chords and intervals.
