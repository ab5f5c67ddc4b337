//! Ableton Link between two peers of this machine: `cargo test --features link --test link`.
#![cfg(feature = "link")]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

use rhapsode::io::audio::micros;
use rhapsode::io::link::Link;
use rhapsode::io::midi::{Mark, Timebase};
use rhapsode::midi::{Beat, ClockIn};
use rhapsode::rt::Arrival;
use rusty_link::{AblLink, SessionState};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;

/// Somebody else in the session.
struct Other {
    link: AblLink,
    state: SessionState,
}

impl Other {
    fn new(bpm: f64) -> Other {
        let link = AblLink::new(bpm);
        link.enable_start_stop_sync(true);
        link.enable(true);
        Other { link, state: SessionState::new() }
    }

    fn change(&mut self, change: impl FnOnce(&mut SessionState, i64)) {
        self.link.capture_app_session_state(&mut self.state);
        change(&mut self.state, self.link.clock_micros());
        self.link.commit_app_session_state(&self.state);
    }

    /// Quarter notes since the bar began.
    fn phase(&mut self) -> f64 {
        self.link.capture_app_session_state(&mut self.state);
        self.state.phase_at_time(self.link.clock_micros(), 4.0)
    }

    fn waits_for_a_peer(&self) {
        let begin = Instant::now();
        while self.link.num_peers() == 0 {
            assert!(begin.elapsed() < Duration::from_secs(20), "no peer: is the loopback up?");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What a device's callback would do.
fn mark() -> Mark {
    let now = micros();
    Mark {
        micros: now,
        jack: None,
        frame: now * u64::from(RATE) / 1_000_000,
        frames: 512,
        rate: RATE,
    }
}

/// One after the other: peers of one machine are all in one session.
#[test]
fn the_session_of_the_network_gives_tempo_phase_start_and_stop() {
    let mut other = Other::new(137.0);
    let timebase = Arc::new(Timebase::default());
    timebase.set(mark());
    let (send, heard) = channel::<Arrival>();
    let tell = move |arrival| {
        let _ = send.send(arrival);
    };
    let link = Link::join(3, 90.0, 0, timebase.clone(), tell).expect("joins");
    other.waits_for_a_peer();
    // The session of who was there first holds.
    let (mut clock, mut beats) = (ClockIn::lossless(), Vec::new());
    let mut listen = |clock: &mut ClockIn, seconds: f64| {
        let begin = Instant::now();
        while begin.elapsed().as_secs_f64() < seconds {
            timebase.set(mark());
            while let Ok(Arrival { frame, port, bytes }) = heard.try_recv() {
                assert_eq!(port, 3);
                let meaning = clock.feed(frame as f64 / f64::from(RATE), bytes);
                beats.extend(meaning.filter(|b| *b != Beat::Tick));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::mem::take(&mut beats)
    };
    // Milliseconds by which our beat is beside the other's.
    let beside = |clock: &ClockIn, other: &mut Other, bpm: f64| {
        let ours = clock.beat(micros() as f64 / 1e6).rem_euclid(4.0);
        let off = (ours - other.phase()).rem_euclid(4.0);
        off.min(4.0 - off) * 60e3 / bpm
    };
    listen(&mut clock, 5.0);
    for bpm in [137.0, 98.5] {
        other.change(|state, now| state.set_tempo(bpm, now));
        listen(&mut clock, 6.0);
        let ours = clock.bpm().expect("known");
        let off = beside(&clock, &mut other, bpm);
        println!("{bpm} bpm is followed at {ours:.4} bpm, {off:.3} ms beside the beat");
        assert!((ours - bpm).abs() < 0.05, "{ours}");
        assert!(off < 3.0, "{off} ms");
    }
    // Started by the other, it begins at the next bar; stopped, it stops.
    other.change(|state, now| state.set_is_playing(true, now));
    assert_eq!(listen(&mut clock, 4.0), [Beat::Go(0.0)]);
    assert!(clock.runs() && beside(&clock, &mut other, 98.5) < 3.0);
    other.change(|state, now| state.set_is_playing(false, now));
    assert_eq!(listen(&mut clock, 1.0), [Beat::Stop]);
    drop(link);
    a_script_follows(&mut other);
}

/// The whole program follows it.
fn a_script_follows(other: &mut Other) {
    other.change(|state, now| state.set_tempo(111.0, now));
    let dir = tempfile::tempdir().expect("a folder");
    let song = "tempo(90); sync_to(\"link\"); track(\"a\", sine(100) * 0.1);";
    std::fs::write(dir.path().join("song.rhai"), song).expect("written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["live", "song.rhai", "--device", "null", "--midi", "none", "--for", "9"])
        .args(["--log", "set.rhailog"])
        .current_dir(dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let said = BufReader::new(child.stderr.take().expect("piped")).lines();
    let said: Vec<String> = said.map_while(Result::ok).collect();
    assert!(child.wait().expect("ends").success());
    let follows = "Following the clock of \"link\"";
    assert!(said.iter().any(|line| line.contains(follows)), "{said:#?}");
    // It begins with its own tempo and goes over to that of the session.
    let log = std::fs::read_to_string(dir.path().join("set.rhailog")).expect("a log");
    let bpm = |line: &str| line.split_once("\"bpm\":")?.1.split(',').next()?.parse::<f64>().ok();
    let tempi: Vec<f64> = log.lines().filter_map(bpm).collect();
    let last = tempi.last().copied().unwrap_or(0.0);
    println!("a script follows at {last:.4} bpm");
    assert!((last - 111.0).abs() < 0.05, "{tempi:?}");
}
