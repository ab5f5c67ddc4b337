//! A ring for one writer and one reader, as `ringbuf` has it, on the model's atomics and cells.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

/// What the traits of `ringbuf` are called.
pub mod traits {
    pub use super::{Consumer, Observer, Producer, Split};
}

pub trait Split {
    type Prod;
    type Cons;
    fn split(self) -> (Self::Prod, Self::Cons);
}

pub trait Observer {
    fn is_full(&self) -> bool;
}

pub trait Producer<T> {
    fn try_push(&mut self, item: T) -> Result<(), T>;
}

pub trait Consumer<T> {
    fn try_pop(&mut self) -> Option<T>;
}

struct Shared<T> {
    slots: Vec<UnsafeCell<Option<T>>>,
    /// Counted up, never wrapped.
    read: AtomicUsize,
    write: AtomicUsize,
}

// SAFETY: a slot is touched by the side that the two counters give it to; the model checks just that.
unsafe impl<T: Send> Send for Shared<T> {}
unsafe impl<T: Send> Sync for Shared<T> {}

pub struct HeapRb<T>(Shared<T>);
pub struct HeapProd<T>(Arc<Shared<T>>);
pub struct HeapCons<T>(Arc<Shared<T>>);

impl<T> HeapRb<T> {
    pub fn new(capacity: usize) -> HeapRb<T> {
        let slots = (0..capacity).map(|_| UnsafeCell::new(None)).collect();
        HeapRb(Shared { slots, read: AtomicUsize::new(0), write: AtomicUsize::new(0) })
    }
}

impl<T> Split for HeapRb<T> {
    type Prod = HeapProd<T>;
    type Cons = HeapCons<T>;
    fn split(self) -> (HeapProd<T>, HeapCons<T>) {
        let shared = Arc::new(self.0);
        (HeapProd(shared.clone()), HeapCons(shared))
    }
}

impl<T> Observer for HeapProd<T> {
    fn is_full(&self) -> bool {
        let (read, write) =
            (self.0.read.load(Ordering::Acquire), self.0.write.load(Ordering::Relaxed));
        write - read == self.0.slots.len()
    }
}

impl<T> Producer<T> for HeapProd<T> {
    fn try_push(&mut self, item: T) -> Result<(), T> {
        if self.is_full() {
            return Err(item);
        }
        let write = self.0.write.load(Ordering::Relaxed);
        let slot = &self.0.slots[write % self.0.slots.len()];
        // SAFETY: the reader does not look at it before the counter has moved.
        slot.with_mut(|slot| unsafe { *slot = Some(item) });
        self.0.write.store(write + 1, Ordering::Release);
        Ok(())
    }
}

impl<T> Consumer<T> for HeapCons<T> {
    fn try_pop(&mut self) -> Option<T> {
        let (read, write) =
            (self.0.read.load(Ordering::Relaxed), self.0.write.load(Ordering::Acquire));
        if read == write {
            return None;
        }
        let slot = &self.0.slots[read % self.0.slots.len()];
        // SAFETY: the writer does not touch it before the counter has moved.
        let item = slot.with_mut(|slot| unsafe { (*slot).take() });
        self.0.read.store(read + 1, Ordering::Release);
        item
    }
}
