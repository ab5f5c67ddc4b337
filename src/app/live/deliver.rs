//! From what was built to what is heard: stages wait for their moments, one after the other.

use super::builder::told;
use super::stage::{Stage, stages};
use super::studio::Studio;
use crate::diag::Diagnostic;
use crate::engine::live::{Fresh, Live, News, Quant};
use std::sync::Arc;

impl Studio {
    /// Lets `last` be heard in place of all that waits.
    pub(super) fn send(&mut self, mut last: Stage) {
        let dropped = self.take_back();
        // What is replaced before it was heard was asked for all the same.
        let before = dropped.into_iter().chain(self.stages.drain(..));
        let mut commands: Vec<_> =
            before.filter_map(|s| s.arrival).flat_map(|a| a.commands).collect();
        if let Some(arrival) = &mut last.arrival {
            commands.append(&mut arrival.commands);
            arrival.commands = commands;
        }
        match (&self.live, &self.sounding) {
            (Some(live), Some(sounding)) => self.stages = stages(live, sounding, last).into(),
            _ => self.stages.push_back(last),
        }
    }

    /// What waits in the engine, to be sent again or not at all: the next stage takes its place there.
    fn take_back(&mut self) -> Option<Stage> {
        let waiting = self.live.as_ref().is_some_and(Live::is_waiting);
        // One that has been taken back already is not taken again.
        if !waiting || std::mem::replace(&mut self.replaces, true) {
            return None;
        }
        self.sent.back_mut().map(|sent| Stage {
            music: sent.music.clone(),
            fresh: None,
            quant: sent.quant,
            files: sent.files.clone(),
            arrival: sent.arrival.take(),
        })
    }

    /// Lets what sounds, and what waits, be heard through a changed mixer at once.
    pub(super) fn remix(&mut self) {
        if let Some(stage) = self.take_back() {
            self.stages.push_front(stage);
        }
        // What is on its way to be heard will have been by then.
        let sure = self.sent.len() - usize::from(self.replaces).min(self.sent.len());
        let sent = self.sent.range(..sure).next_back().map(|stage| stage.music.clone());
        let Some(music) = sent.or_else(|| self.sounding.clone()) else { return };
        self.stages.iter_mut().for_each(|stage| stage.fresh = None);
        let (quant, files) = (Quant::Now, Arc::default());
        let stage = Stage { music, fresh: None, quant, files, arrival: None };
        self.stages.push_front(stage);
    }

    /// Hands the engine what it has room for.
    pub(super) fn advance(&mut self) {
        let settles = |live: &Option<Live>| live.as_ref().is_some_and(Live::is_settling);
        while !settles(&self.live)
            && (self.replaces || !self.live.as_ref().is_some_and(Live::is_waiting))
            && let Some(mut stage) = self.stages.pop_front()
        {
            let replaces = std::mem::take(&mut self.replaces);
            let heard = stage.fresh(&self.mixer, f64::from(self.rate));
            let sent = heard.and_then(|fresh| self.commit(fresh, &stage));
            match sent {
                Ok(true) => {
                    if replaces {
                        self.sent.pop_back();
                    }
                    self.sent.push_back(stage);
                }
                Ok(false) => self.arrive(stage),
                Err(diags) => {
                    self.report(&diags);
                    self.say("Nothing was changed; the music from before plays on");
                    self.stages.clear();
                    self.takes.fail();
                    self.notebook =
                        self.takes.now().map(|t| t.notebook.clone()).unwrap_or_default();
                }
            }
        }
    }

    /// Gives the engine a stage; false if it begins there and then.
    fn commit(&mut self, fresh: Fresh, stage: &Stage) -> Result<bool, Vec<Diagnostic>> {
        let stale = |path: &str| {
            let mut behind = stage.music.take.library.behind(path).into_iter();
            behind.any(|p| stage.files.iter().any(|f| f.starts_with(&p)))
        };
        let delay = self.midi_delay();
        match &mut self.live {
            Some(live) => {
                live.set_delay(delay).commit(fresh, stage.quant, &stale)?;
                self.log_edit(&stage.music, delay);
                Ok(true)
            }
            None => {
                let beat = self.position.take().map_or(0.0, |(beat, at)| {
                    let bpm = stage.music.session.tempo.bpm_at(beat);
                    beat + at.elapsed().as_secs_f64() * bpm / 60.0
                });
                let fresh = fresh.with_controls(self.controls.take());
                let (mut live, performer) = Live::resume(fresh, self.play.ceiling(), beat, delay);
                live.set_buffer(u64::from(self.stream.buffer()));
                if self.stage.send(performer) {
                    self.live = Some(live);
                    self.begin_log(&stage.music, beat, delay);
                    self.log();
                }
                if let Some(recording) = self.recording.take() {
                    self.record(recording);
                }
                Ok(false)
            }
        }
    }

    /// A stage is heard.
    fn arrive(&mut self, stage: Stage) {
        self.sounding = Some(stage.music);
        self.tell_effects();
        let commands = stage.arrival.map(|a| a.commands).unwrap_or_default();
        commands.iter().for_each(|command| self.perform(command));
    }

    /// Tells what the engine has done.
    pub(super) fn tell(&mut self, news: News) {
        match news {
            News::Swapped { frame, edit } => {
                let Some(stage) = self.sent.pop_front() else { return };
                let asked = stage.arrival.as_ref().map(|a| a.asked);
                if asked.is_some() || !edit.is_empty() {
                    self.tell_swap(frame, &edit, asked);
                    self.last = Some(edit);
                }
                self.arrive(stage);
            }
            News::Told(text) => self.say(&text),
            News::Warning(warning) => self.report(&told(vec![warning], &self.notebook)),
        }
    }
}
