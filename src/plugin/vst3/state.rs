//! Saving and restoring a VST3 instance.

use super::Hosted;
use super::stream::Stream;
use crate::plugin::{Format, Plugin, PluginError, State};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

impl Hosted {
    /// Plain values of the open parameters by id.
    fn values(&self) -> Vec<(u32, f64)> {
        let all = self.description.parameters.iter().zip(0..).filter(|(p, _)| p.open());
        all.map(|(p, index)| (p.id, self.value(index))).collect()
    }

    /// See [`Plugin::save`].
    pub(super) fn saved(&mut self) -> Result<State, PluginError> {
        if self.boxes.to_audio.waits() && !self.playing() {
            self.settle()?;
        }
        let (component, controller) = (Stream::empty(), Stream::empty());
        // SAFETY: both live, and this is their thread; the streams live through the calls.
        let saved = unsafe {
            // A controller need not save anything.
            self.parts.controller.getState(controller.pointer().as_ptr());
            self.parts.component.getState(component.pointer().as_ptr())
        };
        if saved != kResultOk && saved != kNotImplemented {
            return Err(self.refuses("to save its state"));
        }
        Ok(State {
            format: Format::Vst3,
            id: self.description.id.clone(),
            bytes: component.bytes(),
            controller: controller.bytes(),
            values: self.values(),
            since: Vec::new(),
        })
    }

    /// See [`Plugin::restore`].
    pub(super) fn take_back(&mut self, state: &State) -> Result<(), PluginError> {
        state.belongs(Format::Vst3, &self.description.id)?;
        if state.bytes.is_empty() {
            self.set_by_id(&state.values)?;
            return self.set_by_id(&state.since);
        }
        // What was set before is no more.
        self.boxes.to_audio.take(usize::MAX, |_, _| {});
        let [first, second] = [(); 2].map(|()| Stream::of(state.bytes.clone()));
        let third = Stream::of(state.controller.clone());
        // SAFETY: both live, and this is their thread; the streams live through the calls.
        unsafe {
            if self.parts.component.setState(first.pointer().as_ptr()) != kResultOk {
                return Err(self.refuses("the state that is to be restored"));
            }
            self.parts.controller.setComponentState(second.pointer().as_ptr());
            if !state.controller.is_empty() {
                self.parts.controller.setState(third.pointer().as_ptr());
            }
        }
        self.set_by_id(&state.since)
    }

    fn set_by_id(&mut self, values: &[(u32, f64)]) -> Result<(), PluginError> {
        for &(id, plain) in values {
            if let Some(index) = self.boxes.index(id) {
                self.set(index, plain)?;
            }
        }
        Ok(())
    }
}
