//! Decoding of audio files, block by block and in bounded memory.

mod header;
mod overlay;

pub use header::StreamInfo;

use super::{AudioFile, FileError};
use header::{Opened, contained, describe, open};
use std::path::{Path, PathBuf};
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;
use symphonia::core::io::ReadBytes;

/// The most memory that a file read as a whole may take once decoded: 1 GiB (46 minutes of stereo at 48 kHz).
pub const MAX_DECODED_BYTES: u64 = 1 << 30;
/// Damaged packets of a lossy stream that are passed over before the file is given up.
const MAX_DAMAGED_PACKETS: u32 = 64;

/// Reads a file's audio from its beginning to its end.
pub struct Reader {
    path: PathBuf,
    /// `None` once the stream has ended or failed.
    format: Option<Box<dyn FormatReader>>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    info: StreamInfo,
    block: Vec<Vec<f32>>,
    frames: u64,
    damaged_packets: u32,
}

impl Reader {
    /// Opens the file at `path` and reads its header.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be opened, is no known format or has a damaged header.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let Opened { format, decoder, track, info } = open(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            format: Some(format),
            decoder,
            track,
            block: vec![Vec::new(); info.channels],
            info,
            frames: 0,
            damaged_packets: 0,
        })
    }

    /// What the header says.
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// Frames decoded so far.
    pub fn position(&self) -> u64 {
        self.frames
    }

    /// Decodes the next block, channels x frames (some thousand frames); `None` at the end.
    /// Samples that are not finite come out as silence.
    ///
    /// # Errors
    /// [`FileError::Malformed`] with the byte offset if the file is damaged or ends before the
    /// frames that its header promises; [`FileError::Read`] if the disk fails.
    pub fn next_block(&mut self) -> Result<Option<&[Vec<f32>]>, FileError> {
        while self.format.is_some() {
            let step = {
                let (format, decoder) = (&mut self.format, &mut self.decoder);
                let (track, block) = (self.track, &mut self.block);
                contained(&self.path, || {
                    decode_packet(format.as_deref_mut(), decoder.as_mut(), track, block)
                })
            };
            match step {
                Ok(Ok(Step::Block)) => {
                    self.check_block()?;
                    if !self.block[0].is_empty() {
                        return Ok(Some(&self.block));
                    }
                }
                Ok(Ok(Step::End)) => self.end()?,
                Ok(Err(Error::DecodeError(_))) if self.forgives() => self.damaged_packets += 1,
                Ok(Err(error)) => return Err(self.fail(&error)),
                Err(panicked) => {
                    self.format = None;
                    return Err(panicked);
                }
            }
        }
        Ok(None)
    }

    /// Reads the rest of the file into memory.
    pub(super) fn read_to_end(mut self) -> Result<AudioFile, FileError> {
        let frame_bytes = 4 * self.info.channels as u64;
        let max_frames = MAX_DECODED_BYTES / frame_bytes;
        let too_long = |path: &Path, rate: u32| {
            let minutes = max_frames / (60 * u64::from(rate));
            let why = format!("it lasts longer than {minutes} minutes, all that fits in 1 GiB");
            FileError::too_large(path, why, "cut the part you need out of it")
        };
        let promised = self.info.frames.unwrap_or(0);
        if promised > max_frames {
            return Err(too_long(&self.path, self.info.rate));
        }
        // A header may lie: take its word only for as much as the file could hold.
        let mut channels =
            vec![Vec::with_capacity(promised.min(1 << 20) as usize); self.info.channels];
        while let Some(block) = self.next_block()? {
            for (whole, part) in channels.iter_mut().zip(block) {
                whole.extend_from_slice(part);
            }
            if self.frames > max_frames {
                return Err(too_long(&self.path, self.info.rate));
            }
        }
        if self.frames == 0 {
            return Err(FileError::malformed(&self.path, "it holds no audio", None));
        }
        self.info.loops.retain(|l| l.end <= self.frames);
        let StreamInfo { rate, loops, root_key, .. } = self.info;
        Ok(AudioFile { rate, channels, loops, root_key })
    }

    /// Whether damaged packets are passed over: streams made for broadcast expect it.
    fn forgives(&self) -> bool {
        self.info.bits.is_none() && self.damaged_packets < MAX_DAMAGED_PACKETS
    }

    fn check_block(&mut self) -> Result<(), FileError> {
        if self.block.len() != self.info.channels {
            let why =
                format!("it changes from {} to {} channels", self.info.channels, self.block.len());
            let offset = self.offset();
            return Err(FileError::malformed(&self.path, why, offset));
        }
        for sample in self.block.iter_mut().flatten() {
            if !sample.is_finite() {
                *sample = 0.0;
            }
        }
        self.frames += self.block[0].len() as u64;
        Ok(())
    }

    fn end(&mut self) -> Result<(), FileError> {
        let offset = self.offset();
        match self.info.frames {
            // The lengths that lossy formats state are estimates; the others' are exact.
            Some(promised) if self.info.bits.is_some() && self.frames < promised => {
                let why =
                    format!("it ends after {} of the {promised} frames it promises", self.frames);
                Err(FileError::malformed(&self.path, why, offset))
            }
            _ => Ok(()),
        }
    }

    fn fail(&mut self, error: &Error) -> FileError {
        let offset = self.offset();
        describe(&self.path, error, offset)
    }

    /// Closes the stream and tells the byte it had reached.
    fn offset(&mut self) -> Option<u64> {
        self.format.take().map(|format| format.into_inner().pos())
    }
}

enum Step {
    Block,
    End,
}

/// Decodes one packet of `track` into `block`.
fn decode_packet(
    format: Option<&mut (dyn FormatReader + 'static)>,
    decoder: &mut dyn AudioDecoder,
    track: u32,
    block: &mut Vec<Vec<f32>>,
) -> Result<Step, Error> {
    let Some(format) = format else { return Ok(Step::End) };
    while let Some(packet) = format.next_packet()? {
        if packet.track_id == track {
            decoder.decode(&packet)?.copy_to_vecs_planar(block);
            return Ok(Step::Block);
        }
    }
    Ok(Step::End)
}
