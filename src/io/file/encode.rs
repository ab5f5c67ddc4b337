//! Writing of audio files while they are being made.

use super::chunks::SamplerChunks;
use super::destination::Destination;
use super::flac::FlacWriter;
use super::wav::WavWriter;
use super::{FileError, Format, LoopPoint};
use std::path::{Path, PathBuf};

/// Seed of the dither: any constant will do, but it must never change, or files would.
const DITHER_SEED: u64 = 0x5268_6170_736f_6465;

/// How a file is written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// File format.
    pub format: Format,
    /// Sample rate in hertz.
    pub rate: u32,
    /// Number of channels.
    pub channels: usize,
    /// Whether rounding to integers is dithered (deterministically); ignored for [`Format::Wav32f`].
    pub dither: bool,
    /// Loops to store; only WAV files keep them.
    pub loops: Vec<LoopPoint>,
    /// MIDI note at which the recording sounds unshifted; only WAV files keep it.
    pub root_key: Option<u8>,
}

impl WriteOptions {
    /// Options with the format's usual dither (on for 16 bits, off for the others) and no loops.
    pub fn new(format: Format, rate: u32, channels: usize) -> Self {
        let dither = format == Format::Wav16;
        Self { format, rate, channels, dither, loops: Vec::new(), root_key: None }
    }

    pub(super) fn seed(&self) -> Option<u64> {
        self.dither.then_some(DITHER_SEED)
    }

    pub(super) fn sampler_chunks(&self) -> SamplerChunks {
        SamplerChunks { loops: self.loops.clone(), root_key: self.root_key }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Frames in the file.
    pub frames: u64,
    /// Samples that were beyond full scale and had to be limited; always 0 for floating point.
    pub clipped: u64,
}

/// A file being written: under a temporary name in its target's folder ([`create`]), or under its own
/// ([`create_new`]).
///
/// The file is readable at every moment up to at most half a second of audio before the end, also
/// after the process was killed. Dropping the writer removes a file of `create`; [`Writer::finish`] gives
/// it its name.
pub trait Writer: Send {
    /// Appends a block, channels x frames; all channels must have the same number of frames.
    ///
    /// # Errors
    /// [`FileError::Write`] if the disk fails or is full; [`FileError::TooLarge`] if the block would
    /// not fit (see [`Format::max_frames`]): nothing of it is written then, and `finish` gives a
    /// valid file.
    ///
    /// # Panics
    /// If the number of channels is not the one the file was created with.
    fn write(&mut self, channels: &[&[f32]]) -> Result<(), FileError>;

    /// Frames written so far.
    fn frames(&self) -> u64;

    /// Makes the file readable up to its present end; returns the frames in it. (Of FLAC, only whole blocks
    /// are written: a quarter of a second or less can be left.)
    ///
    /// # Errors
    /// [`FileError::Write`] if the disk fails or is full: [`give_up`](Writer::give_up) then.
    fn flush(&mut self) -> Result<u64, FileError>;

    /// Ends the file after an error: it is cut back to its last flush. Returns the frames in it.
    fn give_up(self: Box<Self>) -> u64;

    /// Completes the file and gives it its final name, replacing any file of that name.
    ///
    /// # Errors
    /// [`FileError::Incomplete`] if the disk fails or is full: the temporary file, readable up to its
    /// last flush, is kept then; [`FileError::Write`] if it cannot get its name, or has it already.
    fn finish(self: Box<Self>) -> Result<Written, FileError>;
}

/// Starts to write the file `path`.
///
/// # Errors
/// [`FileError::Write`] if the folder cannot be written, [`FileError::Unsupported`] if the format
/// cannot hold that rate or number of channels or if `path` names a folder or a device.
pub fn create(path: &Path, options: &WriteOptions) -> Result<Box<dyn Writer>, FileError> {
    check(path, options)?;
    open(Destination::create(path)?, options)
}

/// Starts to write the file `path` under its own name, so that it is found there if the process is killed.
/// A file of that name is left alone: the new one is called `name-2` (or 3, ...) then. Returns the name too.
///
/// # Errors
/// As [`create`].
pub fn create_new(
    path: &Path,
    options: &WriteOptions,
) -> Result<(PathBuf, Box<dyn Writer>), FileError> {
    check(path, options)?;
    let (destination, file) = Destination::create_new(path)?;
    let path = destination.target().to_path_buf();
    let mut writer = open((destination, file), options)?;
    writer.flush()?;
    Ok((path, writer))
}

fn open(
    (destination, file): (Destination, std::fs::File),
    options: &WriteOptions,
) -> Result<Box<dyn Writer>, FileError> {
    Ok(match options.format {
        Format::Flac => Box::new(FlacWriter::new(destination, file, options)?),
        _ => Box::new(WavWriter::new(destination, file, options)?),
    })
}

/// Refuses what the format cannot hold.
fn check(path: &Path, options: &WriteOptions) -> Result<(), FileError> {
    let (max_rate, max_channels) = match options.format {
        Format::Flac => (655_350, 8),
        _ => (1_536_000, 64),
    };
    if options.rate == 0 || options.rate > max_rate {
        let why = format!("{} files have 1 to {max_rate} Hz, not {}", options.format, options.rate);
        return Err(FileError::unsupported(path, why, "choose another --rate or --format"));
    }
    if options.channels == 0 || options.channels > max_channels {
        let why = format!(
            "{} files have 1 to {max_channels} channels, not {}",
            options.format, options.channels
        );
        return Err(FileError::unsupported(path, why, "choose another --format or fewer channels"));
    }
    Ok(())
}

/// Calls `part` with consecutive pieces of `channels`, so that the first piece has at most `first`
/// frames and the others at most `most`.
pub(super) fn in_pieces(
    channels: &[&[f32]],
    first: usize,
    most: usize,
    mut part: impl FnMut(&[&[f32]]) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let frames = channels.first().map_or(0, |c| c.len());
    let (mut at, mut size) = (0, first);
    let mut piece: Vec<&[f32]> = Vec::with_capacity(channels.len());
    while at < frames {
        let end = frames.min(at + size);
        piece.clear();
        piece.extend(channels.iter().map(|channel| &channel[at..end]));
        part(&piece)?;
        (at, size) = (end, most);
    }
    Ok(())
}
