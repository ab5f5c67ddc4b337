//! Where the audio half of an instance waits while no processor plays it.

use super::AudioHalf;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// An audio half, boxed once more so that a pointer can stand for it.
pub type Half = Box<Box<dyn AudioHalf>>;

/// A place for one audio half: no lock, and nothing is allocated by whoever takes it.
#[derive(Default)]
pub struct Parking {
    half: AtomicPtr<Box<dyn AudioHalf>>,
    played: AtomicBool,
}

impl Parking {
    /// With a half that has not played yet.
    #[must_use]
    pub fn new(half: Box<dyn AudioHalf>) -> Parking {
        let half = AtomicPtr::new(Box::into_raw(Box::new(half)));
        Parking { half, played: AtomicBool::new(false) }
    }

    /// Takes the half, if it is here, and whether it has played before. Any thread.
    pub fn take(&self) -> Option<(Half, bool)> {
        if self.half.load(Ordering::Relaxed).is_null() {
            return None;
        }
        let half = self.half.swap(null_mut(), Ordering::AcqRel);
        // SAFETY: whoever swaps a pointer out owns what it points to, which came from a box.
        let half = (!half.is_null()).then(|| unsafe { Box::from_raw(half) })?;
        Some((half, self.played.swap(true, Ordering::Relaxed)))
    }

    /// Whether the half is here after it has been played: nobody plays it now.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.played.load(Ordering::Relaxed) && !self.half.load(Ordering::Relaxed).is_null()
    }

    /// Puts the half back; one that is here already is dropped. Not on the audio thread.
    pub fn put(&self, half: Half) {
        let before = self.half.swap(Box::into_raw(half), Ordering::AcqRel);
        if !before.is_null() {
            // SAFETY: as above.
            drop(unsafe { Box::from_raw(before) });
        }
    }
}

impl Drop for Parking {
    fn drop(&mut self) {
        drop(self.take());
    }
}
