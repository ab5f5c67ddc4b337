//! A library scanned in a process of its own, which may crash or hang without harm.

use super::cache::State;
use super::{Report, Summary, library};
use crate::plugin::{Description, PluginError};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a child leaves: the report, or why there is none.
type Answer = Result<Report, String>;

/// The child: scans `path`, writes what it finds to `answer`, then unloads the library, which may crash it.
///
/// # Errors
/// If the answer cannot be written.
pub fn serve(path: &Path, answer: &Path) -> Result<(), PluginError> {
    let (found, hold) = match library(path) {
        Ok((report, hold)) => (Ok(report), Some(hold)),
        Err(PluginError::Load { reason, .. }) => (Err(reason), None),
        Err(error) => (Err(error.to_string()), None),
    };
    let wrong = |e: &dyn std::fmt::Display| PluginError::load(answer, e);
    let text = serde_json::to_vec::<Answer>(&found).map_err(|e| wrong(&e))?;
    std::fs::write(answer, text).map_err(|e| wrong(&e))?;
    drop(hold);
    Ok(())
}

/// The parent: what became of the library, with the descriptions of its plugins.
pub fn scan(program: &Path, path: &Path, limit: Duration) -> (State, Vec<Description>) {
    let failed =
        |e: std::io::Error| (State::Failed(format!("its scan cannot be started: {e}")), Vec::new());
    let answer = match tempfile::NamedTempFile::new() {
        Ok(answer) => answer,
        Err(e) => return failed(e),
    };
    let mut command = Command::new(program);
    command.arg("plugin-scan").arg(path).arg(answer.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Without a display some toolkits abort; with this one they draw nowhere.
    command.env("QT_QPA_PLATFORM", "offscreen");
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return failed(e),
    };
    let status = wait(&mut child, limit);
    let text = std::fs::read(answer.path()).unwrap_or_default();
    let found: Option<Answer> = serde_json::from_slice(&text).ok();
    let quarantined = |reason: String| (State::Quarantined(reason), Vec::new());
    let when = if found.is_some() { "when it is unloaded" } else { "when it is loaded" };
    match (status, found) {
        (None, _) => quarantined(format!("it hangs {when}: no answer in {limit:?}")),
        (Some(status), Some(Ok(report))) if status.success() => {
            let plugins = report.plugins.iter().map(Summary::of).collect();
            (State::Good { plugins, failed: report.failed }, report.plugins)
        }
        (Some(status), Some(Err(reason))) if status.success() => {
            (State::Failed(reason), Vec::new())
        }
        (Some(status), _) => quarantined(format!("it crashes {when} ({})", said(status))),
    }
}

/// Waits for a child, and ends it if it takes too long.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if begin.elapsed() < limit => {
                std::thread::park_timeout(Duration::from_millis(2));
            }
            _ => {
                // It may have ended just now; then there is nothing left to kill.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

/// How a process ended, in words.
#[must_use]
pub fn said(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => "SIGILL",
            6 => "SIGABRT",
            7 => "SIGBUS",
            8 => "SIGFPE",
            9 => "SIGKILL",
            11 => "SIGSEGV",
            _ => return format!("signal {signal}"),
        };
        return name.into();
    }
    status.to_string()
}
