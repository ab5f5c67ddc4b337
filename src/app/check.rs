//! The command `check`: reads and evaluates a script and tells what is wrong, without a sound.

use super::input::ScriptArgs;
use super::report;
use crate::diag::{Diagnostic, Severity};
use crate::engine::{Length, Options};
use crate::nodes::plugin::KIND;
use crate::runtime::Piece;
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CheckArgs {
    /// The script and its world.
    #[command(flatten)]
    pub script: ScriptArgs,
    /// Writes one JSON object a line, for editors
    #[arg(long)]
    pub json: bool,
}

/// Everything there is to say of a script, in the order of the script; empty if all is well.
#[must_use]
pub fn diagnose(script: &ScriptArgs) -> Vec<Diagnostic> {
    match script.load(Options::default().rate) {
        Ok(piece) => piece.warnings().iter().cloned().chain(hosted(&piece)).collect(),
        Err(errors) => errors,
    }
}

/// What plugins say of what is set, if there are any: only they know their words.
fn hosted(piece: &Piece) -> Vec<Diagnostic> {
    if !piece.session().nodes.iter().any(|node| node.kind == KIND) {
        return Vec::new();
    }
    let options = Options { length: Length::Seconds(0.0), ..Options::default() };
    piece.start(options).err().unwrap_or_default()
}

/// Runs the command. Messages go to standard error; the exit code is 1 if there are errors.
#[must_use]
pub fn check(args: &CheckArgs) -> ExitCode {
    let diagnostics = diagnose(&args.script);
    report::report(&diagnostics, args.json);
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return ExitCode::from(1);
    }
    ExitCode::SUCCESS
}
