//! WAV files: 16- and 24-bit integers and 32-bit floating point.

use super::chunks::{SamplerChunks, append_sampler_chunk};
use super::destination::Destination;
use super::encode::in_pieces;
use super::sink::Sink;
use super::{FileError, Format, Quantizer, WriteOptions, Writer, Written};
use std::fs::File;
use std::io::{self, BufWriter};

/// Writes a WAV file through `hound`, with a valid header at least every half second of audio.
pub(super) struct WavWriter {
    destination: Destination,
    /// A second handle on the same file, to append the sampler chunk after `hound` is done.
    file: File,
    sink: Sink,
    wav: hound::WavWriter<BufWriter<Sink>>,
    /// `None` for floating point.
    quantizer: Option<Quantizer>,
    channels: usize,
    rate: u32,
    frames: u64,
    max_frames: u64,
    /// Frames up to the last flush.
    safe: u64,
    sampler: SamplerChunks,
}

impl WavWriter {
    pub(super) fn new(
        destination: Destination,
        file: File,
        options: &WriteOptions,
    ) -> Result<Self, FileError> {
        let path = destination.target();
        let bits = options.format.integer_bits();
        let spec = hound::WavSpec {
            channels: options.channels as u16,
            sample_rate: options.rate,
            bits_per_sample: bits.unwrap_or(32) as u16,
            sample_format: match options.format {
                Format::Wav32f => hound::SampleFormat::Float,
                _ => hound::SampleFormat::Int,
            },
        };
        let second = file.try_clone().map_err(|e| FileError::write(path, e))?;
        let sink = Sink::new(second, 0);
        let wav = hound::WavWriter::new(BufWriter::with_capacity(1 << 16, sink.clone()), spec)
            .map_err(|e| FileError::write(path, into_io(e)))?;
        Ok(Self {
            destination,
            file,
            sink,
            wav,
            quantizer: bits.map(|bits| Quantizer::new(bits, options.seed())),
            channels: options.channels,
            rate: options.rate,
            frames: 0,
            max_frames: options.format.max_frames(options.channels),
            safe: 0,
            sampler: options.sampler_chunks(),
        })
    }

    /// Frames between two flushes: half a second.
    fn flush_interval(&self) -> usize {
        (self.rate as usize / 2).max(1)
    }

    fn refuse_overflow(&self, frames: u64) -> Result<(), FileError> {
        if self.frames + frames <= self.max_frames {
            return Ok(());
        }
        let minutes = self.max_frames / (60 * u64::from(self.rate));
        let why = format!("a WAV file ends at 4 GiB, here {minutes} minutes");
        let hint = "use --format flac or wav16, or write it in parts";
        Err(FileError::too_large(self.destination.target(), why, hint))
    }

    fn write_piece(&mut self, channels: &[&[f32]]) -> Result<(), FileError> {
        let frames = channels[0].len();
        self.append(channels)
            .map_err(|e| FileError::write(self.destination.target(), into_io(e)))?;
        self.frames += frames as u64;
        if self.frames - self.safe >= self.flush_interval() as u64 {
            self.flush()?;
        }
        Ok(())
    }

    fn append(&mut self, channels: &[&[f32]]) -> Result<(), hound::Error> {
        for frame in 0..channels[0].len() {
            for channel in channels {
                match &mut self.quantizer {
                    Some(quantizer) => self.wav.write_sample(quantizer.quantize(channel[frame]))?,
                    None => self.wav.write_sample(channel[frame])?,
                }
            }
        }
        Ok(())
    }
}

impl Writer for WavWriter {
    fn write(&mut self, channels: &[&[f32]]) -> Result<(), FileError> {
        assert_eq!(channels.len(), self.channels, "a WAV file keeps its number of channels");
        self.refuse_overflow(channels[0].len() as u64)?;
        let interval = self.flush_interval();
        let first = interval - (self.frames - self.safe) as usize;
        in_pieces(channels, first, interval, |piece| self.write_piece(piece))
    }

    fn frames(&self) -> u64 {
        self.frames
    }

    fn flush(&mut self) -> Result<u64, FileError> {
        let flushed = self.wav.flush().map_err(into_io).and_then(|()| self.sink.checkpoint());
        flushed.map_err(|e| FileError::write(self.destination.target(), e))?;
        self.safe = self.frames;
        Ok(self.safe)
    }

    fn give_up(self: Box<Self>) -> u64 {
        self.sink.give_up();
        self.safe
    }

    fn finish(self: Box<Self>) -> Result<Written, FileError> {
        let Self { destination, mut file, sink, wav, quantizer, rate, frames, sampler, .. } = *self;
        let completed = wav
            .finalize()
            .map_err(into_io)
            .and_then(|()| append_sampler_chunk(&mut file, rate, &sampler));
        drop(file);
        if let Err(error) = completed {
            sink.give_up();
            return Err(destination.keep(error));
        }
        destination.commit()?;
        Ok(Written { frames, clipped: quantizer.map_or(0, |q| q.clipped()) })
    }
}

fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(e) => e,
        other => io::Error::other(other),
    }
}
