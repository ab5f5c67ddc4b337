//! The graphs of a performance, each made to take the place of the one before.

use super::controls::Controls;
use super::meters::Slots;
use super::routes::routes;
use super::sync::clocks;
use super::{FADE, Fresh};
use crate::diag::Diagnostic;
use crate::engine::player::Player;
use crate::graph::{Compiled, Edit, Placement, Plan, StripRef, Transition, edit, transition};
use crate::nodes::table::Assets;
use crate::rt::{Schedule, Timed, Update};
use crate::session::Session;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Edits within the time that what they remove rings; the next one fades that out, so that it cannot pile up.
pub(super) const NESTED: u32 = 4;

/// What all graphs of a performance share.
pub(super) struct Graphs {
    /// Frames a second, in hertz.
    pub rate: f64,
    /// Frames that a MIDI message takes until it leaves.
    pub delay: u64,
    /// Where strips are metered and recorded.
    pub slots: Slots,
    /// Knobs and faders, and what they move.
    pub controls: Controls,
    /// Graphs between two musics that were sent since the last music by itself.
    pub nested: u32,
}

/// Music that sounds, or is about to.
pub(super) struct Music {
    pub session: Arc<Session>,
    pub placement: Placement,
    pub strips: Vec<StripRef>,
    pub plan: Plan,
    pub player: Player,
}

/// A music on its way to the audio side.
pub(super) struct Next {
    pub update: Box<Update>,
    pub music: Music,
}

/// An edit: what is heard first, and what takes its place when its fades are over.
pub(super) struct Edited {
    /// What the edit does.
    pub edit: Edit,
    pub first: Next,
    /// After so many frames.
    pub then: Option<(u64, Next)>,
}

impl Next {
    /// Lets it begin at `at`, where its musical time began at `origin`, in seconds.
    pub fn begin(&mut self, at: u64, origin: f64) {
        self.update.at = at;
        if let Some(start) = &self.update.start {
            start.store(at, Ordering::Relaxed);
        }
        self.update.schedule.timeline.start_at(origin);
    }

    /// Gives it an event of its music to take along.
    pub fn carry(&mut self, event: Timed) {
        if let Some(job) = self.update.schedule.slots.job(event.level, event.job) {
            job.push(event);
        }
    }
}

impl Graphs {
    /// The first music of a performance at `rate` hertz.
    pub fn begin(fresh: Fresh, delay: u64) -> (Graphs, Box<Schedule>, Music) {
        let Fresh { session, rate, compiled, assets, controls } = fresh;
        let (controls, slots) = (controls.unwrap_or_default(), Slots::default());
        let mut graphs = Graphs { rate, delay, slots, controls, nested: 0 };
        let (schedule, music) = graphs.music(&session, compiled, &*assets);
        (graphs, schedule, music)
    }

    /// What follows `before`. `stale` says of a path that what it names has changed.
    ///
    /// # Errors
    /// Whatever keeps the fades from being built.
    pub fn edit(
        &mut self,
        before: &Music,
        fresh: Fresh,
        stale: &dyn Fn(&str) -> bool,
    ) -> Result<Edited, Vec<Diagnostic>> {
        let Fresh { session, compiled, assets, .. } = fresh;
        let assets = &*assets;
        let both = (&before.placement, &compiled.placement);
        let edit = edit(both.0, both.1, stale);
        let fade = |name: &str| fade(name, &session).or(fade(name, &before.session));
        let fade = |name: &str| fade(name).unwrap_or(FADE);
        let fades: (&dyn Fn(&str) -> f64, bool) = (&fade, self.nested < NESTED);
        let Some(Transition { compiled: between, into, out, start, frames }) =
            transition(&session, self.rate, assets, both, fades, stale)?
        else {
            let first = self.next(&session, compiled, &edit, assets);
            return Ok(Edited { edit, first, then: None });
        };
        let last = self.next(&session, compiled, &out, assets);
        let mut first = self.next(&session, between, &into, assets);
        first.update.start = Some(start);
        Ok(Edited { edit, first, then: Some((frames, last)) })
    }

    /// Something is sent, and `then` something that follows it.
    pub fn sent(&mut self, then: bool) {
        self.nested = if then { self.nested + 1 } else { 0 };
    }

    fn next(
        &mut self,
        session: &Arc<Session>,
        compiled: Compiled,
        edit: &Edit,
        assets: &dyn Assets,
    ) -> Next {
        let (moves, feedback) = (edit.moves.clone(), edit.feedback.clone());
        let (schedule, music) = self.music(session, compiled, assets);
        let update = Box::new(Update { schedule, moves, feedback, at: 0, start: None });
        Next { update, music }
    }

    /// Joins a graph to what is played by hand, metered and moved by controllers.
    fn music(
        &mut self,
        session: &Arc<Session>,
        mut compiled: Compiled,
        assets: &dyn Assets,
    ) -> (Box<Schedule>, Music) {
        let player = Player::new(session, &compiled, self.rate, assets, None).ahead_of(self.delay);
        compiled.schedule.routes = routes(session, &compiled.strips, assets);
        compiled.schedule.clocks = clocks(session, self.delay);
        self.slots.tap(&mut compiled);
        self.controls.join(&mut compiled.schedule, session);
        let Compiled { schedule, strips, placement, plan, .. } = compiled;
        (schedule, Music { session: session.clone(), placement, strips, plan, player })
    }
}

/// Seconds of the fades of the track `name`, if the script says them.
fn fade(name: &str, session: &Session) -> Option<f64> {
    session.tracks.iter().find(|t| t.name == name)?.fade
}
