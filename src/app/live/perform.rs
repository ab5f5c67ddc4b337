//! What a script or a player asks of the performance, and what is told of it.

use super::score::Music;
use super::stage::{Arrival, Stage};
use super::studio::Studio;
use crate::app::serve::wire::Level;
use crate::engine::live::Live;
use crate::graph::Edit;
use crate::io::record::Recording;
use crate::script::doc;
use crate::session::Command;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// What the status line shows besides the music.
#[derive(Default)]
pub struct Show {
    /// The last error, until something is right again.
    pub error: Option<String>,
    /// Buffers that came too late.
    pub xruns: u64,
    /// Levels of the tracks, the buses and the master a moment ago.
    pub levels: Vec<Level>,
}

impl Studio {
    /// Does what is asked of the performance.
    pub fn perform(&mut self, command: &Command) {
        match command {
            Command::Hush => {
                let session = self.takes.now().map(|take| take.session.clone());
                let names = session.iter().flat_map(|s| s.tracks.iter().map(|t| t.name.clone()));
                self.mixer.stopped.extend(names);
                self.remix();
            }
            Command::Unhush => {
                self.mixer.stopped.clear();
                self.remix();
            }
            Command::Panic => self.panic(),
            Command::Mute(name, on) => {
                self.mixer.mutes.insert(name.clone(), *on);
                self.remix();
            }
            Command::Solo(name, on) => {
                self.mixer.solos.insert(name.clone(), *on);
                self.remix();
            }
            Command::Unsolo => {
                self.mixer.solos.clear();
                self.remix();
            }
            Command::Undo => self.turn(-1),
            Command::Redo => self.turn(1),
            Command::Record(file) => {
                let master = Some(self.beside(file));
                self.record(Recording { master, ..Recording::default() });
            }
            Command::Stems(folder) => {
                let stems = Some(self.beside(folder));
                self.record(Recording { stems, ..Recording::default() });
            }
            Command::RecordMidi(file, parts) => self.record_midi(file, *parts),
            Command::StopRecording => self.stop_recording(),
            Command::SaveRig(file) => self.save_rig(file),
            Command::Learn(target, rest) => self.learn(target, rest),
            Command::Maps => {
                let maps = self.maps();
                self.say(&maps);
            }
            Command::Params(name) => self.show_params(name),
            Command::SaveState(name, file) => self.save_state(name, file),
            Command::Reload(name) => self.reload(name),
            Command::Status => self.say(&self.status()),
            Command::Plan => self.say(&self.plan()),
            Command::Help(name) => {
                let page = self.page(name);
                self.say(page.trim_end());
            }
        }
    }

    /// The page of the manual of `name`; or that of a function of the music that plays.
    #[must_use]
    pub fn page(&self, name: &str) -> String {
        let own = || {
            let music = self.takes.now()?;
            let node = music.session.nodes.iter().find(|node| node.called() == name)?;
            Some(doc::kind_page(crate::nodes::kind_of(node)?))
        };
        doc::page(name).or_else(|why| own().ok_or(why)).unwrap_or_else(|why| why)
    }

    /// Silence at once.
    pub fn panic(&mut self) {
        self.silence_keys();
        if let Some(live) = &mut self.live {
            live.panic();
        }
        self.say("Silence");
    }

    /// Goes `by` musics back or forward.
    fn turn(&mut self, by: isize) {
        let Some((index, take)) = self.takes.step(by) else {
            let way = if by < 0 { "back" } else { "forward" };
            return self.say(&format!("There is nothing to go {way} to"));
        };
        let take = take.clone();
        self.takes.go(index);
        self.notebook = take.notebook.clone();
        let arrival = Arrival { asked: Instant::now(), commands: Vec::new() };
        let (quant, files) = (self.play.quant, Arc::default());
        let music = Music::of(take);
        self.send(Stage { music, fresh: None, quant, files, arrival: Some(arrival) });
    }

    /// Tells what an edit did that is heard from `frame` on.
    pub(super) fn tell_swap(&self, frame: u64, edit: &Edit, asked: Option<Instant>) {
        let Some(live) = &self.live else { return };
        let (bar, beat) = place(live, frame);
        let ms = asked.map(|at| format!(" after {:.0} ms", at.elapsed().as_secs_f64() * 1e3));
        let xruns = match self.show.xruns {
            0 => String::new(),
            n => format!(", {n} xruns so far"),
        };
        let ms = ms.unwrap_or_default();
        self.say(&format!("Swapped at bar {bar}, beat {beat:.2}{ms}: {edit}{xruns}"));
    }

    /// What the last edit did, node by node.
    fn plan(&self) -> String {
        let Some(edit) = &self.last else { return "Nothing was edited so far".into() };
        let list = |what: &str, paths: &[String]| match paths {
            [] => String::new(),
            paths => format!("\n  {what}: {}", paths.join(" ")),
        };
        let (added, removed) = (list("added", &edit.added), list("removed", &edit.removed));
        format!("The last edit {edit}{added}{removed}")
    }

    /// How loud each track and bus is, a bar each.
    #[must_use]
    pub fn meters(&self) -> String {
        let bar = |level: &Level| {
            let [left, right] = level.peak_db;
            // From -48 dB on, 6 dB a step.
            let step = ((left.max(right) + 54.0) / 6.0).clamp(0.0, 8.0) as usize;
            format!("{} {}", level.name, [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][step])
        };
        self.show.levels.iter().map(bar).collect::<Vec<_>>().join("  ")
    }

    /// Where the music is and how it goes, in a line.
    #[must_use]
    pub fn status(&self) -> String {
        let Some(live) = &self.live else { return "Nothing plays".into() };
        let frame = live.frame();
        let ((bar, beat), bpm) = (place(live, frame), live.clock().bpm(frame));
        // The master is the last one.
        let levels =
            self.show.levels.last().map_or([f64::NEG_INFINITY; 2], |master| master.peak_db);
        let peak = levels[0].max(levels[1]);
        let stats = self.stream.stats();
        let load = f64::from(stats.load()) * 100.0;
        let (beat, xruns) = (beat.floor(), self.show.xruns);
        let mut text = format!(
            "{bar}:{beat}  {bpm:.1} bpm  peak {peak:.1} dB  load {load:.1} %  xruns {xruns}"
        );
        if let Some(recording) = live.recording() {
            let (file, seconds) = (recording.file.display(), recording.seconds);
            text.push_str(&format!("  recording {file} {seconds:.0} s"));
        }
        if stats.lost() {
            text.push_str("  NO DEVICE");
        }
        let on = |map: &BTreeMap<String, bool>| -> Vec<String> {
            map.iter().filter(|(_, on)| **on).map(|(name, _)| name.clone()).collect()
        };
        let (mutes, solos) = (on(&self.mixer.mutes), on(&self.mixer.solos));
        let stopped = self.mixer.stopped.iter().cloned().collect();
        for (what, names) in [("muted", mutes), ("solo", solos), ("stopped", stopped)] {
            if !names.is_empty() {
                text.push_str(&format!("  {what} {}", names.join(" ")));
            }
        }
        if let Some(keys) = self.keys_status() {
            text.push_str(&format!("  {keys}"));
        }
        if let Some(error) = &self.show.error {
            text.push_str(&format!("  error: {error}"));
        }
        text
    }
}

/// Bar and beat of a frame, from 1.
pub fn place(live: &Live, frame: u64) -> (u64, f64) {
    let (beat, bar) = (live.clock().beat(frame).max(0.0), live.clock().cycle());
    // A frame is the nearest to its beat, which may lie a little before it.
    let beat = (beat * 1e3).round() / 1e3;
    ((beat / bar).floor() as u64 + 1, beat % bar + 1.0)
}
