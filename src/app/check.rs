//! The command `check`: reads and evaluates a script and tells what is wrong, without a sound.

use super::input::ScriptArgs;
use super::report;
use crate::diag::{Diagnostic, Severity};
use crate::engine::{Length, Options};
use crate::nodes::plugin::KIND;
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
    match script.evaluate(48_000.0) {
        Ok(done) if done.session.nodes.iter().any(|node| node.kind == KIND) => {
            done.warnings.into_iter().chain(hosted(script)).collect()
        }
        Ok(done) => done.warnings,
        Err(errors) => errors,
    }
}

/// What plugins say of what is set: only they know their words.
fn hosted(script: &ScriptArgs) -> Vec<Diagnostic> {
    let options = Options { length: Length::Seconds(0.0), ..Options::default() };
    script.load(options.rate).and_then(|piece| piece.start(options)).err().unwrap_or_default()
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
