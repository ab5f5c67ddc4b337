//! Edits on their way: scheduled at a frame, sent behind what the old music still has to play.

use super::{AHEAD, FADE, Fresh, Live, Message, Music, Quant, SLACK};
use crate::diag::Diagnostic;
use crate::engine::player::Player;
use crate::graph::{Compiled, Edit, Transition, edit, transition};
use crate::nodes::table::Assets;
use crate::rt::Update;
use crate::session::Session;
use ringbuf::traits::{Observer, Producer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A graph on its way to the audio side.
pub(super) struct Pending {
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
pub(super) enum When {
    /// At a musical moment.
    Quant(Quant),
    /// From this frame on.
    Frame(u64),
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
    pub(super) fn schedule(&self, pending: &mut Pending) -> u64 {
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

    /// Sends events ahead, and an edit whose time has come.
    pub(super) fn fill(&mut self) {
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
