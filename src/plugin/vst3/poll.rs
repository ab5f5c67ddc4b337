//! What a VST3 plugin has changed of itself.

use super::host::Boxes;
use super::{Hosted, describe};
use crate::plugin::{Change, Plugin};
use std::sync::Arc;
use vst3::Steinberg::Vst::*;

impl Hosted {
    /// See [`Plugin::poll`].
    pub(super) fn changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        let all = self.description.parameters.len();
        let boxes = self.boxes.clone();
        // The controller hears what the sound was told, and what the sound says.
        let tell = |index: u32, value: f64| {
            let id = self.description.parameters[index as usize].id;
            // SAFETY: the controller lives, and this is its thread.
            unsafe { self.parts.controller.setParamNormalized(id, value) };
        };
        boxes.automated.take(all, tell);
        boxes.gestures.take(all, |index, held| {
            changes.push(Change::Gesture { index, begins: held > 0.5 });
        });
        boxes.edited.take(all, |index, value| {
            changes.push(Change::Value { index, plain: self.plain(index, value) });
        });
        boxes.to_main.take(all, |index, value| {
            tell(index, value);
            changes.push(Change::Value { index, plain: self.plain(index, value) });
        });
        let (flags, unsaved) = self.parts.handler().asked();
        let asks = |flag: RestartFlags| flags & flag != 0;
        use RestartFlags_::*;
        if asks(kParamTitlesChanged) || asks(kIoChanged) || asks(kReloadComponent) {
            describe::again(&mut self.description, &self.parts);
            if self.description.parameters.len() != all {
                self.boxes = Arc::new(Boxes::new(&self.description.parameters));
                self.parts.handler().join(self.boxes.clone());
            }
            changes.push(Change::Description);
        }
        for (asked, change) in [
            (asks(kParamValuesChanged), Change::Values),
            (asks(kLatencyChanged), Change::Latency),
            (asks(kIoChanged) || asks(kReloadComponent), Change::Restart),
            (unsaved, Change::Unsaved),
        ] {
            if asked {
                changes.push(change);
            }
        }
        changes
    }
}
