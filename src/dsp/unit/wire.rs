//! Wires of units: what comes in, how often it changes, and where it goes.

use super::Frames;
use crate::dsp::lanes::{F8, one_frame};

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
