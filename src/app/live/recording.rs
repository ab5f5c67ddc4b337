//! Recording what is heard, as scripts and players ask for it.

use super::studio::Studio;
use crate::engine::live::Live;
use crate::io::record::{Recorded, Recording};
use std::path::{Path, PathBuf};

impl Studio {
    /// A file of the script's folder.
    pub(super) fn beside(&self, file: &str) -> PathBuf {
        self.script.script.parent().unwrap_or(Path::new("")).join(file)
    }

    /// Begins to record.
    pub(super) fn record(&mut self, what: Recording) {
        let Some(live) = &mut self.live else {
            return self.say("Nothing plays that could be recorded");
        };
        match live.record(&what) {
            Ok(files) => {
                let (first, more) = (files[0].display(), files.len() - 1);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                self.recording = Some(what);
                self.say(&format!("Recording into {first}{more}"));
            }
            Err(error) => self.report(&[error.diagnostic(Default::default())]),
        }
    }

    /// Ends the recording and says what was written.
    pub(super) fn stop_recording(&mut self) {
        self.recording = None;
        let taken = self.stop_taking();
        match self.live.as_mut().map(Live::stop_recording) {
            Some(Some(recorded)) => self.tell_recorded(&recorded),
            _ if taken => {}
            _ => self.say("Nothing is recorded"),
        }
    }

    fn tell_recorded(&self, recorded: &Recorded) {
        let Recorded { files, seconds, lost_frames, warnings, .. } = recorded;
        let names: Vec<String> = files.iter().map(|(f, _)| f.display().to_string()).collect();
        let lost = match lost_frames {
            0 => String::new(),
            n => format!("; {n} frames are silent because the disk was too slow"),
        };
        self.say(&format!("Recorded {seconds:.1} s into {}{lost}", names.join(" ")));
        self.report(warnings);
    }

    /// The engine is about to be replaced: completes its files, and says whether to go on in others.
    pub(super) fn change_tape(&mut self) -> Option<Recording> {
        let recording = self.recording.take()?;
        self.stop_recording();
        Some(recording)
    }
}
