//! An allocator that counts the calls of a thread while it is watched.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Calls of the allocator.
    pub static CALLS: Cell<u64> = const { Cell::new(0) };
    /// Whether they are counted.
    pub static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Counts allocations and frees of a thread while it is watched.
struct Counting;

fn count() {
    // The thread may be ending, when its locals are gone.
    let _ = WATCHED.try_with(|watched| {
        if watched.get() {
            CALLS.with(|calls| calls.set(calls.get() + 1));
        }
    });
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count();
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls to the allocator while `f` ran.
pub fn calls(f: impl FnOnce()) -> u64 {
    CALLS.with(|calls| calls.set(0));
    WATCHED.with(|watched| watched.set(true));
    f();
    WATCHED.with(|watched| watched.set(false));
    CALLS.with(Cell::get)
}
