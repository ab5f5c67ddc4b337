//! Waiting for a word that another process, or thread, changes: the one system call of the audio side.

use rustix::thread::futex::{Flags, Timespec, wait as wait_word, wake as wake_word};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Sleeps while the word is `value`, for no longer than `limit` if there is one. May come back early: look at the
/// word again. Audio thread.
pub fn wait(word: &AtomicU32, value: u32, limit: Option<Duration>) {
    // A time that is too long for the system is no limit.
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    // Interrupted, changed or in time: the caller looks at the word and at the clock in any case.
    let _ = wait_word(word, Flags::empty(), value, limit.as_ref());
}

/// Wakes all that sleep on the word. Audio thread.
pub fn wake(word: &AtomicU32) {
    // It only fails for words that are not mapped.
    let _ = wake_word(word, Flags::empty(), i32::MAX as u32);
}
