//! Plugins one after the other, for sound from its beginning to its end, faster or slower than it sounds.
//!
//! A plugin hears a whole chunk before the next one does, in blocks of 64 frames; since nothing goes back, the samples
//! are those of a chain that goes block by block. Whoever watches learns which plugin is at work.

mod link;
mod route;
mod stage;

pub use link::Link;
pub use route::Route;
pub use stage::Stage;

use super::{EventKind, PluginError, Transport};

/// Frames of a chunk: 64 blocks.
pub const CHUNK: usize = 64 * super::BLOCK;

/// What goes through a chain: a chunk of sound, and the notes of its time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// Samples, channels x frames; all channels have the same number of frames, [`CHUNK`] at most.
    pub sound: Vec<Vec<f32>>,
    /// Notes and MIDI by their frames since the beginning.
    pub notes: Vec<(u64, EventKind)>,
}

/// Where the music is at a frame since the beginning.
pub type Clock<'a> = &'a dyn Fn(u64) -> Transport;

/// Plugins that play, in their order.
pub struct Chain {
    stages: Vec<Stage>,
    /// Frames given so far.
    at: u64,
}

impl Chain {
    /// A chain of what has been started, in its order.
    #[must_use]
    pub fn new(stages: Vec<Stage>) -> Chain {
        Chain { stages, at: 0 }
    }

    /// Frames by which what comes out is late.
    #[must_use]
    pub fn latency(&self) -> u64 {
        self.stages.iter().map(Stage::latency).sum()
    }

    /// Blocks so far with samples that were not finite, and were replaced by silence, by plugin.
    #[must_use]
    pub fn broken(&self) -> Vec<(usize, u64)> {
        self.stages.iter().enumerate().map(|(i, s)| (i, s.broken())).filter(|b| b.1 > 0).collect()
    }

    /// Lets a chunk of `frames` frames through; what comes out takes the place of what went in. All but the last chunk
    /// should be whole blocks. `hears` is told of each plugin before it is given the chunk.
    ///
    /// # Errors
    /// If a plugin fails.
    pub fn run(
        &mut self,
        flow: &mut Flow,
        frames: usize,
        clock: Clock,
        hears: &mut dyn FnMut(usize),
    ) -> Result<(), PluginError> {
        for (index, stage) in self.stages.iter_mut().enumerate() {
            hears(index);
            stage.run(flow, frames, self.at, clock)?;
        }
        self.at += frames as u64;
        Ok(())
    }
}
