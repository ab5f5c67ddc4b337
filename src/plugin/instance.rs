//! The trait that every format fits, in two halves: the main thread's and the audio thread's.

use super::{Curve, Description, Event, PluginError, Sent, State, Transport};
use serde::{Deserialize, Serialize};

/// How a plugin is to run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Frames a second.
    pub rate: f64,
    /// Frames of the largest block, 1..=[`BLOCK`](super::BLOCK).
    pub block: usize,
    /// Processes 64-bit samples where the plugin can (what goes in and comes out stays 32-bit).
    pub double: bool,
    /// Renders a file: it may take its time.
    pub offline: bool,
}

impl Setup {
    /// Blocks of 64 frames of 32-bit samples, for playing live.
    #[must_use]
    pub fn new(rate: f64) -> Setup {
        Setup { rate, block: super::BLOCK, double: false, offline: false }
    }
}

/// What a plugin has changed of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// A parameter moved (its editor, a MIDI controller, a meter).
    Value {
        /// Its index.
        index: u32,
        /// Its plain value.
        plain: f64,
    },
    /// A user takes hold of a parameter in the plugin's editor, or lets go.
    Gesture {
        /// Its index.
        index: u32,
        /// Takes hold.
        begins: bool,
    },
    /// Many parameters moved: read what is of interest again.
    Values,
    /// Names, ranges or buses are others: the description has been read again.
    Description,
    /// The latency is about to be another: take the audio half back and activate again; the description
    /// then has it.
    Latency,
    /// The plugin wants to be activated again for another reason.
    Restart,
    /// What would be saved is not what was saved last.
    Unsaved,
    /// Its process is gone, and how, as a sentence: told once. What it was like can still be
    /// [saved](Plugin::save), for another instance.
    Died(String),
}

/// An instance as its main thread has it. All of it is called on the thread on which it was opened.
///
/// Parameters are named by their index in the description. Drop the audio half before this one; an instance
/// whose audio half outlives it is leaked rather than freed under it.
pub trait Plugin {
    /// What it is, with what it has changed of itself.
    fn description(&self) -> &Description;

    /// The plain value of a parameter.
    fn value(&self, index: u32) -> f64;

    /// Sets the plain value of a parameter, for its editor and for the sound: at once if it does not play,
    /// with the next block if it does.
    ///
    /// # Errors
    /// If there is no such parameter, or the value is not a number.
    fn set(&mut self, index: u32, plain: f64) -> Result<(), PluginError>;

    /// Like [`set`](Plugin::set), with a value of 0..1.
    ///
    /// # Errors
    /// As for [`set`](Plugin::set).
    fn set_normalised(&mut self, index: u32, value: f64) -> Result<(), PluginError>;

    /// The normalised value of a plain one.
    fn normalise(&self, index: u32, plain: f64) -> f64;

    /// The plain value of a normalised one.
    fn plain(&self, index: u32, value: f64) -> f64;

    /// The map from plain to normalised values, for signals that move a parameter while it plays.
    fn curve(&self, index: u32) -> Curve {
        Curve::read(|x| self.plain(index, x))
    }

    /// A plain value as the plugin writes it, with its unit.
    fn text(&self, index: u32, plain: f64) -> String;

    /// The plain value of what a user writes, such as `250 ms`, `-6` or `Bandpass`.
    fn parse(&self, index: u32, text: &str) -> Option<f64>;

    /// Chooses a factory program.
    ///
    /// # Errors
    /// If there is no such program.
    fn program(&mut self, number: usize) -> Result<(), PluginError>;

    /// All that makes it sound as it does, to be restored later. An instance that does not play may run a
    /// block of silence first, since some plugins save only what a block has brought them.
    ///
    /// # Errors
    /// If the plugin fails.
    fn save(&mut self) -> Result<State, PluginError>;

    /// Takes a saved state back.
    ///
    /// # Errors
    /// If the state is another plugin's, or the plugin refuses it.
    fn restore(&mut self, state: &State) -> Result<(), PluginError>;

    /// Loads a preset file of the plugin's own kind, while it does not play; [`preset::load`](super::preset::load)
    /// calls it for what it does not know.
    ///
    /// # Errors
    /// If the plugin loads no files, or not this one.
    fn load_file(&mut self, path: &std::path::Path) -> Result<(), PluginError> {
        let _ = path;
        let reason =
            "it is neither a .vstpreset nor a saved state, and the plugin loads no files itself";
        Err(PluginError::State(reason.into()))
    }

    /// Asks for other numbers of channels, one for each bus, while it does not play. Whether it agrees; the
    /// description has the buses as they are then, which may be neither the old ones nor what was asked for.
    fn arrange(&mut self, inputs: &[usize], outputs: &[usize]) -> bool {
        let has = |buses: &[super::Bus], asked: &[usize]| {
            buses.iter().map(|bus| bus.channels).eq(asked.iter().copied())
        };
        has(&self.description().inputs, inputs) && has(&self.description().outputs, outputs)
    }

    /// Tells it the name of the track that it is on, and its colour (red, green, blue), where it wants to know.
    fn track(&mut self, name: &str, colour: Option<[u8; 3]>) {
        let _ = (name, colour);
    }

    /// Gets ready to play, with the latency and the tail of the description read anew.
    ///
    /// # Errors
    /// If it plays already, or refuses.
    fn activate(&mut self, setup: &Setup) -> Result<Box<dyn AudioHalf>, PluginError>;

    /// Stops playing, once the audio half has been dropped.
    ///
    /// # Errors
    /// If the audio half is still alive.
    fn deactivate(&mut self) -> Result<(), PluginError>;

    /// What it has changed since the last call, after it has done what it left for its main thread. To be
    /// called some ten times a second.
    fn poll(&mut self) -> Vec<Change>;
}

/// What a plugin says of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There may be sound.
    Playing,
    /// Its outputs are silent, and stay so until there is input or an event.
    Silent,
    /// The plugin failed; its outputs are zero. One whose process is gone fails from then on.
    Failed,
    /// The plugin, in a process of its own, did not answer in time; its outputs are zero. It may be there again
    /// with a later block, without what it would have done in this one.
    Late,
}

/// An instance as the audio thread has it: buffers of its own, and a block at a time.
///
/// All of it is called on the audio thread: no memory, no lock, no system call on the host's part.
pub trait AudioHalf: Send {
    /// The samples of an input channel of a bus, to be written before [`process`](AudioHalf::process);
    /// [`BLOCK`](super::BLOCK) of them. Empty if there is no such channel.
    fn input(&mut self, bus: usize, channel: usize) -> &mut [f32];

    /// The samples of an output channel of a bus, as the last block left them.
    fn output(&self, bus: usize, channel: usize) -> &[f32];

    /// Renders `frames` frames (no more than the setup's block). Events should be in order and in the block;
    /// others are put right or dropped, and counted. A point of a parameter begins a run of its own: the plugin
    /// is called once for each frame that has one, as many hear of points only where a run begins.
    fn process(&mut self, frames: usize, events: &[Event], transport: &Transport) -> Outcome;

    /// What the plugin sent in the last block.
    fn sent(&self) -> &Sent;

    /// Events of the host that were dropped since activation: outside their block, or too many.
    fn dropped(&self) -> u64;

    /// Forgets all that sounds.
    fn reset(&mut self);
}
