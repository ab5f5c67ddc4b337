//! Playing live: music is swapped for its edited self at an exact frame, while the audio side plays on.
//!
//! [`Live`] is the control side: it compiles, matches, fills patterns a little ahead and frees what comes back.
//! [`Performer`] is the audio side. One ring carries events and edits there, in order: what stands
//! behind an edit belongs to the music after it, so no event needs to say which music it is for.

mod performer;
mod stand;

pub use performer::Performer;
pub use stand::{Backstage, Stand};

use super::clock::Clock;
use super::player::Player;
use crate::diag::Diagnostic;
use crate::graph::{
    Compiled, Edit, Placement, Plan, StripRef, Transition, compile_apart, edit, transition,
};
use crate::nodes::table::Assets;
use crate::rt::{Fault, Renderer, Timed, Update};
use crate::session::Session;
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Seconds by which events are sent ahead.
const AHEAD: f64 = 0.1;
/// Messages that wait for the audio side.
const MESSAGES: usize = 16_384;
/// Reports that wait for the control side.
const REPORTS: usize = 256;

/// Seconds of a fade between what an edit takes out and what it puts in.
const FADE: f64 = 0.02;

/// Frames between the earliest that an edit could be taken and the earliest that it is made for.
const SLACK: u64 = 128;

/// When an edit is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quant {
    /// As soon as it can be.
    Now,
    /// At the next multiple of this many beats.
    Beats(f64),
    /// At the next bar.
    Bar,
}

/// What goes to the audio side.
enum Message {
    Event(Timed),
    Update(Box<Update>),
    /// Silence at once: notes, tails, what waits.
    Panic,
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
    /// Bits of the largest magnitude since it was last asked for.
    peak: AtomicU32,
    /// Blocks in which the safety limiter acted.
    limited: AtomicU64,
}

/// Music that sounds, or is about to.
struct Music {
    session: Arc<Session>,
    placement: Placement,
    strips: Vec<StripRef>,
    plan: Plan,
    player: Player,
}

/// A graph on its way to the audio side.
struct Pending {
    when: When,
    update: Box<Update>,
    music: Music,
    /// What the user is told when it is heard.
    edit: Option<Edit>,
    /// The frame of its fades.
    start: Option<Arc<AtomicU64>>,
    /// What follows it after so many frames.
    then: Option<(u64, Box<Pending>)>,
}

/// When a graph is taken.
#[derive(Clone, Copy)]
enum When {
    /// At a musical moment.
    Quant(Quant),
    /// From this frame on.
    Frame(u64),
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
}

/// Music that is compiled and has not been heard. Made on any thread but the audio thread.
pub struct Fresh {
    session: Arc<Session>,
    rate: f64,
    compiled: Compiled,
    assets: Arc<dyn Assets + Send + Sync>,
}

impl Fresh {
    /// Compiles `session` for `rate` hertz, loading what it needs.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn new(
        session: Arc<Session>,
        rate: f64,
        assets: Arc<dyn Assets + Send + Sync>,
    ) -> Result<Fresh, Vec<Diagnostic>> {
        let compiled = compile_apart(&session, rate, &*assets)?;
        Ok(Fresh { session, rate, compiled, assets })
    }

    /// What is worth knowing: loops, sounds that do not exist.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.compiled.warnings
    }
}

/// The control side of live playing. Used on one control thread; call [`tick`](Live::tick) every few
/// milliseconds.
pub struct Live {
    rate: f64,
    /// Frames from asking for an edit to the first frame at which it can be heard.
    margin: u64,
    music: Music,
    /// Compiled, waiting for its time to be sent.
    pending: Option<Pending>,
    /// Sent, not taken yet.
    sent: Option<(u64, Option<Edit>)>,
    /// What follows it.
    then: Option<Box<Pending>>,
    /// Events for which the ring had no room.
    queue: VecDeque<Timed>,
    outbox: HeapProd<Message>,
    retired: HeapCons<Box<Update>>,
    reports: HeapCons<Report>,
    shared: Arc<Shared>,
}

impl Live {
    /// Makes both sides of playing `fresh`; it starts with the first frame that is asked of the performer.
    /// `ceiling` is the linear level that the output never exceeds.
    #[must_use]
    pub fn new(fresh: Fresh, ceiling: Option<f32>) -> (Live, Performer) {
        let Fresh { session, rate, compiled, assets } = fresh;
        let player = Player::new(&session, &compiled, rate, &*assets, None);
        let Compiled { schedule, strips, placement, plan, .. } = compiled;
        let (outbox, inbox) = HeapRb::new(MESSAGES).split();
        let (retire, retired) = HeapRb::new(1).split();
        let (report, reports) = HeapRb::new(REPORTS).split();
        let shared = Arc::new(Shared::default());
        let renderer = Renderer::new(schedule, ceiling);
        let performer = Performer::new(renderer, inbox, retire, report, shared.clone());
        let music = Music { session, placement, strips, plan, player };
        let mut live = Live {
            rate,
            margin: 1024 + SLACK,
            music,
            pending: None,
            sent: None,
            then: None,
            queue: VecDeque::new(),
            outbox,
            retired,
            reports,
            shared,
        };
        live.fill();
        (live, performer)
    }

    /// Sets the frames that the device asks for at once: an edit cannot be heard sooner than after one such
    /// buffer.
    pub fn set_buffer(&mut self, frames: u64) {
        self.margin = frames + SLACK;
    }

    /// Swaps `fresh` in at the next point of `quant`; an edit that has not been sent yet is dropped for it.
    /// `stale` says of a path that what it names has changed. Returns the frame.
    ///
    /// # Errors
    /// Whatever keeps the fades from being built; what plays is not touched.
    pub fn commit(
        &mut self,
        fresh: Fresh,
        quant: Quant,
        stale: &dyn Fn(&str) -> bool,
    ) -> Result<u64, Vec<Diagnostic>> {
        let Fresh { session, compiled, assets, .. } = fresh;
        let assets = &*assets;
        let both = (&self.music.placement, &compiled.placement);
        let edit = edit(both.0, both.1, stale);
        let between = transition(&session, self.rate, assets, both, FADE, stale)?;
        let when = When::Quant(quant);
        let mut pending = match between {
            None => self.pending(when, &session, compiled, &edit, assets),
            Some(Transition { compiled: between, into, out, start, frames }) => {
                let last = self.pending(When::Frame(0), &session, compiled, &out, assets);
                let first = self.pending(when, &session, between, &into, assets);
                Pending { start: Some(start), then: Some((frames, Box::new(last))), ..first }
            }
        };
        pending.edit = Some(edit);
        let at = self.schedule(&mut pending);
        self.then = None;
        self.pending = Some(pending);
        self.fill();
        Ok(at)
    }

    fn pending(
        &self,
        when: When,
        session: &Arc<Session>,
        compiled: Compiled,
        edit: &Edit,
        assets: &dyn Assets,
    ) -> Pending {
        let player = Player::new(session, &compiled, self.rate, assets, None);
        let Compiled { schedule, strips, placement, plan, .. } = compiled;
        let (moves, feedback) = (edit.moves.clone(), edit.feedback.clone());
        let update = Box::new(Update { schedule, moves, feedback, at: 0 });
        let music = Music { session: session.clone(), placement, strips, plan, player };
        Pending { when, update, music, edit: None, start: None, then: None }
    }

    /// Finds the frame for an edit, and lets its music begin there.
    fn schedule(&self, pending: &mut Pending) -> u64 {
        let clock = self.music.player.clock();
        let after = self.sent.as_ref().map_or(0, |sent| sent.0 + self.margin);
        let earliest = (self.frame() + self.margin).max(after);
        let at = match pending.when {
            When::Quant(Quant::Beats(beats)) if beats > 0.0 => clock.next(earliest, beats),
            When::Quant(Quant::Bar) => clock.next(earliest, clock.cycle()),
            When::Quant(_) => earliest,
            When::Frame(frame) => earliest.max(frame),
        };
        let clock = clock.edited(&pending.music.session, at);
        pending.update.at = at;
        if let Some(start) = &pending.start {
            start.store(at, Ordering::Relaxed);
        }
        pending.update.schedule.timeline.start_at(clock.origin());
        pending.music.player.resume(clock, at);
        at
    }

    /// Sends events ahead, hands over an edit whose time has come, frees what has come back.
    pub fn tick(&mut self, mut news: impl FnMut(News)) {
        while let Some(update) = self.retired.try_pop() {
            drop(update);
            if let Some((frame, Some(edit))) = self.sent.take() {
                news(News::Swapped { frame, edit });
            }
            if let Some(mut next) = self.then.take() {
                self.schedule(&mut next);
                self.pending = Some(*next);
            }
        }
        self.fill();
        let place = crate::units::Place::default;
        for text in self.music.player.take_warnings() {
            news(News::Warning(Diagnostic::warning(text, place())));
        }
        while let Some(Report::Fault(fault)) = self.reports.try_pop() {
            let node = self.music.session.nodes.get(fault.node as usize);
            let name = node.map_or("a node", |n| n.kind.as_str());
            let text = format!("`{name}` put out something that is not a number; it was silenced");
            let hint = "its state was cleared; look for a division by zero or a wild parameter";
            news(News::Warning(Diagnostic::warning(text, place()).hint(hint)));
        }
    }

    /// Silences everything at once: notes, tails, events that wait. The music goes on from there. False if
    /// the audio side is too busy to be told.
    pub fn panic(&mut self) -> bool {
        self.queue.clear();
        self.outbox.try_push(Message::Panic).is_ok()
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

    /// The largest magnitude of the output since the last call.
    #[must_use]
    pub fn take_peak(&self) -> f32 {
        f32::from_bits(self.shared.peak.swap(0, Ordering::Relaxed))
    }

    /// Blocks in which the safety limiter acted.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.shared.limited.load(Ordering::Relaxed)
    }

    fn fill(&mut self) {
        let horizon = self.frame() + self.margin + (AHEAD * self.rate) as u64;
        if self.sent.is_none()
            && let Some(mut pending) = self.pending.take()
        {
            let mut at = pending.update.at;
            if at < self.frame() + self.margin - SLACK {
                // Another edit was in the way for too long.
                at = self.schedule(&mut pending);
            }
            if at <= horizon {
                self.play_to(at);
            }
            // The edit goes behind all that the old music still has to play.
            if at <= horizon && self.queue.is_empty() && !self.outbox.is_full() {
                self.send(pending);
            } else {
                self.pending = Some(pending);
            }
        }
        let end = self.pending.as_ref().map_or(horizon, |p| p.update.at.min(horizon));
        self.play_to(end);
    }

    /// Sends what begins before `frame`, as far as there is room.
    fn play_to(&mut self, frame: u64) {
        let Live { music, queue, outbox, .. } = self;
        music.player.fill(frame, |event| queue.push_back(event));
        while !outbox.is_full()
            && let Some(event) = queue.pop_front()
        {
            let _ = outbox.try_push(Message::Event(event));
        }
    }

    fn send(&mut self, pending: Pending) {
        let Pending { update, mut music, edit, then, .. } = pending;
        self.then = then.map(|(frames, mut next)| {
            next.when = When::Frame(update.at + frames);
            next
        });
        music.player.number_from(&self.music.player);
        self.sent = Some((update.at, edit));
        let _ = self.outbox.try_push(Message::Update(update));
        self.music = music;
    }
}
