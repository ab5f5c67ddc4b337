//! The allocator of these tests: counts what is taken and given back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

static BYTES: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

struct Counting;

fn count(bytes: i64) {
    // The thread may be ending, when its locals are gone.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
    let all = BYTES.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(all, Relaxed);
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations and frees of this thread so far.
pub fn calls() -> u64 {
    CALLS.with(Cell::get)
}

/// Bytes that the process holds. Other tests take some too: see [`alone`].
pub fn bytes() -> i64 {
    BYTES.load(Relaxed)
}

/// The most bytes that the process has held at once during `f`, above those before.
pub fn most<T>(f: impl FnOnce() -> T) -> (T, i64) {
    let before = bytes();
    PEAK.store(before, Relaxed);
    let done = f();
    (done, PEAK.load(Relaxed) - before)
}

/// Runs a test that is ignored otherwise in a process of its own.
pub fn alone(test: &str) {
    let output = Command::new(std::env::current_exe().expect("runs"))
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .expect("starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
}

/// CPU time of this thread in seconds.
pub fn cpu() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: fills the structure.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
