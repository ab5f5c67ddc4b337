//! A plugin of a chain before it plays: its instances, and how they are set.

use super::Stage;
use super::route::{self, Route};
use crate::plugin::automation::Point;
use crate::plugin::{Plugin, PluginError, Setup};

/// A plugin of a chain before it plays: as many instances, all set alike, as the channels of the sound need.
pub struct Link {
    pub(super) plugins: Vec<Box<dyn Plugin>>,
    pub(super) route: Route,
    pub(super) outputs: usize,
    pub(super) points: Vec<Point>,
    pub(super) side: Vec<Vec<f32>>,
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
        let (points, side) = (Vec::new(), Vec::new());
        Ok(Link { plugins, route, outputs, points, side })
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

    /// Saves what it is set to; see [`preset::save`](crate::plugin::preset::save).
    ///
    /// # Errors
    /// If it cannot be saved.
    pub fn save(&mut self, path: &std::path::Path) -> Result<(), PluginError> {
        crate::plugin::preset::save(self.plugins[0].as_mut(), path)
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

    pub(super) fn side_bus(&self) -> Option<usize> {
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
        Ok(Stage::new(self, halves, before))
    }
}
