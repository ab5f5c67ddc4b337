//! The command `info`: what an audio file is and how loud.

use super::super::progress::clock;
use crate::io::file::{FileError, Loudness, Meter, Reader, StreamInfo};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `info`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct InfoArgs {
    /// Audio files (WAV, AIFF, FLAC, MP3, Ogg Vorbis)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print a JSON array, one object a file
    #[arg(long)]
    pub json: bool,
}

/// A file's description; the fields of the JSON object. Levels of silence are `null`.
#[derive(Clone, Debug, serde::Serialize)]
struct Description {
    path: PathBuf,
    #[serde(flatten)]
    stream: StreamInfo,
    /// Length in seconds, as decoded.
    duration: f64,
    peak_dbfs: Option<f64>,
    rms_dbfs: Option<f64>,
    integrated_lufs: Option<f64>,
    range_lu: f64,
    true_peak_dbtp: Option<f64>,
}

/// Describes every file of `args` on `out`, decoding each to its end.
///
/// # Errors
/// A [`FileError`] for each file that cannot be read, after all others were described; one
/// [`FileError::Write`] if `out` fails.
pub fn info(args: &InfoArgs, out: &mut dyn Write) -> Result<(), Vec<FileError>> {
    let mut failures = Vec::new();
    let mut descriptions = Vec::new();
    for path in &args.files {
        match describe(path) {
            Ok(description) if args.json => descriptions.push(description),
            Ok(description) => print(&description, out).map_err(unprintable)?,
            Err(error) => failures.push(error),
        }
    }
    if args.json {
        let written =
            serde_json::to_writer_pretty(&mut *out, &descriptions).map_err(io::Error::from);
        written.and_then(|()| writeln!(out)).map_err(unprintable)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn unprintable(source: io::Error) -> Vec<FileError> {
    vec![FileError::Write { path: PathBuf::from("standard output"), source }]
}

fn describe(path: &Path) -> Result<Description, FileError> {
    let mut reader = Reader::open(path)?;
    let mut stream = reader.info().clone();
    let mut meter = Meter::new(stream.rate, stream.channels);
    while let Some(block) = reader.next_block()? {
        let channels: Vec<&[f32]> = block.iter().map(Vec::as_slice).collect();
        meter.add(&channels);
    }
    stream.frames = Some(reader.position());
    let Loudness { integrated_lufs, range_lu, true_peak_dbtp, peak_dbfs, rms_dbfs } =
        meter.loudness();
    let finite = |level: f64| level.is_finite().then_some(level);
    Ok(Description {
        path: path.to_path_buf(),
        duration: reader.position() as f64 / f64::from(stream.rate),
        stream,
        peak_dbfs: finite(peak_dbfs),
        rms_dbfs: finite(rms_dbfs),
        integrated_lufs: finite(integrated_lufs),
        range_lu,
        true_peak_dbtp: finite(true_peak_dbtp),
    })
}

fn print(file: &Description, out: &mut dyn Write) -> io::Result<()> {
    let stream = &file.stream;
    let level = |level: Option<f64>, unit: &str| {
        level.map_or("silent".into(), |l| format!("{l:.2} {unit}"))
    };
    let frames = stream.frames.unwrap_or(0);
    let bits = stream.bits.map_or(String::new(), |bits| format!(", {bits} bits"));
    writeln!(out, "{}", file.path.display())?;
    writeln!(out, "  format      {} ({}{bits})", stream.container, stream.codec)?;
    writeln!(out, "  rate        {} Hz", stream.rate)?;
    writeln!(out, "  channels    {}", stream.channels)?;
    writeln!(
        out,
        "  duration    {} ({:.3} s, {frames} frames)",
        clock(file.duration),
        file.duration
    )?;
    writeln!(out, "  peak        {}", level(file.peak_dbfs, "dBFS"))?;
    writeln!(out, "  true peak   {}", level(file.true_peak_dbtp, "dBTP"))?;
    writeln!(out, "  RMS         {}", level(file.rms_dbfs, "dBFS"))?;
    writeln!(
        out,
        "  loudness    {}, range {:.1} LU",
        level(file.integrated_lufs, "LUFS"),
        file.range_lu
    )?;
    if let Some(key) = stream.root_key {
        writeln!(out, "  root key    {key}")?;
    }
    for point in &stream.loops {
        writeln!(out, "  loop        {:?}, frames {} to {}", point.kind, point.start, point.end)?;
    }
    Ok(())
}
