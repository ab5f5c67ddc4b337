//! Following a MIDI clock: its tempo and its place become those of what plays, a little ahead and never backwards.
//!
//! What was sent ahead stays as it is: a new tempo begins at the first moment that has not been asked of the patterns,
//! so that no note is lost or played twice. Start and song position jump, as an instrument does: what was to come is
//! dropped, what sounds is let go.

use super::ends::Message;
use super::log::{Entry, Log};
use super::{Live, News};
use crate::diag::Diagnostic;
use crate::engine::clock::Clock;
use crate::midi::{Beat, ClockIn};
use crate::pattern::Frac;
use crate::rt::clock_out::Clocks;
use crate::rt::{Arrival, Outgoing, Renderer, Step};
use crate::session::{Port, Session};
use crate::units::Way;
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// Messages of the clock that wait for the control side: 5 s at 200 beats a minute.
const HEARD: usize = 512;
/// Messages that wait to be sent to devices.
const TOLD: usize = 256;
/// Steps that wait for the audio side.
const STEPS: usize = 32;
/// Seconds in which the music makes up for being late.
const CATCH: f64 = 1.0;
/// How much faster or slower than the clock it goes meanwhile, at most.
const HURRY: f64 = 0.2;
/// Beats from which it jumps instead.
const FAR: f64 = 1.0;
/// Beats a minute that are not worth a step.
const SAME: f64 = 0.002;

/// Who gets a clock of `session`, early by `delay` frames.
pub(super) fn clocks(session: &Session, delay: u64) -> Clocks {
    let ports = session.clocks.iter().filter_map(|port| port.number(Way::Out)).collect();
    Clocks { ports, early: delay }
}

/// The audio side's end.
pub(super) struct Ear {
    steps: HeapCons<Step>,
    /// Steps that have been taken in.
    paced: u64,
    heard: HeapProd<Arrival>,
    told: HeapCons<Outgoing>,
}

impl Ear {
    /// Passes on what a clock says. Audio thread.
    pub fn hear(&mut self, arrival: &Arrival) {
        if matches!(arrival.bytes[0], 0xf2 | 0xf8 | 0xfa..=0xfc) {
            let _ = self.heard.try_push(*arrival);
        }
    }

    /// Steps that have been taken in so far.
    pub fn paced(&self) -> u64 {
        self.paced
    }

    /// Lets the renderer know of new tempi. Audio thread.
    pub fn pace(&mut self, renderer: &mut Renderer) {
        while let Some(step) = self.steps.try_pop() {
            self.paced += 1;
            renderer.pace().push(step);
        }
        while let Some(message) = self.told.try_pop() {
            renderer.tell(message);
        }
    }
}

/// The control side's end.
pub(super) struct Sync {
    /// Number and name of the port that is followed.
    port: Option<(u8, String)>,
    clock: ClockIn,
    steps: HeapProd<Step>,
    heard: HeapCons<Arrival>,
    /// Messages to devices: where motor faders are to go.
    tell: HeapProd<Outgoing>,
    /// The clock has stopped the music.
    pub paused: bool,
    /// What was sent from this frame on is to be dropped, as soon as the ring has room for that.
    pub forget: Option<u64>,
    /// It began before the tick that starts it had come, at this beat.
    begun: Option<f64>,
    /// The moment at which the last tempo began.
    since: Frac,
    told: Told,
}

/// What the player knows of the clock.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Nothing,
    Followed,
    Lost,
}

impl Sync {
    pub fn new() -> (Sync, Ear) {
        let (steps, taken) = HeapRb::new(STEPS).split();
        let (hear, heard) = HeapRb::new(HEARD).split();
        let (tell, told) = HeapRb::new(TOLD).split();
        let sync = Sync {
            port: None,
            tell,
            clock: ClockIn::default(),
            steps,
            heard,
            paused: false,
            forget: None,
            begun: None,
            since: Frac::int(-1),
            told: Told::Nothing,
        };
        (sync, Ear { steps: taken, paced: 0, heard: hear, told })
    }

    /// Follows what `session` says.
    pub fn follow(&mut self, session: &Session) {
        let named = |port: &Port| Some((port.number(Way::In)?, port.name.clone()));
        let port = session.sync.as_ref().and_then(named);
        if self.port != port {
            let within = session.sync.as_ref().is_some_and(Port::is_link);
            self.clock = if within { ClockIn::lossless() } else { ClockIn::default() };
            self.port = port;
            (self.paused, self.told) = (false, Told::Nothing);
        }
    }

    /// Sends a message to a device as soon as it can be; false if too many wait.
    pub fn send(&mut self, port: u8, bytes: [u8; 3]) -> bool {
        self.tell.try_push(Outgoing { frame: 0, port, bytes }).is_ok()
    }

    /// Sends a step on, and notes it; those that find no room are made up for by the next.
    pub fn step(&mut self, step: Step, log: &mut Log) {
        if self.steps.try_push(step).is_ok() {
            log.push(Entry::Step(step));
        }
    }
}

impl Live {
    /// Hears the clock, and goes where it goes.
    pub(super) fn synchronise(&mut self, news: &mut impl FnMut(News)) {
        while let Some(Arrival { frame, port, bytes }) = self.sync.heard.try_pop() {
            if self.sync.port.as_ref().is_none_or(|p| p.0 != port) {
                continue;
            }
            match self.sync.clock.feed(frame as f64 / self.graphs.rate, bytes) {
                Some(Beat::Go(beat)) if self.sync.begun.take() != Some(beat) => {
                    let time = self.sync.clock.time();
                    self.go(beat, (time * self.graphs.rate).round() as u64);
                }
                Some(Beat::Stop) => {
                    self.sync.begun = None;
                    self.hold(frame);
                    self.sync.paused = true;
                }
                _ => {}
            }
        }
        // A clock that ticks before it starts says when its first tick will come.
        if let Some((time, beat)) = self.sync.clock.about_to_run()
            && self.sync.begun.is_none()
        {
            let frame = (time * self.graphs.rate).round().max(0.0) as u64;
            if frame > self.frame() + self.margin {
                self.sync.begun = Some(beat);
                self.go(beat, frame);
            }
        }
        self.tell_clock(news);
        if self.sync.told == Told::Followed {
            self.pursue();
        }
    }

    /// Goes on at the tempo of the clock from the first moment that has not been played yet.
    fn pursue(&mut self) {
        let Some(bpm) = self.sync.clock.bpm().filter(|_| !self.sync.paused) else { return };
        let player = &self.music.player;
        let (moment, clock) = (player.moment(), player.clock());
        let frame = clock.frame(moment);
        // An edit that comes before it takes the clock as it is.
        let early = self.pending.as_ref().is_some_and(|p| p.at() <= frame);
        if moment == self.sync.since || early || self.sync.steps.is_full() {
            return;
        }
        self.sync.since = moment;
        let beat = clock.beat(frame);
        let mut goal = bpm;
        if self.sync.clock.runs() {
            let late = self.sync.clock.beat(frame as f64 / self.graphs.rate) - beat;
            if late.abs() > FAR {
                return self.go(beat + late, frame);
            }
            goal = (bpm + late * 60.0 / CATCH).clamp(bpm * (1.0 - HURRY), bpm * (1.0 + HURRY));
        }
        if (goal - clock.bpm(frame)).abs() > SAME {
            let clock = clock.stepped(frame, beat, goal, false);
            self.turn(clock, Step { frame, beat, bpm: Some(goal), jumps: false });
        }
    }

    /// The music is at `beat` at `frame`, which may be a little past.
    fn go(&mut self, beat: f64, frame: u64) {
        let clock = self.music.player.clock();
        let bpm = self.sync.clock.bpm().unwrap_or_else(|| clock.bpm(frame));
        let clock = clock.stepped(frame, beat, bpm, true);
        self.hold(frame);
        self.sync.paused = false;
        self.sync.since = Frac::int(-1);
        self.music.player.resume(clock.clone(), frame);
        self.turn(clock, Step { frame, beat, bpm: Some(bpm), jumps: true });
    }

    /// Another musical time holds for what is played from here on, and for an edit that waits.
    fn turn(&mut self, clock: Clock, step: Step) {
        let before = self.music.player.turn(clock);
        self.sync.step(step, &mut self.log);
        if let Some(mut pending) = self.pending.take() {
            self.move_edit(&mut pending, &before, step.jumps);
            self.pending = Some(pending);
        }
    }

    /// Drops what was to be played from `frame` on, and ends what sounds.
    fn hold(&mut self, frame: u64) {
        let frame = frame.max(self.frame());
        self.music.player.drop_waiting();
        self.queue.retain(|e| matches!(e.kind, crate::rt::EventKind::NoteOff { .. }));
        self.sync.forget = Some(frame);
        let Live { queue, ledger, .. } = self;
        ledger.release(frame, |_, _| false, |event| queue.push_back(event));
        self.post();
    }

    /// Sends on what is to be dropped, once there is room.
    pub(super) fn post_forget(&mut self) -> bool {
        if let Some(frame) = self.sync.forget.filter(|_| !self.outbox.is_full()) {
            self.log.push(Entry::Forget(frame));
            let _ = self.outbox.try_push(Message::Forget(frame));
            self.sync.forget = None;
        }
        self.sync.forget.is_none()
    }

    fn tell_clock(&mut self, news: &mut impl FnMut(News)) {
        let Some((_, name)) = &self.sync.port else { return };
        let Some(bpm) = self.sync.clock.bpm() else { return };
        let lost = self.sync.clock.is_lost(self.frame() as f64 / self.graphs.rate);
        let told = if lost { Told::Lost } else { Told::Followed };
        if std::mem::replace(&mut self.sync.told, told) == told {
            return;
        }
        if lost {
            let message =
                format!("the clock of \"{name}\" is silent; the music goes on at {bpm:.1} bpm");
            let hint = "it is followed again as soon as it ticks";
            news(News::Warning(Diagnostic::warning(message, Default::default()).hint(hint)));
        } else {
            news(News::Told(format!("Following the clock of \"{name}\", {bpm:.1} bpm")));
        }
    }
}
