//! CLAP plugins in this process.

use super::describe::Ids;
use super::mailbox::Mailbox;
use super::{AudioHalf, Change, Description, Parameter, Plugin, PluginError, Setup, State, Tail};
use clack_extensions::tail::{PluginTail, TailLength};
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use half::Half;
use host::{Flags, Host, Shared, Track};
use std::cell::RefCell;
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

mod describe;
mod events;
mod half;
mod host;
mod layout;
mod poll;
mod state;

/// A CLAP instance.
pub struct Hosted {
    description: Description,
    extensions: describe::Extensions,
    flags: Arc<Flags>,
    track: Track,
    boxes: Arc<Boxes>,
    instance: RefCell<PluginInstance<Host>>,
}

/// What goes between the two halves.
struct Boxes {
    /// Plain values for the audio half.
    to_audio: Mailbox,
    /// Plain values that the plugin has changed.
    to_main: Mailbox,
    /// Parameters that are held in its editor: 1 taken, 0 let go.
    gestures: Mailbox,
    ids: Ids,
}

impl Boxes {
    fn new(parameters: &[Parameter]) -> Boxes {
        let ids = Ids::new(parameters);
        let new = || Mailbox::new(parameters.len());
        Boxes { to_audio: new(), to_main: new(), gestures: new(), ids }
    }

    /// The index of the parameter `id`. Any thread.
    fn index(&self, id: u32) -> Option<u32> {
        self.ids.index(id)
    }
}

/// Loads a library.
pub(super) fn load(path: &Path) -> Result<PluginEntry, PluginError> {
    let path = std::path::absolute(path).map_err(|e| PluginError::load(path, e))?;
    // SAFETY: it runs the code of the library, which is what hosting is; scans and, by default, instances do so
    // in a process of their own.
    unsafe { PluginEntry::load(&path) }.map_err(|e| PluginError::load(&path, e))
}

/// The ids of the plugins of a library.
///
/// # Errors
/// If the library cannot be loaded.
pub fn ids(path: &Path) -> Result<Vec<String>, PluginError> {
    let entry = load(path)?;
    let factory = entry.get_plugin_factory();
    let factory = factory.ok_or_else(|| PluginError::load(path, "it has no plugins"))?;
    let ids = factory.plugin_descriptors().filter_map(|d| d.id());
    Ok(ids.map(|id| id.to_string_lossy().into_owned()).collect())
}

impl Hosted {
    /// Loads the plugin `id` of a library; the first if `id` is empty.
    ///
    /// # Errors
    /// If the library cannot be loaded, has no such plugin, or the plugin refuses to start.
    pub fn open(path: &Path, id: &str) -> Result<Hosted, PluginError> {
        let entry = load(path)?;
        let absent = || PluginError::Absent { path: path.into(), id: id.into() };
        let factory = entry.get_plugin_factory().ok_or_else(absent)?;
        let mut found = factory.plugin_descriptors().filter(|d| d.id().is_some());
        let descriptor = found
            .find(|d| id.is_empty() || d.id().is_some_and(|i| i.to_bytes() == id.as_bytes()))
            .ok_or_else(absent)?;
        let id = descriptor.id().map(CString::from).unwrap_or_default();
        let info = HostInfo::new("Rhapsode", "Rhapsode", "", env!("CARGO_PKG_VERSION"))
            .map_err(|e| PluginError::load(path, e))?;
        let flags = Arc::new(Flags::default());
        let track = Track::default();
        let shared = Shared(flags.clone(), track.clone());
        let main = Shared(flags.clone(), track.clone());
        let mut instance = PluginInstance::<Host>::new(|()| shared, |_| main, &entry, &id, &info)
            .map_err(|e| PluginError::load(path, e))?;
        let extensions = describe::Extensions::of(&instance.plugin_shared_handle());
        let description = describe::describe(path, descriptor, &extensions, &mut instance);
        let boxes = Arc::new(Boxes::new(&description.parameters));
        let instance = RefCell::new(instance);
        Ok(Hosted { description, extensions, flags, track, boxes, instance })
    }

    /// The parameter, or that there is none.
    fn parameter(&self, index: u32) -> Result<&Parameter, PluginError> {
        self.description.parameters.get(index as usize).ok_or_else(|| PluginError::Value {
            name: self.description.name.clone(),
            reason: format!("has no parameter {index}"),
        })
    }

    /// Gives the plugin plain values by index: at once if it does not play, else with its next block.
    fn give(&mut self, values: &[(u32, f64)]) {
        let instance = self.instance.get_mut();
        let (Some(params), Some(mut handle)) =
            (self.extensions.params, instance.inactive_plugin_handle())
        else {
            values.iter().for_each(|&(index, plain)| self.boxes.to_audio.put(index, plain));
            return;
        };
        for part in values.chunks(super::event::MOST) {
            let mut buffer = EventBuffer::with_capacity(part.len());
            for &(index, plain) in part {
                let id = ClapId::from_raw(self.description.parameters[index as usize].id);
                let Some(id) = id else { continue };
                buffer.push(&ParamValueEvent::new(0, id, Pckn::match_all(), plain));
            }
            params.flush(&mut handle, &buffer.as_input(), &mut OutputEvents::void());
        }
    }
}

impl Plugin for Hosted {
    fn description(&self) -> &Description {
        &self.description
    }

    fn value(&self, index: u32) -> f64 {
        let Ok(parameter) = self.parameter(index) else { return 0.0 };
        let (params, id) = (self.extensions.params, ClapId::from_raw(parameter.id));
        let mut instance = self.instance.borrow_mut();
        let value = params.zip(id).and_then(|(p, id)| p.get_value(&instance.plugin_handle(), id));
        value.unwrap_or(parameter.default)
    }

    fn set(&mut self, index: u32, plain: f64) -> Result<(), PluginError> {
        let parameter = self.parameter(index)?;
        if !plain.is_finite() {
            let reason = format!("cannot set `{}` to {plain}", parameter.name);
            return Err(PluginError::Value { name: self.description.name.clone(), reason });
        }
        let plain = plain.max(parameter.lowest).min(parameter.highest);
        self.give(&[(index, plain)]);
        Ok(())
    }

    fn set_normalised(&mut self, index: u32, value: f64) -> Result<(), PluginError> {
        self.set(index, self.plain(index, value))
    }

    fn normalise(&self, index: u32, plain: f64) -> f64 {
        let Ok(p) = self.parameter(index) else { return 0.0 };
        super::Curve::Line { lowest: p.lowest, highest: p.highest }.normalise(plain)
    }

    fn plain(&self, index: u32, value: f64) -> f64 {
        self.parameter(index).map_or(0.0, |p| p.lowest + value * (p.highest - p.lowest))
    }

    fn text(&self, index: u32, plain: f64) -> String {
        let Ok(parameter) = self.parameter(index) else { return String::new() };
        let mut instance = self.instance.borrow_mut();
        let text = self.extensions.text(&instance.plugin_handle(), parameter.id, plain);
        text.unwrap_or_else(|| plain.to_string())
    }

    fn parse(&self, index: u32, text: &str) -> Option<f64> {
        let (parameter, wanted) = (self.parameter(index).ok()?, CString::new(text).ok()?);
        let (params, id) = (self.extensions.params?, ClapId::from_raw(parameter.id)?);
        let mut instance = self.instance.borrow_mut();
        let said = params.text_to_value(&instance.plugin_handle(), id, &wanted);
        said.or_else(|| super::describe::number(text).map(|(number, _)| number))
    }

    fn program(&mut self, number: usize) -> Result<(), PluginError> {
        let (name, reason) = (self.description.name.clone(), format!("has no program {number}"));
        Err(PluginError::Value { name, reason })
    }

    fn save(&mut self) -> Result<State, PluginError> {
        self.saved()
    }

    fn restore(&mut self, saved: &State) -> Result<(), PluginError> {
        self.take_back(saved)
    }

    fn arrange(&mut self, inputs: &[usize], outputs: &[usize]) -> bool {
        self.layout(inputs, outputs)
    }

    fn track(&mut self, name: &str, colour: Option<[u8; 3]>) {
        self.tell_track(name, colour);
    }

    fn load_file(&mut self, path: &Path) -> Result<(), PluginError> {
        self.load_preset(path)
    }

    fn activate(&mut self, setup: &Setup) -> Result<Box<dyn AudioHalf>, PluginError> {
        self.deactivate()?;
        let refused = self.refuses("to be activated");
        let instance = self.instance.get_mut();
        self.extensions.render(&instance.plugin_handle(), setup.offline);
        let frames = setup.block.clamp(1, super::BLOCK) as u32;
        let configuration = PluginAudioConfiguration {
            sample_rate: setup.rate,
            min_frames_count: 1,
            max_frames_count: frames,
        };
        let mut stopped = instance.activate(|_, _| (), configuration).map_err(|_| refused)?;
        let tail = stopped.plugin_handle().get_extension::<PluginTail>();
        self.description.tail = match tail.map(|t| t.get(&stopped.plugin_handle())) {
            None | Some(TailLength::Finite(0)) => Tail::None,
            Some(TailLength::Finite(frames)) => Tail::Frames(frames),
            Some(TailLength::Infinite) => Tail::Endless,
        };
        self.description.latency =
            self.extensions.latency.map_or(0, |l| l.get(&instance.plugin_handle()));
        self.flags.settled();
        let dialects = self.extensions.dialects(&instance.plugin_handle());
        let half = Half::new(&self.description, self.boxes.clone(), stopped, dialects, setup);
        Ok(Box::new(half))
    }

    fn deactivate(&mut self) -> Result<(), PluginError> {
        match self.instance.get_mut().try_deactivate() {
            Err(PluginInstanceError::StillActivatedPlugin) => {
                Err(PluginError::Playing(self.description.name.clone()))
            }
            _ => Ok(()),
        }
    }

    fn poll(&mut self) -> Vec<Change> {
        self.changes()
    }
}

impl Hosted {
    fn refuses(&self, what: &str) -> PluginError {
        PluginError::Refused { name: self.description.name.clone(), what: what.into() }
    }
}
