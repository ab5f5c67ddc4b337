//! Playing live: music is swapped for its edited self at an exact frame, while the audio side plays on.
//!
//! [`Live`] is the control side: it compiles, matches, fills patterns a little ahead and frees what comes back.
//! [`Performer`] is the audio side. One ring carries events and edits there, in order: what stands
//! behind an edit belongs to the music after it, so no event needs to say which music it is for.

mod controls;
mod edits;
mod effects;
mod ends;
mod faults;
mod fresh;
mod graphs;
mod inbox;
mod ledger;
mod log;
mod meters;
mod performer;
mod record;
mod replay;
mod routes;
mod stand;
mod sync;
mod transcript;
mod wired;

pub use self::controls::{Controls, MapState};
pub use super::player::Onset;
pub use effects::{Effects, LATENCY};
pub use fresh::Fresh;
pub use log::{Entry, Lost};
pub use meters::Meter;
pub use performer::Performer;
pub use replay::{Astray, Replay};
pub use stand::{Backstage, Stand};
pub use transcript::Transcript;
pub use wired::{Hand, Socket, Wired};

use self::edits::Pending;
use self::ends::{Ends, Message, Report, Shared};
use self::faults::Faults;
use self::graphs::{Graphs, Music, Next};
use self::ledger::Ledger;
use self::log::Log;
use self::record::Deck;
use self::sync::Sync;
use super::clock::Clock;
use crate::diag::Diagnostic;
use crate::graph::{Edit, Plan, StripRef};
use crate::io::record::Recorder;
use crate::rt::{Renderer, Tap, Timed, Update};
use crate::session::Session;
use ringbuf::traits::Consumer;
use ringbuf::{HeapCons, HeapProd};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Seconds by which events are sent ahead.
const AHEAD: f64 = 0.1;
/// Seconds of a fade between what an edit takes out and what it puts in, where the script says nothing.
const FADE: f64 = 0.02;

/// Frames between the earliest that an edit could be taken and the earliest that it is made for.
const SLACK: u64 = 64;

/// When an edit is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quant {
    /// As soon as it can be.
    Now,
    /// At the next multiple of this many beats.
    Beats(f64),
    /// At the next bar.
    Bar,
    /// At this frame, or as soon after it as it can be.
    At(u64),
}

/// What [`Live::tick`] tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An edit is heard from `frame` on.
    Swapped {
        /// The frame that it was made for.
        frame: u64,
        /// What it kept.
        edit: Edit,
    },
    /// Something is worth knowing.
    Warning(Diagnostic),
    /// Something has happened that the player may want to know.
    Told(String),
}

/// The control side of live playing. Used on one control thread; call [`tick`](Live::tick) every few
/// milliseconds.
pub struct Live {
    /// Frames from asking for an edit to the first frame at which it can be heard.
    margin: u64,
    graphs: Graphs,
    music: Music,
    /// Compiled, waiting for its time to be sent.
    pending: Option<Pending>,
    /// Sent, not taken yet.
    sent: Option<(u64, Option<Edit>)>,
    /// What follows it, from this frame on.
    then: Option<(u64, Next)>,
    /// Edits that have been committed.
    commits: u64,
    /// Events for which the ring had no room.
    queue: VecDeque<Timed>,
    /// Notes that sound.
    ledger: Ledger,
    outbox: HeapProd<Message>,
    retired: HeapCons<Box<Update>>,
    reports: HeapCons<Report>,
    shared: Arc<Shared>,
    /// Which nodes were named for what is not a number.
    faults: Faults,
    /// Where what plays is metered and recorded.
    taps: Vec<Tap>,
    deck: Deck,
    /// A clock that is followed.
    sync: Sync,
    log: Log,
}

impl Live {
    /// Makes both sides of playing `fresh`; it starts with the first frame that is asked of the performer.
    /// `ceiling` is the linear level that the output never exceeds.
    #[must_use]
    pub fn new(fresh: Fresh, ceiling: Option<f32>) -> (Live, Performer) {
        Live::resume(fresh, ceiling, 0.0, 0)
    }

    /// The same from a beat of the piece on: after the device has come back at another rate. `delay` is what a MIDI
    /// message takes until it leaves, in frames: instruments outside are played that much earlier.
    #[must_use]
    pub fn resume(fresh: Fresh, ceiling: Option<f32>, beat: f64, delay: u64) -> (Live, Performer) {
        let (graphs, music, ends, performer) = begin(fresh, ceiling, beat, delay);
        let Ends { taps, outbox, retired, reports, shared, deck, mut sync, log } = ends;
        sync.follow(&music.session);
        let mut live = Live {
            margin: 1024 + SLACK,
            graphs,
            music,
            pending: None,
            sent: None,
            then: None,
            commits: 0,
            queue: VecDeque::new(),
            ledger: Ledger::default(),
            outbox,
            retired,
            reports,
            shared,
            faults: Faults::default(),
            taps,
            deck,
            sync,
            log,
        };
        live.fill();
        (live, performer)
    }

    /// Sets the frames that the device asks for at once: an edit cannot be heard sooner than after one such
    /// buffer.
    pub fn set_buffer(&mut self, frames: u64) {
        self.margin = frames + SLACK;
    }

    /// Sets what a MIDI message takes until it leaves, in frames, for the music of edits from now on.
    pub fn set_delay(&mut self, frames: u64) -> &mut Live {
        self.graphs.delay = frames;
        self
    }

    /// Sends events ahead, hands over an edit whose time has come, frees what has come back.
    pub fn tick(&mut self, mut news: impl FnMut(News)) {
        while let Some(update) = self.retired.try_pop() {
            let frame = update.at;
            drop(update);
            if let Some((_, Some(edit))) = self.sent.take() {
                news(News::Swapped { frame, edit });
            }
            if let Some((frame, next)) = self.then.take() {
                let mut pending = Pending::settled(next, frame);
                self.schedule(&mut pending);
                self.pending = Some(pending);
            }
        }
        self.deck.collect();
        self.log.tick();
        self.synchronise(&mut news);
        self.feed_back();
        while let Some(told) = self.deck.recorder().and_then(Recorder::take_news) {
            news(News::Warning(told));
        }
        self.fill();
        let place = crate::units::Place::default;
        for text in self.music.player.take_warnings() {
            news(News::Warning(Diagnostic::warning(text, place())));
        }
        while let Some(Report::Fault(fault)) = self.reports.try_pop() {
            if let Some(told) = self.faults.tell(&fault, &self.music.session, self.graphs.rate) {
                news(News::Warning(told));
            }
        }
    }

    /// Silences everything from the next block on: notes, tails, events that wait. The music goes on from there.
    pub fn panic(&mut self) {
        self.queue.clear();
        self.ledger.clear();
        self.shared.panics.fetch_add(1, Ordering::Release);
    }

    /// Fades the output out, within 20 ms at 48 kHz; it is silent from then on.
    pub fn end(&self) {
        self.shared.ends.store(true, Ordering::Relaxed);
    }

    /// What patterns were sent since the last call, a little ahead of being heard; from the first call on.
    pub fn take_onsets(&mut self) -> Vec<Onset> {
        self.music.player.take_onsets()
    }

    /// How what plays was compiled.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.music.plan
    }

    /// Frames given to the device so far.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.shared.frame.load(Ordering::Acquire)
    }

    /// Musical time of what plays.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.music.player.clock()
    }

    /// What plays.
    #[must_use]
    pub fn session(&self) -> &Arc<Session> {
        &self.music.session
    }

    /// Names of the strips that play.
    pub fn strips(&self) -> impl Iterator<Item = &str> {
        self.music.strips.iter().map(|s| s.name.as_str())
    }

    /// Paths of the parameters that can be set: `acid/lowpass.cutoff`.
    #[must_use]
    pub fn params(&self) -> Vec<String> {
        let path = |strip: &StripRef, p: &String| format!("{}/{p}", strip.name);
        self.music.strips.iter().flat_map(|s| s.params.keys().map(move |p| path(s, p))).collect()
    }

    /// Blocks in which the safety limiter acted.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.shared.limited.load(Ordering::Relaxed)
    }
}

/// What a performance, and one that is played again, begin with.
fn begin(
    fresh: Fresh,
    ceiling: Option<f32>,
    beat: f64,
    delay: u64,
) -> (Graphs, Music, Ends, Performer) {
    let (graphs, mut schedule, mut music) = Graphs::begin(fresh, delay);
    let clock = Clock::starting(&music.session, graphs.rate, beat);
    schedule.timeline.start_at(clock.origin());
    music.player.resume(clock, 0);
    let taps = schedule.taps.clone();
    let renderer = Renderer::new(schedule, ceiling).with_controllers(graphs.controls.ears());
    let (ends, performer) = Ends::around(renderer, taps);
    (graphs, music, ends, performer)
}
