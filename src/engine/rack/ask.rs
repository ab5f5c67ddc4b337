//! What people ask of a plugin that plays: its values, its state, a new start.

use super::guest::Instance;
use super::{Problem, Rack};
use crate::plugin::{Plugin, PluginError, State, preset, words};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, Weak};

impl Rack {
    /// Strip and path of the plugin that is called so: `lead/glue`, or `glue` where no other is.
    ///
    /// # Errors
    /// That there is none, and which there are.
    pub fn find(&self, name: &str) -> Result<String, Problem> {
        let all = self.places();
        let ending = format!("/{name}");
        if let Some(at) = all.iter().find(|at| *at == name) {
            return Ok(at.clone());
        }
        let alike: Vec<&String> = all.iter().filter(|at| at.ends_with(&ending)).collect();
        match alike.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let list = if all.is_empty() { "no plugin plays".into() } else { all.join(", ") };
                let path =
                    |at: &'_ String| at.split_once('/').map_or(0, |(strip, _)| strip.len() + 1);
                let near = crate::diag::nearest(name, all.iter().map(|at| &at[path(at)..]));
                let near = near.or_else(|| crate::diag::nearest(name, all.iter().map(|at| &**at)));
                let hint = near.map_or(list, |near| format!("did you mean \"{near}\"?"));
                Err((format!("no plugin that plays is called \"{name}\""), hint))
            }
            several => {
                let list: Vec<&str> = several.iter().map(|at| at.as_str()).collect();
                Err((format!("several plugins are called \"{name}\""), list.join(" or ")))
            }
        }
    }

    /// Strip and path of each plugin that plays.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        let plays = |instance: &&Arc<Instance>| !instance.home.parking.is_over();
        self.instances().iter().filter(plays).map(|instance| instance.at.clone()).collect()
    }

    /// The open parameters of the plugin at a place: name, and value in the plugin's own words.
    ///
    /// # Errors
    /// That it is gone.
    pub fn values(&self, at: &str) -> Result<Vec<(String, String)>, Problem> {
        self.ask(at, |plugin| {
            let all = plugin.description().parameters.iter().zip(0..);
            let open = all.filter(|(p, _)| p.open());
            Ok(open.map(|(p, i)| (p.name.clone(), plugin.text(i, plugin.value(i)))).collect())
        })
    }

    /// Sets a parameter of the plugin at a place to a value in the plugin's own words, until the script says another.
    ///
    /// # Errors
    /// That it is gone, or that the value cannot be.
    pub fn set(&self, at: &str, parameter: &str, value: &str) -> Result<(), Problem> {
        let (parameter, value) = (parameter.to_string(), value.to_string());
        self.ask(at, move |plugin| {
            let index = words::parameter(plugin.description(), &parameter)?;
            let plain = words::value(plugin, index, &value)?;
            plugin.set(index, plain)
        })
    }

    /// All that makes the plugin at a place sound as it does.
    ///
    /// # Errors
    /// That it is gone, or fails.
    pub fn state(&self, at: &str) -> Result<State, Problem> {
        self.ask(at, |plugin| {
            plugin.poll();
            plugin.save()
        })
    }

    /// Writes it into a file: a `.vstpreset` if its name ends so, else a state of our own; whole or not at all.
    ///
    /// # Errors
    /// That it is gone or fails, or that the file cannot be written.
    pub fn save(&self, at: &str, file: PathBuf) -> Result<(), Problem> {
        self.ask(at, move |plugin| {
            plugin.poll();
            preset::save(plugin, &file)
        })
    }

    /// Lets the plugin at a place be made anew, as it is set, by the next music that asks for it.
    ///
    /// # Errors
    /// That there is none.
    pub fn retire(&self, at: &str) -> Result<(), Problem> {
        self.here(at)?.stale.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn ask<T: Send + 'static>(
        &self,
        at: &str,
        f: impl FnOnce(&mut dyn Plugin) -> Result<T, PluginError> + Send + 'static,
    ) -> Result<T, Problem> {
        let serial = self.here(at)?.serial;
        let asked = self.keeper.ask(move |plugins| plugins.get(serial).map(f));
        let gone = || (format!("the plugin {at} has ended"), "reload it".to_string());
        asked.flatten().ok_or_else(gone)?.map_err(|e| super::open::problem(&e))
    }

    /// The newest instance at a place.
    fn here(&self, at: &str) -> Result<Arc<Instance>, Problem> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let found = places.get(at).and_then(|here| here.iter().rev().find_map(Weak::upgrade));
        found.ok_or_else(|| (format!("no plugin plays at {at}"), "name one that does".into()))
    }

    /// What was set of an instance at a place that `wanted` is to succeed: one that has died, one whose latency is
    /// another, or one for another sample rate.
    pub(super) fn legacy(&self, at: &str, wanted: &super::Identity) -> Option<State> {
        let before = self.here(at).ok()?;
        let (rate, channels) = (wanted.rate, wanted.channels);
        let same = super::Identity { rate, channels, ..before.identity.clone() };
        (same == *wanted).then(|| self.state(at).ok()).flatten()
    }

    /// The instances that there are, the newest of each place.
    fn instances(&self) -> Vec<Arc<Instance>> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.values().filter_map(|here| here.iter().rev().find_map(Weak::upgrade)).collect()
    }
}
