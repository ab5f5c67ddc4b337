//! The notes that a plugin sends, as those of the graph.

use crate::plugin::{Event, EventKind};
use crate::rt::{Event as Graph, EventKind as Kind};

/// Notes that can be held at once; more end the oldest.
const HELD: usize = 128;

/// Numbers of the notes of plugins: between those of patterns and those of hands.
const FIRST: u32 = 1 << 30;

/// Numbers of notes by channel and key, since plugins end them so.
pub struct Heard {
    held: Vec<(u8, f32, u32)>,
    next: u32,
    /// Semitones of a full pitch bend.
    bend: f32,
}

impl Heard {
    pub fn new(bend: f32) -> Heard {
        Heard { held: Vec::with_capacity(HELD), next: 0, bend }
    }

    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Gives what an event means to `f`. Audio thread.
    pub fn read(&mut self, event: &Event, f: &mut dyn FnMut(Graph)) {
        let mut give = |kind| f(Graph { offset: event.offset, kind });
        match event.kind {
            EventKind::NoteOn { channel, key, velocity, .. } if velocity > 0.0 => {
                if self.held.len() == HELD {
                    give(Kind::NoteOff { id: self.held.remove(0).2 });
                }
                let id = FIRST | (self.next & (FIRST - 1));
                self.next = self.next.wrapping_add(1);
                self.held.push((channel, key, id));
                give(Kind::NoteOn { id, key, velocity });
            }
            EventKind::NoteOn { channel, key, .. }
            | EventKind::NoteOff { channel, key, .. }
            | EventKind::Choke { channel, key, .. } => {
                let same = |h: &(u8, f32, u32)| h.0 == channel && h.1.round() == key.round();
                if let Some(at) = self.held.iter().position(same) {
                    give(Kind::NoteOff { id: self.held.remove(at).2 });
                }
            }
            EventKind::Midi { bytes: [status, a, b] } => match status & 0xf0 {
                0xb0 => give(Kind::Control { number: a & 127, value: f32::from(b & 127) / 127.0 }),
                0xe0 => {
                    let bits = f32::from(u16::from(b & 127) << 7 | u16::from(a & 127));
                    give(Kind::Bend { semitones: (bits / 8192.0 - 1.0) * self.bend });
                }
                _ => {}
            },
            EventKind::Expression { .. } | EventKind::Parameter { .. } => {}
        }
    }
}
