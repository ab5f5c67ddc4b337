//! The command `doc`: the manual of everything that scripts can call, from the one table.

use super::report;
use crate::diag::Diagnostic;
use crate::script::doc;
use crate::units::Place;
use std::io::Write;
use std::process::ExitCode;

/// Arguments of `doc`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DocArgs {
    /// A function or effect, such as lowpass; all are listed without it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Runs the command: the page goes to standard output.
#[must_use]
pub fn doc(args: &DocArgs) -> ExitCode {
    let page = match &args.name {
        Some(name) => doc::page(name),
        None => Ok(doc::overview()),
    };
    match page {
        Ok(text) => {
            // A reader that has seen enough (`| head`) closes the pipe: no error of ours.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(why) => {
            report::report(&[Diagnostic::error(why, Place::default())], false);
            ExitCode::from(1)
        }
    }
}
