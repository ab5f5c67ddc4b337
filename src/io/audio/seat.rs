//! Where the callback sits between two buffers: one driver at a time takes it, without a lock.

use super::sync::{AtomicBool, AtomicPtr, AtomicU64, Ordering, pause};
use super::{Callback, Format, Moment, Stats};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the control side waits for a call of the callback to end.
const PATIENCE: Duration = Duration::from_secs(3);

/// The callback's seat. Whoever swaps the pointer out owns the callback until he puts it back.
pub(super) struct Seat {
    callback: AtomicPtr<Box<dyn Callback>>,
    /// The driver that may take the callback; a driver that was replaced plays silence. 0 is nobody.
    driver: AtomicU64,
    broken: AtomicBool,
    told: AtomicBool,
    stats: Arc<Stats>,
}

impl Seat {
    pub(super) fn new(callback: Box<dyn Callback>, stats: Arc<Stats>) -> Seat {
        let callback = AtomicPtr::new(Box::into_raw(Box::new(callback)));
        Seat {
            callback,
            driver: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            told: AtomicBool::new(false),
            stats,
        }
    }

    pub(super) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whether `driver` is the one that drives the callback.
    pub(super) fn is_driven_by(&self, driver: u64) -> bool {
        self.driver.load(Ordering::Acquire) == driver
    }

    /// Whether the callback panicked.
    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Whether the callback panicked and this has not been asked since.
    pub(super) fn take_broken(&self) -> bool {
        self.is_broken() && !self.told.swap(true, Ordering::Relaxed)
    }

    /// Fills `output` by the callback, or with silence if it is not this driver's turn.
    /// Called on audio threads; takes no lock and allocates nothing.
    pub(super) fn render(
        &self,
        driver: u64,
        (rate, moment): (u32, Moment),
        output: &mut [f32],
        channels: usize,
        input: &[f32],
        in_channels: usize,
    ) {
        let held = if self.is_driven_by(driver) && !self.is_broken() {
            self.callback.swap(null_mut(), Ordering::Acquire)
        } else {
            null_mut()
        };
        if held.is_null() {
            output.fill(0.0);
            return;
        }
        // It may have been replaced since, and the callback been told of a format that is not this driver's.
        if !self.is_driven_by(driver) {
            self.callback.swap(held, Ordering::AcqRel);
            output.fill(0.0);
            return;
        }
        let start = Instant::now();
        // SAFETY: the pointer came out of a `Box` and out of the seat: nobody else has it until it is put back.
        let callback = unsafe { &mut *held };
        let done = catch_unwind(AssertUnwindSafe(|| {
            callback.at(moment);
            callback.render(output, channels, input, in_channels);
        }));
        if done.is_err() {
            output.fill(0.0);
            self.broken.store(true, Ordering::Relaxed);
        }
        self.stats.note(start, output.len() / channels.max(1), rate);
        self.callback.swap(held, Ordering::AcqRel);
    }

    /// Makes `driver` the one that drives, after the callback was told of `format` (none: nothing changed).
    /// False, and silence, if the callback should be told and never comes back from a call.
    pub(super) fn hand_to(&self, driver: u64, format: Option<Format>) -> bool {
        self.driver.store(0, Ordering::Release);
        if let Some(format) = format {
            let Some(mut callback) = self.lift() else { return false };
            callback.prepare(format);
            self.callback.swap(Box::into_raw(callback), Ordering::AcqRel);
        }
        self.driver.store(driver, Ordering::Release);
        true
    }

    /// Takes the callback away for good. None if it never came back from a call, or was taken before.
    pub(super) fn take(&self) -> Option<Box<dyn Callback>> {
        self.driver.store(0, Ordering::Release);
        self.lift().map(|callback| *callback)
    }

    /// Waits until the callback sits, and lifts it out.
    fn lift(&self) -> Option<Box<Box<dyn Callback>>> {
        let start = Instant::now();
        loop {
            let held = self.callback.swap(null_mut(), Ordering::Acquire);
            if !held.is_null() {
                // SAFETY: made by `Box::into_raw`, and out of the seat: nobody else has it.
                return Some(unsafe { Box::from_raw(held) });
            }
            if start.elapsed() > PATIENCE {
                return None;
            }
            pause();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let held = self.callback.swap(null_mut(), Ordering::Acquire);
        if !held.is_null() {
            // SAFETY: as in `lift`; no driver has the seat any more.
            drop(unsafe { Box::from_raw(held) });
        }
    }
}
