//! The parts of a mini-notation text.

use crate::pattern::event::SourceSpan;

/// A whole text.
pub(super) struct Tree {
    pub(super) root: Group,
    /// Byte offset of the largest repeat factor, to point at when there are too many events.
    pub(super) densest: usize,
}

/// What brackets hold.
pub(super) struct Group {
    pub(super) kind: GroupKind,
    pub(super) rows: Vec<Row>,
}

pub(super) enum GroupKind {
    /// `[a b, c d]`: rows at once.
    Stack,
    /// `[a | b]`: one row a cycle at random, with the group's own seed.
    Choice { seed: u32 },
    /// `[a . b c]`: each row is one step.
    Feet,
    /// `{a b, c d e}%n`: rows in steps of equal length.
    Polymeter { steps: Option<Box<Slice>> },
    /// `<a b, c d e>`: rows of one step a cycle.
    Slow,
}

/// Steps one after the other; `marked` by a leading `^`.
pub(super) struct Row {
    pub(super) marked: bool,
    pub(super) steps: Vec<Step>,
}

/// A slice with what is written after it.
pub(super) struct Step {
    pub(super) slice: Slice,
    pub(super) ops: Vec<Op>,
    pub(super) weight: f64,
}

pub(super) enum Slice {
    Rest,
    Word { text: String, at: SourceSpan },
    Group(Group),
}

pub(super) enum Op {
    Fast(Slice),
    Slow(Slice),
    Replicate(f64),
    Euclid { pulses: Slice, steps: Slice, rotation: Option<Slice> },
    Degrade { amount: f64, seed: u32 },
    Tail(Slice),
    Range(Slice),
}
