//! The plug of a light unit: eight lanes of one channel, joined to others by wires inside a lane program.
//!
//! A lane is a voice of an instrument, one of several alike tracks, or a term of a sum. A unit never
//! mixes lanes. Audio wires are `frames x 8`; control wires are straight ramps over the range that is
//! being rendered; constants do not move. Ranges are at most [`BLOCK`] frames: a block is split where a
//! note starts or ends, so that a unit need not know about events.

mod wire;

pub use wire::{Ins, Outs, Ramp8, Rate, Source, Wire};

use super::controls::Board;
use super::lanes::{F8, LANES};
use std::any::Any;

/// Frames of an internal block: fixed, whatever the device's block is.
pub const BLOCK: usize = 64;

/// One block of one audio wire: frames x lanes.
pub type Frames = [F8; BLOCK];

/// Where and when a range of frames is being rendered. Read by units and processors alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meta {
    /// Sample rate in hertz.
    pub rate: f64,
    /// Absolute frame of the first frame of the range.
    pub frame: u64,
    /// Seconds of music since the start at the first frame of the range.
    pub seconds: f64,
    /// Beats since the start at the first frame of the range.
    pub beat: f64,
    /// Beats since the start just after the last frame of the range.
    pub beat_end: f64,
    /// Beats per minute at the first frame.
    pub bpm: f64,
    /// Beats in a bar at the first frame.
    pub beats_per_bar: f64,
    /// Frame from which sources that play by themselves are silent: the end of an offline piece, whose
    /// tails ring on; `u64::MAX` if there is no end.
    pub stop: u64,
}

/// All that a unit sees while it renders a range of at most [`BLOCK`] frames.
pub struct Io<'a> {
    /// Inputs.
    pub ins: Ins<'a>,
    /// Outputs.
    pub outs: Outs<'a>,
    /// Frames in the range, 1..=64.
    pub frames: usize,
    /// Time and tempo.
    pub meta: &'a Meta,
    /// One bit a lane, set where something may sound: what the others put out is not heard.
    pub lanes: u8,
}

/// What went wrong in a unit that runs what a user has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mishap {
    /// What it was: the number of an `ir::Blame`.
    pub what: u8,
    /// File, line and column in the script.
    pub place: (u16, u32, u32),
}

/// A light piece of DSP over eight independent lanes, as its author writes it. Called on the audio thread.
pub trait Kernel: Send {
    /// Renders the range: reads `io.ins`, writes every frame of every output. Marked `#[inline(always)]`,
    /// so that it is compiled for the widest registers of the machine.
    fn run(&mut self, io: &mut Io);

    /// Clears one lane's state: a new voice begins there. Called on the audio thread.
    fn reset(&mut self, lane: usize) {
        let _ = lane;
    }

    /// One bit a lane, set while an envelope of that lane is still above zero; `None` if the unit does
    /// not decide how long a voice lasts.
    fn sounding(&self) -> Option<u8> {
        None
    }

    /// Joins it to the controllers that it listens to. Called on the control thread before it is played live;
    /// offline nothing moves.
    fn connect(&mut self, board: &mut dyn Board) {
        let _ = board;
    }

    /// Frames by which the output is late (look-ahead, linear phase).
    fn latency(&self) -> usize {
        0
    }

    /// Frames for which the unit may still sound after its input has fallen silent;
    /// `usize::MAX` for a source or a loop that never ends by itself.
    fn tail(&self) -> usize {
        0
    }
}

/// A [`Kernel`] as programs hold it. Every kernel is one.
pub trait Unit: Any + Send {
    /// Renders the range with the widest registers that this machine has; the bits are the same on all.
    fn process(&mut self, io: &mut Io);
    /// See [`Kernel::reset`].
    fn reset(&mut self, lane: usize);
    /// See [`Kernel::sounding`].
    fn sounding(&self) -> Option<u8>;
    /// See [`Kernel::connect`].
    fn connect(&mut self, board: &mut dyn Board);
    /// See [`Kernel::latency`].
    fn latency(&self) -> usize;
    /// See [`Kernel::tail`].
    fn tail(&self) -> usize;

    /// What went wrong since it was last asked, where it put out something that is not a number. Audio thread.
    fn mishap(&mut self) -> Option<Mishap> {
        None
    }

    /// Takes the state of the unit over that was in its place before an edit, and keeps code of its own; false if that
    /// one shall rather go on as it is. Audio thread.
    fn inherit(&mut self, before: &mut dyn Unit) -> bool {
        let _ = before;
        false
    }
}

impl<K: Kernel + 'static> Unit for K {
    fn process(&mut self, io: &mut Io) {
        #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
        if super::wide::wide_registers() {
            // SAFETY: the feature was found on this processor just above.
            unsafe { run_avx2(self, io) };
            return;
        }
        self.run(io);
    }

    fn reset(&mut self, lane: usize) {
        Kernel::reset(self, lane);
    }

    fn sounding(&self) -> Option<u8> {
        Kernel::sounding(self)
    }

    fn connect(&mut self, board: &mut dyn Board) {
        Kernel::connect(self, board);
    }

    fn latency(&self) -> usize {
        Kernel::latency(self)
    }

    fn tail(&self) -> usize {
        Kernel::tail(self)
    }
}

/// Debug builds leave this second copy of every kernel out: it doubles the time that they take to build.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
#[target_feature(enable = "avx2")]
unsafe fn run_avx2<K: Kernel>(kernel: &mut K, io: &mut Io) {
    kernel.run(io);
}

/// What a unit is built from. Built on the control thread.
pub struct UnitCx<'a> {
    /// Sample rate in hertz.
    pub rate: f64,
    /// Rate of each input, audio inputs first, then parameters.
    pub ins: &'a [Rate],
    /// Text, choice, flag and list settings by parameter name; the same in all lanes.
    pub settings: &'a dyn Settings,
    /// A seed of its own for each lane, from the session's seed and the node's key.
    pub seeds: [u64; LANES],
    /// Lanes in use (a lone track has 1): lanes from here on may be left without memory.
    pub lanes: usize,
}

/// The settings of a node that do not move: text, flags, lists of points.
pub trait Settings {
    /// The text of parameter `name` (its default if the script did not say).
    fn text(&self, name: &str) -> &str;
    /// The flag `name`.
    fn flag(&self, name: &str) -> bool;
    /// A number that is fixed when the node is built.
    fn number(&self, name: &str) -> f64;
    /// A list of numbers or points (`[[x, y], ...]` flattened row by row).
    fn list(&self, name: &str) -> &[f64];
    /// What else it is made of: a function of the script.
    fn extra(&self) -> Option<&dyn Any> {
        None
    }
}
