//! What code is given for a range of frames, laid out as machine code reads it.

use crate::ir::Blame;

/// Lanes of a row of sound: the frames of an audio wire are rows of so many `f32`.
pub const LANES: usize = 8;

/// Steps that the loops of one lane may take in a block of frames; a step is about an operation.
pub const FUEL: i64 = 1 << 20;

/// A wire, for all lanes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Wire {
    /// Rows of [`LANES`] values, one a frame, if it is an audio wire.
    pub audio: *const f32,
    /// Else the values at the first frame, for each lane,
    pub from: *const f32,
    /// and those just after the last frame.
    pub to: *const f32,
}

// SAFETY: an address is but a number; whoever reads what is there promises that it may be read.
unsafe impl Send for Wire {}

/// A range of frames.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Call {
    /// Frames in the range, at least 1.
    pub frames: u64,
    /// One divided by that.
    pub inverse: f64,
    /// The first lane.
    pub lane: u64,
    /// Steps that loops may take.
    pub fuel: i64,
    /// What went wrong first, packed; 0 is nothing.
    pub fault: u64,
    /// Seconds of music at the first frame, and from one to the next.
    pub seconds: f64,
    /// See `seconds`.
    pub seconds_step: f64,
    /// Beats at the first frame, and from one to the next.
    pub beat: f64,
    /// See `beat`.
    pub beat_step: f64,
    /// Beats per minute.
    pub tempo: f64,
    /// What the first lane keeps: see [`super::Memory`].
    pub memory: *mut u64,
    /// Words from one lane's memory to that of the next.
    pub stride: u64,
    /// A seed for each of all lanes.
    pub seeds: *const i64,
    /// Wires.
    pub wires: *const Wire,
    /// Rows of [`LANES`] values that are written, one a frame, for each channel that goes out.
    pub outs: [*mut f32; 2],
}

impl Call {
    /// The first lane of so many frames, without time, memory, wires and rows.
    #[must_use]
    pub fn of(frames: usize) -> Call {
        Call {
            frames: frames as u64,
            inverse: 1.0 / frames as f64,
            lane: 0,
            fuel: FUEL,
            fault: 0,
            seconds: 0.0,
            seconds_step: 0.0,
            beat: 0.0,
            beat_step: 0.0,
            tempo: 120.0,
            memory: std::ptr::null_mut(),
            stride: 0,
            seeds: std::ptr::null(),
            wires: std::ptr::null(),
            outs: [std::ptr::null_mut(); 2],
        }
    }
}

/// What went wrong in a block of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it was.
    pub blame: Blame,
    /// Where, as an index into [`crate::ir::Program::places`], from 1.
    pub at: u32,
}

impl Fault {
    /// As a number that is not 0.
    pub(super) fn pack(blame: Blame, at: u32) -> u64 {
        u64::from(at) << 8 | (u64::from(blame.code()) + 1)
    }

    /// What a [`Call::fault`] says; `None` for 0.
    #[must_use]
    pub fn read(packed: u64) -> Option<Fault> {
        let index = (packed & 0xff).checked_sub(1)? as usize;
        Some(Fault { blame: Blame::ALL[index.min(Blame::ALL.len() - 1)], at: (packed >> 8) as u32 })
    }
}
