//! Edits on their way: scheduled at a frame, sent behind what the old music still has to play.

use super::routes::routes;
use super::sync::clocks;
use super::{AHEAD, FADE, Fresh, Live, Message, Music, Quant, SLACK};
use crate::diag::Diagnostic;
use crate::dsp::unit::BLOCK;
use crate::engine::clock::Clock;
use crate::engine::player::Player;
use crate::graph::{Compiled, Edit, TaskRef, Transition, edit, transition};
use crate::nodes::table::Assets;
use crate::rt::update::Move;
use crate::rt::{Step, Update};
use crate::session::Session;
use ringbuf::traits::{Observer, Producer};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Edits within the time that what they remove rings; the next one fades that out, so that it cannot pile up.
const NESTED: u32 = 4;

/// A graph on its way to the audio side.
pub(super) struct Pending {
    quant: Quant,
    update: Box<Update>,
    music: Music,
    /// What the user is told when it is heard.
    edit: Option<Edit>,
    /// What follows it after so many frames.
    then: Option<(u64, Box<Pending>)>,
}

impl Pending {
    /// The frame that it is made for.
    pub(super) fn at(&self) -> u64 {
        self.update.at
    }
}

/// Seconds of the fades of the track `name`, if the script says them.
fn fade(name: &str, session: &Session) -> Option<f64> {
    session.tracks.iter().find(|t| t.name == name)?.fade
}

impl Live {
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
        let fade = |name: &str| fade(name, &session).or(fade(name, &self.music.session));
        let fade = |name: &str| fade(name).unwrap_or(FADE);
        let fades: (&dyn Fn(&str) -> f64, bool) = (&fade, self.nested < NESTED);
        let between = transition(&session, self.rate, assets, both, fades, stale)?;
        let mut pending = match between {
            None => self.pending(quant, &session, compiled, &edit, assets),
            Some(Transition { compiled: between, into, out, start, frames }) => {
                let last = self.pending(Quant::At(0), &session, compiled, &out, assets);
                let mut first = self.pending(quant, &session, between, &into, assets);
                first.update.start = Some(start);
                Pending { then: Some((frames, Box::new(last))), ..first }
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
        &mut self,
        quant: Quant,
        session: &Arc<Session>,
        mut compiled: Compiled,
        edit: &Edit,
        assets: &dyn Assets,
    ) -> Pending {
        let player = Player::new(session, &compiled, self.rate, assets, None).ahead_of(self.delay);
        compiled.schedule.routes = routes(session, &compiled.strips, assets);
        compiled.schedule.clocks = clocks(session, self.delay);
        self.slots.tap(&mut compiled);
        self.controls.join(&mut compiled.schedule, session);
        let Compiled { schedule, strips, placement, plan, .. } = compiled;
        let (moves, feedback) = (edit.moves.clone(), edit.feedback.clone());
        let update = Box::new(Update { schedule, moves, feedback, at: 0, start: None });
        let music = Music { session: session.clone(), placement, strips, plan, player };
        Pending { quant, update, music, edit: None, then: None }
    }

    /// The frame at which an edit would be heard that is committed now.
    #[must_use]
    pub fn next(&self, quant: Quant) -> u64 {
        let clock = self.music.player.clock();
        let after = self.sent.as_ref().map_or(0, |sent| sent.0 + self.margin);
        let earliest = (self.frame() + self.margin).max(after);
        // With luck the device's next buffer can still have it; an edit that comes too late moves.
        let soon = self.frame().next_multiple_of(BLOCK as u64).max(after);
        match quant {
            Quant::Beats(beats) if beats > 0.0 => clock.next(earliest, beats),
            Quant::Bar => clock.next(earliest, clock.cycle()),
            Quant::Now | Quant::Beats(_) => soon,
            Quant::At(frame) => earliest.max(frame),
        }
    }

    /// Whether an edit waits for its moment: another would take its place.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.pending.as_ref().is_some_and(|p| p.edit.is_some())
    }

    /// Whether so much that was removed by edits in quick succession rang on that it is being faded out, for a
    /// moment: an edit that is committed now would add to it.
    #[must_use]
    pub fn is_settling(&self) -> bool {
        self.nested > NESTED
    }

    /// Finds the frame for an edit, and lets its music begin there.
    pub(super) fn schedule(&self, pending: &mut Pending) -> u64 {
        let at = self.next(pending.quant);
        self.begin(pending, at);
        at
    }

    /// Lets the music of an edit begin at `at`.
    fn begin(&self, pending: &mut Pending, at: u64) {
        let clock = self.music.player.clock().edited(&pending.music.session, at);
        pending.update.at = at;
        if let Some(start) = &pending.update.start {
            start.store(at, Ordering::Relaxed);
        }
        pending.update.schedule.timeline.start_at(clock.origin());
        pending.music.player.resume(clock, at);
    }

    /// Keeps a waiting edit at its beat when the clock has changed from `before`; after a jump it waits anew.
    pub(super) fn move_edit(&self, pending: &mut Pending, before: &Clock, jumps: bool) {
        let clock = self.music.player.clock();
        let at = match pending.quant {
            Quant::Bar | Quant::Beats(_) if jumps => self.next(pending.quant),
            Quant::Bar | Quant::Beats(_) => clock.frame_of(before.beat(pending.update.at)),
            Quant::Now | Quant::At(_) => pending.update.at,
        };
        self.begin(pending, at);
    }

    /// Sends events ahead, and an edit whose time has come.
    pub(super) fn fill(&mut self) {
        let horizon = self.frame() + self.margin + (AHEAD * self.rate) as u64;
        self.ledger.settle(self.frame());
        if self.sent.is_none()
            && let Some(mut pending) = self.pending.take()
        {
            let mut at = pending.update.at;
            let now = matches!(pending.quant, Quant::Now);
            if at < self.frame() + self.margin - SLACK && !now || at < self.frame() {
                // Another edit was in the way for too long.
                at = self.schedule(&mut pending);
            }
            if at <= horizon {
                self.play_to(at);
                self.release(&pending);
            }
            // The edit goes behind all that the old music still has to play.
            if at <= horizon && self.queue.is_empty() && !self.outbox.is_full() {
                self.send(pending, horizon);
            } else {
                self.pending = Some(pending);
            }
        }
        let end = self.pending.as_ref().map_or(horizon, |p| p.update.at.min(horizon));
        self.play_to(end);
    }

    /// Plays what begins before `frame`.
    fn play_to(&mut self, frame: u64) {
        if self.sync.paused {
            return self.post();
        }
        let Live { music, queue, ledger, .. } = self;
        music.player.fill(frame, |event| {
            ledger.enter(&event, &music.strips);
            queue.push_back(event);
        });
        self.post();
    }

    /// Ends the notes of what an edit takes away, or no longer plays.
    fn release(&mut self, pending: &Pending) {
        let Live { queue, ledger, .. } = self;
        let lives = |task: TaskRef| match &pending.edit {
            Some(edit) => edit.moves.iter().any(|m| {
                matches!(m, Move::Processor { from, .. }
                    if (from.level, from.job, from.task) == (task.level, task.job, task.task))
            }),
            None => true,
        };
        let goes_on = |slot: &str, task| pending.music.player.plays(slot) && lives(task);
        ledger.release(pending.update.at, goes_on, |event| queue.push_back(event));
        self.post();
    }

    /// Sends what waits, as far as there is room.
    pub(super) fn post(&mut self) {
        if !self.post_forget() {
            return;
        }
        let Live { queue, outbox, .. } = self;
        while !outbox.is_full()
            && let Some(event) = queue.pop_front()
        {
            let _ = outbox.try_push(Message::Event(event));
        }
    }

    /// Sends an edit, with what its music plays before `horizon`.
    fn send(&mut self, pending: Pending, horizon: u64) {
        let Pending { mut update, mut music, edit, then, .. } = pending;
        self.nested = if then.is_some() { self.nested + 1 } else { 0 };
        self.then = then.map(|(frames, mut next)| {
            // It may be taken a buffer late.
            next.quant = Quant::At(update.at + frames + self.margin);
            next
        });
        if self.music.player.clock().is_followed() && !music.player.clock().is_followed() {
            self.sync.step(Step { frame: update.at, beat: 0.0, bpm: None, jumps: false });
        }
        self.sync.follow(&music.session);
        music.player.follow(&mut self.music.player);
        self.ledger.move_to(&music.strips);
        self.announce(&update.schedule.taps);
        // What it plays first goes with it: it may be taken at once.
        let (slots, ledger) = (&mut update.schedule.slots, &mut self.ledger);
        let horizon = if self.sync.paused { 0 } else { horizon };
        music.player.fill(horizon, |event| {
            ledger.enter(&event, &music.strips);
            if let Some(job) = slots.job(event.level, event.job) {
                job.push(event);
            }
        });
        self.sent = Some((update.at, edit));
        let _ = self.outbox.try_push(Message::Update(update));
        self.music = music;
    }
}
