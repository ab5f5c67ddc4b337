//! FLAC files, 24-bit, encoded block by block.

use super::encode::in_pieces;
use super::temporary::Temporary;
use super::{FileError, Quantizer, WriteOptions, Writer, Written};
use flac_codec::Error;
use flac_codec::encode::{FlacSampleWriter, Options};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

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
    temporary: Temporary,
    /// Interleaved samples of the block being filled.
    pending: Vec<i32>,
    block: usize,
    quantizer: Quantizer,
    channels: usize,
    frames: u64,
}

impl FlacWriter {
    pub(super) fn create(path: &Path, options: &WriteOptions) -> Result<Self, FileError> {
        let block = (options.rate / 4).clamp(256, 4096) as u16;
        let encoding = Options::default()
            .max_lpc_order(None)
            .and_then(|o| o.block_size(block))
            .map_err(|e| FileError::write(path, io::Error::other(e)))?
            .no_seektable()
            .no_padding();
        let (temporary, file) = Temporary::create(path)?;
        let sink = Sink(Arc::new(Mutex::new(BufWriter::with_capacity(BUFFER_BYTES, file))));
        let channels = options.channels;
        let (rate, count) = (options.rate, channels as u8);
        let encoder = FlacSampleWriter::new(sink.clone(), encoding, rate, BITS, count, None)
            .map_err(|e| FileError::write(path, into_io(e)))?;
        let block = usize::from(block);
        Ok(Self {
            encoder,
            sink,
            temporary,
            pending: Vec::with_capacity(block * channels),
            block,
            quantizer: Quantizer::new(BITS, options.seed()),
            channels,
            frames: 0,
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
            self.encode().map_err(|e| FileError::write(self.temporary.target(), e))?;
        }
        Ok(())
    }

    /// Encodes the pending samples and brings the block to the disk.
    fn encode(&mut self) -> io::Result<()> {
        self.encoder.write(&self.pending).map_err(into_io)?;
        self.pending.clear();
        self.sink.flush()
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

    fn finish(mut self: Box<Self>) -> Result<Written, FileError> {
        let last = self.encode();
        let Self { encoder, mut sink, temporary, quantizer, frames, .. } = *self;
        let completed = last.and_then(|()| match encoder.finalize() {
            // The header that stands there since the beginning is all that an empty file needs.
            Ok(()) | Err(Error::NoSamples) => sink.flush(),
            Err(e) => Err(into_io(e)),
        });
        if let Err(error) = completed {
            return Err(temporary.keep(error));
        }
        temporary.commit()?;
        Ok(Written { frames, clipped: quantizer.clipped() })
    }
}

/// The file, shared with the encoder because that gives no access to what it writes to.
#[derive(Clone)]
struct Sink(Arc<Mutex<BufWriter<File>>>);

impl Sink {
    fn with<T>(&self, work: impl FnOnce(&mut BufWriter<File>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(Write::flush)
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|file| file.seek(to))
    }
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(e) => e,
        other => io::Error::other(other.to_string()),
    }
}
