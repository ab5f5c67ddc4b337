//! The audio side neither allocates nor frees: every example and piece, block by block, under a counting
//! allocator.

use rhapsode::engine::Player;
use rhapsode::graph::compile;
use rhapsode::rt::{Renderer, Timed};
use rhapsode::runtime::Runtime;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static WATCHED: Cell<bool> = const { Cell::new(false) };
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
fn calls(f: impl FnOnce()) -> u64 {
    CALLS.with(|calls| calls.set(0));
    WATCHED.with(|watched| watched.set(true));
    f();
    WATCHED.with(|watched| watched.set(false));
    CALLS.with(Cell::get)
}

fn scripts() -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for folder in ["examples", "scripts"] {
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "rhai") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(std::hint::black_box(Box::new(1)))), 2);
}

#[test]
fn rendering_neither_allocates_nor_frees() {
    let scripts = scripts();
    assert!(scripts.len() >= 10, "the examples and pieces are there");
    for path in scripts {
        let piece =
            Runtime::new().load(&path).unwrap_or_else(|e| panic!("{}: {e:#?}", path.display()));
        let session = piece.session();
        let compiled = compile(session, 48_000.0, piece.library()).expect("compiles");
        let mut player = Player::new(session, &compiled, 48_000.0, piece.library(), None);
        let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
        let mut events: Vec<Timed> = Vec::new();
        for block in 0..3000 {
            events.clear();
            player.fill(renderer.frame() + 64, |event| events.push(event));
            let made = calls(|| {
                events.iter().for_each(|event| renderer.push(*event));
                renderer.render(1);
            });
            assert_eq!(made, 0, "{} in block {block}", path.display());
        }
    }
}
