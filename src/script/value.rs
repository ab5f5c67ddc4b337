//! The values that a script handles: signals, effects, voices, strips; all are names for things in the build.

use crate::session::{Arg, How, Node, NodeId, Port};

/// A node of the piece: sound or a control signal, or something that patterns play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(pub NodeId);

/// An effect that has no input yet; a pure value that can be used any number of times.
#[derive(Clone, Debug, PartialEq)]
pub enum Fx {
    /// Passes its input on.
    Dry,
    /// One node; its inputs are not joined yet.
    Node(Box<Node>),
    /// One after the other.
    Series(Vec<Fx>),
    /// Side by side, added up.
    Mix(Vec<Fx>),
    /// An effect for each channel, left and right, joined again.
    Channels(Vec<Fx>),
    /// An effect whose output is multiplied.
    Scale(Box<Fx>, Arg),
}

impl Fx {
    /// `self`, then `next`.
    #[must_use]
    pub fn then(self, next: Fx) -> Fx {
        let mut all = match self {
            Fx::Series(all) => all,
            one => vec![one],
        };
        match next {
            Fx::Series(more) => all.extend(more),
            one => all.push(one),
        }
        Fx::Series(all)
    }

    /// `self` beside `other`.
    #[must_use]
    pub fn beside(self, other: Fx) -> Fx {
        let mut all = match self {
            Fx::Mix(all) => all,
            one => vec![one],
        };
        all.push(other);
        Fx::Mix(all)
    }

    /// The node that `.key()` names: the last of a chain.
    pub fn last(&mut self) -> Option<&mut Node> {
        match self {
            Fx::Node(node) => Some(node),
            Fx::Series(all) => all.last_mut().and_then(Fx::last),
            Fx::Scale(fx, _) => fx.last(),
            Fx::Dry | Fx::Mix(_) | Fx::Channels(_) => None,
        }
    }
}

/// What the closure of an instrument is given: one voice of the instrument with this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice(pub usize);

/// A track or a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strip {
    /// Index of a track.
    Track(usize),
    /// Index of a bus.
    Bus(usize),
}

/// Effects of whole sounds, one after the other, that have no sound yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole(pub Vec<How>);

/// A parameter named by its path, such as `acid/lowpass.cutoff`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamPath(pub String);

/// A MIDI port that is listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidiPort(pub Port);

/// Stands for a value that could not be made; what is done with it fails silently, for the cause has been
/// told already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// The name of [`Failed`] in the messages of the interpreter.
pub const FAILED: &str = "(failed value)";
