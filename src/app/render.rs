//! `render`: a script to a sound file, as fast as the machine can.

use super::input::{ScriptArgs, written};
use super::interrupt::interrupted;
use super::output::{Output, OutputArgs};
use super::progress::Progress;
use super::{Failure, outputs, replay, report};
use crate::engine::offline::Tail;
use crate::engine::{Length, Offline, Options};
use crate::io::file::{AudioFile, Format, resample};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The level in dBFS below which a tail has decayed, if nothing is said.
const TAIL_LEVEL: f64 = -80.0;

/// How a script is rendered.
#[derive(Clone, Debug, clap::Args)]
pub struct RenderArgs {
    #[command(flatten)]
    script: ScriptArgs,
    /// For a MIDI file: what plays all of it but the percussion, as a script makes it: 'synths::epiano()'
    #[arg(long, value_name = "CODE")]
    instrument: Option<String>,
    /// Sample rate in Hz
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    rate: u32,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Render this many bars (the script's length_bars otherwise, else 8)
    #[arg(long, conflicts_with = "seconds")]
    bars: Option<f64>,
    /// Render this many seconds
    #[arg(long)]
    seconds: Option<f64>,
    /// What follows the music: `auto` (until it has decayed, 30 s at most), `none`, or seconds
    #[arg(long, default_value = "auto", value_parser = tail)]
    tail: TailArg,
    /// The level in dBFS below which an automatic tail has decayed
    #[arg(long, default_value_t = TAIL_LEVEL, allow_negative_numbers = true, value_name = "DB")]
    tail_level: f64,
    /// Also write each track, bus and the master to a file of its own in this folder
    #[arg(long, value_name = "DIR")]
    stems: Option<PathBuf>,
    /// A sound file that `audio_in` hears, channel by channel from the beginning; without `length_bars` the music is as long
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Threads; the result is the same for any number
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Let samples exceed full scale (in 32-bit float files they survive)
    #[arg(long)]
    no_limiter: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    file: OutputArgs,
}

/// `--tail`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TailArg {
    /// Until it has decayed.
    Auto,
    /// This many seconds.
    Seconds(f64),
}

fn tail(text: &str) -> Result<TailArg, String> {
    match text {
        "auto" => Ok(TailArg::Auto),
        "none" => Ok(TailArg::Seconds(0.0)),
        _ => match text.parse() {
            Ok(s) if (0.0..=3600.0).contains(&s) => Ok(TailArg::Seconds(s)),
            _ => Err("expected `auto`, `none`, or seconds from 0 to 3600".into()),
        },
    }
}

impl RenderArgs {
    /// All of `script` into the file `output`, with its tail.
    #[must_use]
    pub fn of(script: ScriptArgs, output: PathBuf, rate: u32) -> RenderArgs {
        RenderArgs {
            script,
            instrument: None,
            rate,
            output: Some(output),
            bars: None,
            seconds: None,
            tail: TailArg::Auto,
            tail_level: TAIL_LEVEL,
            stems: None,
            input: None,
            threads: 1,
            no_limiter: false,
            quiet: false,
            file: OutputArgs::default(),
        }
    }

    /// The script, with the instrument that plays a MIDI file.
    fn script(&self) -> Result<ScriptArgs, Failure> {
        let Some(instrument) = &self.instrument else { return Ok(self.script.clone()) };
        let Some(file) = self.script.midi() else {
            let message = "--instrument is for MIDI files; a script says itself what plays";
            return Err(Failure::message(message));
        };
        let text = Some(written::song(&file, Some(instrument)));
        Ok(ScriptArgs { text, ..self.script.clone() })
    }

    fn options(&self) -> Result<Options, Failure> {
        Ok(Options {
            rate: self.rate,
            length: match (self.bars, self.seconds) {
                (Some(bars), _) => Length::Bars(bars),
                (_, Some(seconds)) => Length::Seconds(seconds),
                _ => Length::Script,
            },
            tail: match self.tail {
                TailArg::Auto => Tail::Auto(self.tail_level),
                TailArg::Seconds(s) => Tail::Seconds(s),
            },
            threads: self.threads.clamp(1, 256),
            ceiling: if self.no_limiter { None } else { Some(0.0) },
            input: self.heard()?,
        })
    }

    /// What `audio_in` hears.
    fn heard(&self) -> Result<Arc<[Vec<f32>]>, Failure> {
        let Some(path) = &self.input else { return Ok(Arc::default()) };
        let file = AudioFile::read(path)?;
        let file = if file.rate == self.rate { file } else { resample(&file, self.rate) };
        Ok(file.channels.into())
    }

    /// Renders a session log.
    fn replay(&self) -> Result<(), Failure> {
        let RenderArgs { bars, seconds, stems, input, instrument, script, .. } = self;
        let own = [
            ("--bars", bars.is_some()),
            ("--seconds", seconds.is_some()),
            ("--stems", stems.is_some()),
            ("--input", input.is_some()),
            ("--instrument", instrument.is_some()),
            ("--set", !script.set.is_empty()),
            ("--seed", script.seed.is_some()),
        ];
        if let Some((option, _)) = own.iter().find(|option| option.1) {
            let why = format!("a session log says itself what {option} says: leave it out");
            return Err(Failure::message(why));
        }
        let (path, file, quiet) = (&self.path(), &self.file, self.quiet);
        let sink = replay::Sink { path, file, quiet, external: script.allow_external };
        replay::render(&script.script, &sink)
    }

    /// The file to write: the script's name with the format's ending, if none was given.
    fn path(&self) -> PathBuf {
        let ending = self.file.format.unwrap_or(Format::Wav24).extension();
        self.output.clone().unwrap_or_else(|| self.script.script.with_extension(ending))
    }
}

/// Renders as the arguments say. Ctrl-C ends the render and leaves a valid, shorter file.
///
/// # Errors
/// What is wrong with the script, or why the file could not be written.
pub fn render(args: &RenderArgs) -> Result<(), Failure> {
    if args.script.is_log() {
        return args.replay();
    }
    let piece = args.script()?.load_shown(args.rate, args.quiet)?;
    report::report(piece.warnings(), false);
    let offline = piece.start(args.options()?)?;
    let path = args.path();
    if !piece.session().tracks.is_empty() || piece.outputs().is_empty() {
        let stems = args.stems.as_deref();
        let (rate, file, quiet) = (args.rate, &args.file, args.quiet);
        write_sound(offline, &Sink { path: &path, rate, file, stems, quiet })?;
    }
    if interrupted() {
        return Ok(());
    }
    outputs::write(&piece, args.quiet).map(drop)
}

/// Where the sound of a piece goes.
pub struct Sink<'a> {
    /// The file to write.
    pub path: &'a Path,
    /// Sample rate in hertz.
    pub rate: u32,
    /// Its format.
    pub file: &'a OutputArgs,
    /// The folder for the tracks, buses and the master.
    pub stems: Option<&'a Path>,
    /// Say nothing but errors.
    pub quiet: bool,
}

/// Renders a piece to its end, block by block, and tells how it goes. Ctrl-C leaves a valid, shorter file.
///
/// # Errors
/// Why a file could not be written.
pub fn write_sound(mut offline: Offline, sink: &Sink) -> Result<(), Failure> {
    let started = Instant::now();
    let mut outs = Outs::create(sink, &offline)?;
    let rate = f64::from(sink.rate);
    let music = offline.music_frames() as f64 / rate;
    let mut progress = Progress::new(music, sink.quiet);
    let mut warnings = Vec::new();
    let mut frames = 0u64;
    while !interrupted() && offline.advance() {
        frames += outs.write(&offline)? as u64;
        progress.update(frames as f64 / rate, outs.main.peak());
        warnings.extend(offline.take_warnings());
    }
    progress.finish();
    if let Some(why) = offline.failed() {
        // The file is not there, rather than shorter than it should be.
        return Err(Failure(vec![why.clone()]));
    }
    let limited = offline.limited();
    let finished = outs.finish()?;
    if sink.quiet {
        return Ok(());
    }
    report::report(&warnings, false);
    if limited > 0 {
        super::note(
            "the safety limiter held the output at 0 dBFS; lower a level, or end the master in limiter(-1)",
        );
    }
    finished.iter().for_each(|w| super::note(w));
    let (seconds, took) = (frames as f64 / rate, started.elapsed().as_secs_f64());
    let stopped = if interrupted() { ", stopped early" } else { "" };
    eprintln!(
        "{}: {seconds:.2} s in {took:.2} s ({:.0} x real time){stopped}",
        sink.path.display(),
        seconds / took
    );
    Ok(())
}

/// The files that a render writes.
struct Outs {
    main: Output,
    stems: Vec<(String, Output)>,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Outs {
    fn create(sink: &Sink, offline: &Offline) -> Result<Outs, Failure> {
        let create = |path: &Path| -> Result<Output, Failure> {
            let options = sink.file.write_options(path, sink.rate, 2)?;
            Ok(Output::create(path, options, sink.file.target())?)
        };
        let main = create(sink.path)?;
        let mut stems = Vec::new();
        if let Some(folder) = sink.stems {
            std::fs::create_dir_all(folder).map_err(|e| {
                Failure::message(format!("cannot make the folder {}: {e}", folder.display()))
            })?;
            let ending = sink.file.format_for(sink.path)?.extension();
            for name in offline.strips() {
                let file = crate::io::record::file_name(name);
                stems.push((name.to_string(), create(&folder.join(format!("{file}.{ending}")))?));
            }
        }
        Ok(Outs { main, stems, left: Vec::new(), right: Vec::new() })
    }

    /// Writes the chunk that was just rendered; returns its frames.
    fn write(&mut self, offline: &Offline) -> Result<usize, Failure> {
        self.left.clear();
        self.right.clear();
        for (left, right) in offline.frames() {
            self.left.push(left);
            self.right.push(right);
        }
        let frames = self.left.len();
        self.main.write(&[&self.left, &self.right])?;
        for (name, out) in &mut self.stems {
            let Some(stem) = offline.stem(name) else { continue };
            self.left.clear();
            self.right.clear();
            for (left, right) in stem {
                self.left.push(left);
                self.right.push(right);
            }
            out.write(&[&self.left, &self.right])?;
        }
        Ok(frames)
    }

    /// Completes the files; returns what the user should know.
    fn finish(self) -> Result<Vec<String>, Failure> {
        let mut notes = self.main.finish()?.warnings();
        for (name, out) in self.stems {
            notes.extend(out.finish()?.warnings().into_iter().map(|w| format!("stem {name}: {w}")));
        }
        Ok(notes)
    }
}
