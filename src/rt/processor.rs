//! The universal plug: whatever turns audio, events and control signals into audio.
//!
//! A control signal that must be computed block by block (a pitch tracker, say) leaves as an audio channel.

use super::block::{Block, Buffer};
use super::event::Event;
use super::midi::Outgoing;
use super::update::Tune;
use crate::dsp::controls::Board;
use crate::dsp::unit::Mishap;
use std::any::Any;

/// What a processor says of the block that it has just written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// There may be sound.
    Playing,
    /// All outputs are zero, and stay so until there is input or an event.
    Silent,
    /// What it hosts has ended; said once. There may be sound.
    Ended,
}

/// A synth, an effect, an analyser, a hosted plugin: anything with state on the audio thread.
pub trait Processor: Any + Send {
    /// Renders one block of 64 frames. Called on the audio thread: no allocation, lock or system call.
    fn process(&mut self, block: &mut Block) -> Status;

    /// Forgets all state (after a fault, or for `panic()`). Called on the audio thread.
    fn reset(&mut self);

    /// Changes a constant of the programs that it is made of; it moves there over the next range that is
    /// rendered. Called on the audio thread.
    fn tune(&mut self, tune: Tune) {
        let _ = tune;
    }

    /// Takes over from the processor that stood at this place before an edit what goes on of it, and keeps what
    /// the edit has set. If it returns false, that one itself goes on in place of this one. Called on the audio
    /// thread.
    fn inherit(&mut self, before: &mut dyn Processor) -> bool {
        let _ = before;
        false
    }

    /// What went wrong inside of it, in what a user has written, where it put out something that is not a number. Called
    /// on the audio thread.
    fn mishap(&mut self) -> Option<Mishap> {
        None
    }

    /// Whether it sends MIDI out.
    fn sends(&self) -> bool {
        false
    }

    /// Gives what it has sent out since the last call to `f`, in the order of the frames. Called on the audio
    /// thread, after each block and after [`reset`](Processor::reset).
    fn drain_outgoing(&mut self, f: &mut dyn FnMut(Outgoing)) {
        let _ = f;
    }

    /// Gives the notes that it has sent in the last block, for another processor, to `f`, in the order of the frames.
    /// Called on the audio thread, after each block.
    fn drain_notes(&mut self, f: &mut dyn FnMut(Event)) {
        let _ = f;
    }

    /// Joins the programs that it is made of to controllers. Control thread.
    fn connect(&mut self, board: &mut dyn Board) {
        let _ = board;
    }

    /// Frames by which the output is late.
    fn latency(&self) -> usize {
        0
    }

    /// Frames for which it may still sound after its input has fallen silent; `usize::MAX` if it never
    /// ends by itself (a source, or endless feedback).
    fn tail(&self) -> usize {
        0
    }
}

/// Stands where the processor of another schedule will be moved in.
pub struct Vacant {
    /// What comes sends MIDI out.
    pub sends: bool,
}

impl Processor for Vacant {
    fn process(&mut self, block: &mut Block) -> Status {
        block.outs.iter_mut().for_each(|out| **out = Buffer::SILENCE);
        Status::Silent
    }

    fn sends(&self) -> bool {
        self.sends
    }

    fn reset(&mut self) {}
}
