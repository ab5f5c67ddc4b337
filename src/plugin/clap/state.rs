//! Saving and restoring a CLAP instance.

use super::Hosted;
use crate::plugin::{Format, Plugin, PluginError, State};
use clack_extensions::preset_discovery::prelude::Location;
use std::ffi::CString;
use std::path::Path;

impl Hosted {
    /// Plain values of the open parameters by id.
    fn values(&self) -> Vec<(u32, f64)> {
        let all = self.description.parameters.iter().zip(0..).filter(|(p, _)| p.open());
        all.map(|(p, index)| (p.id, self.value(index))).collect()
    }

    /// See [`Plugin::save`].
    pub(super) fn saved(&mut self) -> Result<State, PluginError> {
        let mut bytes = Vec::new();
        if let Some(state) = self.extensions.state {
            let handle = self.instance.get_mut().plugin_handle();
            state.save(&handle, &mut bytes).map_err(|_| self.refuses("to save its state"))?;
        }
        let (format, id, controller) = (Format::Clap, self.description.id.clone(), Vec::new());
        Ok(State { format, id, bytes, controller, values: self.values(), since: Vec::new() })
    }

    /// See [`Plugin::load_file`].
    pub(super) fn load_preset(&mut self, path: &Path) -> Result<(), PluginError> {
        let wrong = |reason: &str| PluginError::State(reason.into());
        let Some(presets) = self.extensions.presets else {
            return Err(wrong("it is no saved state, and the plugin loads no files itself"));
        };
        let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
        let path = CString::new(path.to_string_lossy().as_bytes());
        let path = path.map_err(|_| wrong("its name has a zero in it"))?;
        let handle = self.instance.get_mut().plugin_handle();
        let loaded = presets.load_from_location(&handle, Location::File { path: &path }, None);
        loaded.map_err(|_| wrong("it is no saved state, and the plugin does not load it"))
    }

    /// See [`Plugin::restore`].
    pub(super) fn take_back(&mut self, saved: &State) -> Result<(), PluginError> {
        saved.belongs(Format::Clap, &self.description.id)?;
        match self.extensions.state {
            Some(state) if !saved.bytes.is_empty() => {
                let handle = self.instance.get_mut().plugin_handle();
                let loaded = state.load(&handle, &mut &saved.bytes[..]);
                loaded.map_err(|_| self.refuses("the state that is to be restored"))?;
            }
            _ => self.give_by_id(&saved.values),
        }
        self.give_by_id(&saved.since);
        Ok(())
    }

    fn give_by_id(&mut self, values: &[(u32, f64)]) {
        let known = values.iter().filter_map(|&(id, v)| Some((self.boxes.index(id)?, v)));
        let known: Vec<(u32, f64)> = known.collect();
        if !known.is_empty() {
            self.give(&known);
        }
    }
}
