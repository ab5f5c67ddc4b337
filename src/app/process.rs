//! The command `process`: sound files through plugins, without a script.

mod crew;
mod file;
mod job;
mod links;
mod notes;
mod plan;
mod setup;
mod source;
mod watch;
mod worker;

pub use links::ChainArgs;
pub use worker::worker;

use super::Failure;
use super::output::OutputArgs;
use super::report;
use job::Tail;
use std::path::PathBuf;

/// Arguments of `process`.
///
/// What belongs to a plugin (--set, --preset, --state, --program, --automation, --sidechain, --save) stands behind its
/// --plugin, and is done in the order in which it stands.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
What belongs to a plugin stands behind its --plugin, and is done in that order:\n\
  rhapsode process in.wav -o out.wav --plugin ZamEQ2 --plugin ZamDelay --set 'Time=250 ms'\n\n\
The file is as long as the sound and lines up with it: the latency of the plugins is taken off, and what rings on behind \
the end is kept with --tail. A mono sound becomes stereo in a plugin that is stereo only; a mono plugin hears each channel \
with an instance of its own.\n\n\
Plugins run in a process for each file: if one crashes or hangs, that file is not written, and the others are.")]
pub struct ProcessArgs {
    /// Sound files, or folders of them (WAV, AIFF, FLAC, MP3, Ogg Vorbis)
    #[arg(value_name = "IN", required_unless_present = "midi")]
    inputs: Vec<PathBuf>,
    /// The file to write; for several sounds, or ending in `/`, a folder
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    chain: ChainArgs,
    /// A MIDI file that the chain plays, instead of a sound
    #[arg(long, value_name = "FILE", conflicts_with = "inputs")]
    midi: Option<PathBuf>,
    /// Sample rate of the result in hertz; plugins run at that of the sound (48000 for --midi)
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    rate: Option<u32>,
    /// What follows the sound: `none`, `auto` (until it has decayed, 30 s at most), or seconds [default: none; auto for --midi]
    #[arg(long, value_parser = tail)]
    tail: Option<Tail>,
    /// Give plugins 64-bit samples where they take them
    #[arg(long)]
    double: bool,
    /// Files at once [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Seconds that a plugin may take for 85 ms of sound, or to load, before it counts as hung
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    limit: f64,
    /// Print a JSON object a file, as each is done
    #[arg(long)]
    json: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    file: OutputArgs,
}

fn tail(text: &str) -> Result<Tail, String> {
    match text {
        "auto" => Ok(Tail::Auto),
        "none" => Ok(Tail::Seconds(0.0)),
        _ => match text.parse() {
            Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(Tail::Seconds(seconds)),
            _ => Err("expected `auto`, `none`, or seconds from 0 to 3600".into()),
        },
    }
}

/// Processes as the arguments say. A file is written whole or not at all; after Ctrl-C those that are done are there.
///
/// # Errors
/// All that is wrong with the arguments, before anything is written; or why files are missing, after all others were
/// written.
pub fn process(args: &ProcessArgs) -> Result<(), Failure> {
    let plan = plan::Plan::new(args)?;
    let failures = crew::run(&plan, args)?;
    if failures.is_empty() { Ok(()) } else { Err(Failure(failures)) }
}

/// Tells the user what there is to know about a file that was written.
fn warn(args: &ProcessArgs, warnings: &[crate::diag::Diagnostic]) {
    if !args.quiet {
        report::report(warnings, false);
    }
}
