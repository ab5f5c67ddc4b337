//! VST3 plugins in this process.

use super::describe::{Ids, number};
use super::mailbox::Mailbox;
use super::{AudioHalf, Change, Description, Parameter, Plugin, PluginError, Setup, State};
use host::{Boxes, Handler};
use library::Library;
use parts::Parts;
use std::path::Path;
use std::sync::Arc;
use stream::Stream;
use vst3::ComWrapper;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

mod activate;
mod describe;
mod events;
mod half;
mod host;
pub(super) mod library;
mod lists;
mod message;
mod parts;
mod poll;
mod state;
mod stream;
mod text;
mod track;

/// A VST3 instance.
pub struct Hosted {
    description: Description,
    boxes: Arc<Boxes>,
    active: bool,
    /// Shared with the audio half, which uses the processor alone.
    parts: Arc<Parts>,
}

/// The ids of the plugins of a library: class ids as 32 hexadecimal digits.
///
/// # Errors
/// If the library cannot be loaded.
pub fn ids(path: &Path) -> Result<Vec<String>, PluginError> {
    let library = Library::open(path)?;
    Ok(library.classes().into_iter().map(|class| class.id).collect())
}

impl Hosted {
    /// Loads the plugin `id` of a library; the first if `id` is empty.
    ///
    /// # Errors
    /// If the library cannot be loaded, has no such plugin, or the plugin refuses to start.
    pub fn open(path: &Path, id: &str) -> Result<Hosted, PluginError> {
        let library = Library::open(path)?;
        let mut classes = library.classes().into_iter();
        let class = classes.find(|class| id.is_empty() || class.id.eq_ignore_ascii_case(id));
        let absent = || PluginError::Absent { path: path.into(), id: id.into() };
        let class = class.ok_or_else(absent)?;
        let handler = ComWrapper::new(Handler::default());
        let parts = Parts::new(library, &class, handler)?;
        let description = describe::describe(path, class, &parts);
        let boxes = Arc::new(Boxes::new(&description.parameters));
        parts.handler().join(boxes.clone());
        let parts = Arc::new(parts);
        Ok(Hosted { description, boxes, active: false, parts })
    }

    /// The parameter, or that there is none.
    fn parameter(&self, index: u32) -> Result<&Parameter, PluginError> {
        self.description
            .parameters
            .get(index as usize)
            .ok_or_else(|| self.wrong(format!("has no parameter {index}")))
    }

    fn wrong(&self, reason: String) -> PluginError {
        PluginError::Value { name: self.description.name.clone(), reason }
    }

    fn refuses(&self, what: &str) -> PluginError {
        PluginError::Refused { name: self.description.name.clone(), what: what.into() }
    }

    fn playing(&self) -> bool {
        Arc::strong_count(&self.parts) > 1
    }
}

impl Plugin for Hosted {
    fn description(&self) -> &Description {
        &self.description
    }

    fn value(&self, index: u32) -> f64 {
        let Ok(parameter) = self.parameter(index) else { return 0.0 };
        // SAFETY: the controller lives, and this is its thread.
        let value = unsafe { self.parts.controller.getParamNormalized(parameter.id) };
        self.plain(index, value)
    }

    fn set(&mut self, index: u32, plain: f64) -> Result<(), PluginError> {
        let parameter = self.parameter(index)?;
        if !plain.is_finite() {
            return Err(self.wrong(format!("cannot set `{}` to {plain}", parameter.name)));
        }
        self.set_normalised(index, self.normalise(index, plain))
    }

    fn set_normalised(&mut self, index: u32, value: f64) -> Result<(), PluginError> {
        let parameter = self.parameter(index)?;
        if !value.is_finite() {
            return Err(self.wrong(format!("cannot set `{}` to {value}", parameter.name)));
        }
        let value = value.max(0.0).min(1.0);
        // SAFETY: the controller lives, and this is its thread.
        unsafe { self.parts.controller.setParamNormalized(parameter.id, value) };
        self.boxes.to_audio.put(index, value);
        Ok(())
    }

    fn normalise(&self, index: u32, plain: f64) -> f64 {
        let Ok(p) = self.parameter(index) else { return 0.0 };
        let plain = plain.max(p.lowest).min(p.highest);
        // SAFETY: the controller lives, and this is its thread.
        unsafe { self.parts.controller.plainParamToNormalized(p.id, plain) }
    }

    fn plain(&self, index: u32, value: f64) -> f64 {
        let Ok(p) = self.parameter(index) else { return 0.0 };
        // SAFETY: the controller lives, and this is its thread.
        unsafe { self.parts.controller.normalizedParamToPlain(p.id, value) }
    }

    fn text(&self, index: u32, plain: f64) -> String {
        let Ok(parameter) = self.parameter(index) else { return String::new() };
        let mut place: String128 = [0; 128];
        let value = self.normalise(index, plain);
        // SAFETY: the controller lives, this is its thread, and the place is as large as it has to be.
        let said =
            unsafe { self.parts.controller.getParamStringByValue(parameter.id, value, &mut place) };
        let text = if said == kResultOk { text::from_wide(&place) } else { plain.to_string() };
        let bare = number(&text).is_some_and(|(_, unit)| unit.is_empty());
        if bare && !parameter.unit.is_empty() { format!("{text} {}", parameter.unit) } else { text }
    }

    fn parse(&self, index: u32, wanted: &str) -> Option<f64> {
        let id = self.parameter(index).ok()?.id;
        let bare = number(wanted).map(|(number, _)| number.to_string());
        let value = [Some(wanted.to_string()), bare].into_iter().flatten().find_map(|wanted| {
            let mut wide: Vec<u16> = wanted.encode_utf16().chain([0]).collect();
            let mut value = 0.0;
            // SAFETY: the controller lives, this is its thread, and the text ends with a zero.
            let said = unsafe {
                self.parts.controller.getParamValueByString(id, wide.as_mut_ptr(), &mut value)
            };
            (said == kResultOk && value.is_finite()).then_some(value)
        });
        value.map(|value| self.plain(index, value))
    }

    fn program(&mut self, number: usize) -> Result<(), PluginError> {
        let programs = self.description.programs.len();
        let place = self.description.parameters.iter().position(|p| p.program);
        match place {
            Some(index) if number < programs => {
                let value = number as f64 / (programs - 1).max(1) as f64;
                self.set_normalised(index as u32, value)
            }
            _ => Err(self.wrong(format!("has no program {number}: it has {programs}"))),
        }
    }

    fn save(&mut self) -> Result<State, PluginError> {
        self.saved()
    }

    fn restore(&mut self, state: &State) -> Result<(), PluginError> {
        self.take_back(state)
    }

    fn arrange(&mut self, inputs: &[usize], outputs: &[usize]) -> bool {
        let agreed = !self.playing() && self.parts.arrange(inputs, outputs);
        (self.description.inputs, self.description.outputs) = describe::buses(&self.parts);
        agreed
    }

    fn track(&mut self, name: &str, colour: Option<[u8; 3]>) {
        track::tell(&self.parts.controller, name, colour);
    }

    fn activate(&mut self, setup: &Setup) -> Result<Box<dyn AudioHalf>, PluginError> {
        Ok(Box::new(self.start(setup)?))
    }

    fn deactivate(&mut self) -> Result<(), PluginError> {
        if self.playing() {
            return Err(PluginError::Playing(self.description.name.clone()));
        }
        self.stop();
        Ok(())
    }

    fn poll(&mut self) -> Vec<Change> {
        self.changes()
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        if self.playing() {
            // Freed under its audio half it would take the program with it.
            std::mem::forget(self.parts.clone());
        } else {
            self.stop();
        }
    }
}

impl Boxes {
    fn new(parameters: &[Parameter]) -> Boxes {
        let ids = Ids::new(parameters);
        let new = || Mailbox::new(parameters.len());
        let (to_audio, to_main, automated) = (new(), new(), new());
        Boxes { to_audio, to_main, automated, edited: new(), gestures: new(), ids }
    }
}
