//! One file a command, and what the commands share.

pub mod audition;
pub mod check;
pub mod devices;
pub mod doc;
pub mod eval;
pub mod files;
pub mod input;
pub mod interrupt;
pub mod live;
pub mod log;
pub mod midi;
pub mod output;
pub mod outputs;
pub mod pattern;
pub mod plan;
pub mod plugins;
pub mod ports;
pub mod process;
pub mod progress;
pub mod render;
pub mod repl;
mod replay;
pub mod report;
pub mod run;
pub mod serve;

use crate::diag::Diagnostic;
use crate::io::file::FileError;

/// Why a command failed: what it tells the user.
#[derive(Debug)]
pub struct Failure(pub Vec<Diagnostic>);

impl Failure {
    /// A failure that has no place in a script.
    #[must_use]
    pub fn message(text: impl Into<String>) -> Failure {
        Failure(vec![Diagnostic::error(text, Default::default())])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diags: Vec<Diagnostic>) -> Failure {
        Failure(diags)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Failure {
        Failure(vec![error.diagnostic(Default::default())])
    }
}

impl From<Vec<FileError>> for Failure {
    fn from(errors: Vec<FileError>) -> Failure {
        Failure(errors.iter().map(|e| e.diagnostic(Default::default())).collect())
    }
}

/// Tells the user one sentence on standard error.
pub fn note(text: &str) {
    eprintln!("Note: {text}");
}
