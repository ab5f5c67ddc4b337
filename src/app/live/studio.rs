//! Everything that plays a script live: device, watch, builder, engine, and what the player is told.

use super::super::input::ScriptArgs;
use super::super::{Failure, report};
use super::builder::{Asker, Builder, Built, Desk, Text, Work, told};
use super::perform::Show;
use super::score::{Take, Takes};
use super::stage::{Arrival, Stage, stages};
use super::watch::Watch;
use crate::diag::Diagnostic;
use crate::engine::live::{Backstage, Fresh, Live, News, Quant, Stand};
use crate::graph::Edit;
use crate::io::audio::{Event, Request, Stream, open};
use crate::runtime::Piece;
use crate::script::notebook::{self, Notebook, Origin};
use crate::session::{Mixer, Session};
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How the player is told something.
pub type Say = Box<dyn Fn(&str) + Send>;

/// A script that plays live.
pub struct Studio {
    script: ScriptArgs,
    say: Say,
    pub(super) quant: Quant,
    ceiling: Option<f32>,
    pub(super) stream: Stream,
    stage: Backstage,
    rate: u32,
    pub(super) live: Option<Live>,
    watch: Watch,
    builder: Builder,
    /// The newest text that was right.
    pub(super) notebook: Notebook,
    /// Musics that were played.
    pub(super) takes: Takes,
    /// What is muted, soloed and stopped by hand.
    pub(super) mixer: Mixer,
    /// What sounds, as the script says it, and the take that it belongs to.
    sounding: Option<(Arc<Session>, Take)>,
    /// What is to be heard, in order; and what the engine has of it, in order.
    stages: VecDeque<Stage>,
    sent: VecDeque<Stage>,
    /// A beat to begin with, and when that was.
    position: Option<(f64, Instant)>,
    /// Answers that nobody has fetched.
    answers: Vec<(Asker, Result<(), Vec<Diagnostic>>)>,
    pub(super) last: Option<Edit>,
    pub(super) show: Show,
}

impl Studio {
    /// Opens the device; nothing plays yet.
    ///
    /// # Errors
    /// Why the device cannot be opened, or files cannot be watched.
    pub fn open(
        script: &ScriptArgs,
        request: &Request,
        quant: Quant,
        ceiling: Option<f32>,
        say: Say,
    ) -> Result<Studio, Failure> {
        let (stand, stage) = Stand::new();
        let stream = open(request, Box::new(stand))
            .map_err(|(error, _)| Failure(vec![error.diagnostic()]))?;
        let watch = Watch::new().map_err(|e| {
            let text = format!("files cannot be watched: {e}");
            let hint = "close programs that watch many files, or raise fs.inotify.max_user_watches";
            Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
        })?;
        let studio = Studio {
            script: script.clone(),
            say,
            quant,
            ceiling,
            rate: stream.rate(),
            stream,
            stage,
            live: None,
            watch,
            builder: Builder::default(),
            notebook: Notebook::default(),
            takes: Takes::default(),
            mixer: Mixer::default(),
            sounding: None,
            stages: VecDeque::new(),
            sent: VecDeque::new(),
            position: None,
            answers: Vec::new(),
            last: None,
            show: Show::default(),
        };
        let (name, buffer) = (studio.stream.name(), studio.stream.buffer());
        studio.say(&format!("Playing on {name}, {} Hz, {buffer} frames a buffer", studio.rate));
        if let Some(reason) = studio.stream.reason() {
            studio.say(&reason);
        }
        Ok(studio)
    }

    /// Plays the file of the arguments, now and whenever it is saved.
    pub fn play_file(&mut self, asker: Asker) {
        self.watch.set([self.script.script.clone()]);
        self.ask(Text::File, asker, None);
    }

    /// Plays an entry with what plays; an answer comes in time.
    pub fn enter(&mut self, text: String, origin: Origin, quant: Option<Quant>, asker: Asker) {
        self.ask(Text::Entry(text, origin), asker, quant);
    }

    /// Plays a text in place of what plays; an answer comes in time.
    pub fn load(&mut self, text: String, origin: Origin, asker: Asker) {
        self.ask(Text::Whole(text, origin), asker, None);
    }

    fn ask(&mut self, text: Text, asker: Asker, quant: Option<Quant>) {
        let (files, asked) = (BTreeSet::new(), Instant::now());
        self.builder.ask(Work { text, asker, quant, files, asked });
    }

    /// Does what there is to do; waits at most `patience` for something to be saved.
    pub fn step(&mut self, patience: Duration) {
        if let Some(saved) = self.watch.wait(patience) {
            // Until something was right, what was imported is as good a reason to read the file again.
            let own = self.live.is_none() || saved.has(&self.script.script);
            let text = if own { Text::File } else { Text::Again };
            let (files, asked, asker) = (saved.files, saved.at, Asker::Nobody);
            self.builder.ask(Work { text, asker, quant: None, files, asked });
        }
        if let Some(built) = self.builder.take() {
            self.receive(built);
        }
        let desk = Desk {
            script: &self.script,
            rate: self.rate,
            notebook: &self.notebook,
            mixer: &self.mixer,
            library: self.library(),
        };
        self.builder.go_on(&desk);
        self.advance();
        let mut news = Vec::new();
        if let Some(live) = &mut self.live {
            live.tick(|n| news.push(n));
        }
        news.into_iter().for_each(|n| self.tell(n));
        let events: Vec<Event> = self.stream.events().collect();
        events.into_iter().for_each(|e| self.device(e));
    }

    /// Stops the sound.
    pub fn close(self) {
        drop(self.stream.close());
    }

    /// The next answer for `asker`.
    pub fn answer(&mut self, asker: Asker) -> Option<Result<(), Vec<Diagnostic>>> {
        let at = self.answers.iter().position(|(who, _)| *who == asker)?;
        Some(self.answers.remove(at).1)
    }

    /// The engine, once something plays.
    pub fn live(&mut self) -> Option<&mut Live> {
        self.live.as_mut()
    }

    /// The newest text that was right, as a script.
    #[must_use]
    pub fn text(&self) -> String {
        self.notebook.text()
    }

    /// Tells the player something.
    pub fn say(&self, text: &str) {
        (self.say)(text);
    }

    pub(super) fn report(&self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.say(report::to_text(diagnostics, report::colours()).trim_end());
        }
    }

    fn library(&self) -> Option<Arc<crate::engine::Library>> {
        self.takes.now().map(|take| take.library.clone())
    }

    /// Takes in what the builder has made.
    fn receive(&mut self, built: Built) {
        let Built { work, rate, mixer, result } = built;
        if rate != self.rate {
            return self.builder.ask(work);
        }
        let answer = match result {
            Ok((piece, fresh, notebook)) => {
                self.accept(&work, mixer, piece, fresh, notebook);
                Ok(())
            }
            Err(diags) => {
                self.report(&diags);
                self.show.error = diags.first().map(|d| d.message.clone());
                if self.live.is_some() && matches!(work.text, Text::File) {
                    self.say("Nothing was changed; the music from before plays on");
                }
                Err(diags)
            }
        };
        if work.asker != Asker::Nobody {
            self.answers.push((work.asker, answer));
        }
    }

    /// Puts what was built on its way.
    fn accept(
        &mut self,
        work: &Work,
        mixer: Mixer,
        piece: Piece,
        fresh: Fresh,
        notebook: Notebook,
    ) {
        self.show.error = None;
        self.report(&told(piece.warnings().to_vec(), &notebook));
        self.report(&told(fresh.warnings().to_vec(), &notebook));
        if let Text::Entry(text, _) = &work.text
            && notebook::is_command(text)
        {
            piece.commands().iter().for_each(|command| self.perform(command));
            return;
        }
        self.watch.set(self.files(&piece));
        self.notebook = notebook.settled();
        let fresh = if mixer.mutes == self.mixer.mutes && mixer.solos == self.mixer.solos {
            Some(fresh)
        } else {
            None
        };
        self.mixer.stopped.retain(|name| mixer.stopped.contains(name));
        let (session, library) = (piece.shared_session(), piece.shared_library());
        let take = Take { session: session.clone(), notebook: self.notebook.clone(), library };
        self.takes.push(take.clone());
        let (asked, commands) = (work.asked, piece.commands().to_vec());
        let arrival = Some(Arrival { asked, commands });
        let quant = work.quant.unwrap_or(self.quant);
        let files = Arc::new(work.files.clone());
        self.send(Stage { session, take, fresh, quant, files, arrival });
    }

    /// Lets `last` be heard in place of all that waits.
    pub(super) fn send(&mut self, mut last: Stage) {
        let waiting = self.live.as_ref().is_some_and(Live::is_waiting);
        let dropped = if waiting { self.sent.pop_back() } else { None };
        // What is replaced before it was heard was asked for all the same.
        let before = dropped.into_iter().chain(self.stages.drain(..));
        let mut commands: Vec<_> =
            before.filter_map(|s| s.arrival).flat_map(|a| a.commands).collect();
        if let Some(arrival) = &mut last.arrival {
            commands.append(&mut arrival.commands);
            arrival.commands = commands;
        }
        match (&self.live, &self.sounding) {
            (Some(live), Some((sounding, _))) => self.stages = stages(live, sounding, last).into(),
            _ => self.stages.push_back(last),
        }
    }

    /// Lets what sounds, and what waits, be heard through a changed mixer at once.
    pub(super) fn remix(&mut self) {
        let (Some(live), Some((sounding, take))) = (&self.live, &self.sounding) else { return };
        let (session, take) = (sounding.clone(), take.clone());
        if live.is_waiting()
            && let Some(stage) = self.sent.pop_back()
        {
            self.stages.push_front(stage);
        }
        self.stages.iter_mut().for_each(|stage| stage.fresh = None);
        let (quant, files) = (Quant::Now, Arc::default());
        let stage = Stage { session, take, fresh: None, quant, files, arrival: None };
        self.stages.push_front(stage);
    }

    /// Hands the engine what it has room for.
    fn advance(&mut self) {
        while !self.live.as_ref().is_some_and(Live::is_waiting)
            && let Some(mut stage) = self.stages.pop_front()
        {
            let heard = stage.fresh(&self.mixer, f64::from(self.rate));
            let sent = heard.and_then(|fresh| self.commit(fresh, &stage));
            match sent {
                Ok(true) => self.sent.push_back(stage),
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
            let found = stage.take.library.locate(path);
            found.is_ok_and(|p| stage.files.iter().any(|f| f.starts_with(&p)))
        };
        match &mut self.live {
            Some(live) => live.commit(fresh, stage.quant, &stale).map(|_| true),
            None => {
                let beat = self.position.take().map_or(0.0, |(beat, at)| {
                    let bpm = stage.session.tempo.bpm_at(beat);
                    beat + at.elapsed().as_secs_f64() * bpm / 60.0
                });
                let (mut live, performer) = Live::resume(fresh, self.ceiling, beat);
                live.set_buffer(u64::from(self.stream.buffer()));
                if self.stage.send(performer) {
                    self.live = Some(live);
                }
                Ok(false)
            }
        }
    }

    /// A stage is heard.
    fn arrive(&mut self, stage: Stage) {
        self.sounding = Some((stage.session, stage.take));
        let commands = stage.arrival.map(|a| a.commands).unwrap_or_default();
        commands.iter().for_each(|command| self.perform(command));
    }

    /// The files that the piece was made of.
    fn files(&self, piece: &Piece) -> Vec<PathBuf> {
        let world = self.script.world(f64::from(self.rate));
        let scripts = piece.session().files.iter().skip(1).filter(|f| !f.starts_with("std/"));
        let mut files: Vec<PathBuf> =
            scripts.filter_map(|f| world.locate(&format!("{f}.rhai")).ok()).collect();
        files.extend(Some(&self.script.script).filter(|s| !s.as_os_str().is_empty()).cloned());
        files.extend(piece.library().files());
        files
    }

    fn tell(&mut self, news: News) {
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
            News::Warning(warning) => self.report(&[warning]),
        }
    }

    fn device(&mut self, event: Event) {
        match event {
            Event::Lost { name, reason } => self.say(&format!(
                "{name} is gone ({reason}); the music goes on in silence until it is back"
            )),
            Event::Back { name, format } => {
                self.say(&format!("{name} is back, {} Hz", format.rate));
                if let Some(live) = &mut self.live {
                    live.set_buffer(u64::from(format.max_frames));
                }
            }
            Event::RateChanged { from, to } => {
                self.say(&format!("The device went from {from} to {to} Hz; building anew"));
                self.at_rate(to);
            }
            Event::Xruns { total, .. } => self.show.xruns = total,
            Event::Broken => self.say("The audio thread has failed; please report this"),
        }
    }

    /// Goes on where the music is, at another sample rate.
    fn at_rate(&mut self, rate: u32) {
        let now = self.live.as_ref().map(|live| live.clock().beat(live.frame()));
        self.position = now.map(|beat| (beat.max(0.0), Instant::now()));
        (self.rate, self.live) = (rate, None);
        self.takes.at_rate(rate);
        // The newest is heard at once: there is nothing to wait for.
        let newest = self.stages.drain(..).chain(self.sent.drain(..)).find(|s| s.arrival.is_some());
        let sounding = || {
            let (session, take) = self.sounding.clone()?;
            let files = Arc::default();
            Some(Stage { session, take, fresh: None, quant: Quant::Now, files, arrival: None })
        };
        if let Some(mut stage) = newest.or_else(sounding) {
            stage.take.library = Arc::new(stage.take.library.at(rate));
            stage.fresh = None;
            self.stages.push_back(stage);
        }
    }
}
