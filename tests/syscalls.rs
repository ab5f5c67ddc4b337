//! The audio side makes no system call but the clock and a futex: every example under a filter that counts
//! the others.
#![cfg(target_os = "linux")]

#[path = "plugins/built.rs"]
mod built;

use rhapsode::engine::Player;
use rhapsode::graph::compile;
use rhapsode::plugin::{Format, Outcome, Setup, Transport, sandbox};
use rhapsode::rt::{Renderer, Timed};
use rhapsode::runtime::Runtime;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Calls that the filter caught, and the number of the last.
static CAUGHT: AtomicUsize = AtomicUsize::new(0);
static LAST: AtomicI64 = AtomicI64::new(0);
/// One test at a time: they count together.
static ONE: Mutex<()> = Mutex::new(());

/// The kernel sends this signal in place of a call that the filter does not know.
extern "C" fn caught(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    CAUGHT.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the kernel fills the structure; for this signal si_syscall follows the address.
    let number = unsafe { *info.cast::<u8>().add(24).cast::<i32>() };
    LAST.store(i64::from(number), Ordering::SeqCst);
}

fn count_the_caught() {
    // SAFETY: the handler only touches atomics.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = caught as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGSYS, &action, std::ptr::null_mut()), 0);
    }
}

/// The calls that the audio thread may make (and the return from the handler above).
fn filter() -> BpfProgram {
    let allowed = [libc::SYS_clock_gettime, libc::SYS_futex, libc::SYS_rt_sigreturn];
    let rules: BTreeMap<i64, Vec<_>> = allowed.iter().map(|call| (*call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into().expect("an architecture with filters");
    SeccompFilter::new(rules, SeccompAction::Trap, SeccompAction::Allow, arch)
        .and_then(TryInto::try_into)
        .expect("a filter")
}

/// Runs `work` on a thread of its own under the filter; how many calls were caught. The thread is left
/// asleep: ending it would take more calls.
fn caught_in(work: impl FnOnce() + Send + 'static) -> usize {
    let done = Arc::new(AtomicBool::new(false));
    let (told, filter, before) = (done.clone(), filter(), CAUGHT.load(Ordering::SeqCst));
    std::thread::spawn(move || {
        seccompiler::apply_filter(&filter).expect("the filter is taken");
        work();
        told.store(true, Ordering::SeqCst);
        loop {
            std::thread::park();
        }
    });
    while !done.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    CAUGHT.load(Ordering::SeqCst) - before
}

/// A renderer with 1,500 blocks of the piece at `path` pushed ahead, block by block.
fn render(path: &std::path::Path) -> impl FnOnce() + Send + 'static {
    let piece = Runtime::new().load(path).expect("an example");
    let compiled = compile(piece.session(), 48_000.0, piece.library()).expect("compiles");
    let mut player = Player::new(piece.session(), &compiled, 48_000.0, piece.library(), None);
    let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
    let mut blocks: Vec<Vec<Timed>> = vec![Vec::new(); 1500];
    for (i, events) in blocks.iter_mut().enumerate() {
        player.fill((i as u64 + 1) * 64, |event| events.push(event));
    }
    move || {
        for events in &blocks {
            events.iter().for_each(|event| renderer.push(*event));
            renderer.render(1);
        }
        // Freeing is the other side's work.
        std::mem::forget((renderer, blocks));
    }
}

#[test]
fn rendering_makes_no_system_call() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    count_the_caught();
    // The filter sees what it should.
    assert_eq!(caught_in(|| assert_ne!(std::hint::black_box(std::process::id()), 1)), 1);
    assert_eq!(LAST.load(Ordering::SeqCst), libc::SYS_getpid);
    let mut scripts: Vec<_> = std::fs::read_dir("examples")
        .expect("the folder is there")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "rhai"))
        .collect();
    scripts.sort();
    assert!(scripts.len() >= 10);
    for path in scripts {
        let calls = caught_in(render(&path));
        let last = LAST.load(Ordering::SeqCst);
        assert_eq!(calls, 0, "{}: {calls} calls, the last was number {last}", path.display());
    }
}

/// Blocks of a plugin in a process of its own, some of which are late, and the last of which it does not survive.
#[test]
fn a_block_of_another_process_makes_no_system_call() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    count_the_caught();
    for name in ["crash-process", "hang"] {
        let mut options = sandbox::Options::new();
        options.program = env!("CARGO_BIN_EXE_rhapsode").into();
        (options.share, options.misses) = (20.0, u32::MAX);
        options.hang = std::time::Duration::from_millis(100);
        let path = built::library(name, Format::Clap);
        let mut plugin = sandbox::open(&options, Format::Clap, &path, "").expect("it opens");
        let mut half = plugin.activate(&Setup::new(48_000.0)).expect("it starts");
        let lived = Arc::new(AtomicBool::new(false));
        let died = Arc::new(AtomicBool::new(false));
        let tell = [lived.clone(), died.clone()];
        // A thread that panicked would call for more.
        let calls = caught_in(move || {
            let mut block = |input: f32| {
                half.input(0, 0).fill(input);
                half.process(64, &[], &Transport::default())
            };
            let lives = (0..500).all(|_| block(0.25) != Outcome::Failed);
            block(0.75);
            let dies = (0..1000).any(|_| block(0.25) == Outcome::Failed);
            tell[0].store(lives, Ordering::SeqCst);
            tell[1].store(dies, Ordering::SeqCst);
            // Freeing is the other side's work.
            std::mem::forget(half);
        });
        let last = LAST.load(Ordering::SeqCst);
        assert!(lived.load(Ordering::SeqCst) && died.load(Ordering::SeqCst), "{name}");
        assert_eq!(calls, 0, "{name}: {calls} calls, the last was number {last}");
    }
}
