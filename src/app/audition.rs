//! `audition`: one note of an instrument, on the sound device or into a file.

use super::Failure;
use super::input::{ScriptArgs, written};
use super::live::{LiveArgs, PlayArgs, live};
use super::render::RenderArgs;
use std::path::PathBuf;

/// The instrument and its note.
#[derive(Clone, Debug, clap::Args)]
pub struct AuditionArgs {
    /// The instrument, as a script makes it: 'synths::acid()', 'sampler("kick.wav")', 'gm::program(40)'
    instrument: String,
    /// The note: a name, a MIDI number, or the name of a drum
    #[arg(long, default_value = "c4")]
    note: String,
    /// How hard it is played, 1 to 127
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=127))]
    velocity: u8,
    /// How long it is held
    #[arg(long = "seconds", value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    held: f64,
    /// Writes a sound file instead of playing
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Lets the instrument read files below this folder too
    #[arg(long, value_name = "FOLDER")]
    allow: Vec<PathBuf>,
    /// Lets the instrument run programs for its sounds: external(..)
    #[arg(long)]
    allow_external: bool,
    #[command(flatten)]
    play: PlayArgs,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(s) if (0.01..=60.0).contains(&s) => Ok(s),
        _ => Err("expected seconds from 0.01 to 60".into()),
    }
}

/// Seconds for which a played note may ring.
const RING: f64 = 1.5;

/// Plays the note, or renders it with its tail.
///
/// # Errors
/// What is wrong with the instrument, or with the file or the device.
pub fn audition(args: &AuditionArgs) -> Result<(), Failure> {
    let text = written::note(&args.instrument, &args.note, args.velocity, args.held);
    let script = ScriptArgs {
        script: PathBuf::from("audition"),
        text: Some(text),
        allow: args.allow.clone(),
        allow_external: args.allow_external,
        ..ScriptArgs::default()
    };
    if let Some(output) = &args.output {
        let rate = args.play.rate.unwrap_or(48_000);
        return super::render::render(&RenderArgs::of(script, output.clone(), rate));
    }
    let mut play = args.play.clone();
    play.seconds = play.seconds.or(Some(args.held + RING));
    live(&LiveArgs { script, play, keys: None })
}
