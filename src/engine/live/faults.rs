//! Nodes that put out what is not a number: each is named, and not block by block.

use crate::diag::Diagnostic;
use crate::engine::mishap::mishap;
use crate::rt::{Fault, Trouble};
use crate::session::{Node, Session};
use std::collections::BTreeMap;

/// Seconds in which a node is named once.
const AGAIN: f64 = 10.0;

/// When nodes were named, by where they stand in the script.
#[derive(Default)]
pub(super) struct Faults(BTreeMap<(u16, u32, u32), u64>);

impl Faults {
    /// The message for a fault of a node of `session`, unless it was told a short while ago. Control thread.
    pub fn tell(&mut self, fault: &Fault, session: &Session, rate: f64) -> Option<Diagnostic> {
        if fault.trouble == Trouble::Ended {
            // Its host tells why.
            return None;
        }
        let node = session.nodes.get(fault.node as usize);
        let told = match fault.trouble {
            Trouble::Mishap(what) => Some(mishap(what)),
            _ => None,
        };
        let own = || node.map(|n| n.place.clone()).unwrap_or_default();
        let place = told.as_ref().map_or_else(own, |told| told.place.clone());
        let again = (AGAIN * rate) as u64;
        let last = self.0.entry((place.file, place.line, place.column)).or_insert(u64::MAX);
        if *last != u64::MAX && fault.frame < last.saturating_add(again) {
            return None;
        }
        *last = fault.frame;
        let name = node.map_or("a node".to_string(), Node::called);
        let text = format!("`{name}` put out something that is not a number; it was silenced");
        let hint = "its state was cleared; look for a division by zero or a wild parameter";
        let plain = Diagnostic::warning(text, place.clone()).hint(hint);
        let mut warning = told.unwrap_or(plain);
        let file = session.files.get(usize::from(place.file)).cloned().unwrap_or_default();
        warning.file = file;
        Some(warning)
    }
}
