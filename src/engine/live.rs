//! Playing live: music is swapped for its edited self at an exact frame, while the audio side plays on.
//!
//! [`Live`] is the control side: it compiles, matches, fills patterns a little ahead and frees what comes back.
//! [`Performer`] is the audio side. One ring carries events and edits there, in order: what stands
//! behind an edit belongs to the music after it, so no event needs to say which music it is for.

mod controls;
mod edits;
mod effects;
mod faults;
mod fresh;
mod inbox;
mod ledger;
mod meters;
mod performer;
mod record;
mod routes;
mod stand;
mod sync;
mod wired;

pub use self::controls::{Controls, MapState};
pub use super::player::Onset;
pub use effects::{Effects, LATENCY};
pub use fresh::Fresh;
pub use meters::Meter;
pub use performer::Performer;
pub use stand::{Backstage, Stand};
pub use wired::{Hand, Socket, Wired};

use self::edits::Pending;
use self::faults::Faults;
use self::inbox::Inbox;
use self::ledger::Ledger;
use self::meters::{Peaks, Slots};
use self::record::Deck;
use self::sync::Sync;
use super::clock::Clock;
use super::player::Player;
use crate::diag::Diagnostic;
use crate::graph::{Compiled, Edit, Placement, Plan, StripRef};
use crate::io::record::Recorder;
use crate::rt::{Fault, Renderer, Tap, Timed, Update};
use crate::session::Session;
use ringbuf::traits::{Consumer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Seconds by which events are sent ahead.
const AHEAD: f64 = 0.1;
/// Messages that wait for the audio side.
const MESSAGES: usize = 16_384;
/// Reports that wait for the control side.
const REPORTS: usize = 256;

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

/// What goes to the audio side.
enum Message {
    Event(Timed),
    Update(Box<Update>),
    /// What was sent from this frame on is not to be played.
    Forget(u64),
}

/// What comes from the audio side, besides updates.
enum Report {
    Fault(Fault),
}

/// What both sides see.
#[derive(Default)]
struct Shared {
    /// Frames given to the device.
    frame: AtomicU64,
    /// Blocks in which the safety limiter acted.
    limited: AtomicU64,
    /// How often silence was asked for.
    panics: AtomicU32,
    /// The music is to fade out and end.
    ends: AtomicBool,
    /// Peaks by strip.
    peaks: Peaks,
}

/// Music that sounds, or is about to.
struct Music {
    session: Arc<Session>,
    placement: Placement,
    strips: Vec<StripRef>,
    plan: Plan,
    player: Player,
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
    rate: f64,
    /// Frames from asking for an edit to the first frame at which it can be heard.
    margin: u64,
    /// Frames that a MIDI message takes until it leaves.
    delay: u64,
    music: Music,
    /// Compiled, waiting for its time to be sent.
    pending: Option<Pending>,
    /// Sent, not taken yet.
    sent: Option<(u64, Option<Edit>)>,
    /// What follows it.
    then: Option<Box<Pending>>,
    /// Graphs between two musics that were sent since the last music by itself.
    nested: u32,
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
    /// Where strips are metered and recorded.
    slots: Slots,
    /// Those of what plays.
    taps: Vec<Tap>,
    deck: Deck,
    /// Knobs and faders, and what they move.
    controls: Controls,
    /// A clock that is followed.
    sync: Sync,
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
        let Fresh { session, rate, mut compiled, assets, controls } = fresh;
        let mut slots = Slots::default();
        slots.tap(&mut compiled);
        let mut player = Player::new(&session, &compiled, rate, &*assets, None).ahead_of(delay);
        compiled.schedule.routes = routes::routes(&session, &compiled.strips, &*assets);
        compiled.schedule.clocks = sync::clocks(&session, delay);
        let mut controls = controls.unwrap_or_default();
        controls.join(&mut compiled.schedule, &session);
        let Compiled { mut schedule, strips, placement, plan, .. } = compiled;
        let clock = Clock::starting(&session, rate, beat);
        schedule.timeline.start_at(clock.origin());
        player.resume(clock, 0);
        let (outbox, inbox) = HeapRb::new(MESSAGES).split();
        let (retire, retired) = HeapRb::new(1).split();
        let (report, reports) = HeapRb::new(REPORTS).split();
        let shared = Arc::new(Shared::default());
        let taps = schedule.taps.clone();
        let (deck, reels) = Deck::new();
        let renderer = Renderer::new(schedule, ceiling).with_controllers(controls.ears());
        let inbox = Inbox::new(inbox, retire);
        let (mut sync, ear) = Sync::new();
        sync.follow(&session);
        let performer = Performer::new(renderer, inbox, report, reels, shared.clone(), ear);
        let music = Music { session, placement, strips, plan, player };
        let mut live = Live {
            rate,
            margin: 1024 + SLACK,
            delay,
            music,
            pending: None,
            sent: None,
            then: None,
            nested: 0,
            queue: VecDeque::new(),
            ledger: Ledger::default(),
            outbox,
            retired,
            reports,
            shared,
            faults: Faults::default(),
            slots,
            taps,
            deck,
            controls,
            sync,
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
        self.delay = frames;
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
            if let Some(mut next) = self.then.take() {
                self.schedule(&mut next);
                self.pending = Some(*next);
            }
        }
        self.deck.collect();
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
            if let Some(told) = self.faults.tell(&fault, &self.music.session, self.rate) {
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
