//! The graph's notes and controllers as those of a plugin.

use crate::plugin::event::MOST;
use crate::plugin::{Event, EventKind, Expression};
use crate::rt::EventKind as Graph;
use crate::rt::voices::{BEND_SLOT, PAN_SLOT};

/// Notes that can be held at once; more are ended without a trace.
const HELD: usize = 128;
/// Values for notes that have not begun.
const EARLY: usize = 64;

/// Notes by number, since plugins end them by key.
pub struct Notes {
    /// Number and key.
    held: Vec<(u32, f32)>,
    /// Values that came before their note: number, slot, value.
    early: Vec<(u32, u16, f32)>,
    /// Semitones of a full pitch bend.
    bend: f32,
}

impl Notes {
    pub fn new(bend: f32) -> Notes {
        Notes { held: Vec::with_capacity(HELD), early: Vec::with_capacity(EARLY), bend }
    }

    /// Notes that are held end without being told.
    pub fn forget(&mut self) {
        self.held.clear();
        self.early.clear();
    }

    /// Writes what happens at `offset`. Audio thread.
    pub fn write(&mut self, offset: u32, kind: Graph, to: &mut Vec<Event>) {
        let mut push = |kind| {
            if to.len() < MOST {
                to.push(Event { offset, kind });
            }
        };
        match kind {
            Graph::NoteOn { id, key, velocity } => {
                if self.held.len() == HELD {
                    let (oldest, key) = self.held.remove(0);
                    push(off(oldest, key));
                }
                self.held.push((id, key));
                push(EventKind::NoteOn { id: number(id), channel: 0, key, velocity });
                for &(_, slot, value) in self.early.iter().filter(|e| e.0 == id) {
                    expression(id, key, slot, value).into_iter().for_each(&mut push);
                }
                self.early.retain(|e| e.0 != id);
            }
            Graph::NoteOff { id } => {
                if let Some(at) = self.held.iter().position(|h| h.0 == id) {
                    let (id, key) = self.held.remove(at);
                    push(off(id, key));
                }
            }
            Graph::NoteParam { id, slot, value } => match self.held.iter().find(|h| h.0 == id) {
                Some(&(_, key)) => {
                    expression(id, key, slot, value).into_iter().for_each(push);
                }
                None if self.early.len() < EARLY => self.early.push((id, slot, value)),
                None => {}
            },
            Graph::Bend { semitones } => {
                let part = (semitones / self.bend.max(1e-3)).clamp(-1.0, 1.0);
                let bits = (8192.0 + part * 8192.0).round().clamp(0.0, 16_383.0) as u16;
                push(EventKind::Midi { bytes: [0xe0, (bits & 127) as u8, (bits >> 7) as u8] });
            }
            Graph::Control { number, value } => {
                let value = (value.clamp(0.0, 1.0) * 127.0).round() as u8;
                push(EventKind::Midi { bytes: [0xb0, number & 127, value] });
            }
            Graph::Midi { bytes } => push(EventKind::Midi { bytes }),
            Graph::AllNotesOff | Graph::Panic => {
                for (id, key) in self.held.drain(..) {
                    push(off(id, key));
                }
                if kind == Graph::Panic {
                    push(EventKind::Midi { bytes: [0xb0, 120, 0] });
                }
            }
            Graph::Param { .. } => {}
        }
    }
}

/// The number of a note as formats have it: those that are played by hand have the highest bit set.
fn number(id: u32) -> i32 {
    (id & i32::MAX as u32) as i32
}

fn off(id: u32, key: f32) -> EventKind {
    EventKind::NoteOff { id: number(id), channel: 0, key, velocity: 0.5 }
}

/// A value of a note by its slot (`nodes::plugin::NOTE_PARAMS`).
fn expression(id: u32, key: f32, slot: u16, value: f32) -> Option<EventKind> {
    use Expression as E;
    let all = [
        E::Volume,
        E::Tuning,
        E::Vibrato,
        E::Expression,
        E::Brightness,
        E::Pressure,
        E::Brightness,
    ];
    let (dimension, value) = match slot {
        PAN_SLOT => (E::Pan, value * 0.5 + 0.5),
        BEND_SLOT => (E::Tuning, value),
        slot => (*all.get(slot as usize)?, value),
    };
    let value = f64::from(value);
    Some(EventKind::Expression { id: number(id), channel: 0, key, dimension, value })
}
