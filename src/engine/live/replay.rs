//! Plays a log again: the samples that were heard, without anybody who plays.

use super::ends::{Ends, Message};
use super::graphs::{Graphs, Music, Next};
use super::log::Entry;
use super::performer::Performer;
use super::{Fresh, begin};
use crate::diag::Diagnostic;
use crate::dsp::unit::BLOCK;
use crate::graph::StripRef;
use crate::nodes::table::Assets;
use crate::rt::Step;
use crate::session::Session;
use ringbuf::traits::{Consumer, Producer};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A performance that follows a log. Offline, on one thread.
pub struct Replay {
    graphs: Graphs,
    music: Music,
    /// What it takes its sounds from.
    assets: Arc<dyn Assets + Send + Sync>,
    /// What follows it when its fades are over.
    then: Option<Next>,
    ends: Ends,
    performer: Performer,
    /// What was sent and has not been taken in.
    sent: VecDeque<Message>,
    steps: VecDeque<Step>,
    /// Messages and steps that have been taken in.
    taken: (u64, u64),
    block: [f32; 2 * BLOCK],
}

/// Why a log cannot be followed.
#[derive(Clone, Debug, PartialEq)]
pub enum Astray {
    /// The log says something that cannot have happened.
    Damaged(&'static str),
    /// A music cannot be made any more.
    Music(Vec<Diagnostic>),
}

impl Replay {
    /// Begins as the performance did: the parameters are those of [`Live::resume`](super::Live::resume).
    #[must_use]
    pub fn new(fresh: Fresh, ceiling: Option<f32>, beat: f64, delay: u64) -> Replay {
        let assets = fresh.assets.clone();
        let (graphs, music, ends, performer) = begin(fresh, ceiling, beat, delay);
        Replay {
            graphs,
            music,
            assets,
            then: None,
            ends,
            performer,
            sent: VecDeque::new(),
            steps: VecDeque::new(),
            taken: (0, 0),
            block: [0.0; 2 * BLOCK],
        }
    }

    /// The first frame that has not been rendered; a multiple of 64.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.performer.frame()
    }

    /// Sample rate in hertz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.graphs.rate
    }

    /// What was sent last.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.music.session
    }

    pub(super) fn strips(&self) -> &[StripRef] {
        &self.music.strips
    }

    pub(super) fn assets(&self) -> &dyn Assets {
        &*self.assets
    }

    /// Sets what a MIDI message takes until it leaves, in frames, for the musics from now on.
    pub fn set_delay(&mut self, frames: u64) {
        self.graphs.delay = frames;
    }

    /// Renders the next 64 frames: left and right, frame by frame.
    pub fn render(&mut self) -> &[f32] {
        self.performer.render(&mut self.block, 2);
        self.ends.retired.clear();
        self.ends.log.tick();
        &self.block
    }

    /// Takes in what happened. An entry of the audio side comes when [`frame`](Replay::frame) is where it happened.
    /// `music` makes the music of an edit.
    ///
    /// # Errors
    /// Why the log cannot be followed.
    pub fn take(
        &mut self,
        entry: Entry,
        music: impl FnOnce(u64) -> Result<Fresh, Vec<Diagnostic>>,
    ) -> Result<(), Astray> {
        if entry.at().is_some_and(|at| at != self.frame()) {
            return Err(Astray::Damaged("it goes back in time"));
        }
        match entry {
            Entry::Events(events) => {
                self.sent.extend(events.into_iter().map(Message::Event));
            }
            Entry::Forget(frame) => self.sent.push_back(Message::Forget(frame)),
            Entry::Step(step) => self.steps.push_back(step),
            Entry::Music { edit, at, origin, events } => {
                let mut next = self.next(edit, music)?;
                next.begin(at, origin);
                events.into_iter().for_each(|event| next.carry(event));
                self.sent.push_back(Message::Update(next.update));
                self.music = next.music;
            }
            Entry::Took { messages, steps, .. } => self.hand_over(messages, steps)?,
            Entry::Heard { arrival, .. } => self.performer.hear(arrival),
            Entry::Silenced(_) => {
                self.ends.shared.panics.fetch_add(1, Ordering::Release);
            }
            Entry::Ended(_) => self.ends.shared.ends.store(true, Ordering::Relaxed),
        }
        Ok(())
    }

    /// The music of an edit, or the one that is left when the fades of the last edit are over.
    fn next(
        &mut self,
        edit: Option<u64>,
        music: impl FnOnce(u64) -> Result<Fresh, Vec<Diagnostic>>,
    ) -> Result<Next, Astray> {
        let (next, then) = match edit {
            Some(number) => {
                let fresh = music(number).map_err(Astray::Music)?;
                self.assets = fresh.assets.clone();
                let edited = self.graphs.edit(&self.music, fresh, &|_| false);
                let edited = edited.map_err(Astray::Music)?;
                (edited.first, edited.then.map(|(_, next)| next))
            }
            None => {
                let next = self.then.take();
                (next.ok_or(Astray::Damaged("fades end that have not begun"))?, None)
            }
        };
        self.graphs.sent(then.is_some());
        self.then = then;
        Ok(next)
    }

    /// Hands over what had been taken in by now.
    fn hand_over(&mut self, messages: u64, steps: u64) -> Result<(), Astray> {
        let missing = Astray::Damaged("something was taken in that had not been sent");
        for _ in self.taken.0..messages {
            let message = self.sent.pop_front().ok_or_else(|| missing.clone())?;
            let _ = self.ends.outbox.try_push(message);
        }
        for _ in self.taken.1..steps {
            let step = self.steps.pop_front().ok_or_else(|| missing.clone())?;
            self.ends.sync.step(step, &mut self.ends.log);
        }
        self.taken = (messages, steps);
        Ok(())
    }
}
