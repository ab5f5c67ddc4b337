//! The file formats that can be written.

use super::FileError;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A file format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// WAV, 16-bit integers.
    Wav16,
    /// WAV, 24-bit integers.
    Wav24,
    /// WAV, 32-bit floating point: keeps every bit of a render, and levels above full scale.
    Wav32f,
    /// FLAC, 24-bit: half the size of WAV, without loss.
    Flac,
}

impl Format {
    /// All formats, in the order in which they are documented.
    pub const ALL: [Self; 4] = [Self::Wav16, Self::Wav24, Self::Wav32f, Self::Flac];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav16 => "wav16",
            Self::Wav24 => "wav24",
            Self::Wav32f => "wav32f",
            Self::Flac => "flac",
        }
    }

    /// The extension of the format's files, without the dot.
    pub fn extension(self) -> &'static str {
        if self == Self::Flac { "flac" } else { "wav" }
    }

    /// Integer bits per sample, or `None` for floating point.
    pub fn integer_bits(self) -> Option<u32> {
        match self {
            Self::Wav16 => Some(16),
            Self::Wav24 | Self::Flac => Some(24),
            Self::Wav32f => None,
        }
    }

    /// Bytes that one sample takes uncompressed.
    pub fn bytes_per_sample(self) -> u64 {
        u64::from(self.integer_bits().unwrap_or(32)) / 8
    }

    /// The format that a file name asks for: `.wav` (and `.wave`) is 24-bit WAV, `.flac` is FLAC.
    ///
    /// # Errors
    /// [`FileError::Unsupported`] for any other extension, naming the ones that exist.
    pub fn from_path(path: &Path) -> Result<Self, FileError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("wav" | "wave") => Ok(Self::Wav24),
            Some("flac") => Ok(Self::Flac),
            Some(other) => Err(FileError::unsupported(
                path,
                format!("files ending in `.{other}` cannot be written"),
                "use a name ending in .wav or .flac, or say --format wav16, wav24, wav32f or flac",
            )),
            None => Err(FileError::unsupported(
                path,
                "its name has no extension to tell the format",
                "use a name ending in .wav or .flac, or say --format wav16, wav24, wav32f or flac",
            )),
        }
    }

    /// Frames that fit in one file of this format: a WAV file ends at 4 GiB, FLAC at 2^36 - 1 frames.
    pub fn max_frames(self, channels: usize) -> u64 {
        match self {
            Self::Flac => (1 << 36) - 1,
            // 4 KiB is left for the header and the sampler chunk.
            _ => (u64::from(u32::MAX) - 4096) / (self.bytes_per_sample() * channels.max(1) as u64),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("`{text}` is no file format; use wav16, wav24, wav32f or flac"))
    }
}
