//! The plug of a light unit: eight lanes of one channel, joined to others by wires inside a lane program.
//!
//! A lane is a voice of an instrument, one of several alike tracks, or a term of a sum. A unit never
//! mixes lanes. Audio wires are `frames x 8`; control wires are straight ramps over the range that is
//! being rendered; constants do not move. Ranges are at most [`BLOCK`] frames: a block is split where a
//! note starts or ends, so that a unit need not know about events.

use super::controls::Board;
use super::lanes::one_frame;
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

/// How often the value on a wire changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rate {
    /// Never, but for edits.
    Const,
    /// Once a range, in a straight line.
    Control,
    /// Every frame.
    Audio,
}

/// A straight line over a range, in eight lanes: the value at its first frame and just after its last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp8 {
    /// Value at the first frame.
    pub from: F8,
    /// Value just after the last frame.
    pub to: F8,
}

/// What comes in on a wire.
#[derive(Clone, Copy, Debug)]
pub enum Wire<'a> {
    /// The same value all along.
    Const(F8),
    /// A straight line; see [`Ramp8`].
    Ramp(Ramp8),
    /// A value for every frame (as many as the range has).
    Audio(&'a [F8]),
}

impl Wire<'_> {
    /// Start and step per frame of a line over `frames`; an audio wire gives its end points.
    #[inline(always)]
    #[must_use]
    pub fn line(&self, frames: usize) -> (F8, F8) {
        match self {
            Wire::Const(x) => (*x, F8::ZERO),
            Wire::Ramp(r) => (r.from, (r.to - r.from) * (1.0 / frames as f32)),
            Wire::Audio(a) => {
                let (first, last) = (a[0], a[a.len() - 1]);
                (first, (last - first) * (1.0 / frames as f32))
            }
        }
    }

    /// The value at frame `i` of `frames`.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, i: usize, frames: usize) -> F8 {
        match self {
            Wire::Const(x) => *x,
            Wire::Ramp(r) => r.from + (r.to - r.from) * (i as f32 * (1.0 / frames as f32)),
            Wire::Audio(a) => a[i],
        }
    }

    /// The value at the first frame.
    #[inline(always)]
    #[must_use]
    pub fn first(&self) -> F8 {
        match self {
            Wire::Const(x) => *x,
            Wire::Ramp(r) => r.from,
            Wire::Audio(a) => a[0],
        }
    }

    /// The value at the end of the range.
    #[inline(always)]
    #[must_use]
    pub fn last(&self) -> F8 {
        match self {
            Wire::Const(x) => *x,
            Wire::Ramp(r) => r.to,
            Wire::Audio(a) => a[a.len() - 1],
        }
    }

    /// The value at each of `frames` frames: the wire itself if it is audio, else written to `scratch`.
    #[inline(always)]
    #[must_use]
    pub fn frames<'s>(&'s self, frames: usize, scratch: &'s mut Frames) -> &'s [F8] {
        if let Wire::Audio(a) = self {
            return a;
        }
        for (i, y) in scratch[..frames].iter_mut().enumerate() {
            one_frame();
            *y = self.at(i, frames);
        }
        &scratch[..frames]
    }

    /// How often the value changes.
    #[must_use]
    pub fn rate(&self) -> Rate {
        match self {
            Wire::Const(_) => Rate::Const,
            Wire::Ramp(_) => Rate::Control,
            Wire::Audio(_) => Rate::Audio,
        }
    }
}

/// Where an input of a unit comes from: an index into the program's scalars or audio buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A line (or a constant) in the table of scalars.
    Scalar(u16),
    /// An audio buffer of the pool.
    Audio(u16),
}

/// The inputs of a unit: audio inputs first, then one wire for each numeric parameter in table order.
#[derive(Clone, Copy)]
pub struct Ins<'a> {
    sources: &'a [Source],
    scalars: &'a [Ramp8],
    pool: &'a [Option<Box<Frames>>],
    start: usize,
    frames: usize,
}

impl<'a> Ins<'a> {
    /// Joins a unit's sources to the program's scalars and buffers, for `frames` frames from `start`.
    #[must_use]
    pub fn new(
        sources: &'a [Source],
        scalars: &'a [Ramp8],
        pool: &'a [Option<Box<Frames>>],
        start: usize,
        frames: usize,
    ) -> Ins<'a> {
        Ins { sources, scalars, pool, start, frames }
    }

    /// Input `i`.
    ///
    /// # Panics
    /// If the unit asks for an input that its table entry does not declare.
    #[inline(always)]
    #[must_use]
    pub fn wire(&self, i: usize) -> Wire<'a> {
        match self.sources[i] {
            Source::Scalar(k) => {
                let line = self.scalars[k as usize];
                if line.from == line.to { Wire::Const(line.from) } else { Wire::Ramp(line) }
            }
            Source::Audio(k) => match &self.pool[k as usize] {
                Some(buffer) => Wire::Audio(&buffer[self.start..self.start + self.frames]),
                None => Wire::Const(F8::ZERO),
            },
        }
    }

    /// Number of inputs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is no input at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

/// The outputs of a unit: at most two channels, each either audio or a ramp (as its kind declares).
pub struct Outs<'a> {
    /// The audio buffers taken out of the pool for the duration of the call.
    pub buffers: &'a mut [Option<Box<Frames>>; 2],
    /// The control results, read back by the runner.
    pub ramps: &'a mut [Ramp8; 2],
    start: usize,
    frames: usize,
}

impl<'a> Outs<'a> {
    /// Wraps buffers that were taken out of the pool.
    #[must_use]
    pub fn new(
        buffers: &'a mut [Option<Box<Frames>>; 2],
        ramps: &'a mut [Ramp8; 2],
        start: usize,
        frames: usize,
    ) -> Outs<'a> {
        Outs { buffers, ramps, start, frames }
    }

    /// The frames to write for output channel `i` (empty where the output is a ramp).
    #[inline(always)]
    #[must_use]
    pub fn audio(&mut self, i: usize) -> &mut [F8] {
        match &mut self.buffers[i] {
            Some(buffer) => &mut buffer[self.start..self.start + self.frames],
            None => &mut [],
        }
    }

    /// Both output channels at once.
    #[inline(always)]
    #[must_use]
    pub fn stereo(&mut self) -> (&mut [F8], &mut [F8]) {
        let (a, b) = self.buffers.split_at_mut(1);
        let range = self.start..self.start + self.frames;
        match (&mut a[0], &mut b[0]) {
            (Some(left), Some(right)) => (&mut left[range.clone()], &mut right[range]),
            _ => (&mut [], &mut []),
        }
    }

    /// Sets the ramp of control output `i`.
    #[inline(always)]
    pub fn ramp(&mut self, i: usize, from: F8, to: F8) {
        self.ramps[i] = Ramp8 { from, to };
    }
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
