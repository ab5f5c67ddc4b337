//! Edits on their way: scheduled at a frame, sent behind what the old music still has to play.

use super::ends::Message;
use super::graphs::{Edited, NESTED, Next};
use super::log::Entry;
use super::{AHEAD, Fresh, Live, Quant, SLACK};
use crate::diag::Diagnostic;
use crate::dsp::unit::BLOCK;
use crate::engine::clock::Clock;
use crate::graph::{Edit, TaskRef};
use crate::rt::Step;
use crate::rt::update::Move;
use ringbuf::traits::{Observer, Producer};

/// A music on its way to the audio side.
pub(super) struct Pending {
    quant: Quant,
    next: Next,
    /// The number of the edit, and what the user is told when it is heard; none if fades are over.
    edit: Option<(u64, Edit)>,
    /// What follows it after so many frames.
    then: Option<(u64, Next)>,
}

impl Pending {
    /// `next` from `frame` on: the fades before it are over.
    pub(super) fn settled(next: Next, frame: u64) -> Pending {
        Pending { quant: Quant::At(frame), next, edit: None, then: None }
    }

    /// The frame that it is made for.
    pub(super) fn at(&self) -> u64 {
        self.next.update.at
    }
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
        let Edited { edit, first, then } = self.graphs.edit(&self.music, fresh, stale)?;
        self.commits += 1;
        let edit = Some((self.commits, edit));
        let mut pending = Pending { quant, next: first, edit, then };
        let at = self.schedule(&mut pending);
        self.then = None;
        self.pending = Some(pending);
        self.fill();
        Ok(at)
    }

    /// How many edits have been committed: the number of the last one.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits
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
        self.graphs.nested > NESTED
    }

    /// Finds the frame for an edit, and lets its music begin there.
    pub(super) fn schedule(&self, pending: &mut Pending) -> u64 {
        let at = self.next(pending.quant);
        self.begin(pending, at);
        at
    }

    /// Lets the music of an edit begin at `at`.
    fn begin(&self, pending: &mut Pending, at: u64) {
        let next = &mut pending.next;
        let clock = self.music.player.clock().edited(&next.music.session, at);
        next.begin(at, clock.origin());
        next.music.player.resume(clock, at);
    }

    /// Keeps a waiting edit at its beat when the clock has changed from `before`; after a jump it waits anew.
    pub(super) fn move_edit(&self, pending: &mut Pending, before: &Clock, jumps: bool) {
        let clock = self.music.player.clock();
        let at = match pending.quant {
            Quant::Bar | Quant::Beats(_) if jumps => self.next(pending.quant),
            Quant::Bar | Quant::Beats(_) => clock.frame_of(before.beat(pending.at())),
            Quant::Now | Quant::At(_) => pending.at(),
        };
        self.begin(pending, at);
    }

    /// Sends events ahead, and an edit whose time has come.
    pub(super) fn fill(&mut self) {
        let horizon = self.frame() + self.margin + (AHEAD * self.graphs.rate) as u64;
        self.ledger.settle(self.frame());
        if self.sent.is_none()
            && let Some(mut pending) = self.pending.take()
        {
            let mut at = pending.at();
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
        let end = self.pending.as_ref().map_or(horizon, |p| p.at().min(horizon));
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
            Some((_, edit)) => edit.moves.iter().any(|m| {
                matches!(m, Move::Processor { from, .. }
                    if (from.level, from.job, from.task) == (task.level, task.job, task.task))
            }),
            None => true,
        };
        let goes_on = |slot: &str, task| pending.next.music.player.plays(slot) && lives(task);
        ledger.release(pending.at(), goes_on, |event| queue.push_back(event));
        self.post();
    }

    /// Sends what waits, as far as there is room.
    pub(super) fn post(&mut self) {
        if !self.post_forget() {
            return;
        }
        let Live { queue, outbox, log, .. } = self;
        while !outbox.is_full()
            && let Some(event) = queue.pop_front()
        {
            log.event(event);
            let _ = outbox.try_push(Message::Event(event));
        }
    }

    /// Sends an edit, with what its music plays before `horizon`.
    fn send(&mut self, pending: Pending, horizon: u64) {
        let Pending { mut next, edit, then, .. } = pending;
        let at = next.update.at;
        self.graphs.sent(then.is_some());
        // It may be taken a buffer late.
        self.then = then.map(|(frames, next)| (at + frames + self.margin, next));
        let player = &mut self.music.player;
        if player.clock().is_followed() && !next.music.player.clock().is_followed() {
            let step = Step { frame: at, beat: 0.0, bpm: None, jumps: false };
            self.sync.step(step, &mut self.log);
        }
        self.sync.follow(&next.music.session);
        next.music.player.follow(player);
        self.ledger.move_to(&next.music.strips);
        self.announce(&next.update.schedule.taps);
        // What it plays first goes with it: it may be taken at once.
        let (ledger, mut events) = (&mut self.ledger, Vec::new());
        let horizon = if self.sync.paused { 0 } else { horizon };
        let Next { music, .. } = &mut next;
        music.player.fill(horizon, |event| {
            ledger.enter(&event, &music.strips);
            events.push(event);
        });
        let origin = music.player.clock().origin();
        events.iter().for_each(|event| next.carry(*event));
        let number = edit.as_ref().map(|edit| edit.0);
        self.log.push(Entry::Music { edit: number, at, origin, events });
        self.sent = Some((at, edit.map(|edit| edit.1)));
        let _ = self.outbox.try_push(Message::Update(next.update));
        self.music = next.music;
    }
}
