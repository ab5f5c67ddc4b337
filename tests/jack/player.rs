//! The player: this test binary again, as a program of its own that plays a ramp on the JACK server it is given.
//!
//! A process has one JACK server (an environment variable names it), so each test plays in a process of its own.
//! What it has to say it prints in lines that begin with `@`; what it is told comes by its standard input.

use super::counting::{CALLS, WATCHED};
use super::server::command;
use rhapsode::io::audio::{Callback, Event, Format, Request, Stream, open};
use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// One step of the ramp: frame `k` (from 1) is `k` steps on the left and as many below zero on the right.
pub const STEP: f32 = 1.0 / 16_777_216.0;

/// A player in a process of its own.
pub struct Player {
    child: Child,
    tell: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Player {
    /// Starts a player whose JACK server is called `server`; `options` as [`role`] reads them.
    pub fn start(server: &str, options: &str) -> Player {
        Player::start_with(server, options, |_| {})
    }

    /// The same with more said of the process.
    pub fn start_with(server: &str, options: &str, more: impl FnOnce(&mut Command)) -> Player {
        let exe = std::env::current_exe().expect("runs");
        let mut command = command(server, exe.to_str().expect("plain"));
        command
            .args(["--exact", "role", "--ignored", "--nocapture", "--test-threads=1"])
            .env("RHAPSODE_TEST_ROLE", options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        more(&mut command);
        let mut child = command.spawn().expect("starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let (tx, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // The test harness may have begun the line.
                if let Some((_, said)) = line.split_once('@') {
                    let _ = tx.send(said.to_string());
                }
            }
        });
        let tell = child.stdin.take();
        Player { child, tell, lines }
    }

    /// Says something to the player.
    pub fn say(&mut self, word: &str) {
        writeln!(self.tell.as_mut().expect("open"), "{word}").expect("listens");
    }

    /// The rest of the next line that begins with `word`; others are passed over.
    pub fn expect(&self, word: &str, within: Duration) -> String {
        let begin = Instant::now();
        let mut passed = Vec::new();
        while let Some(left) = within.checked_sub(begin.elapsed()) {
            let Ok(line) = self.lines.recv_timeout(left) else { break };
            match line.strip_prefix(word) {
                Some(rest) => return rest.trim().to_string(),
                None => passed.push(line),
            }
        }
        panic!("no `{word}` within {within:?}; it said {passed:?}");
    }

    /// Frames and seconds since the player's start, now.
    pub fn count(&mut self) -> (f64, f64) {
        self.say("count");
        let line = self.expect("count", Duration::from_secs(10));
        let numbers: Vec<f64> = line.split(' ').map(|n| n.parse().expect("a number")).collect();
        (numbers[0], numbers[1])
    }

    /// Frames a second over the next `seconds`.
    pub fn rate(&mut self, seconds: f64) -> f64 {
        let (frames, time) = self.count();
        std::thread::sleep(Duration::from_secs_f64(seconds));
        let (more, later) = self.count();
        (more - frames) / (later - time)
    }

    /// Ends the player; what it says of its whole life: frames, allocations on the audio thread, lost events.
    pub fn end(mut self) -> String {
        self.tell = None;
        let line = self.expect("closed", Duration::from_secs(20));
        assert!(self.child.wait().expect("ends").success());
        line
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // A server waits long for a client that dies in its turn: it is asked to go first.
        self.tell = None;
        for _ in 0..300 {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the callback and the rest of the player share.
#[derive(Default)]
struct Shared {
    going: AtomicBool,
    stall: AtomicBool,
    frames: AtomicU64,
    prepared: AtomicU64,
    /// Calls to the allocator from one `render` to the next, on the same thread.
    allocations: AtomicU64,
    /// Input frames that were the ramp, and how many frames ago the last of them was played.
    heard: AtomicU64,
    delay: AtomicU64,
}

/// Plays the ramp from its first frame once it may, and listens for it at the input.
struct Ramp {
    shared: Arc<Shared>,
    next: u64,
    last_heard: u64,
    thread: Option<std::thread::ThreadId>,
    calls: u64,
}

impl Callback for Ramp {
    fn prepare(&mut self, _: Format) {
        self.shared.prepared.fetch_add(1, Relaxed);
    }

    fn render(&mut self, output: &mut [f32], channels: usize, input: &[f32], in_channels: usize) {
        let thread = Some(std::thread::current().id());
        if self.thread == thread {
            self.shared.allocations.fetch_add(CALLS.with(Cell::get) - self.calls, Relaxed);
        }
        self.thread = thread;
        WATCHED.with(|watched| watched.set(true));
        if self.shared.stall.swap(false, Relaxed) {
            std::thread::sleep(Duration::from_millis(150));
        }
        let going = self.shared.going.load(Relaxed);
        for frame in output.chunks_mut(channels) {
            frame.fill(0.0);
            if going {
                self.next += 1;
                frame[0] = self.next as f32 * STEP;
                if channels > 1 {
                    frame[1] = -frame[0];
                }
            }
        }
        let frames = output.len() / channels;
        for (i, frame) in input.chunks(in_channels.max(1)).enumerate() {
            let k = (frame[0] / STEP) as u64;
            if k > 0 && k == self.last_heard + 1 {
                self.shared.heard.fetch_add(1, Relaxed);
                let now = self.next - (frames - i) as u64 + 1;
                self.shared.delay.store(now.wrapping_sub(k), Relaxed);
            }
            self.last_heard = k;
        }
        self.shared.frames.fetch_add(frames as u64, Relaxed);
        self.calls = CALLS.with(Cell::get);
    }
}

/// The player's life: `RHAPSODE_TEST_ROLE` holds words like `device=x host=y buffer=n inputs=n`.
pub fn role() {
    let Ok(options) = std::env::var("RHAPSODE_TEST_ROLE") else { return };
    let mut request = Request::default();
    for (key, value) in options.split(' ').filter_map(|word| word.split_once('=')) {
        let number = value.parse().unwrap_or(0);
        match key {
            "device" => request.device = Some(value.into()),
            "host" => request.host = Some(value.into()),
            "rate" => request.rate = Some(number),
            "buffer" => request.buffer = Some(number),
            "inputs" => request.inputs = number as u16,
            other => panic!("what is {other}?"),
        }
    }
    let shared = Arc::new(Shared::default());
    let ramp = Ramp { shared: shared.clone(), next: 0, last_heard: 0, thread: None, calls: 0 };
    match open(&request, Box::new(ramp)) {
        Ok(stream) => live(stream, &shared),
        Err((error, _)) => println!("@error {error}"),
    }
}

fn live(stream: Stream, shared: &Shared) {
    println!("@open {} {} {}", stream.rate(), stream.buffer(), stream.name());
    println!("@reason {:?}", stream.reason());
    let begin = Instant::now();
    let (tx, words) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = tx.send(line);
        }
    });
    let mut lost = 0;
    loop {
        for event in stream.events() {
            match event {
                Event::Lost { .. } => {
                    lost += 1;
                    println!("@lost {}", stream.stats().lost());
                }
                Event::Back { format, .. } => println!("@back {}", format.rate),
                Event::RateChanged { from, to } => println!("@rate {from} {to}"),
                Event::Xruns { total, .. } => println!("@xruns {total}"),
                Event::Broken => println!("@broken"),
            }
        }
        match words.recv_timeout(Duration::from_millis(5)).as_deref() {
            Ok("go") => shared.going.store(true, Relaxed),
            Ok("stall") => shared.stall.store(true, Relaxed),
            Ok("count") => {
                let frames = shared.frames.load(Relaxed);
                println!("@count {frames} {}", begin.elapsed().as_secs_f64());
            }
            Ok("input") => {
                let (heard, delay) = (shared.heard.load(Relaxed), shared.delay.load(Relaxed));
                println!("@input {heard} {delay}");
            }
            Ok(other) => panic!("what is {other}?"),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    let stats = stream.stats();
    let home = stream.close().is_some();
    let frames = shared.frames.load(Relaxed);
    assert_eq!(stats.frames(), frames, "every frame is counted once");
    println!(
        "@closed home={home} lost={lost} prepared={} allocations={} late={}",
        shared.prepared.load(Relaxed),
        shared.allocations.load(Relaxed),
        stats.late(),
    );
}
