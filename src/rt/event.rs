//! Events as the audio thread sees them: small, copyable, stamped with a frame.

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note begins. `key` is a MIDI note number (fractions are microtones) or a kit's sound index.
    NoteOn {
        /// Names the note until its end; unique among sounding notes of a target.
        id: u32,
        /// MIDI note number, or the index of a sound in a kit or sampler.
        key: f32,
        /// 0..1.
        velocity: f32,
    },
    /// The note `id` is released.
    NoteOff {
        /// The note that [`EventKind::NoteOn`] named.
        id: u32,
    },
    /// A named voice parameter of the note that begins at the same frame (sent just before it), or of
    /// a sounding note.
    NoteParam {
        /// The note.
        id: u32,
        /// Index of the parameter in the instrument's table.
        slot: u16,
        /// New value.
        value: f32,
    },
    /// Pitch bend of all notes, in semitones.
    Bend {
        /// Semitones, already scaled by the instrument's bend range.
        semitones: f32,
    },
    /// A MIDI controller (64 is the sustain pedal).
    Control {
        /// 0..127.
        number: u8,
        /// 0..1.
        value: f32,
    },
    /// A short MIDI message as it came in, for what passes it on.
    Midi {
        /// Status and data.
        bytes: [u8; 3],
    },
    /// A parameter of the target node itself, by index in its table; ramps over the block.
    Param {
        /// Index in the node's parameter table.
        index: u16,
        /// New value.
        value: f32,
    },
    /// Releases every note.
    AllNotesOff,
    /// Silences everything at once, tails included.
    Panic,
}

/// An event for one processor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Offset in the block, 0..64.
    pub offset: u32,
    /// What happens.
    pub kind: EventKind,
}
