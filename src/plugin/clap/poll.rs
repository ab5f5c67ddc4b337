//! What a CLAP plugin has changed of itself.

use super::{Boxes, Hosted, describe};
use crate::plugin::Change;
use std::sync::Arc;

impl Hosted {
    /// See [`Plugin::poll`](crate::plugin::Plugin::poll).
    pub(super) fn changes(&mut self) -> Vec<Change> {
        let instance = self.instance.get_mut();
        if self.flags.callback.take() {
            instance.call_on_main_thread_callback();
        }
        if self.flags.flush.take() && !instance.is_active() {
            self.give(&[]);
        }
        let mut changes = Vec::new();
        let all = self.description.parameters.len();
        let boxes = self.boxes.clone();
        boxes.gestures.take(all, |index, held| {
            changes.push(Change::Gesture { index, begins: held > 0.5 });
        });
        boxes.to_main.take(all, |index, plain| changes.push(Change::Value { index, plain }));
        if self.flags.info.take() {
            let instance = self.instance.get_mut();
            describe::again(&mut self.description, &self.extensions, instance);
            if self.description.parameters.len() != all {
                self.boxes = Arc::new(Boxes::new(&self.description.parameters));
            }
            changes.push(Change::Description);
        }
        for (flag, change) in [
            (&self.flags.values, Change::Values),
            (&self.flags.latency, Change::Latency),
            (&self.flags.restart, Change::Restart),
            (&self.flags.unsaved, Change::Unsaved),
        ] {
            if flag.take() {
                changes.push(change);
            }
        }
        changes
    }
}
