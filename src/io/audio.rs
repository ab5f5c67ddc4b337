//! Sound devices: who is there, and a supervised stream that outlives the loss of its device.
//!
//! [`open`] gives the callback a *seat*; the device that drives the stream takes it from there for every
//! buffer and puts it back. A keeper thread watches the device: if it is lost, the null device (a paced
//! thread) drives the same seat at the same rate until the device is back, so clock and recording go on.

mod config;
mod cycle;
mod error;
mod hosts;
mod inputs;
mod keeper;
mod link;
mod null;
mod quiet;
mod seat;
#[cfg(test)]
mod seat_tests;
mod stats;
mod stream;
mod sync;

pub use error::AudioError;
pub use hosts::{DeviceInfo, devices};
pub(crate) use quiet::{has_jack, hush};
pub use stats::Stats;
pub use stream::{Stream, open};

use std::sync::OnceLock;
use std::time::Instant;

/// The name that asks for the null device: a paced thread that calls the callback and makes no sound.
pub const NULL: &str = "null";

/// Frames a buffer that is asked for where neither the user nor the device's server decides.
pub const BUFFER: u32 = 512;

/// What a device asks for sound.
pub trait Callback: Send + 'static {
    /// Tells how the device will ask. Called before the first [`Callback::render`] and whenever the format
    /// changes, on a control thread that is never a device's audio thread: it may allocate. No `render` runs
    /// meanwhile; the device plays silence until it returns.
    fn prepare(&mut self, format: Format);

    /// Tells when the buffer was asked for that the next call of [`Callback::render`] fills. Audio thread.
    fn at(&mut self, moment: Moment) {
        let _ = moment;
    }

    /// Fills `output`: interleaved, `channels` samples a frame, full scale is -1..=1. `input` has as many frames,
    /// `in_channels` samples each: silence where no input could be opened, empty if none was asked for. A call
    /// has from 1 to [`Format::max_frames`] frames. Called on the device's audio thread, denormals flushed:
    /// no allocation, lock, log or wait. If it panics, the stream is silent from then on and says [`Event::Broken`].
    fn render(&mut self, output: &mut [f32], channels: usize, input: &[f32], in_channels: usize);
}

/// When a buffer was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By the clock of [`micros`]: when the callback ran.
    pub micros: u64,
    /// By the clock of JACK, if the device is a JACK server: the beginning of the cycle, in microseconds.
    pub jack: Option<u64>,
}

/// Microseconds since some moment in the life of the process. Any thread.
#[must_use]
pub fn micros() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u64
}

/// How a device asks for sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Frames a second, in hertz.
    pub rate: u32,
    /// Samples a frame of the output, at least 1.
    pub channels: u16,
    /// Samples a frame of the input; as many as [`Request::inputs`].
    pub in_channels: u16,
    /// The most frames that a call asks for: what the device said, or more where it does not say.
    pub max_frames: u32,
}

/// What the user wants of a device; [`Default`] leaves all to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Id as [`DeviceInfo::id`] has it, or (part of) the name, upper or lower case; [`NULL`] for the null device.
    pub device: Option<String>,
    /// Host as [`DeviceInfo::host`] has it (`jack`, `alsa`, ...). None: JACK if a server runs, else the system's.
    pub host: Option<String>,
    /// Frames a second, in hertz. None: the device's own.
    pub rate: Option<u32>,
    /// Frames a buffer. None: the server's, else [`BUFFER`] if the device can.
    pub buffer: Option<u32>,
    /// Channels of the output. A device that has not as many gives what it has.
    pub outputs: u16,
    /// Channels of the input; 0 opens none.
    pub inputs: u16,
}

impl Default for Request {
    fn default() -> Request {
        Request { device: None, host: None, rate: None, buffer: None, outputs: 2, inputs: 0 }
    }
}

/// What befell a stream, for its owner; see [`Stream::events`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The device is gone; the null device goes on at the same rate, and the device is looked for.
    Lost {
        /// Name of the device.
        name: String,
        /// What was seen.
        reason: String,
    },
    /// The stream goes on at another rate, and [`Callback::prepare`] has been told: music built for the old rate
    /// is at the wrong pitch and must be built again. Comes before the [`Event::Back`] it belongs to.
    RateChanged {
        /// The rate before, in hertz.
        from: u32,
        /// The rate from now on, in hertz.
        to: u32,
    },
    /// A device plays again (or for the first time, if there was none at the start).
    Back {
        /// Name of the device.
        name: String,
        /// How it asks for sound.
        format: Format,
    },
    /// Buffers came too late since the last such event; nothing was rebuilt.
    Xruns {
        /// How many are new.
        new: u64,
        /// How many there were since the stream was opened.
        total: u64,
    },
    /// The callback panicked; the stream is silent until it is closed. A fault of the program.
    Broken,
}
