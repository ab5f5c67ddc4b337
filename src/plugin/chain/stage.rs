//! A plugin of a chain: its instances, what moves its parameters, and what it hears besides the sound.

use super::route::{self, Route};
use super::{Clock, Flow};
use crate::plugin::automation::Point;
use crate::plugin::{AudioHalf, BLOCK, Event, EventKind, Outcome, Plugin, PluginError, Setup};

/// A plugin of a chain before it plays: as many instances, all set alike, as the channels of the sound need.
pub struct Link {
    plugins: Vec<Box<dyn Plugin>>,
    route: Route,
    outputs: usize,
    /// Plain values by index that are set again once it plays: some plugins forget them when they are activated.
    values: Vec<(u32, f64)>,
    points: Vec<Point>,
    side: Vec<Vec<f32>>,
}

impl Link {
    /// Opens with `open` as many instances as a sound of `channels` channels needs.
    ///
    /// # Errors
    /// If it cannot be opened, or takes no such sound.
    pub fn open(
        open: &dyn Fn() -> Result<Box<dyn Plugin>, PluginError>,
        channels: usize,
    ) -> Result<Link, PluginError> {
        let mut first = open()?;
        let route = Route::find(first.as_mut(), channels)?;
        let mut plugins = vec![first];
        for _ in 1..route.sources.len() {
            let mut next = open()?;
            Route::find(next.as_mut(), channels)?;
            plugins.push(next);
        }
        let d = plugins[0].description();
        let outs = route::main(&d.outputs).map_or(0, |bus| d.outputs[bus].channels);
        if outs == 0 && !d.midi_out {
            let reason = "gives out no sound".into();
            return Err(PluginError::Value { name: d.name.clone(), reason });
        }
        let outputs = if outs == 0 { channels } else { outs * plugins.len() };
        let (values, points, side) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Link { plugins, route, outputs, values, points, side })
    }

    /// Channels that come out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The first instance, which stands for all.
    #[must_use]
    pub fn plugin(&self) -> &dyn Plugin {
        self.plugins[0].as_ref()
    }

    /// Does the same to every instance.
    ///
    /// # Errors
    /// The first that `work` returns.
    pub fn each(
        &mut self,
        mut work: impl FnMut(&mut dyn Plugin) -> Result<(), PluginError>,
    ) -> Result<(), PluginError> {
        self.plugins.iter_mut().try_for_each(|plugin| work(plugin.as_mut()))
    }

    /// Sets the plain value of a parameter for as long as it plays.
    ///
    /// # Errors
    /// If there is no such parameter, or the value is not a number.
    pub fn set(&mut self, index: u32, plain: f64) -> Result<(), PluginError> {
        self.values.retain(|value| value.0 != index);
        self.values.push((index, plain));
        self.each(|plugin| plugin.set(index, plain))
    }

    /// Saves what it is set to; see [`preset::save`](crate::plugin::preset::save).
    ///
    /// # Errors
    /// If it cannot be saved.
    pub fn save(&mut self, path: &std::path::Path) -> Result<(), PluginError> {
        crate::plugin::preset::save(self.plugins[0].as_mut(), path)
    }

    /// Forgets what was set, since something has set all parameters at once.
    pub fn forget(&mut self) {
        self.values.clear();
    }

    /// Moves parameters at frames of the sound that comes to the chain, besides those that move already.
    pub fn automate(&mut self, points: Vec<Point>) {
        self.points.extend(points);
        self.points.sort_by_key(|p| (p.frame, p.index));
    }

    /// Lets its first side-chain hear a sound, channels x frames; false if it has none.
    #[must_use]
    pub fn listen(&mut self, sound: Vec<Vec<f32>>) -> bool {
        let has = self.side_bus().is_some() && !sound.is_empty();
        if has {
            self.side = sound;
        }
        has
    }

    fn side_bus(&self) -> Option<usize> {
        let inputs = &self.plugin().description().inputs;
        let main = route::main(inputs);
        (0..inputs.len()).find(|bus| Some(*bus) != main)
    }

    /// Starts to play; `before` is by how many frames what it hears is late.
    ///
    /// # Errors
    /// If it refuses.
    pub fn start(mut self, setup: &Setup, before: u64) -> Result<Stage, PluginError> {
        let mut halves = Vec::new();
        for plugin in &mut self.plugins {
            halves.push(plugin.activate(setup)?);
        }
        for (index, plain) in self.values.clone() {
            self.each(|plugin| plugin.set(index, plain))?;
        }
        // What is there from the beginning is so for what comes before the sound as well.
        let late = |frame: u64| if frame == 0 { 0 } else { frame + before };
        self.points.iter_mut().for_each(|p| p.frame = late(p.frame));
        let d = self.plugin().description();
        let [input, output] = [&d.inputs, &d.outputs].map(|buses| route::main(buses).unwrap_or(0));
        let side = self.side_bus().map(|bus| (bus, d.inputs[bus].channels));
        let passes = d.outputs.is_empty();
        let (midi_in, midi_out) = (d.midi_in, d.midi_out);
        let latency = u64::from(d.latency);
        Ok(Stage {
            halves,
            out: Vec::new(),
            link: self,
            events: Vec::with_capacity(64),
            sent: Vec::new(),
            next: 0,
            buses: (input, output, side),
            passes,
            midi: (midi_in, midi_out),
            before,
            latency,
            broken: 0,
        })
    }
}

/// A plugin of a chain that plays.
pub struct Stage {
    /// Dropped before the plugins that they belong to.
    halves: Vec<Box<dyn AudioHalf>>,
    link: Link,
    out: Vec<Vec<f32>>,
    events: Vec<Event>,
    sent: Vec<(u64, EventKind)>,
    /// The first point that is still to come.
    next: usize,
    /// The main input, the main output, and the side-chain with its channels.
    buses: (usize, usize, Option<(usize, usize)>),
    /// It has no sound of its own.
    passes: bool,
    /// Takes notes, sends notes.
    midi: (bool, bool),
    before: u64,
    latency: u64,
    broken: u64,
}

impl Stage {
    /// Frames by which it is late itself.
    #[must_use]
    pub fn latency(&self) -> u64 {
        self.latency
    }

    /// Blocks so far that had samples that were not finite.
    #[must_use]
    pub fn broken(&self) -> u64 {
        self.broken
    }

    /// Lets a chunk through that begins at the frame `at`.
    pub(super) fn run(
        &mut self,
        flow: &mut Flow,
        frames: usize,
        at: u64,
        clock: Clock,
    ) -> Result<(), PluginError> {
        // What is here is what the next plugin got, or the chunk before.
        self.out.resize_with(if self.passes { 0 } else { self.link.outputs }, Vec::new);
        self.out.iter_mut().for_each(Vec::clear);
        self.sent.clear();
        for start in (0..frames).step_by(BLOCK) {
            let n = (frames - start).min(BLOCK);
            let now = at + start as u64;
            self.gather_events(&flow.notes, now, n);
            for instance in 0..self.halves.len() {
                self.give(instance, &flow.sound, start, n, now);
                let said = self.halves[instance].process(n, &self.events, &clock(now));
                if said == Outcome::Failed {
                    let name = self.link.plugin().description().name.clone();
                    return Err(PluginError::Refused { name, what: "to process a block".into() });
                }
                self.take(instance, n, now);
            }
        }
        if self.midi.0 {
            flow.notes.clear();
        }
        if self.midi.1 {
            flow.notes.append(&mut self.sent);
        }
        if !self.passes {
            std::mem::swap(&mut flow.sound, &mut self.out);
        }
        Ok(())
    }

    /// Points and notes of a block.
    fn gather_events(&mut self, notes: &[(u64, EventKind)], now: u64, frames: usize) {
        self.events.clear();
        let end = now + frames as u64;
        while let Some(point) = self.link.points.get(self.next).filter(|p| p.frame < end) {
            let kind = EventKind::Parameter { index: point.index, value: point.value };
            self.events.push(Event { offset: point.frame.saturating_sub(now) as u32, kind });
            self.next += 1;
        }
        if self.midi.0 {
            let here = notes.iter().filter(|(at, _)| (now..end).contains(at));
            self.events.extend(here.map(|&(at, kind)| Event { offset: (at - now) as u32, kind }));
        }
    }

    /// Fills the inputs of an instance.
    fn give(&mut self, instance: usize, sound: &[Vec<f32>], start: usize, n: usize, now: u64) {
        let half = &mut self.halves[instance];
        let (input, _, side) = self.buses;
        for (channel, sources) in self.link.route.sources[instance].iter().enumerate() {
            Route::gather(sources, sound, start, &mut half.input(input, channel)[..n]);
        }
        let (Some((bus, channels)), false) = (side, self.link.side.is_empty()) else { return };
        let heard = &self.link.side;
        for channel in 0..channels {
            let to = &mut half.input(bus, channel)[..n];
            for (frame, to) in to.iter_mut().enumerate() {
                // As late as the sound that comes with it.
                let at = (now + frame as u64).checked_sub(self.before);
                let sample = |c: &Vec<f32>| {
                    at.and_then(|at| c.get(usize::try_from(at).ok()?)).copied().unwrap_or(0.0)
                };
                *to = match heard.get(channel) {
                    _ if channels == 1 => {
                        heard.iter().map(sample).sum::<f32>() / heard.len() as f32
                    }
                    Some(own) => sample(own),
                    None => heard.last().map_or(0.0, sample),
                };
            }
        }
    }

    /// Takes what came out of an instance. What is not finite becomes silence, and the plugin begins afresh.
    fn take(&mut self, instance: usize, n: usize, now: u64) {
        let half = &mut self.halves[instance];
        let channels = self.out.len() / self.link.plugins.len();
        let mut wrong = false;
        for channel in 0..channels {
            let out = &mut self.out[instance * channels + channel];
            let from = &half.output(self.buses.1, channel)[..n];
            if from.iter().all(|x| x.is_finite()) {
                out.extend_from_slice(from);
            } else {
                out.resize(out.len() + n, 0.0);
                wrong = true;
            }
        }
        if self.midi.1 && instance == 0 {
            let sent = half.sent().events().iter();
            self.sent.extend(sent.map(|event| (now + u64::from(event.offset), event.kind)));
        }
        if wrong {
            self.broken += 1;
            half.reset();
        }
    }
}
