//! The log of a set, written while it is played.

use super::score::Music;
use super::studio::Studio;
use crate::app::log::{FORMAT, Head, Writer, seen};
use crate::io::file::{FileError, numbered};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time between two moments at which all that is known is on disk.
const FLUSH: Duration = Duration::from_secs(1);

/// The log, if one was asked for.
#[derive(Default)]
pub(super) struct Logging {
    path: Option<PathBuf>,
    writer: Option<Writer>,
    flushed: Option<Instant>,
    /// The player knows what is missing.
    told: bool,
}

impl Logging {
    pub fn new(path: Option<PathBuf>) -> Logging {
        Logging { path, ..Logging::default() }
    }
}

impl Studio {
    /// A performance begins at `beat` with `music`: so does a log.
    pub(super) fn begin_log(&mut self, music: &Music, beat: f64, delay: u64) {
        let Some(path) = self.logging.path.clone() else { return };
        let folder = self.script.script.parent().unwrap_or(Path::new(""));
        let allow = self.script.allow.iter().map(|folder| seen(folder, &path)).collect();
        let head = Head {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            rate: self.rate,
            ceiling: self.play.ceiling(),
            beat,
            folder: seen(folder, &path),
            allow,
            set: self.script.set.clone(),
            seed: self.script.seed,
        };
        // A log that is there already is left alone.
        let free = (1..).map(|n| numbered(&path, n)).find(|path| !path.exists());
        let begun = Writer::create(&free.unwrap_or(path), head).and_then(|mut writer| {
            writer.edit((0, delay), music, &self.mixer)?;
            Ok(writer)
        });
        match begun {
            Ok(writer) => {
                self.say(&format!("Writing the log of the set into {}", writer.path().display()));
                self.logging.writer = Some(writer);
                self.tell_unlogged(music);
            }
            Err(error) => self.report(&[error.diagnostic(Default::default())]),
        }
    }

    /// Says once that sound that comes in is not written down.
    fn tell_unlogged(&mut self, music: &Music) {
        if music.session.inputs() > 0 && !std::mem::replace(&mut self.logging.told, true) {
            self.say("The log of the set has no sound that comes in: what `audio_in` hears is silent in its render");
        }
    }

    /// An edit was committed.
    pub(super) fn log_edit(&mut self, music: &Music, delay: u64) {
        if self.logging.writer.is_some() {
            self.tell_unlogged(music);
        }
        let (Some(writer), Some(live)) = (&mut self.logging.writer, &self.live) else { return };
        let written = writer.edit((live.commits(), delay), music, &self.mixer);
        self.check_log(written);
    }

    /// Writes down what has happened.
    pub(super) fn log(&mut self) {
        let (Some(writer), Some(live)) = (&mut self.logging.writer, &mut self.live) else { return };
        let (taken, frame) = (live.take_log(), live.frame());
        let due = self.logging.flushed.is_none_or(|at| at.elapsed() >= FLUSH);
        let lost = taken.is_err();
        let mut written = match taken {
            Ok(entries) => writer.entries(entries),
            Err(_) => writer.lost(),
        };
        if due && written.is_ok() {
            self.logging.flushed = Some(Instant::now());
            written = writer.flush(frame);
        }
        if lost {
            self.say(
                "So much happened at once that the log has a gap: it can be rendered up to there",
            );
            self.logging.writer = None;
        }
        self.check_log(written);
    }

    /// The performance is over.
    pub(super) fn end_log(&mut self) {
        self.log();
        let Some(mut writer) = self.logging.writer.take() else { return };
        let frame = self.live.as_ref().map_or(0, crate::engine::live::Live::frame);
        let written = writer.flush(frame);
        let path = writer.path().display().to_string();
        if written.is_ok() {
            self.say(&format!("Wrote the log of the set; render it with: rhapsode render {path}"));
        }
        self.check_log(written);
    }

    /// Without a disk there is no log, but there is music.
    fn check_log(&mut self, written: Result<(), FileError>) {
        if let Err(error) = written {
            self.report(&[error.diagnostic(Default::default())]);
            self.logging.writer = None;
        }
    }
}
