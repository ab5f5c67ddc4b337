//! A plugin of a chain that plays: a chunk of sound at a time, with its notes, points and side-chain.

use super::link::Link;
use super::route::{self, Route};
use super::{Clock, Flow};
use crate::plugin::{AudioHalf, BLOCK, Event, EventKind, Outcome, PluginError};

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
    /// A link that has been activated; `before` is by how many frames what it hears is late.
    pub(super) fn new(mut link: Link, halves: Vec<Box<dyn AudioHalf>>, before: u64) -> Stage {
        // What is there from the beginning is so for what comes before the sound as well.
        let late = |frame: u64| if frame == 0 { 0 } else { frame + before };
        link.points.iter_mut().for_each(|p| p.frame = late(p.frame));
        let d = link.plugin().description();
        let [input, output] = [&d.inputs, &d.outputs].map(|buses| route::main(buses).unwrap_or(0));
        let side = link.side_bus().map(|bus| (bus, d.inputs[bus].channels));
        let passes = d.outputs.is_empty();
        let (midi_in, midi_out) = (d.midi_in, d.midi_out);
        let latency = u64::from(d.latency);
        Stage {
            halves,
            out: Vec::new(),
            link,
            events: Vec::with_capacity(64),
            sent: Vec::new(),
            next: 0,
            buses: (input, output, side),
            passes,
            midi: (midi_in, midi_out),
            before,
            latency,
            broken: 0,
        }
    }

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
