//! What goes wrong with nodes in a render: told at its end, or its end.

use super::Offline;
use crate::diag::Diagnostic;
use crate::engine::mishap::mishap;
use crate::rt::Trouble;
use crate::units::Place;

impl Offline {
    /// What is worth knowing: loops, unknown sounds, nodes that failed.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut self.warnings);
        let place = crate::units::Place::default;
        found.extend(
            self.player.take_warnings().into_iter().map(|w| Diagnostic::warning(w, place())),
        );
        let (names, rate) = (&self.names, f64::from(self.options.rate));
        for fault in self.faults.drain(..) {
            let name = names.get(fault.node as usize).map_or("a node", |node| node.0.as_str());
            let at = fault.frame as f64 / rate;
            if let Trouble::Mishap(what) = fault.trouble {
                let mut warning = mishap(what);
                warning.message = format!("`{name}`: {} (at {at:.3} s)", warning.message);
                found.push(warning);
                continue;
            }
            let text = format!("`{name}` put out something that is not a number at {at:.3} s");
            let hint = "it was silenced and its state cleared; look for a division by zero or a wild parameter";
            found.push(Diagnostic::warning(text, place()).hint(hint));
        }
        found
    }

    /// Notes what was wrong in the chunk; a plugin that has ended ends the render.
    pub(super) fn hear_faults(&mut self) {
        let Offline { renderer, faults, failed, names, options, .. } = self;
        renderer.take_faults(|fault| {
            if fault.trouble != Trouble::Ended {
                return faults.push(fault);
            }
            let node = names.get(fault.node as usize).cloned();
            let (name, place) = node.unwrap_or_else(|| ("a plugin".into(), Place::default()));
            let at = fault.frame as f64 / f64::from(options.rate);
            let text = format!("the plugin `{name}` has crashed, or hung, at {at:.3} s");
            let hint =
                "the render has ended there; `rhapsode plugins info` says more of the plugin";
            failed.get_or_insert(Diagnostic::error(text, place).hint(hint));
        });
    }

    /// Why the render has ended before its end, if it has.
    #[must_use]
    pub fn failed(&self) -> Option<&Diagnostic> {
        self.failed.as_ref()
    }
}
