//! Ableton Link: the time of the session on the network, told as a MIDI clock that this program alone hears.

use super::audio::micros;
use super::midi::{Drift, Timebase};
use crate::rt::Arrival;
use arc_swap::ArcSwap;
use rusty_link::{AblLink, SessionState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Quarter notes of a bar, on whose multiples all peers are in phase.
const QUANTUM: f64 = 4.0;
/// Ticks of a quarter note, of a sixteenth (in which song positions count), of a bar.
const TICKS: f64 = 24.0;
const SIXTEENTH: i64 = 6;
const BAR: i64 = 96;
/// Microseconds by which ticks are told ahead.
const AHEAD: i64 = 30_000;
/// Time between two looks.
const TURN: Duration = Duration::from_millis(2);
/// Beats by which the time of the session may be off before that is a jump.
const JUMP: f64 = 1e-3;

/// Ticks that may have been told ahead at a tempo that is over.
const NEAR: i64 = 4;

/// A peer of the session; it leaves when this is dropped.
pub struct Link {
    timebase: Arc<ArcSwap<Timebase>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Link {
    /// Joins the session of the local network, or begins one at `bpm` beats a minute. Its clock goes to `send` as
    /// messages on `port`: ticks, and start, stop, song position and continue. `timebase` says which frame is when; what
    /// is asked of the device is heard `late` frames later. Control thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn join(
        port: u8,
        bpm: f64,
        late: u64,
        timebase: Arc<Timebase>,
        send: impl FnMut(Arrival) + Send + 'static,
    ) -> std::io::Result<Link> {
        let timebase = Arc::new(ArcSwap::new(timebase));
        let stop = Arc::new(AtomicBool::new(false));
        let (times, stops) = (timebase.clone(), stop.clone());
        let thread = std::thread::Builder::new().name("link".into()).spawn(move || {
            let link = AblLink::new(bpm);
            link.enable_start_stop_sync(true);
            link.enable(true);
            let (clock, drift) = (Teller::new(), Drift::default());
            Peer { link, port, late, clock, drift, send }.run(&times, &stops);
        })?;
        Ok(Link { timebase, stop, thread: Some(thread) })
    }

    /// Another timebase holds.
    pub fn follow(&self, timebase: Arc<Timebase>) {
        self.timebase.store(timebase);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It ends by itself; a panic of it concerns nobody any more.
            let _ = thread.join();
        }
    }
}

/// What follows from the time of the session: pure.
struct Teller {
    /// The tick that is told next.
    next: Option<i64>,
    /// A moment in microseconds, and the beat at it when it was looked at last.
    seen: (i64, f64),
    playing: bool,
    /// The place is to be told at the next sixteenth.
    lost: bool,
    /// The beginning is to be told at the next bar from this moment on.
    starts: Option<i64>,
    /// It was stopped.
    stopped: bool,
}

impl Teller {
    fn new() -> Teller {
        let (next, seen) = (None, (0, 0.0));
        Teller { next, seen, playing: false, lost: true, starts: None, stopped: false }
    }

    /// The messages up to `until` and their moments.
    fn tell(&mut self, state: &SessionState, now: i64, until: i64) -> Vec<(i64, [u8; 3])> {
        let mut told = Vec::new();
        let playing = state.is_playing();
        if playing != std::mem::replace(&mut self.playing, playing) {
            self.stopped = !playing;
            self.starts = playing.then(|| state.time_for_is_playing());
            if !playing {
                told.push((now, [0xfc, 0, 0]));
            }
        }
        let jumped = (state.beat_at_time(self.seen.0, QUANTUM) - self.seen.1).abs() > JUMP;
        let fresh = |from: i64| (state.beat_at_time(from, QUANTUM) * TICKS).ceil() as i64;
        let mut tick = match self.next {
            Some(tick) if !jumped => tick,
            _ => {
                let from = fresh(now.max(self.seen.0.min(until)));
                match self.next {
                    // Another tempo: what was told ahead counts, so that the next tick is the next one.
                    Some(tick) if (tick - from).abs() <= NEAR => tick,
                    // Whoever has joined another session is elsewhere.
                    _ => {
                        self.lost = true;
                        from
                    }
                }
            }
        };
        loop {
            let at = state.time_at_beat(tick as f64 / TICKS, QUANTUM);
            if at > until {
                break;
            }
            self.place(tick, at, &mut told);
            told.push((at, [0xf8, 0, 0]));
            tick += 1;
        }
        self.next = Some(tick);
        self.seen = (until, state.beat_at_time(until, QUANTUM));
        told
    }

    /// Says where the music is, if that is not known.
    fn place(&mut self, tick: i64, at: i64, told: &mut Vec<(i64, [u8; 3])>) {
        let place = tick.rem_euclid(BAR);
        if let Some(from) = self.starts {
            if place == 0 && at >= from {
                told.push((at, [0xfa, 0, 0]));
                (self.starts, self.lost) = (None, false);
            }
        } else if self.lost && !self.stopped && place % SIXTEENTH == 0 {
            told.push((at, [0xf2, (place / SIXTEENTH) as u8, 0]));
            told.push((at, [0xfb, 0, 0]));
            self.lost = false;
        }
    }
}

/// The thread's own.
struct Peer<S> {
    link: AblLink,
    port: u8,
    late: u64,
    clock: Teller,
    drift: Drift,
    send: S,
}

impl<S: FnMut(Arrival)> Peer<S> {
    fn run(&mut self, timebase: &ArcSwap<Timebase>, stop: &AtomicBool) {
        let mut state = SessionState::new();
        while !stop.load(Ordering::Relaxed) {
            self.turn(timebase, &mut state);
            std::thread::park_timeout(TURN);
        }
        self.link.enable(false);
    }

    fn turn(&mut self, timebase: &ArcSwap<Timebase>, state: &mut SessionState) {
        let (now, here) = (self.link.clock_micros(), micros());
        let mark = timebase.load().get();
        let (Some(frame), Some(mark)) = (self.drift.frame(here, mark), mark) else { return };
        self.link.capture_app_session_state(state);
        let (port, rate) = (self.port, f64::from(mark.rate));
        for (at, bytes) in self.clock.tell(state, now, now + AHEAD) {
            let frame = frame + (at - now) as f64 * rate / 1e6 - self.late as f64;
            (self.send)(Arrival { frame: frame.round().max(0.0) as u64, port, bytes });
        }
    }
}
