//! Which notes sound, so that none is left hanging when what plays it goes.

use crate::graph::{StripRef, TaskRef};
use crate::rt::event::EventKind;
use crate::rt::job::Timed;
use std::collections::BTreeMap;

/// A note that has been sent.
#[derive(Clone, Debug, PartialEq)]
struct Sounding {
    /// Name of its slot.
    slot: String,
    target: TaskRef,
    /// The frame of its end.
    end: u64,
}

/// The notes that were sent and have not ended, by their number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ledger {
    notes: BTreeMap<u32, Sounding>,
}

impl Ledger {
    /// Enters what is sent to one of `strips`.
    pub fn enter(&mut self, event: &Timed, strips: &[StripRef]) {
        match event.kind {
            EventKind::NoteOn { id, .. } => {
                let here = |s: &&StripRef| s.at == (event.level, event.job);
                if let Some(strip) = strips.iter().find(here) {
                    let target = TaskRef { level: event.level, job: event.job, task: event.task };
                    let note = Sounding { slot: strip.name.clone(), target, end: u64::MAX };
                    self.notes.insert(id, note);
                }
            }
            EventKind::NoteOff { id } => {
                if let Some(note) = self.notes.get_mut(&id) {
                    note.end = note.end.min(event.frame);
                }
            }
            _ => {}
        }
    }

    /// Strikes out what ends before `frame`.
    pub fn settle(&mut self, frame: u64) {
        self.notes.retain(|_, note| note.end >= frame);
    }

    /// Ends, at `frame`, the notes for which `goes_on` (name of the slot, target) is false.
    pub fn release(
        &mut self,
        frame: u64,
        goes_on: impl Fn(&str, TaskRef) -> bool,
        mut send: impl FnMut(Timed),
    ) {
        let cut = |n: &Sounding| n.end > frame && !goes_on(&n.slot, n.target);
        for (&id, note) in self.notes.iter_mut().filter(|(_, n)| cut(n)) {
            let TaskRef { level, job, task } = note.target;
            send(Timed { frame, level, job, task, kind: EventKind::NoteOff { id } });
            note.end = frame;
        }
    }

    /// After an edit the notes that go on are played by the tasks that their slots have in `strips` now.
    pub fn move_to(&mut self, strips: &[StripRef]) {
        for note in self.notes.values_mut() {
            if let Some(target) = strips.iter().find(|s| s.name == note.slot).and_then(|s| s.player)
            {
                note.target = target;
            }
        }
    }

    /// Forgets all: they were silenced.
    pub fn clear(&mut self) {
        self.notes.clear();
    }
}
