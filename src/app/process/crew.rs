//! The workers of `process`: a process a file, some at once, watched by a thread each.

use super::job::{Done, Job, Problem};
use super::plan::{Plan, folder_of};
use super::source::Input;
use super::watch::{End, follow};
use super::{ProcessArgs, warn};
use crate::app::Failure;
use crate::app::interrupt::interrupted;
use crate::app::progress::Progress;
use crate::diag::Diagnostic;
use crate::units::Place;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// What the watchers share.
struct Shared {
    progress: Progress,
    /// Seconds that each file has come to, by its place.
    written: BTreeMap<usize, f64>,
    failures: Vec<Diagnostic>,
    /// The chain is wrong for all: nothing more is begun.
    wrong: bool,
}

/// Does all jobs. Returns why files are missing.
///
/// # Errors
/// If a folder cannot be made or written.
pub fn run(plan: &Plan, args: &ProcessArgs) -> Result<Vec<Diagnostic>, Failure> {
    let limit = Duration::try_from_secs_f64(args.limit)
        .map_err(|_| Failure::message(format!("--limit {} is no time", args.limit)))?;
    let folders = folders(plan)?;
    let shared = Mutex::new(Shared {
        progress: Progress::new(total(plan), args.quiet || args.json),
        written: BTreeMap::new(),
        failures: Vec::new(),
        wrong: false,
    });
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let threads = args.jobs.unwrap_or(cores).clamp(1, plan.jobs.len().max(1));
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = plan.jobs.get(place) else { break };
            if interrupted() || lock(&shared).wrong {
                break;
            }
            let hidden = Job { output: hidden(job, place, &folders), ..job.clone() };
            let end = follow(&hidden, limit, &mut |seconds, peak| {
                let mut shared = lock(&shared);
                shared.written.insert(place, seconds);
                let all = shared.written.values().sum();
                shared.progress.update(all, peak);
            });
            finish(job, &hidden.output, end, args, &shared);
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    shared.progress.finish();
    let mut failures = shared.failures;
    if interrupted() {
        let hint = "run the command again for the rest; what was written before is whole";
        failures.push(Diagnostic::error("interrupted", Place::default()).hint(hint));
    }
    Ok(failures)
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds of all sounds, as far as their headers tell.
fn total(plan: &Plan) -> f64 {
    let seconds = plan.jobs.iter().filter_map(|job| {
        let input = Input::open(&job.source).ok()?;
        Some(input.frames? as f64 / f64::from(input.rate))
    });
    seconds.sum()
}

/// A hidden folder in each folder that is written to: what a worker leaves there when it crashes goes with it.
fn folders(plan: &Plan) -> Result<Vec<(PathBuf, TempDir)>, Failure> {
    let make = |folder: &PathBuf| {
        let failed = |e: std::io::Error| {
            Failure::message(format!("cannot write to the folder `{}`: {e}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let hidden = tempfile::Builder::new().prefix(".rhapsode-").tempdir_in(folder);
        Ok((folder.clone(), hidden.map_err(failed)?))
    };
    plan.folders.iter().map(make).collect()
}

fn hidden(job: &Job, place: usize, folders: &[(PathBuf, TempDir)]) -> PathBuf {
    let folder = folder_of(&job.name);
    let inside = folders.iter().find(|(f, _)| *f == folder).map(|(_, hidden)| hidden.path());
    let name = job.name.file_name().unwrap_or_default().to_string_lossy();
    inside.unwrap_or(&folder).join(format!("{place}-{name}"))
}

/// Gives a file its name and says what became of it.
fn finish(job: &Job, hidden: &Path, end: End, args: &ProcessArgs, shared: &Mutex<Shared>) {
    let end = match end {
        End::Done(done, took) => match std::fs::rename(hidden, &job.name) {
            Ok(()) => End::Done(done, took),
            Err(e) => {
                let message = format!("cannot write `{}`: {e}", job.name.display());
                End::Failed(Problem { message, hint: None })
            }
        },
        other => other,
    };
    let mut shared = lock(shared);
    let input = job.source.path();
    match end {
        End::Done(done, took) => {
            if args.json {
                say_done(job, &done, took);
                return;
            }
            let name = job.name.display().to_string();
            let told = |text: &String| {
                let mut told = Diagnostic::warning(text.clone(), Place::default());
                told.file = name.clone();
                told
            };
            let seconds = done.frames as f64 / f64::from(done.rate);
            shared.progress.say(|| {
                warn(args, &done.warnings.iter().map(told).collect::<Vec<_>>());
                if !args.quiet {
                    let speed = seconds / took.max(1e-9);
                    eprintln!("{name}: {seconds:.2} s in {took:.2} s ({speed:.0} x real time)");
                }
            });
        }
        End::Failed(problem) => {
            if args.json {
                say(
                    &serde_json::json!({ "input": input, "error": problem.message, "hint": problem.hint }),
                );
            }
            let message = format!("{}: {}", input.display(), problem.message);
            shared.failures.push(diagnostic(message, problem.hint));
        }
        End::Wrong(problems) if !shared.wrong => {
            shared.wrong = true;
            let all = problems.into_iter().map(|p| diagnostic(p.message, p.hint));
            shared.failures.extend(all);
        }
        End::Wrong(_) | End::Stopped => {}
    }
}

fn diagnostic(message: String, hint: Option<String>) -> Diagnostic {
    let error = Diagnostic::error(message, Place::default());
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn say_done(job: &Job, done: &Done, took: f64) {
    let level = 20.0 * libm::log10(f64::from(done.peak));
    say(&serde_json::json!({
        "input": job.source.path(),
        "output": job.name,
        "frames": done.frames,
        "rate": done.rate,
        "channels": done.channels,
        "latency": done.latency,
        "peak_dbfs": level.is_finite().then_some(level),
        "seconds": took,
        "warnings": done.warnings,
    }));
}

fn say(value: &serde_json::Value) {
    // A reader that has seen enough (`| head`) is no failure.
    let _ = writeln!(std::io::stdout(), "{value}");
}
