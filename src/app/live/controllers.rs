//! Controllers while playing: what moves what, and mapping the one that is moved next.

use super::builder::Asker;
use super::studio::Studio;
use crate::engine::live::{Live, MapState, Quant};
use crate::script::notebook::Origin;
use crate::units::Controller;

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
