//! Processes of plugins end with what they are for, and do nothing while nothing is asked of them.
#![expect(clippy::disallowed_methods, reason = "waits for what other processes do")]

use super::built::library;
use super::rig::{RATE, patient};
use rhapsode::plugin::{Format, Outcome, Plugin, Setup, Transport, sandbox};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Options whose processes can be told from those of other tests: the program has a name of its own.
pub struct Traced {
    pub options: sandbox::Options,
    _folder: Option<tempfile::TempDir>,
}

impl Traced {
    pub fn new() -> Traced {
        let folder = tempfile::tempdir().expect("makes a folder");
        let mut options = patient();
        let link = folder.path().join("rhapsode");
        std::os::unix::fs::symlink(&options.program, &link).expect("makes a link");
        options.program = link;
        Traced { options, _folder: Some(folder) }
    }

    pub fn open(&self, name: &str, format: Format) -> Box<dyn Plugin> {
        sandbox::open(&self.options, format, &library(name, format), "").expect("it opens")
    }

    /// The folders of the processes in `/proc`.
    pub fn processes(&self) -> Vec<PathBuf> {
        let program = self.options.program.to_str().expect("UTF-8");
        let all = std::fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
        let runs = |path: &PathBuf| {
            let line = std::fs::read_to_string(path.join("cmdline")).unwrap_or_default();
            line.split('\0').next() == Some(program)
        };
        all.filter(runs).collect()
    }

    /// The only process.
    pub fn process(&self) -> PathBuf {
        let all = self.processes();
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().expect("one")
    }

    pub fn signal(&self, signal: libc::c_int) {
        let path = self.process();
        let pid = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse().ok());
        // SAFETY: a signal to a process that was found just now.
        assert_eq!(unsafe { libc::kill(pid.expect("a number"), signal) }, 0);
    }

    /// Stops the process, and waits until all its threads stand still.
    pub fn stop(&self) {
        self.signal(libc::SIGSTOP);
        let tasks = self.process().join("task");
        let still = |task: &Path| {
            let stat = std::fs::read_to_string(task.join("stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        };
        let begin = Instant::now();
        let all = || std::fs::read_dir(&tasks).expect("it lives").flatten();
        while !all().all(|task| still(&task.path())) {
            assert!(begin.elapsed() < Duration::from_secs(20), "it goes on");
            std::thread::yield_now();
        }
    }

    /// Waits until there is no process any more, not even a zombie.
    pub fn gone(&self, before: &Path) {
        let begin = Instant::now();
        while before.exists() || !self.processes().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{} lives", before.display());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// How long it takes to be rid of `plugin`.
fn dropped(plugin: Box<dyn Plugin>) -> Duration {
    let begin = Instant::now();
    drop(plugin);
    begin.elapsed()
}

/// The shortest of three is that of nobody who waits; a machine that stands still for a moment makes others longer.
fn nobody_waits(time: impl Fn() -> Duration) {
    let times = [(); 3].map(|()| time());
    assert!(times.iter().min() < Some(&Duration::from_millis(500)), "{times:?}");
}

#[test]
fn a_process_ends_with_its_plugin() {
    for name in ["good", "crash-unload"] {
        nobody_waits(|| {
            let traced = Traced::new();
            let mut plugin = traced.open(name, Format::Clap);
            let process = traced.process();
            let mut half = plugin.activate(&Setup::new(RATE)).unwrap();
            half.process(64, &[], &Transport::default());
            let took = dropped(plugin);
            traced.gone(&process);
            // A half that outlives it fails, and harms nobody.
            assert_eq!(half.process(64, &[], &Transport::default()), Outcome::Failed, "{name}");
            took
        });
    }
}

/// A plugin that hangs is not asked for long.
#[test]
fn a_process_that_hangs_ends_with_its_plugin() {
    nobody_waits(|| {
        let traced = Traced::new();
        let plugin = traced.open("good", Format::Clap);
        let process = traced.process();
        traced.stop();
        let took = dropped(plugin);
        traced.gone(&process);
        took
    });
}

/// A host that opens a plugin and never ends, for the test below.
#[test]
#[ignore = "a part of another test"]
fn a_host() {
    let mut options = patient();
    options.program = std::env::var_os("TRACED").expect("set by the other test").into();
    let path = library("hang", Format::Clap);
    let mut plugin = sandbox::open(&options, Format::Clap, &path, "").expect("it opens");
    let mut half = plugin.activate(&Setup { offline: true, ..Setup::new(RATE) }).unwrap();
    println!("it plays");
    // Its main thread and its audio thread are at work when the host is killed.
    half.input(0, 0).fill(0.75);
    half.process(64, &[], &Transport::default());
}

#[test]
fn a_process_does_not_outlive_a_host_that_is_killed() {
    let traced = Traced::new();
    let mut host = Command::new(std::env::current_exe().expect("this program"));
    host.args(["plugins::sandbox_ends::a_host", "--exact", "--ignored", "--nocapture"]);
    host.env("TRACED", &traced.options.program).stdout(Stdio::piped());
    let mut host = host.spawn().expect("starts");
    let lines = BufReader::new(host.stdout.take().expect("a pipe")).lines();
    let plays = |line: std::io::Result<String>| line.is_ok_and(|line| line.contains("it plays"));
    assert!(lines.into_iter().any(plays), "the host plays");
    let process = traced.process();
    host.kill().expect("it lives");
    assert_eq!(host.wait().expect("it ends").signal(), Some(libc::SIGKILL));
    traced.gone(&process);
}

/// Time of the processor that a process has used, in seconds.
fn used(process: &Path) -> f64 {
    let stat = std::fs::read_to_string(process.join("stat")).expect("it lives");
    let rest = stat.rsplit(") ").next().expect("fields");
    let ticks: f64 =
        rest.split(' ').skip(11).take(2).map(|n| n.parse::<f64>().expect("ticks")).sum();
    // SAFETY: asks for a number.
    ticks / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64
}

#[test]
fn a_process_that_is_idle_costs_next_to_nothing() {
    let traced = Traced::new();
    let mut plugin = traced.open("good", Format::Clap);
    let mut half = plugin.activate(&Setup::new(RATE)).unwrap();
    half.process(64, &[], &Transport::default());
    let process = traced.process();
    let (begin, before) = (Instant::now(), used(&process));
    while begin.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(100));
        plugin.poll();
    }
    let part = (used(&process) - before) / begin.elapsed().as_secs_f64();
    eprintln!("an idle process uses {:.2} % of a processor", part * 100.0);
    assert!(part < 0.03, "{part}");
}
