//! Everything that plays a script live: device, watch, builder, engine, and what the player is told.

use super::super::input::ScriptArgs;
use super::super::serve::Server;
use super::super::{Failure, report};
use super::PlayArgs;
use super::builder::{Asker, Builder, Desk, Text, Work};
use super::editors::Editors;
use super::hands::Hands;
use super::keys::Keys;
use super::logging::Logging;
use super::perform::Show;
use super::score::{Music, Takes};
use super::stage::Stage;
use super::watch::Watch;
use crate::diag::Diagnostic;
use crate::engine::live::{Backstage, Controls, Live, Quant, Stand, Wired};
use crate::graph::Edit;
use crate::io::audio::{Event, Stream, open};
use crate::io::record::Recording;
use crate::script::notebook::{Notebook, Origin};
use crate::session::Mixer;
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than the fade at the end.
const FADE: Duration = Duration::from_millis(30);

/// Time between two looks while something is being built.
const BUSY: Duration = Duration::from_micros(400);

/// How the player is told something.
pub type Say = Box<dyn Fn(&str) + Send>;

/// A script that plays live.
pub struct Studio {
    pub(super) script: ScriptArgs,
    pub(super) play: PlayArgs,
    say: Say,
    pub(super) stream: Stream,
    pub(super) stage: Backstage,
    pub(super) hands: Hands,
    pub(super) logging: Logging,
    /// The computer's keyboard, while it is played.
    pub(super) keys: Option<Keys>,
    pub(super) rate: u32,
    pub(super) live: Option<Live>,
    pub(super) watch: Watch,
    pub(super) builder: Builder,
    /// The newest text that was right.
    pub(super) notebook: Notebook,
    /// Musics that were played.
    pub(super) takes: Takes,
    /// What is muted, soloed and stopped by hand.
    pub(super) mixer: Mixer,
    /// What sounds.
    pub(super) sounding: Option<Music>,
    /// What is to be heard, in order; and what the engine has of it, in order.
    pub(super) stages: VecDeque<Stage>,
    pub(super) sent: VecDeque<Stage>,
    /// The next stage takes the place of the one that waits in the engine.
    pub(super) replaces: bool,
    /// A beat to begin with, and when that was.
    pub(super) position: Option<(f64, Instant)>,
    /// Whether the entries of the prompt were right, as far as it has not asked.
    pub(super) answers: Vec<bool>,
    pub(super) editors: Editors,
    /// What was said since editors were told.
    pub(super) said: RefCell<Vec<String>>,
    /// What is being recorded, as it was asked for.
    pub(super) recording: Option<Recording>,
    /// What controllers had come to when the music had to stop.
    pub(super) controls: Option<Controls>,
    /// A parameter waits for a controller to be moved: the rest of the line that maps it.
    pub(super) learning: Option<String>,
    pub(super) last: Option<Edit>,
    pub(super) show: Show,
}

impl Studio {
    /// Opens the device; nothing plays yet.
    ///
    /// # Errors
    /// Why the device cannot be opened, or files cannot be watched.
    pub fn open(script: &ScriptArgs, play: &PlayArgs, say: Say) -> Result<Studio, Failure> {
        let file = Some(script.script.as_path()).filter(|s| !s.as_os_str().is_empty());
        let (server, closed) = match Server::open(file, &play.serve) {
            Ok(server) => (server, None),
            Err(failure) if play.serve.port != 0 => return Err(failure),
            // Editors are not worth a concert.
            Err(failure) => (Server::default(), Some(failure)),
        };
        let (stand, stage) = Stand::new();
        let (wired, socket) = Wired::new(stand);
        let stream = open(&play.request(), Box::new(wired))
            .map_err(|(error, _)| Failure(vec![error.diagnostic()]))?;
        let watch = Watch::new().map_err(|e| {
            let text = format!("files cannot be watched: {e}");
            let hint = "close programs that watch many files, or raise fs.inotify.max_user_watches";
            Failure(vec![Diagnostic::error(text, Default::default()).hint(hint)])
        })?;
        let studio = Studio {
            script: script.clone(),
            play: play.clone(),
            say,
            rate: stream.rate(),
            stream,
            stage,
            hands: Hands::new(socket, play.midi.clone()),
            logging: Logging::new(play.log.clone()),
            keys: None,
            live: None,
            watch,
            builder: Builder::default(),
            notebook: Notebook::default(),
            takes: Takes::default(),
            mixer: Mixer::default(),
            sounding: None,
            stages: VecDeque::new(),
            sent: VecDeque::new(),
            replaces: false,
            position: None,
            answers: Vec::new(),
            editors: Editors::new(server),
            said: RefCell::default(),
            recording: None,
            controls: None,
            learning: None,
            last: None,
            show: Show::default(),
        };
        let (name, buffer) = (studio.stream.name(), studio.stream.buffer());
        studio.say(&format!("Playing on {name}, {} Hz, {buffer} frames a buffer", studio.rate));
        if let Some(Failure(why)) = closed {
            studio.report(&why);
        }
        if let Some(reason) = studio.stream.reason() {
            studio.say(&reason);
        }
        studio.tell_inputs();
        Ok(studio)
    }

    /// Plays the file of the arguments, now and whenever it is saved.
    pub fn play_file(&mut self, asker: Asker) {
        self.watch.set([self.script.script.clone()]);
        self.ask(Text::File, asker, None);
    }

    /// Plays an entry with what plays, or what it says of one slot; an answer comes in time.
    pub fn enter(
        &mut self,
        (text, origin, slot): (String, Origin, Option<String>),
        quant: Option<Quant>,
        asker: Asker,
    ) {
        self.ask(Text::Entry(text, origin, slot), asker, quant);
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
        // What is being built is to be heard as soon as it is there.
        let patience = if self.builder.is_busy() { patience.min(BUSY) } else { patience };
        if let Some(saved) = self.watch.wait(patience) {
            // Until something was right, what was imported is as good a reason to read the file again.
            let own = self.live.is_none() || saved.has(&self.script.script);
            let text = if own { Text::File } else { Text::Again };
            let (files, asked, asker) = (saved.files, saved.at, Asker::Nobody);
            self.builder.ask(Work { text, asker, quant: None, files, asked });
        }
        if let Some(news) = self.builder.news() {
            self.say(&news);
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
        self.serve();
        self.advance();
        let mut news = Vec::new();
        if let Some(live) = &mut self.live {
            live.tick(|n| news.push(n));
        }
        self.log();
        news.into_iter().for_each(|n| self.tell(n));
        self.learned();
        self.hear_plugins();
        let events: Vec<Event> = self.stream.events().collect();
        events.into_iter().for_each(|e| self.device(e));
        self.listen();
    }

    /// Completes the recording, fades out and stops.
    pub fn close(mut self) {
        if self.has_keys() {
            self.close_keys();
            // What they held has ended in the take too.
            self.step(Duration::from_millis(2));
        }
        if self.recording.is_some() {
            self.stop_recording();
        }
        self.stop_taking();
        if let Some(live) = &self.live {
            live.end();
            let buffer = f64::from(self.stream.buffer()) / f64::from(self.rate);
            let end = Instant::now() + FADE + Duration::from_secs_f64(2.0 * buffer);
            while Instant::now() < end {
                self.step(Duration::from_millis(2));
            }
        }
        self.end_log();
        drop(self.stream.close());
    }

    /// Whether the next entry of the prompt was right, once that is known.
    pub fn answer(&mut self) -> Option<bool> {
        (!self.answers.is_empty()).then(|| self.answers.remove(0))
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
        self.said.borrow_mut().push(text.to_string());
    }

    pub(super) fn report(&self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.say(report::to_text(diagnostics, report::colours()).trim_end());
        }
    }

    pub(super) fn library(&self) -> Option<Arc<crate::engine::Library>> {
        self.takes.now().map(|take| take.library.clone())
    }
}
