//! Opening of audio files: which format and codec, and what the header says.

use super::super::chunks::{FileChunks, SamplerChunks, read_chunks};
use super::super::{FileError, LoopPoint};
use super::overlay::Overlay;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// More channels than any recording has; a damaged header can claim 65,535.
const MAX_CHANNELS: usize = 64;
/// Highest sample rate accepted, in hertz.
const MAX_RATE: u32 = 1_536_000;

const READABLE: &str =
    "use a WAV, AIFF, FLAC, MP3 or Ogg Vorbis file, or convert it with another program";

/// What is known of a file once its header has been read.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct StreamInfo {
    /// Container: `wave`, `aiff`, `flac`, `mp3`, `ogg`, ...
    pub container: String,
    /// Codec: `pcm_s16le`, `flac`, `mp3`, `vorbis`, ...
    pub codec: String,
    /// Sample rate in hertz.
    pub rate: u32,
    /// Number of channels, 1..=64.
    pub channels: usize,
    /// Bits per sample; `None` for lossy codecs.
    pub bits: Option<u32>,
    /// Frames that the header promises, if it says.
    pub frames: Option<u64>,
    /// Loops that lie inside those frames.
    pub loops: Vec<LoopPoint>,
    /// MIDI note at which the recording sounds unshifted, if the file says.
    pub root_key: Option<u8>,
}

/// A file whose header has been read.
pub(super) struct Opened {
    pub(super) format: Box<dyn FormatReader>,
    pub(super) decoder: Box<dyn AudioDecoder>,
    /// The audio track's number among the packets.
    pub(super) track: u32,
    pub(super) info: StreamInfo,
}

/// Opens the file at `path` and reads its header.
pub(super) fn open(path: &Path) -> Result<Opened, FileError> {
    let (format, sampler) = probe(path)?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| FileError::unsupported(path, "it holds no audio", READABLE))?;
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(FileError::unsupported(path, "its audio codec is unknown", READABLE));
    };
    let options = AudioDecoderOptions::default();
    let decoder = contained(path, || {
        symphonia::default::get_codecs().make_audio_decoder(parameters, &options)
    })?
    .map_err(|e| describe(path, &e, None))?;

    let mut info = StreamInfo {
        container: format.format_info().short_name.to_string(),
        codec: decoder.codec_info().short_name.to_string(),
        ..stream_info(path, track, parameters, sampler)?
    };
    // Floating-point codecs state no width.
    info.bits = info.bits.or(match info.codec.as_str() {
        name if name.starts_with("pcm_f32") => Some(32),
        name if name.starts_with("pcm_f64") => Some(64),
        _ => None,
    });
    Ok(Opened { track: track.id, decoder, info, format })
}

/// Finds out the container format.
fn probe(path: &Path) -> Result<(Box<dyn FormatReader>, SamplerChunks), FileError> {
    let meta = path.metadata().map_err(|e| FileError::read(path, e))?;
    if !meta.is_file() {
        let why = "it is a folder or a device, not a file";
        return Err(FileError::unsupported(path, why, READABLE));
    }
    let file = File::open(path).map_err(|e| FileError::read(path, e))?;
    let FileChunks { sampler, unfinished_at } = read_chunks(path)?;
    let file = Overlay::new(file, meta.len(), unfinished_at);
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let format = contained(path, || {
        // No hint from the name: the content decides, also when a file is misnamed.
        let options = (FormatOptions::default(), MetadataOptions::default());
        symphonia::default::get_probe().probe(&Hint::new(), stream, options.0, options.1)
    })?
    .map_err(|error| match error {
        Error::Unsupported(what) if what.contains("no suitable format") => {
            FileError::unsupported(path, "its content is no known audio format", READABLE)
        }
        other => describe(path, &other, None),
    })?;
    Ok((format, sampler))
}

/// What the header and the sampler chunks say, checked; the names are left empty.
fn stream_info(
    path: &Path,
    track: &Track,
    parameters: &AudioCodecParameters,
    mut sampler: SamplerChunks,
) -> Result<StreamInfo, FileError> {
    let rate = parameters.sample_rate.unwrap_or(0);
    let channels = parameters.channels.as_ref().map_or(0, |c| c.count());
    if rate == 0 || rate > MAX_RATE {
        let why = format!("its header gives a sample rate of {rate} Hz");
        return Err(FileError::malformed(path, why, None));
    }
    if channels == 0 || channels > MAX_CHANNELS {
        let why = format!("its header gives {channels} channels");
        return Err(FileError::malformed(path, why, None));
    }
    let frames = track.num_frames.unwrap_or(u64::MAX);
    sampler.loops.retain(|l| l.start < l.end && l.end <= frames);
    Ok(StreamInfo {
        container: String::new(),
        codec: String::new(),
        rate,
        channels,
        bits: parameters.bits_per_sample,
        frames: track.num_frames,
        loops: sampler.loops,
        root_key: sampler.root_key,
    })
}

/// Runs a decoder; a panic in it becomes an error, because the file is to blame.
pub(super) fn contained<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T, FileError> {
    // The decoder is dropped after a panic, so that its broken state is never looked at.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| FileError::malformed(path, "its content makes the decoder fail", None))
}

/// A decoder's error as ours, with the byte offset where it is known.
pub(super) fn describe(path: &Path, error: &Error, offset: Option<u64>) -> FileError {
    match error {
        Error::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            FileError::malformed(path, "it ends too early", offset)
        }
        Error::IoError(e) => FileError::read(path, io::Error::new(e.kind(), e.to_string())),
        Error::Unsupported(what) => FileError::unsupported(path, *what, READABLE),
        Error::DecodeError(what) | Error::LimitError(what) => {
            FileError::malformed(path, *what, offset)
        }
        other => FileError::malformed(path, other.to_string(), offset),
    }
}
