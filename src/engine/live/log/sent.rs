//! Events as a log has them: small lists.

use crate::rt::{EventKind, Timed};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// For `#[serde(with)]`.
pub(super) fn serialize<S: Serializer>(events: &[Timed], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(events.iter().map(Sent::from))
}

/// For `#[serde(with)]`.
pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<Timed>, D::Error> {
    let events = Vec::<Sent>::deserialize(from)?;
    Ok(events.iter().map(Timed::from).collect())
}

/// An event: its frame; level, job and task of what it is for; what happens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Sent(u64, u16, u16, u16, Happens);

/// [`EventKind`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Happens {
    On(u32, f32, f32),
    Off(u32),
    Set(u32, u16, f32),
    Bend(f32),
    Control(u8, f32),
    Midi([u8; 3]),
    Param(u16, f32),
    AllOff,
    Panic,
}

impl From<&Timed> for Sent {
    fn from(event: &Timed) -> Sent {
        let &Timed { frame, level, job, task, kind } = event;
        let happens = match kind {
            EventKind::NoteOn { id, key, velocity } => Happens::On(id, key, velocity),
            EventKind::NoteOff { id } => Happens::Off(id),
            EventKind::NoteParam { id, slot, value } => Happens::Set(id, slot, value),
            EventKind::Bend { semitones } => Happens::Bend(semitones),
            EventKind::Control { number, value } => Happens::Control(number, value),
            EventKind::Midi { bytes } => Happens::Midi(bytes),
            EventKind::Param { index, value } => Happens::Param(index, value),
            EventKind::AllNotesOff => Happens::AllOff,
            EventKind::Panic => Happens::Panic,
        };
        Sent(frame, level, job, task, happens)
    }
}

impl From<&Sent> for Timed {
    fn from(sent: &Sent) -> Timed {
        let &Sent(frame, level, job, task, happens) = sent;
        let kind = match happens {
            Happens::On(id, key, velocity) => EventKind::NoteOn { id, key, velocity },
            Happens::Off(id) => EventKind::NoteOff { id },
            Happens::Set(id, slot, value) => EventKind::NoteParam { id, slot, value },
            Happens::Bend(semitones) => EventKind::Bend { semitones },
            Happens::Control(number, value) => EventKind::Control { number, value },
            Happens::Midi(bytes) => EventKind::Midi { bytes },
            Happens::Param(index, value) => EventKind::Param { index, value },
            Happens::AllOff => EventKind::AllNotesOff,
            Happens::Panic => EventKind::Panic,
        };
        Timed { frame, level, job, task, kind }
    }
}
