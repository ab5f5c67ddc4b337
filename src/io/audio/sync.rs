//! The atomics of the seat, and how it waits. `tests/model.rs` checks the seat with a model's own in their place.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

/// Lets others go on for a moment. Control threads only.
pub(super) fn pause() {
    std::thread::park_timeout(std::time::Duration::from_micros(200));
}
