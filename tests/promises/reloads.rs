//! Row 6: a thousand reloads in ten seconds.

use crate::memory::{alone, bytes, calls, cpu};
use crate::program::{Program, begin, read};
use crate::stage::{fresh, rendered};
use rhapsode::engine::live::{Live, News, Quant, Stand};
use rhapsode::io::audio::{Callback, Format, NULL, Request, open};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What the audio thread has done.
#[derive(Default)]
struct Watched {
    calls: AtomicU64,
    /// Of the longest callback, in CPU time: what it takes without being pushed aside.
    nanoseconds: AtomicU64,
    /// How many took more CPU time than their sound lasts.
    late: AtomicU64,
    callbacks: AtomicU64,
}

/// A device's callback, watched, and how many nanoseconds a buffer lasts.
struct Watch(Stand, Arc<Watched>, u64);

impl Callback for Watch {
    fn prepare(&mut self, format: Format) {
        self.2 = (f64::from(BUFFER) / f64::from(format.rate) * 1e9) as u64;
        self.0.prepare(format);
    }

    fn render(&mut self, output: &mut [f32], channels: usize, input: &[f32], in_channels: usize) {
        let (before, start) = (calls(), cpu());
        self.0.render(output, channels, input, in_channels);
        let nanoseconds = ((cpu() - start) * 1e9) as u64;
        self.1.nanoseconds.fetch_max(nanoseconds, Relaxed);
        self.1.late.fetch_add(u64::from(nanoseconds > self.2), Relaxed);
        self.1.calls.fetch_add(calls() - before, Relaxed);
        self.1.callbacks.fetch_add(1, Relaxed);
    }
}

/// Another music each time; five shapes in turn.
fn song(n: usize) -> String {
    let effect =
        ["lowpass(900)", "delay(0.1)", "reverb(#{decay: 0.4})", "drive(3)", "chorus()"][n % 5];
    let other = if n.is_multiple_of(3) { "track(\"b\", sine(110) * 0.2);" } else { "" };
    format!(
        "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) |> lowpass({}))).play(note(\"c3*8 e3\"))\
         .fx({effect}).send(\"hall\", 0.3); {other} bus(\"hall\", reverb(#{{decay: 0.4}}));",
        500 + n % 100
    )
}

const BUFFER: u32 = 256;
const QUIET: &str = "track(\"a\", sine(110) * 0.1);";

#[test]
fn row_06_a_thousand_reloads_in_ten_seconds() {
    alone("reloads::a_thousand");
}

#[test]
#[ignore = "counts bytes, so it is started by the test above in a process of its own"]
fn a_thousand() {
    let (stand, mut stage) = Stand::new();
    let watched = Arc::new(Watched::default());
    let request = Request { device: Some(NULL.into()), buffer: Some(BUFFER), ..Request::default() };
    let stream = open(&request, Box::new(Watch(stand, watched.clone(), 0)));
    let stream = stream.unwrap_or_else(|(e, _)| panic!("{e}"));
    let rate = f64::from(stream.rate());
    let (mut live, performer) = Live::new(fresh(&song(0)), Some(1.0));
    live.set_buffer(u64::from(BUFFER));
    assert!(stage.send(performer));
    let tick = |live: &mut Live, until: Instant| {
        let mut swaps = 0;
        loop {
            live.tick(|news| swaps += usize::from(matches!(news, News::Swapped { .. })));
            let Some(rest) = until.checked_duration_since(Instant::now()) else { return swaps };
            std::thread::sleep(rest.min(Duration::from_millis(2)));
        }
    };
    // What an edit leaves behind rings for ten seconds at most.
    let rest = |live: &mut Live| {
        live.commit(fresh(QUIET), Quant::Now, &|_| false).expect("compiles");
        tick(live, Instant::now() + Duration::from_millis(12_000));
        bytes()
    };
    let before = rest(&mut live);
    let (began, worked, mut swaps, mut dropped) = (Instant::now(), cpu(), 0, 0);
    let due = |n: usize| began + Duration::from_millis(10) * n as u32;
    for n in 1..=1000 {
        let fresh = fresh(&song(n));
        // As the program does it: what comes meanwhile takes the place of what waits.
        if live.is_settling() && n < 1000 {
            (dropped, swaps) = (dropped + 1, swaps + tick(&mut live, due(n)));
            continue;
        }
        while live.is_settling() {
            swaps += tick(&mut live, Instant::now() + Duration::from_millis(5));
        }
        live.commit(fresh, Quant::Now, &|_| false).expect("compiles");
        swaps += tick(&mut live, due(n));
    }
    let (took, worked) = (began.elapsed(), cpu() - worked);
    swaps += tick(&mut live, Instant::now() + Duration::from_millis(300));
    // Ten seconds, when nobody else uses the processor: what it works must be less.
    assert!(worked < 10.0, "{worked} s of work in {took:?}");
    assert!(swaps > 100, "{swaps} were heard, {dropped} were replaced before");
    assert_eq!(live.session().to_json(), piece(1000), "the last has won");
    let done = watched.callbacks.load(Relaxed) as f64;
    let due = began.elapsed().as_secs_f64() * rate / f64::from(BUFFER);
    assert!(done > due * 0.95, "{done} of {due} callbacks");
    let grown = rest(&mut live) - before;
    assert!(grown < 65_536, "{grown} bytes over 1,000 reloads");
    assert_eq!(watched.calls.load(Relaxed), 0, "allocations and frees on the audio thread");
    let longest = watched.nanoseconds.load(Relaxed) as f64 * 1e-9;
    let late = watched.late.load(Relaxed) as usize;
    eprintln!(
        "{swaps} swaps in {took:?}, {worked:.1} s of work; longest callback {longest:.6} s of CPU, {late} late"
    );
    // What a swap costs, every one of them costs; what a virtual machine takes away is counted as ours too, but rare.
    assert!(
        late * 50 <= swaps,
        "{late} late callbacks, {swaps} swaps; the longest took {longest} s"
    );
}

fn piece(n: usize) -> String {
    crate::stage::piece(&song(n)).session().to_json()
}

/// The file that is played, saved again and again: what is heard in the end is the last.
#[test]
fn row_06_the_last_of_a_thousand_saves_wins_in_the_program() {
    let script = |n: usize| {
        format!(
            "track(\"a\", noise() * {} |> lowpass(900)); record(\"take.wav\");\n",
            0.1 + n as f64 * 1e-4
        )
    };
    let mut program = Program::live(&script(0), &["--quant", "now"]);
    program.expect("Recording into");
    let began = Instant::now();
    let mut memory = 0;
    for n in 1..=1000 {
        program.save(&script(n));
        if n == 300 {
            memory = program.memory();
        }
        let due = began + Duration::from_millis(10) * n as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    std::thread::sleep(Duration::from_millis(1500));
    let grown = program.memory() as i64 - memory as i64;
    program.signal(libc::SIGINT);
    program.expect("Recorded");
    let said = program.rest();
    assert!(program.end().success());
    // Schedules that are not freed would be some 300 MB; what the allocator keeps for itself varies by some 10.
    assert!(grown < 32 << 20, "{grown} bytes over 700 saves");
    let [left, _] = read(&program.file("take.wav"));
    let (want, _) = rendered(&script(1000), 60.0);
    let tail = &left[left.len() - 24_000..];
    let from = begin(tail, &want);
    crate::stage::same(tail, &want[from..], "the end");
    assert!(said.iter().all(|line| !line.contains("rror")), "{said:?}");
}
