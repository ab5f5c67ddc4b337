//! Threads that wait for work: created once, woken for each piece of it, never in the way between.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};

/// Looks at an atomic before a thread that waits gives its core away: some tens of microseconds, so that
/// a thread which is called every block need not be woken by the system.
const SPINS: u32 = 4000;

/// Helping threads, which sleep while there is nothing to do.
///
/// [`Workers::run`] neither allocates, frees nor locks; it wakes sleeping threads (a futex) and, if it
/// must wait for long, lets other threads run (a yield). So one pool serves offline renders, with long
/// pieces of work, and live ones, with a piece each block. Dropping it ends the threads.
pub struct Workers {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

type Work = *const (dyn Fn() + Sync);

struct Shared {
    /// What is being run. Written before `round` moves on, and not again until `running` is 0.
    work: UnsafeCell<Option<Work>>,
    /// Pieces of work that have been given out.
    round: AtomicUsize,
    /// Helpers that have not finished the piece.
    running: AtomicUsize,
    panicked: AtomicBool,
    over: AtomicBool,
}

// SAFETY: `work` is only written while no helper runs (see its comment), and what it points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `work` is only followed within `run`, which outlives its use.
unsafe impl Send for Shared {}

/// Waits step by step: first by looking again, then by letting other threads run.
#[derive(Default)]
pub struct Patience(u32);

impl Patience {
    /// Waits a little; longer, the more often it is called.
    pub fn wait(&mut self) {
        self.0 += 1;
        if self.0 < SPINS {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }

    /// Whether it no longer only looks.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0 >= SPINS
    }
}

impl Workers {
    /// Starts `helpers` threads beside the one that calls (fewer, if the system refuses). Control thread.
    #[must_use]
    pub fn new(helpers: usize) -> Workers {
        let shared = Arc::new(Shared {
            work: UnsafeCell::new(None),
            round: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let start = |i| {
            let shared = Arc::clone(&shared);
            let named = Builder::new().name(format!("render {}", i + 1));
            named.spawn(move || help(&shared)).ok()
        };
        let helpers = (0..helpers).map_while(start).collect();
        Workers { shared, helpers }
    }

    /// Threads that work, the caller's included.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `work` once on every thread at the same time, this one included, and returns when all calls
    /// have. How they share what there is to do is up to `work`.
    ///
    /// # Panics
    /// If `work` panics on any thread.
    pub fn run(&mut self, work: &(dyn Fn() + Sync)) {
        let shared = &*self.shared;
        // SAFETY: `Finish` keeps this function from being left, even by a panic, while a helper still
        // runs `work`; so the pointer does not outlive what it points to, and nobody reads it now.
        unsafe { *shared.work.get() = Some(std::mem::transmute::<&(dyn Fn() + Sync), Work>(work)) };
        shared.running.store(self.helpers.len(), Ordering::Relaxed);
        shared.round.fetch_add(1, Ordering::Release);
        self.helpers.iter().for_each(|helper| helper.thread().unpark());
        let finish = Finish(shared);
        work();
        drop(finish);
        assert!(!shared.panicked.swap(false, Ordering::Relaxed), "a rendering thread has panicked");
    }
}

/// Waits for the helpers when it is dropped.
struct Finish<'a>(&'a Shared);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        let mut patience = Patience::default();
        while self.0.running.load(Ordering::Acquire) > 0 {
            patience.wait();
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // It catches what its work panics with, so there is nothing to learn from the result.
            let _ = helper.join();
        }
    }
}

/// The life of a helping thread.
fn help(shared: &Shared) {
    let mut seen = 0;
    loop {
        let mut patience = Patience::default();
        while shared.round.load(Ordering::Acquire) == seen {
            if shared.over.load(Ordering::Acquire) {
                return;
            }
            if patience.is_over() { std::thread::park() } else { patience.wait() }
        }
        seen = seen.wrapping_add(1);
        // SAFETY: `round` has moved on, so `work` is set, and is left alone while `running` counts us.
        let work = unsafe { (*shared.work.get()).map(|work| &*work) };
        if let Some(work) = work
            && catch_unwind(AssertUnwindSafe(work)).is_err()
        {
            shared.panicked.store(true, Ordering::Relaxed);
        }
        shared.running.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::{Barrier, Mutex};

    #[test]
    fn every_thread_works_at_the_same_time_and_again() {
        let mut workers = Workers::new(2);
        assert_eq!(workers.threads(), 3);
        for _ in 0..100 {
            // Nobody leaves a barrier before all have come.
            let (barrier, seen) = (Barrier::new(3), Mutex::new(Vec::new()));
            workers.run(&|| {
                barrier.wait();
                seen.lock().expect("nobody panics").push(std::thread::current().id());
            });
            let seen = seen.into_inner().expect("nobody panics");
            assert_eq!(seen.len(), 3);
            let names: BTreeSet<String> = seen.iter().map(|id| format!("{id:?}")).collect();
            assert_eq!(names.len(), 3);
        }
    }

    #[test]
    fn a_panic_of_a_helper_reaches_the_caller_and_the_pool_lives_on() {
        let mut workers = Workers::new(1);
        let caller = std::thread::current().id();
        let failed = catch_unwind(AssertUnwindSafe(|| {
            workers.run(&|| assert!(std::thread::current().id() == caller, "on purpose"));
        }));
        assert!(failed.is_err());
        let count = AtomicUsize::new(0);
        workers.run(&|| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 2);
    }
}
