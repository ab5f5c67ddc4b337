//! The null device: a thread that asks for sound as a device would, and throws it away.

use super::seat::Seat;
use super::{Format, Moment, micros};
use crate::rt::denormal::FlushToZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A delay that is not made up for: the machine slept, or the process was stopped.
const SLEPT: Duration = Duration::from_secs(5);

/// A delay that is made up for at once; a longer one at twice the speed, which those who look ahead can follow.
const HURRY: Duration = Duration::from_millis(50);

/// A running null device; dropping it stops the thread.
pub(super) struct Null {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Null {
    /// Starts to ask for buffers of `format.max_frames` as the driver `id`. The first buffer is due at `begin`:
    /// if that has passed, the delay is made up for at twice the speed, so that clocks stay true.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(
        id: u64,
        seat: Arc<Seat>,
        format: Format,
        begin: Instant,
    ) -> std::io::Result<Null> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name("null-device".into())
            .spawn(move || run(id, &seat, format, begin, &stopped))?;
        Ok(Null { stop, thread: Some(thread) })
    }
}

impl Drop for Null {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread ends by itself; a panic of it was contained by the seat.
            let _ = thread.join();
        }
    }
}

fn run(id: u64, seat: &Seat, format: Format, begin: Instant, stop: &AtomicBool) {
    let _flush = FlushToZero::new();
    let frames = format.max_frames.max(1) as usize;
    let mut output = vec![0.0; frames * usize::from(format.channels)];
    let input = vec![0.0; frames * usize::from(format.in_channels)];
    let mut origin = begin;
    let mut made: u64 = 0;
    // From where, and from which frame on, a delay is being made up for.
    let mut late = (Instant::now(), 0);
    loop {
        // Deadlines are absolute, so that errors of single waits do not add up.
        let due = origin + time_of(made, format.rate);
        let soonest = late.0 + time_of(made - late.1, format.rate) / 2;
        let due = due.max(soonest);
        if !wait(due, stop) {
            return;
        }
        let now = Instant::now();
        if now > due + HURRY {
            late = (now, made);
        }
        if now > due + SLEPT {
            (origin, made, late) = (now, 0, (now, 0));
            seat.stats().count_xrun();
        }
        let channels = usize::from(format.channels);
        let in_channels = usize::from(format.in_channels);
        let moment = Moment { micros: micros(), jack: None };
        seat.render(id, (format.rate, moment), &mut output, channels, &input, in_channels);
        made += frames as u64;
    }
}

fn time_of(frames: u64, rate: u32) -> Duration {
    let rate = u64::from(rate.max(1));
    let rest = frames % rate * 1_000_000_000 / rate;
    Duration::new(frames / rate, rest as u32)
}

/// Waits until `due`; false if the device was stopped.
fn wait(due: Instant, stop: &AtomicBool) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let now = Instant::now();
        if now >= due {
            return true;
        }
        std::thread::park_timeout(due - now);
    }
}
