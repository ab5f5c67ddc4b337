//! `run`: evaluates a script for what it writes and prints, without a sound.

use super::input::ScriptArgs;
use super::{Failure, note, outputs, report};

/// A script that is run for its files.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    script: ScriptArgs,
    /// Sample rate in Hz of the sound files that it writes
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    rate: u32,
    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Writes the files that the script asks for.
///
/// # Errors
/// What is wrong with the script, or why a file cannot be written.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let piece = args.script.load_shown(args.rate, args.quiet)?;
    report::report(piece.warnings(), false);
    if piece.outputs().is_empty() && !args.quiet {
        note(
            "the script writes no files (midi_writer().save, render_midi); `render` writes its sound",
        );
    }
    outputs::write(&piece, args.quiet).map(drop)
}
