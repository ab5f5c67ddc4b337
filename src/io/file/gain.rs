//! Normalisation: the gain that brings a file to a level, and writing a file with a gain.

use super::{FileError, Loudness, Reader, WriteOptions, Written, create};
use std::path::Path;

/// A level to bring a file to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// The largest sample shall have this level in dBFS.
    Peak(f64),
    /// The integrated loudness shall be this many LUFS, unless the true peak would pass the ceiling.
    Lufs {
        /// Integrated loudness in LUFS, for example -14 for streaming or -23 for broadcast.
        lufs: f64,
        /// Highest true peak allowed, in dBTP; -1 is what EBU R 128 asks for.
        ceiling_dbtp: f64,
    },
}

/// The gain that normalises a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// Gain in decibels.
    pub db: f64,
    /// Decibels short of the loudness asked for because the true peak had to stay below its ceiling; 0 if reached.
    pub short_db: f64,
}

impl Gain {
    /// The factor for samples.
    pub fn factor(&self) -> f32 {
        factor(self.db)
    }
}

/// The gain that brings a signal with the measured `loudness` to `target`. Silence gets 0 dB.
///
/// Gains are rounded down to 1/1000 dB: the measuring filters use the platform's mathematics, whose
/// last bits differ between machines, and the rounding keeps them out of the samples.
pub fn gain_for(loudness: &Loudness, target: Target) -> Gain {
    let (wanted, allowed) = match target {
        Target::Peak(dbfs) => (dbfs - loudness.peak_dbfs, f64::INFINITY),
        Target::Lufs { lufs, ceiling_dbtp } => {
            (lufs - loudness.integrated_lufs, ceiling_dbtp - loudness.true_peak_dbtp)
        }
    };
    if !wanted.is_finite() {
        return Gain { db: 0.0, short_db: 0.0 };
    }
    let db = (wanted.min(allowed) * 1000.0).floor() / 1000.0;
    Gain { db, short_db: (wanted - allowed).max(0.0) }
}

/// Decodes `source`, multiplies every sample by `gain_db` and writes `target` (which may be the same file).
///
/// # Errors
/// [`FileError`] if either file fails; `target` is then left as it was.
pub fn apply_gain(
    source: &Path,
    target: &Path,
    options: &WriteOptions,
    gain_db: f64,
) -> Result<Written, FileError> {
    let mut reader = Reader::open(source)?;
    let mut writer = create(target, options)?;
    let factor = factor(gain_db);
    let mut scaled: Vec<Vec<f32>> = Vec::new();
    while let Some(block) = reader.next_block()? {
        scaled.resize_with(block.len(), Vec::new);
        for (to, from) in scaled.iter_mut().zip(block) {
            to.clear();
            to.extend(from.iter().map(|sample| sample * factor));
        }
        let channels: Vec<&[f32]> = scaled.iter().map(Vec::as_slice).collect();
        writer.write(&channels)?;
    }
    writer.finish()
}

/// Decibels to a factor for samples.
fn factor(db: f64) -> f32 {
    libm::pow(10.0, db / 20.0) as f32
}
