//! Controllers while playing: what moves what, and mapping the one that is moved next.

use super::builder::Asker;
use super::score::Music;
use super::studio::Studio;
use crate::diag::Diagnostic;
use crate::engine::live::{Live, MapState, Quant};
use crate::io::file::write_whole;
use crate::script::notebook::Origin;
use crate::session::Rig;
use crate::units::{Controller, Place};

impl Studio {
    /// Waits for a controller to be moved, to map it to `target`; `rest` is what follows it in the script.
    pub(super) fn learn(&mut self, target: &str, rest: &str) {
        let Some(live) = &mut self.live else {
            return self.say("Nothing plays; learn once it does");
        };
        live.learn();
        self.learning = Some(rest.to_string());
        self.say(&format!("Move a controller for {target}"));
    }

    /// Maps the controller that was moved, if one is waited for.
    pub(super) fn learned(&mut self) {
        let Some(rest) = &self.learning else { return };
        let Some(controller) = self.live.as_mut().and_then(Live::learned) else { return };
        let line = format!("map({}, {rest};", Controller::script(controller));
        self.learning = None;
        self.say(&format!("Learned; to keep it, put this into the script:\n  {line}"));
        let origin = Origin { name: "learn".into(), line: 1 };
        self.enter((line, origin, None), Some(Quant::Now), Asker::Nobody);
    }

    /// Saves what sounds, without its music.
    pub(super) fn save_rig(&self, file: &str) {
        let Some(Music { session, .. }) = &self.sounding else { return self.say("Nothing plays") };
        let path = self.beside(file);
        // What is there may be worth more than what we know of it.
        if let Ok(bytes) = std::fs::read(&path)
            && let Err(why) = Rig::read(&bytes)
        {
            let message = format!("{} is left as it is: {why}", path.display());
            let error = Diagnostic::error(message, Place::default());
            return self.report(&[error.hint("choose another name, or move it away")]);
        }
        let rig = Rig::of(session);
        match write_whole(&path, rig.to_json().as_bytes()) {
            Ok(()) => {
                let names: Vec<&str> = rig.names().collect();
                self.say(&format!("Saved {} into {}", names.join(", "), path.display()));
            }
            Err(error) => self.report(&[error.diagnostic(Place::default())]),
        }
    }

    /// What moves what, a line each.
    pub(super) fn maps(&mut self) -> String {
        let maps = self.live.as_mut().map(Live::maps).unwrap_or_default();
        if maps.is_empty() {
            return "No controller moves anything; map(74, \"track/effect.parameter\") lets one"
                .into();
        }
        let line = |state: MapState| {
            let knob = match (state.holds, state.place) {
                (true, _) => "held".to_string(),
                (false, Some(place)) => format!("not met: the knob is at {:.0} %", place * 100.0),
                (false, None) => "not moved yet".to_string(),
            };
            let value = (state.value * 1e4).round() / 1e4;
            format!("  {}  {value} ({knob})", state.mapping.script())
        };
        maps.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
