//! One run of a program over a sound: files in a folder of its own, a limit of time, what it said if it fails.

use super::cache::save;
use super::order::Order;
use crate::io::file::{AudioFile, LoopKind, LoopPoint};
use crate::nodes::table::Sample;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(5);
/// Bytes that it may write.
const MOST: u64 = 4 << 30;
/// Of what it says, so many of the last lines are told.
const LINES: usize = 4;

/// Runs a program over `source`, which is at `rate` hertz, in `folder` (where the script is).
///
/// # Errors
/// It cannot be started, fails, takes too long, or makes no sound that can be read; with the last lines that it said.
pub(super) fn run(
    order: &Order,
    source: &Sample,
    rate: u32,
    folder: Option<&Path>,
) -> Result<AudioFile, String> {
    let command = &order.command;
    let own = |e: std::io::Error| format!("`{command}` cannot be given a sound: {e}");
    let desk = tempfile::Builder::new().prefix("rhapsode-").tempdir().map_err(own)?;
    let [input, output, said] = ["in.wav", "out.wav", "said"].map(|name| desk.path().join(name));
    let given = !source.channels.is_empty();
    if given {
        save(&input, &as_file(source, rate)).map_err(|e| {
            format!("`{command}` cannot be given a sound: {}: {}", e.what(), e.hint())
        })?;
    }
    let stdin = match given && !order.takes_file() {
        true => File::open(&input).map_err(own)?.into(),
        false => Stdio::null(),
    };
    let stdout =
        if order.makes_file() { Stdio::null() } else { File::create(&output).map_err(own)?.into() };
    let mut process = Command::new(&order.program);
    process.args(order.arguments(&input, &output)).stdin(stdin).stdout(stdout);
    process.stderr(File::create(&said).map_err(own)?);
    if let Some(folder) = folder {
        process.current_dir(folder);
    }
    group(&mut process);
    let child = process.spawn().map_err(|e| format!("`{command}` cannot be started: {e}"))?;
    let status = wait(child, [&output, &said], LIMIT)
        .map_err(|why| format!("`{command}` was ended: {why}{}", last_lines(&said)))?;
    if !status.success() {
        let said = last_lines(&said);
        return Err(format!("`{command}` failed ({status}){said}; try it in a terminal"));
    }
    let made = AudioFile::read(&output).ok().filter(|file| file.frames() > 0);
    made.ok_or_else(|| {
        let place = if order.makes_file() { "to {out}" } else { "to its standard output" };
        format!(
            "`{command}` wrote no sound that can be read {place}{}; {{in}} and {{out}} are WAV files, without them the \
             sound goes through standard input and output",
            last_lines(&said)
        )
    })
}

fn as_file(source: &Sample, rate: u32) -> AudioFile {
    let kept = source.sustain_loop.map(|(start, end)| LoopPoint {
        start: start as u64,
        end: end as u64,
        kind: LoopKind::Forward,
        count: None,
    });
    let (channels, loops) = (source.channels.clone(), kept.into_iter().collect());
    AudioFile { rate, channels, loops, root_key: source.root }
}

/// Waits for the end of a program; ends it if it takes too long or writes too much.
fn wait(mut child: Child, written: [&Path; 2], limit: Duration) -> Result<ExitStatus, String> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Ok(status);
        }
        let late = started.elapsed() > limit;
        if late || written.iter().any(|path| path.metadata().is_ok_and(|m| m.len() > MOST)) {
            end(&mut child);
            // Waited for, so that nothing of it is left.
            let _ = child.wait();
            return Err(match late {
                true => format!("it took longer than {} s", limit.as_secs_f64()),
                false => format!("it wrote more than {} GiB", MOST >> 30),
            });
        }
        std::thread::park_timeout(LOOK);
    }
}

/// Puts a program that is to be started in a group of its own, so that it can be ended with all that it starts.
fn group(process: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(process, 0);
    #[cfg(not(unix))]
    let _ = process;
}

fn end(child: &mut Child) {
    #[cfg(target_os = "linux")]
    if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // It may have ended meanwhile.
    let _ = child.kill();
}

/// The last lines of what a program said, to be added to a message.
fn last_lines(said: &Path) -> String {
    let text = std::fs::read(said).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(4096)..]);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let lines = &lines[lines.len().saturating_sub(LINES)..];
    if lines.is_empty() { String::new() } else { format!(", saying: {}", lines.join(" | ")) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_has_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("mark");
        let mut process = Command::new("/bin/sh");
        // Another process is waited for, which would go on if only the first were ended.
        process.arg("-c").arg(format!("(sleep 1; echo late > {}) & wait", mark.display()));
        group(&mut process);
        let child = process.spawn().expect("starts");
        let none = folder.path().join("none");
        let why = wait(child, [&none, &none], Duration::from_millis(100)).unwrap_err();
        assert_eq!(why, "it took longer than 0.1 s");
        std::thread::park_timeout(Duration::from_millis(1500));
        #[cfg(target_os = "linux")]
        assert!(!mark.exists(), "what it had started was ended too");
    }
}
