//! Everything that plays a file live: device, watch, builder, engine, and what the player is told.

use super::super::input::ScriptArgs;
use super::super::{Failure, report};
use super::watch::{Saved, Watch};
use crate::diag::Diagnostic;
use crate::engine::Library;
use crate::engine::live::{Backstage, Fresh, Live, News, Quant, Stand};
use crate::io::audio::{Event, Request, Stream, open};
use crate::runtime::Piece;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// What a builder brings.
type Built = Result<(Piece, Fresh), Vec<Diagnostic>>;

/// Where the script comes from.
#[derive(Clone, Debug)]
pub enum Score {
    /// The file of the arguments.
    File,
    /// A text that was typed.
    Text(String),
}

/// How the player is told something.
pub type Say = Box<dyn Fn(&str) + Send>;

/// A script that plays live.
pub struct Studio {
    script: ScriptArgs,
    score: Score,
    say: Say,
    /// Whether the last build was taken; for who asked for it.
    taken: Option<bool>,
    quant: Quant,
    ceiling: Option<f32>,
    stream: Stream,
    stage: Backstage,
    rate: u32,
    live: Option<Live>,
    library: Option<Arc<Library>>,
    watch: Watch,
    /// A build that is going on, and what was saved for it.
    build: Option<(Receiver<Built>, Saved)>,
    /// What was saved meanwhile.
    next: Option<Saved>,
    /// When what is on its way to the ear was saved.
    saved: Option<Instant>,
    peak: f32,
    xruns: u64,
}

impl Studio {
    /// Opens the device and begins to build the script.
    ///
    /// # Errors
    /// Why the device cannot be opened, or files cannot be watched.
    pub fn open(
        script: &ScriptArgs,
        request: &Request,
        quant: Quant,
        ceiling: Option<f32>,
        (score, say): (Score, Say),
    ) -> Result<Studio, Failure> {
        let (stand, stage) = Stand::new();
        let stream = open(request, Box::new(stand))
            .map_err(|(error, _)| Failure(vec![error.diagnostic()]))?;
        let watch = Watch::new().map_err(|e| {
            let text = format!("files cannot be watched: {e}");
            let hint = "close programs that watch many files, or raise fs.inotify.max_user_watches";
            Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
        })?;
        let mut studio = Studio {
            script: script.clone(),
            score,
            say,
            taken: None,
            quant,
            ceiling,
            rate: stream.rate(),
            stream,
            stage,
            live: None,
            library: None,
            watch,
            build: None,
            next: None,
            saved: None,
            peak: 0.0,
            xruns: 0,
        };
        let (name, rate, buffer) =
            (studio.stream.name(), studio.stream.rate(), studio.stream.buffer());
        studio.say(&format!("Playing on {name}, {rate} Hz, {buffer} frames a buffer"));
        if let Some(reason) = studio.stream.reason() {
            studio.say(&reason);
        }
        if matches!(studio.score, Score::File) {
            studio.watch.set([script.script.clone()]);
        }
        studio.rebuild(Saved { files: BTreeSet::new(), at: Instant::now() });
        Ok(studio)
    }

    /// Does what there is to do; waits at most `patience` for something to be saved.
    pub fn step(&mut self, patience: Duration) {
        if let Some(saved) = self.watch.wait(patience) {
            self.rebuild(saved);
        }
        self.receive();
        let mut news = Vec::new();
        if let Some(live) = &mut self.live {
            live.tick(|n| news.push(n));
            self.peak = self.peak.max(live.take_peak());
        }
        for news in news {
            self.tell(news);
        }
        let events: Vec<Event> = self.stream.events().collect();
        for event in events {
            self.device(event);
        }
    }

    /// Stops the sound.
    pub fn close(self) {
        drop(self.stream.close());
    }

    /// Plays `text` in place of what plays; [`taken`](Studio::taken) says whether it was right.
    pub fn submit(&mut self, text: String) {
        self.score = Score::Text(text);
        self.rebuild(Saved { files: BTreeSet::new(), at: Instant::now() });
    }

    /// Whether the last build was taken, once it is known.
    pub fn taken(&mut self) -> Option<bool> {
        self.taken.take()
    }

    /// What plays.
    pub fn live(&mut self) -> Option<&mut Live> {
        self.live.as_mut()
    }

    /// Tells the player something.
    pub fn say(&self, text: &str) {
        (self.say)(text);
    }

    fn report(&self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.say(report::to_text(diagnostics, report::colours()).trim_end());
        }
    }

    /// Builds the script on another thread, or notes that it must be built again.
    fn rebuild(&mut self, mut saved: Saved) {
        if self.build.is_some() {
            if let Some(next) = self.next.take() {
                saved.files.extend(next.files);
            }
            self.next = Some(saved);
            return;
        }
        let (script, rate, library) = (self.script.clone(), self.rate, self.library.clone());
        let score = self.score.clone();
        let (send, receive) = channel();
        std::thread::spawn(move || {
            let piece = match &score {
                Score::File => script.reload(rate, library.as_deref()),
                Score::Text(text) => script.perform(text, rate, library.as_deref()),
            };
            let built = piece.and_then(|piece| {
                let fresh = piece.fresh()?;
                Ok((piece, fresh))
            });
            // The studio may have closed meanwhile.
            let _ = send.send(built);
        });
        self.build = Some((receive, saved));
    }

    /// Takes in what the builder has made.
    fn receive(&mut self) {
        let Some((receiver, _)) = &self.build else { return };
        let Ok(built) = receiver.try_recv() else { return };
        let Some((_, saved)) = self.build.take() else { return };
        match built.and_then(|(piece, fresh)| self.play(&piece, fresh, &saved)) {
            Ok(()) => (self.saved, self.taken) = (Some(saved.at), Some(true)),
            Err(diags) => {
                self.report(&diags);
                self.taken = Some(false);
                if self.live.is_some() && matches!(self.score, Score::File) {
                    self.say("Nothing was changed; the music from before plays on");
                }
            }
        }
        if let Some(next) = self.next.take() {
            self.rebuild(next);
        }
    }

    fn play(&mut self, piece: &Piece, fresh: Fresh, saved: &Saved) -> Result<(), Vec<Diagnostic>> {
        self.report(piece.warnings());
        self.report(fresh.warnings());
        self.watch.set(self.files(piece));
        let library = piece.shared_library();
        let stale = |path: &str| {
            library.locate(path).is_ok_and(|p| saved.files.iter().any(|f| f.starts_with(&p)))
        };
        match &mut self.live {
            Some(live) => drop(live.commit(fresh, self.quant, &stale)?),
            None => self.begin(fresh),
        }
        self.library = Some(library);
        Ok(())
    }

    /// Plays from the beginning, in place of what plays.
    fn begin(&mut self, fresh: Fresh) {
        let (mut live, performer) = Live::new(fresh, self.ceiling);
        live.set_buffer(u64::from(self.stream.buffer()));
        if self.stage.send(performer) {
            self.live = Some(live);
        }
    }

    /// The files that the piece was made of.
    fn files(&self, piece: &Piece) -> Vec<PathBuf> {
        let world = self.script.world(f64::from(self.rate));
        let scripts = piece.session().files.iter().skip(1).filter(|f| !f.starts_with("std/"));
        let mut files: Vec<PathBuf> =
            scripts.filter_map(|f| world.locate(&format!("{f}.rhai")).ok()).collect();
        if matches!(self.score, Score::File) {
            files.push(self.script.script.clone());
        }
        files.extend(piece.library().files());
        files
    }

    fn tell(&mut self, news: News) {
        match news {
            News::Swapped { frame, edit } => {
                let Some(live) = &self.live else { return };
                let (bar, beat) = place(live, frame);
                let took = self
                    .saved
                    .take()
                    .map(|at| format!(" after {:.0} ms", at.elapsed().as_secs_f64() * 1e3));
                let took = took.unwrap_or_default();
                self.say(&format!("Swapped at bar {bar}, beat {beat:.2}{took}: {edit}"));
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
                (self.rate, self.library, self.live) = (to, None, None);
                self.rebuild(Saved { files: BTreeSet::new(), at: Instant::now() });
            }
            Event::Xruns { total, .. } => self.xruns = total,
            Event::Broken => self.say("The audio thread has failed; please report this"),
        }
    }

    /// Where the music is and how it goes, in a line.
    pub fn status(&mut self) -> Option<String> {
        let live = self.live.as_ref()?;
        let frame = live.frame();
        let ((bar, beat), bpm) = (place(live, frame), live.clock().bpm(frame));
        let peak = crate::units::gain_to_db(f64::from(std::mem::take(&mut self.peak)));
        let (stats, xruns) = (self.stream.stats(), self.xruns);
        let load = f64::from(stats.load()) * 100.0;
        let lost = if stats.lost() { "  NO DEVICE" } else { "" };
        let beat = beat.floor();
        Some(format!(
            "{bar}:{beat}  {bpm:.1} bpm  peak {peak:.1} dB  load {load:.1} %  xruns {xruns}{lost}"
        ))
    }
}

/// Bar and beat of a frame, from 1.
fn place(live: &Live, frame: u64) -> (u64, f64) {
    let (beat, bar) = (live.clock().beat(frame).max(0.0), live.clock().cycle());
    // A frame is the nearest to its beat, which may lie a little before it.
    let beat = (beat * 1e3).round() / 1e3;
    ((beat / bar).floor() as u64 + 1, beat % bar + 1.0)
}
