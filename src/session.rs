//! The immutable description of a piece: what a script evaluates to and what the graph is compiled from.

pub mod bounce;
pub mod change;
pub mod command;
pub mod compose;
pub mod effect;
pub mod mapping;
pub mod mixer;
pub mod node;
pub mod output;
pub mod plugin;
pub mod port;
pub mod recipe;
pub mod rig;
pub mod tempo;
pub mod track;

pub use crate::units::Way;
pub use bounce::Bounce;
pub use change::OnChange;
pub use command::Command;
pub use compose::compose;
pub use effect::MidiEffect;
pub use mapping::Mapping;
pub use mixer::Mixer;
pub use node::{Arg, INPUTS, Node, NodeId};
pub use output::{Content, Output, Rendering};
pub use port::{Ear, Port};
pub use recipe::{Cut, How, Recipe};
pub use rig::Rig;
pub use tempo::{Meter, TempoMap};
pub use track::{Bus, Instrument, Send, Session, Track};
