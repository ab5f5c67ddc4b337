//! FLAC files, 24-bit, encoded block by block.

use super::destination::Destination;
use super::encode::in_pieces;
use super::sink::Sink;
use super::{FileError, Quantizer, WriteOptions, Writer, Written};
use flac_codec::Error;
use flac_codec::encode::{FlacSampleWriter, Options};
use std::fs::File;
use std::io;

const BITS: u32 = 24;
/// Room for the largest encoded block, so that only whole blocks reach the disk: 8 channels of
/// 4096 samples, uncompressed.
const BUFFER_BYTES: usize = 128 * 1024;

/// Writes a FLAC file through `flac-codec`.
///
/// A FLAC stream needs no length, so a killed process leaves all whole blocks readable (each is a
/// quarter of a second or less). Memory does not grow but for 32 bytes a block. The prediction is
/// restricted to FLAC's fixed predictors: the adaptive ones use platform mathematics, and the same
/// music would then give different bytes on different machines.
pub(super) struct FlacWriter {
    encoder: FlacSampleWriter<Sink>,
    sink: Sink,
    destination: Destination,
    /// Interleaved samples of the block being filled.
    pending: Vec<i32>,
    block: usize,
    quantizer: Quantizer,
    channels: usize,
    frames: u64,
    /// Frames of the blocks that were brought to the disk.
    safe: u64,
}

impl FlacWriter {
    pub(super) fn new(
        destination: Destination,
        file: File,
        options: &WriteOptions,
    ) -> Result<Self, FileError> {
        let path = destination.target();
        let block = (options.rate / 4).clamp(256, 4096) as u16;
        let encoding = Options::default()
            .max_lpc_order(None)
            .and_then(|o| o.block_size(block))
            .map_err(|e| FileError::write(path, io::Error::other(e)))?
            .no_seektable()
            .no_padding();
        let sink = Sink::new(file, BUFFER_BYTES);
        let channels = options.channels;
        let (rate, count) = (options.rate, channels as u8);
        let encoder = FlacSampleWriter::new(sink.clone(), encoding, rate, BITS, count, None)
            .map_err(|e| FileError::write(path, into_io(e)))?;
        let block = usize::from(block);
        Ok(Self {
            encoder,
            sink,
            destination,
            pending: Vec::with_capacity(block * channels),
            block,
            quantizer: Quantizer::new(BITS, options.seed()),
            channels,
            frames: 0,
            safe: 0,
        })
    }

    fn fill(&mut self, channels: &[&[f32]]) -> Result<(), FileError> {
        for frame in 0..channels[0].len() {
            for channel in channels {
                self.pending.push(self.quantizer.quantize(channel[frame]));
            }
        }
        self.frames += channels[0].len() as u64;
        if self.pending.len() == self.block * self.channels {
            self.encode().map_err(|e| FileError::write(self.destination.target(), e))?;
        }
        Ok(())
    }

    /// Encodes the pending samples and brings the block to the disk.
    fn encode(&mut self) -> io::Result<()> {
        self.encoder.write(&self.pending).map_err(into_io)?;
        self.pending.clear();
        self.sink.checkpoint()?;
        self.safe = self.frames;
        Ok(())
    }
}

impl Writer for FlacWriter {
    fn write(&mut self, channels: &[&[f32]]) -> Result<(), FileError> {
        assert_eq!(channels.len(), self.channels, "a FLAC file keeps its number of channels");
        let room = self.block - self.pending.len() / self.channels;
        in_pieces(channels, room, self.block, |piece| self.fill(piece))
    }

    fn frames(&self) -> u64 {
        self.frames
    }

    fn flush(&mut self) -> Result<u64, FileError> {
        self.sink.checkpoint().map_err(|e| FileError::write(self.destination.target(), e))?;
        Ok(self.safe)
    }

    fn give_up(self: Box<Self>) -> u64 {
        self.sink.give_up();
        self.safe
    }

    fn finish(mut self: Box<Self>) -> Result<Written, FileError> {
        let last = self.encode();
        let Self { encoder, sink, destination, quantizer, frames, .. } = *self;
        let completed = last.and_then(|()| match encoder.finalize() {
            // The header that stands there since the beginning is all that an empty file needs.
            Ok(()) | Err(Error::NoSamples) => sink.checkpoint(),
            Err(e) => Err(into_io(e)),
        });
        if let Err(error) = completed {
            sink.give_up();
            return Err(destination.keep(error));
        }
        destination.commit()?;
        Ok(Written { frames, clipped: quantizer.clipped() })
    }
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(e) => e,
        other => io::Error::other(other.to_string()),
    }
}
