//! Writing of a command's result: format, dither and normalisation, as all commands offer them.

use crate::io::file::{
    FileError, Format, Gain, Meter, Target, WriteOptions, Writer, Written, apply_gain, create,
    gain_for,
};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// The true peak that normalising to a loudness never passes, in dBTP: EBU R 128.
const CEILING_DBTP: f64 = -1.0;

/// How the result is written.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct OutputArgs {
    /// File format; without it, the file's extension decides (.wav is wav24)
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Scale the result so that its largest sample has this level in dBFS
    #[arg(long, value_name = "DBFS", num_args = 0..=1, require_equals = true, default_missing_value = "-1.0",
          allow_negative_numbers = true, conflicts_with = "lufs")]
    pub normalize: Option<f64>,
    /// Scale the result to this integrated loudness, for example -14; true peaks stay below -1 dBTP
    #[arg(long, value_name = "LUFS", allow_negative_numbers = true)]
    pub lufs: Option<f64>,
    /// Round to 16 bits without dither
    #[arg(long)]
    pub no_dither: bool,
}

impl OutputArgs {
    /// The format asked for, else the one that the name of `path` stands for.
    ///
    /// # Errors
    /// [`FileError::Unsupported`] if neither tells.
    pub fn format_for(&self, path: &Path) -> Result<Format, FileError> {
        self.format.map_or_else(|| Format::from_path(path), Ok)
    }

    /// The options to write `path` with, at `rate` hertz and with `channels` channels.
    ///
    /// # Errors
    /// [`FileError::Unsupported`] if neither `--format` nor the name tells the format.
    pub fn write_options(
        &self,
        path: &Path,
        rate: u32,
        channels: usize,
    ) -> Result<WriteOptions, FileError> {
        let mut options = WriteOptions::new(self.format_for(path)?, rate, channels);
        options.dither &= !self.no_dither;
        Ok(options)
    }

    /// The level to normalise to, if one was asked for.
    pub fn target(&self) -> Option<Target> {
        let loudness = self.lufs.map(|lufs| Target::Lufs { lufs, ceiling_dbtp: CEILING_DBTP });
        loudness.or(self.normalize.map(Target::Peak))
    }
}

/// A result being written. Dropping it leaves nothing behind; [`Output::finish`] completes the file.
///
/// Normalisation needs the whole signal first: it is then written to a temporary 32-bit
/// floating-point WAV file in the same folder, measured on the way, and scaled into the final file.
pub struct Output {
    writer: Box<dyn Writer>,
    meter: Meter,
    second_pass: Option<SecondPass>,
}

struct SecondPass {
    intermediate: TempPath,
    path: PathBuf,
    options: WriteOptions,
    target: Target,
}

/// What became of an [`Output`].
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// What was written.
    pub written: Written,
    /// Largest sample before normalisation, linear.
    pub peak: f32,
    /// The gain of the normalisation, if one was asked for.
    pub gain: Option<Gain>,
}

impl Finished {
    /// What the user should know about the result, one sentence each; none if all is as asked for.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.written.clipped > 0 {
            let clipped = self.written.clipped;
            warnings.push(format!(
                "{clipped} samples were beyond full scale and were clipped; \
                 lower the level, or use --normalize or --format wav32f"
            ));
        }
        if let Some(Gain { short_db, .. }) = self.gain.filter(|gain| gain.short_db >= 0.05) {
            warnings.push(format!(
                "the loudness stays {short_db:.1} LU below the one asked for, \
                 because true peaks must stay below {CEILING_DBTP} dBTP; a limiter makes room"
            ));
        }
        warnings
    }
}

impl Output {
    /// Starts to write `path` as `options` say, normalised to `target` if there is one.
    ///
    /// # Errors
    /// [`FileError`] as for [`crate::io::file::create`], before any audio is made.
    pub fn create(
        path: &Path,
        options: WriteOptions,
        target: Option<Target>,
    ) -> Result<Self, FileError> {
        let meter = match target {
            Some(Target::Lufs { .. }) => Meter::new(options.rate, options.channels),
            _ => Meter::levels_only(options.channels),
        };
        // Created also when a second pass writes it: what cannot be written fails now, not after the render.
        let writer = create(path, &options)?;
        let Some(target) = target else {
            return Ok(Self { writer, meter, second_pass: None });
        };
        drop(writer);
        let intermediate = reserve_beside(path)?;
        let plain = WriteOptions::new(Format::Wav32f, options.rate, options.channels);
        let writer = create(&intermediate, &plain)?;
        let second_pass =
            Some(SecondPass { intermediate, path: path.to_path_buf(), options, target });
        Ok(Self { writer, meter, second_pass })
    }

    /// Appends a block, channels x frames.
    ///
    /// # Errors
    /// [`FileError`] as for [`Writer::write`].
    pub fn write(&mut self, channels: &[&[f32]]) -> Result<(), FileError> {
        self.meter.add(channels);
        self.writer.write(channels)
    }

    /// Largest sample so far, linear, before normalisation.
    pub fn peak(&self) -> f32 {
        self.meter.peak()
    }

    /// Completes the file, also when it ends earlier than planned.
    ///
    /// # Errors
    /// [`FileError`] if the disk fails; no file is left then.
    pub fn finish(self) -> Result<Finished, FileError> {
        let Self { writer, meter, second_pass } = self;
        let peak = meter.peak();
        let written = writer.finish()?;
        let Some(SecondPass { intermediate, path, options, target }) = second_pass else {
            return Ok(Finished { written, peak, gain: None });
        };
        let gain = gain_for(&meter.loudness(), target);
        let written = apply_gain(&intermediate, &path, &options, gain.db)?;
        Ok(Finished { written, peak, gain: Some(gain) })
    }
}

/// Reserves a name in the folder of `path` for a file that is removed when the value is dropped.
fn reserve_beside(path: &Path) -> Result<TempPath, FileError> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix("unscaled-")
        .suffix(".wav")
        .tempfile_in(folder)
        .map(tempfile::NamedTempFile::into_temp_path)
        .map_err(|source| FileError::Write { path: path.to_path_buf(), source })
}
