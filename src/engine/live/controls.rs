//! Knobs and faders on the control side: who listens to which, what they move, what they have come to.

use super::Live;
use crate::dsp::controls::{Board, Steps, Target};
use crate::rt::Schedule;
use crate::rt::controllers::{Controllers, Knob, Map, Panel, Source};
use crate::rt::midi::PLUGGED;
use crate::session::{Arg, Mapping, Port, Session};
use crate::units::Controller;
use crate::units::Way;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What controllers have come to; the same through all edits.
pub struct Controls {
    panel: Arc<Panel>,
    /// Parameters that are, or were, moved by controllers.
    targets: BTreeMap<String, Arc<Target>>,
    /// Knobs by the controller and the parameter.
    knobs: BTreeMap<(Source, String), Arc<Knob>>,
    /// The input ports of the music.
    ports: Vec<Port>,
    /// How many times a controller had been moved when `learn` was asked for.
    learning: Option<u16>,
}

/// A mapping, and what has become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MapState {
    /// As the script says it.
    pub mapping: Mapping,
    /// What the parameter is now, in its unit.
    pub value: f64,
    /// The knob has hold of the parameter.
    pub holds: bool,
    /// Where the knob was when it was last heard, 0..1.
    pub place: Option<f64>,
}

impl Default for Controls {
    fn default() -> Controls {
        Controls {
            panel: Panel::new(),
            targets: BTreeMap::new(),
            knobs: BTreeMap::new(),
            ports: Vec::new(),
            learning: None,
        }
    }
}

impl Controls {
    /// What hears them on the audio side.
    pub(super) fn ears(&self) -> Controllers {
        Controllers::new(Some(self.panel.clone()))
    }

    /// Joins a schedule, made of `session`, to what its units listen to, and says what moves its parameters.
    pub(super) fn join(&mut self, schedule: &mut Schedule, session: &Session) {
        for node in session.nodes.iter().filter(|node| node.kind == "knob") {
            if let (Some(name), Some(Arg::Number(value))) =
                (node.text("name"), node.args.get("value"))
            {
                let new = || Arc::new(Target::new(*value as f32));
                self.targets.entry(name.to_string()).or_insert_with(new);
            }
        }
        self.ports.clone_from(&session.ports);
        schedule.maps = session.maps.iter().map(|mapping| self.map(mapping)).collect();
        schedule.connect(self);
    }

    /// The number of the input port that the script calls so; none for any.
    fn number(&self, name: &str) -> Option<u8> {
        if name.is_empty() {
            return None;
        }
        let own = self.ports.iter().find(|port| port.own && port.name == name).cloned();
        own.unwrap_or_else(|| Port::named(name)).number(Way::In)
    }

    fn map(&mut self, mapping: &Mapping) -> Map {
        let source = Source {
            controller: mapping.controller,
            channel: mapping.channel,
            port: self.number(&mapping.port),
        };
        let next = self.knobs.len() as u32 + 1;
        let knob = self.knobs.entry((source, mapping.target.clone()));
        let knob = knob.or_insert_with(|| Arc::new(Knob::new(next))).clone();
        let target = self.targets.entry(mapping.target.clone()).or_default().clone();
        let Mapping { ends, taper, turning, takeover, priority, .. } = *mapping;
        Map { source, target, ends, taper, turning, takeover, priority, knob }
    }
}

impl Board for Controls {
    fn controller(
        &mut self,
        controller: Controller,
        channel: u8,
        port: &str,
    ) -> Option<Arc<Steps>> {
        self.panel.steps(Source { controller, channel, port: self.number(port) })
    }

    fn target(&mut self, path: &str) -> Option<Arc<Target>> {
        Some(self.targets.entry(path.to_string()).or_default().clone())
    }
}

impl Live {
    /// Ends, and leaves what controllers have come to, for a performance that goes on from here.
    #[must_use]
    pub fn into_controls(self) -> Controls {
        let Controls { panel, targets, .. } = &self.graphs.controls;
        panel.rewind();
        for target in targets.values() {
            if let Some(value) = target.steps.now() {
                target.steps.restart(value);
            }
        }
        self.graphs.controls
    }

    /// The mappings of what plays, in the order of the script.
    pub fn maps(&mut self) -> Vec<MapState> {
        let session = self.music.session.clone();
        let state = |mapping: &Mapping| {
            let map = self.graphs.controls.map(mapping);
            MapState {
                mapping: mapping.clone(),
                value: f64::from(map.target.now()),
                holds: map.holds(),
                place: map.knob.place().map(f64::from),
            }
        };
        session.maps.iter().map(state).collect()
    }

    /// Tells motor faders where the parameters are that something else has moved.
    pub(super) fn feed_back(&mut self) {
        let session = self.music.session.clone();
        for mapping in session.maps.iter().filter(|m| !m.feedback.is_empty()) {
            let map = self.graphs.controls.map(mapping);
            let (Controller::Cc(number), Some(port)) =
                (mapping.controller, Port::named(&mapping.feedback).number(Way::Out))
            else {
                continue;
            };
            let stands = map.stands();
            let near = |place: f32| (place - stands).abs() < 0.75 / 127.0;
            if map.holds() || map.knob.place().is_some_and(near) {
                continue;
            }
            let bytes =
                [0xb0 | mapping.channel.saturating_sub(1), number, (stands * 127.0).round() as u8];
            if self.sync.send(port, bytes) {
                // The motor moves it there, so that it meets the value.
                map.knob.put(stands);
            }
        }
    }

    /// Another device hears an outgoing port now: if that gets a clock, it is told where the music is.
    pub fn greet(&mut self, port: u8) {
        // If too many messages wait, it goes by the ticks alone.
        let _ = self.sync.send(port, [PLUGGED, 0, 0]);
    }

    /// Waits for a controller to be moved: [`learned`](Live::learned) tells which one is.
    pub fn learn(&mut self) {
        self.graphs.controls.learning = Some(self.graphs.controls.panel.touched().0);
    }

    /// The controller that was moved since [`learn`](Live::learn) was called; it is told once.
    pub fn learned(&mut self) -> Option<Controller> {
        let (count, source) = self.graphs.controls.panel.touched();
        let before = self.graphs.controls.learning.filter(|&before| before != count)?;
        let _ = before;
        self.graphs.controls.learning = None;
        source.map(|source| source.controller)
    }
}
