//! What a stream counts: written on the audio thread, read anywhere, without a lock.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Weight of the newest buffer in the smoothed load.
const WEIGHT: f32 = 0.05;

/// Counters of a stream since it was opened, over all the devices that drove it. All may be read on any thread.
#[derive(Debug)]
pub struct Stats {
    epoch: Instant,
    callbacks: AtomicU64,
    frames: AtomicU64,
    xruns: AtomicU64,
    late: AtomicU64,
    input_gaps: AtomicU64,
    load: AtomicU32,
    peak: AtomicU32,
    due: AtomicU64,
    lost: AtomicBool,
    realtime_denied: AtomicBool,
}

impl Stats {
    pub(super) fn new() -> Stats {
        Stats {
            epoch: Instant::now(),
            callbacks: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            xruns: AtomicU64::new(0),
            late: AtomicU64::new(0),
            input_gaps: AtomicU64::new(0),
            load: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            due: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            realtime_denied: AtomicBool::new(false),
        }
    }

    /// Calls of the callback.
    #[must_use]
    pub fn callbacks(&self) -> u64 {
        self.callbacks.load(Relaxed)
    }

    /// Frames that the callback made.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }

    /// Buffers that came too late, as the device or its server says (under JACK also because of other programs).
    #[must_use]
    pub fn xruns(&self) -> u64 {
        self.xruns.load(Relaxed)
    }

    /// Calls of the callback that took longer than the sound they made lasts.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late.load(Relaxed)
    }

    /// Buffers of the output that had to do with silence in place of input.
    #[must_use]
    pub fn input_gaps(&self) -> u64 {
        self.input_gaps.load(Relaxed)
    }

    /// Time in the callback over the duration of the sound it makes, smoothed: 1 is all there is.
    #[must_use]
    pub fn load(&self) -> f32 {
        f32::from_bits(self.load.load(Relaxed))
    }

    /// The highest load of a single call since this was last asked.
    #[must_use]
    pub fn take_peak_load(&self) -> f32 {
        f32::from_bits(self.peak.swap(0, Relaxed))
    }

    /// Whether the null device stands in for a lost or missing one.
    #[must_use]
    pub fn lost(&self) -> bool {
        self.lost.load(Relaxed)
    }

    /// Whether the system refused realtime priority to the audio thread. JACK may say so wrongly.
    #[must_use]
    pub fn realtime_denied(&self) -> bool {
        self.realtime_denied.load(Relaxed)
    }

    pub(super) fn set_lost(&self, lost: bool) {
        self.lost.store(lost, Relaxed);
    }

    pub(super) fn deny_realtime(&self) {
        self.realtime_denied.store(true, Relaxed);
    }

    pub(super) fn count_xrun(&self) {
        self.xruns.fetch_add(1, Relaxed);
    }

    pub(super) fn count_input_gap(&self) {
        self.input_gaps.fetch_add(1, Relaxed);
    }

    /// Notes a call that began at `start` and made `frames` at `rate`. Called on the audio thread.
    pub(super) fn note(&self, start: Instant, frames: usize, rate: u32) {
        let lasts = frames as f64 / f64::from(rate.max(1));
        let load = (start.elapsed().as_secs_f64() / lasts.max(1e-9)) as f32;
        // One audio thread at a time writes these: plain stores would do.
        let smooth = self.load();
        self.load.store((smooth + WEIGHT * (load - smooth)).to_bits(), Relaxed);
        // Positive floats order like their bits.
        self.peak.fetch_max(load.to_bits(), Relaxed);
        if load > 1.0 {
            self.late.fetch_add(1, Relaxed);
        }
        self.callbacks.fetch_add(1, Relaxed);
        self.frames.fetch_add(frames as u64, Relaxed);
        let due = start.duration_since(self.epoch) + Duration::from_secs_f64(lasts);
        self.due.store(due.as_nanos() as u64, Relaxed);
    }

    /// When the sound made so far ends, and the next call is due; none before the first call.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = self.due.load(Relaxed);
        (due > 0).then(|| self.epoch + Duration::from_nanos(due))
    }
}
