//! The hidden command that does one job of `process`: its plugins run here, and may crash or hang without harm.

use super::file::{NoFile, process};
use super::job::{Job, Word};
use crate::app::{Failure, interrupt};
use std::io::{BufRead, Write};
use std::time::Duration;

/// How long a plugin may go on after the parent is gone.
const GRACE: Duration = Duration::from_secs(2);

/// Does the job that standard input has in its first line, and says how it goes on standard output. Its main thread is
/// that of the plugins. Standard input that ends means that nobody waits for the file any more.
///
/// # Errors
/// If there is no job.
pub fn worker() -> Result<(), Failure> {
    let wrong = |e: &dyn std::fmt::Display| Failure::message(format!("no job: {e}"));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| wrong(&e))?;
    let job: Job = serde_json::from_str(&line).map_err(|e| wrong(&e))?;
    let mut pipe = pipe().map_err(|e| wrong(&e))?;
    std::thread::spawn(|| {
        let mut end = String::new();
        // However it ends: nobody is there.
        let _ = std::io::stdin().lock().read_line(&mut end);
        interrupt::stop();
        let begin = std::time::Instant::now();
        while let Some(rest) = GRACE.checked_sub(begin.elapsed()) {
            std::thread::park_timeout(rest);
        }
        std::process::abort();
    });
    let mut say = |word: Word| {
        // If nobody listens, standard input ends too.
        let _ = serde_json::to_vec(&word).map(|mut line| {
            line.push(b'\n');
            pipe.write_all(&line)
        });
    };
    match process(&job, &mut say) {
        Ok(()) => {}
        Err(NoFile::Wrong(all)) => say(Word::Wrong(all)),
        Err(NoFile::Failed(one)) => say(Word::Failed(one)),
        Err(NoFile::Stopped) => say(Word::Stopped),
    }
    Ok(())
}

/// Standard output for us alone: what plugins print goes where errors go.
#[cfg(unix)]
fn pipe() -> std::io::Result<Box<dyn Write>> {
    let own = rustix::io::dup(std::io::stdout())?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    Ok(Box::new(std::fs::File::from(own)))
}

/// Standard output, in which the parent passes over what plugins print.
#[cfg(not(unix))]
fn pipe() -> std::io::Result<Box<dyn Write>> {
    Ok(Box::new(std::io::stdout()))
}
