//! `io/audio/seat.rs` as it is: drivers take the callback from the seat, the control side hands it over.

use crate::check;
use loom::cell::UnsafeCell;
use loom::thread;
use rhapsode::io::audio::{Callback, Format, Moment};
use std::sync::Arc;
use std::time::Instant;

#[path = "../../src/io/audio/seat.rs"]
#[allow(clippy::module_inception, reason = "it is the file's name")]
mod seat;

/// The model's atomics.
mod sync {
    pub use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
    pub fn pause() {
        loom::thread::yield_now();
    }
}

/// Counters are no part of the protocol.
pub struct Stats;

impl Stats {
    pub fn note(&self, _: Instant, _: usize, _: u32) {}
}

/// A callback that the model sees being used: two threads in it at once fail.
struct Count(UnsafeCell<f32>);

// SAFETY: the model checks that one thread at a time has it.
unsafe impl Send for Count {}

impl Callback for Count {
    fn prepare(&mut self, _: Format) {
        // SAFETY: as above.
        self.0.with_mut(|n| unsafe { *n += 100.0 });
    }

    fn render(&mut self, output: &mut [f32], _: usize, _: &[f32], _: usize) {
        self.0.with_mut(|n| unsafe {
            *n += 1.0;
            output.fill(*n);
        });
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        assert!(!ON_AUDIO.with(std::cell::Cell::get), "freed on an audio thread");
    }
}

loom::thread_local! {
    static ON_AUDIO: std::cell::Cell<bool> = std::cell::Cell::new(false);
}

const FORMAT: Format = Format { rate: 48_000, channels: 1, in_channels: 0, max_frames: 1 };

fn seat() -> Arc<seat::Seat> {
    Arc::new(seat::Seat::new(Box::new(Count(UnsafeCell::new(0.0))), Arc::new(Stats)))
}

/// A driver's thread: plays `times` frames and gives what it heard.
fn drive(seat: &Arc<seat::Seat>, driver: u64, times: usize) -> thread::JoinHandle<Vec<f32>> {
    let seat = seat.clone();
    thread::spawn(move || {
        ON_AUDIO.with(|on| on.set(true));
        let mut heard = Vec::new();
        for _ in 0..times {
            let mut out = [9.0];
            seat.render(driver, (48_000, Moment { micros: 0, jack: None }), &mut out, 1, &[], 0);
            heard.push(out[0]);
        }
        ON_AUDIO.with(|on| on.set(false));
        heard
    })
}

/// Every frame is given once, in order, or is silence; and the callback comes home.
#[test]
fn one_driver_at_a_time_has_the_callback_and_none_loses_it() {
    check(3, || {
        let seat = seat();
        assert!(seat.hand_to(1, Some(FORMAT)));
        let (first, second) = (drive(&seat, 1, 2), drive(&seat, 2, 2));
        assert!(seat.hand_to(2, Some(FORMAT)), "it comes back from its call");
        let (first, second) = (first.join().expect("ends"), second.join().expect("ends"));
        let of = |heard: &[f32]| heard.iter().copied().filter(|x| *x != 0.0).collect::<Vec<_>>();
        let (first, second) = (of(&first), of(&second));
        let all: Vec<f32> = first.iter().chain(&second).copied().collect();
        let frames: Vec<f32> = all.iter().map(|x| x % 100.0).collect();
        assert_eq!(frames, (1..=all.len()).map(|n| n as f32).collect::<Vec<_>>(), "{all:?}");
        assert!(first.iter().all(|x| *x < 200.0) && second.iter().all(|x| *x > 200.0), "{all:?}");
        assert!(!seat.take_broken(), "two at once");
        assert!(seat.take().is_some(), "it is at home");
    });
}

#[test]
fn the_callback_is_taken_away_while_it_is_being_asked() {
    check(3, || {
        let seat = seat();
        assert!(seat.hand_to(1, None));
        let driver = drive(&seat, 1, 3);
        let callback = seat.take();
        assert!(callback.is_some(), "it comes back from its call");
        let heard = driver.join().expect("ends");
        let end = heard.iter().position(|x| *x == 0.0).unwrap_or(heard.len());
        assert!(heard[end..].iter().all(|x| *x == 0.0), "silence from then on: {heard:?}");
        assert!(!seat.take_broken());
        drop(callback);
    });
}
