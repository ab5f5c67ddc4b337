//! An instance as the graph has it: numbers that do not change, and the way to its plugin.

use super::keeper::Keeper;
use super::open::problem;
use super::{Identity, Problem};
use crate::nodes::plugin::{Channels, Driven, Guest, Joints, Point};
use crate::plugin::{
    Automation, Curve, Description, Home, Joined, Moved, Mover, Played, PluginError, words,
};
use crate::rt::Processor;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Frames without a sound after which a plugin that does not say how long it rings is asleep, in seconds.
pub(super) const QUIET: f64 = 10.0;

/// What has been asked before.
pub(super) type Memory<K, V> = Mutex<BTreeMap<K, V>>;

/// Answers that are remembered, of each kind.
const REMEMBERED: usize = 256;

/// What is remembered of `key`, or is found out now.
fn remembered<K: Ord + Clone, V: Clone>(
    memory: &Memory<K, V>,
    key: K,
    ask: impl FnOnce(K) -> V,
) -> V {
    let known = || memory.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = known().get(&key) {
        return value.clone();
    }
    let value = ask(key.clone());
    let mut known = known();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(key, value.clone());
    value
}

/// An instance of a plugin.
pub struct Instance {
    pub(super) this: Weak<Instance>,
    pub(super) serial: u64,
    /// Strip and path.
    pub(super) at: String,
    pub(super) identity: Identity,
    pub(super) description: Arc<Description>,
    pub(super) home: Arc<Home>,
    /// Frames that it rings.
    pub(super) tail: usize,
    /// It has to be made anew: it has died, or its latency is another.
    pub(super) stale: Arc<AtomicBool>,
    /// What the plugin said of texts for parameters. What is known is not asked again: music is compiled again while
    /// it plays, by whoever has to send it notes in time.
    pub(super) words: Memory<(u32, String), Result<f64, Problem>>,
    /// What it made of automation files and lengths.
    pub(super) moves: Memory<(String, u64), Result<Vec<Point>, Vec<Problem>>>,
    /// Parameters that scripts have driven.
    pub(super) driven: Mutex<BTreeSet<u32>>,
    /// Parameters that were asked for beyond those that can always be moved.
    pub(super) more: Mutex<BTreeMap<u32, Mover>>,
    pub(super) keeper: Arc<Keeper>,
}

impl Instance {
    pub(super) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed)
    }

    /// Whether it is what is wanted. One that hears both channels anyway need not be another where it hears one.
    pub(super) fn suits(&self, wanted: &Identity) -> bool {
        let channels = if self.channels().input == 1 && wanted.channels > 1 {
            // It may be asked for two.
            wanted.channels
        } else {
            self.identity.channels
        };
        *wanted == Identity { channels: wanted.channels, ..self.identity.clone() }
            && self.identity.channels == channels
    }

    /// How the graph moves a parameter.
    fn mover(&self, driven: Driven) -> Mover {
        let index = driven.parameter;
        let mover = match self.home.movers.iter().find(|m| m.index == index) {
            Some(mover) => mover.clone(),
            None => self.another(index),
        };
        if driven.normalised { Mover { curve: None, ..mover } } else { mover }
    }

    fn driving(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before it is played again, after it was not for a while: what scripts have driven is as it is by itself.
    pub(super) fn let_go(&self) {
        if !self.home.parking.is_over() {
            return;
        }
        for parameter in std::mem::take(&mut *self.driving()) {
            let mover = self.mover(Driven { parameter, normalised: true });
            let serial = self.serial;
            self.keeper.send(move |plugins| {
                if let Some(plugin) = plugins.get(serial) {
                    // A parameter that is gone by now needs nothing.
                    let _ = plugin.set_normalised(mover.index, mover.initial);
                }
            });
        }
    }

    /// The points of an automation file.
    fn resolve(&self, text: &str, length: u64) -> Result<Vec<Point>, Vec<Problem>> {
        let moves = Automation::parse(text).map_err(|e| {
            let hint = "{\"Gain\": {\"0\": -12, \"1.5s\": 3, \"50%\": -6}}";
            vec![(format!("the automation is not right at {e}"), hint.to_string())]
        })?;
        let (serial, rate) = (self.serial, self.identity.rate);
        let asked = self.keeper.ask(move |plugins| {
            plugins.get(serial).map(|plugin| moves.resolve(length, rate, plugin))
        });
        let points = asked.flatten().unwrap_or_else(|| Err(vec![gone(&self.description)]));
        let points = points.map_err(|all| all.iter().map(problem).collect::<Vec<_>>())?;
        let point = |p: crate::plugin::automation::Point| Point {
            frame: p.frame,
            parameter: p.index,
            value: p.value,
        };
        Ok(points.into_iter().map(point).collect())
    }

    fn another(&self, index: u32) -> Mover {
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mover) = more.get(&index) {
            return mover.clone();
        }
        let serial = self.serial;
        let asked = self.keeper.ask(move |plugins| {
            let plugin = plugins.get(serial)?;
            Some(super::open::mover(plugin, index))
        });
        let line = Curve::Line { lowest: 0.0, highest: 1.0 };
        let mover = asked.flatten().unwrap_or(Mover { index, curve: Some(line), initial: 0.0 });
        more.insert(index, mover.clone());
        mover
    }
}

fn gone(description: &Description) -> PluginError {
    PluginError::Refused { name: description.name.clone(), what: "to answer: it has ended".into() }
}

impl Guest for Instance {
    fn serial(&self) -> u64 {
        self.serial
    }

    fn channels(&self) -> Channels {
        let main = |buses: &[crate::plugin::Bus]| buses.first().map_or(0, |bus| bus.channels);
        let sidechain = self.description.inputs.get(1).map_or(0, |bus| bus.channels);
        let (input, output) = (main(&self.description.inputs), main(&self.description.outputs));
        Channels { input, sidechain, output, bypass: false }
    }

    fn sends_notes(&self) -> bool {
        self.description.midi_out
    }

    fn latency(&self) -> usize {
        self.home.latency
    }

    fn tail(&self) -> usize {
        self.tail
    }

    fn parameter(&self, name: &str) -> Result<u32, Problem> {
        self.description.find_parameter(name)
    }

    fn name(&self, parameter: u32) -> String {
        let parameter = self.description.parameters.get(parameter as usize);
        parameter.map(|p| p.name.clone()).unwrap_or_default()
    }

    fn parse(&self, parameter: u32, text: &str) -> Result<f64, Problem> {
        let serial = self.serial;
        remembered(&self.words, (parameter, text.to_string()), |(parameter, text)| {
            let asked = self.keeper.ask(move |plugins| {
                plugins.get(serial).map(|plugin| words::value(plugin, parameter, &text))
            });
            asked.flatten().unwrap_or_else(|| Err(gone(&self.description))).map_err(|e| problem(&e))
        })
    }

    fn automation(&self, text: &str, length: u64) -> Result<Vec<Point>, Vec<Problem>> {
        remembered(&self.moves, (text.to_string(), length), |(text, length)| {
            self.resolve(&text, length)
        })
    }

    fn movable(&self) -> Vec<String> {
        self.home.movers.iter().map(|m| self.name(m.index)).collect()
    }

    fn processor(&self, joints: &Joints) -> Box<dyn Processor> {
        let Joints { channels, traced, driven, points } = joints;
        let Channels { input, sidechain, output, bypass } = *channels;
        self.driving().extend(traced.iter().chain(driven).map(|d| d.parameter));
        let movers = |all: &[Driven]| all.iter().map(|d| self.mover(*d)).collect();
        let moved = Moved {
            traces: movers(traced),
            lines: movers(driven),
            points: points.iter().map(|p| (p.frame, p.parameter, p.value)).collect(),
        };
        let instance: Arc<dyn Any + Send + Sync> = match self.this.upgrade() {
            Some(this) => this,
            None => Arc::new(()),
        };
        let joined = Joined { input, sidechain, output, bypass };
        Box::new(Played::new(self.home.clone(), instance, joined, moved))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // The audio half goes first; both on the thread of the plugin.
        let (half, serial) = (self.home.parking.take(), self.serial);
        self.keeper.send(move |plugins| {
            drop(half);
            plugins.remove(serial);
        });
    }
}
