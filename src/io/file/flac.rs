//! FLAC files, 24-bit, encoded frame by frame in constant memory.

use super::encode::in_pieces;
use super::temporary::Temporary;
use super::{FileError, Quantizer, WriteOptions, Writer, Written};
use flacenc::bitsink::MemSink;
use flacenc::component::{BitRepr, StreamInfo};
use flacenc::config::{Encoder, OrderSel};
use flacenc::error::{Verified, Verify};
use flacenc::source::{Context, Fill, FrameBuf};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

const BITS: u32 = 24;
/// The marker `fLaC` and the header of the one metadata block (type 0, the last one, 34 bytes).
const PREAMBLE: [u8; 8] = [b'f', b'L', b'a', b'C', 0x80, 0, 0, 34];

/// Writes a FLAC file through `flacenc`.
///
/// A FLAC stream needs no length, so a killed process leaves all whole blocks readable (each is a
/// quarter of a second or less). The prediction is restricted to FLAC's fixed predictors, chosen
/// by counting bits: the adaptive ones use platform mathematics, and the same music would then
/// give different bytes on different machines.
pub(super) struct FlacWriter {
    temporary: Temporary,
    file: File,
    config: Verified<Encoder>,
    info: StreamInfo,
    /// Counts frames and blocks, and digests the samples.
    context: Context,
    buffer: FrameBuf,
    /// Interleaved samples of the block being filled.
    pending: Vec<i32>,
    block: usize,
    quantizer: Quantizer,
    channels: usize,
}

impl FlacWriter {
    pub(super) fn create(path: &Path, options: &WriteOptions) -> Result<Self, FileError> {
        let internal = |e: &dyn std::fmt::Debug| {
            FileError::write(path, io::Error::other(format!("FLAC: {e:?}")))
        };
        let mut config = Encoder::default();
        config.subframe_coding.use_lpc = false;
        config.subframe_coding.fixed.order_sel = OrderSel::BitCount;
        let config = config.into_verified().map_err(|(_, e)| internal(&e))?;
        let block = (options.rate as usize / 4).clamp(256, 4096);
        let mut info = StreamInfo::new(options.rate as usize, options.channels, BITS as usize)
            .map_err(|e| internal(&e))?;
        info.set_block_sizes(block, block).map_err(|e| internal(&e))?;
        let buffer = FrameBuf::with_size(options.channels, block).map_err(|e| internal(&e))?;
        let (temporary, file) = Temporary::create(path)?;
        let mut writer = Self {
            temporary,
            file,
            config,
            info,
            context: Context::new(BITS as usize, options.channels),
            buffer,
            pending: Vec::with_capacity(block * options.channels),
            block,
            quantizer: Quantizer::new(BITS, options.seed()),
            channels: options.channels,
        };
        writer.write_header().map_err(|e| FileError::write(path, e))?;
        Ok(writer)
    }

    /// Writes the stream's description at the start of the file, with what is known so far.
    fn write_header(&mut self) -> io::Result<()> {
        let mut sink = MemSink::<u8>::new();
        self.info.write(&mut sink).map_err(|e| io::Error::other(format!("FLAC header: {e:?}")))?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&PREAMBLE)?;
        self.file.write_all(sink.as_slice())
    }

    fn fill(&mut self, channels: &[&[f32]]) -> Result<(), FileError> {
        for frame in 0..channels[0].len() {
            for channel in channels {
                self.pending.push(self.quantizer.quantize(channel[frame]));
            }
        }
        if self.pending.len() == self.block * self.channels {
            self.encode_pending().map_err(|e| FileError::write(self.temporary.target(), e))?;
        }
        Ok(())
    }

    /// Encodes the pending samples as one FLAC frame and writes it whole.
    fn encode_pending(&mut self) -> io::Result<()> {
        let internal = |e: &dyn std::fmt::Debug| io::Error::other(format!("FLAC: {e:?}"));
        let number = self.context.current_frame_number().map_or(0, |n| n + 1);
        self.buffer.fill_interleaved(&self.pending).map_err(|e| internal(&e))?;
        self.context.fill_interleaved(&self.pending).map_err(|e| internal(&e))?;
        let frame =
            flacenc::encode_fixed_size_frame(&self.config, &self.buffer, number, &self.info)
                .map_err(|e| internal(&e))?;
        let mut sink = MemSink::<u8>::with_capacity(frame.count_bits());
        frame.write(&mut sink).map_err(|e| internal(&e))?;
        let bytes = sink.as_slice();
        let smallest =
            if number == 0 { bytes.len() } else { self.info.min_frame_size().min(bytes.len()) };
        let largest = self.info.max_frame_size().max(bytes.len());
        self.file.write_all(bytes)?;
        self.info.set_frame_sizes(smallest, largest).map_err(|e| internal(&e))?;
        self.pending.clear();
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
        (self.context.total_samples() + self.pending.len() / self.channels) as u64
    }

    fn finish(mut self: Box<Self>) -> Result<Written, FileError> {
        let frames = self.frames();
        if !self.pending.is_empty() {
            self.encode_pending().map_err(|e| FileError::write(self.temporary.target(), e))?;
        }
        self.info.set_total_samples(frames as usize);
        self.info.set_md5_digest(&self.context.md5_digest());
        self.write_header().map_err(|e| FileError::write(self.temporary.target(), e))?;
        let Self { temporary, quantizer, .. } = *self;
        temporary.commit()?;
        Ok(Written { frames, clipped: quantizer.clipped() })
    }
}
