//! The program itself, playing a script of a folder of the test's own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a loaded machine may take for anything.
pub const SOON: Duration = Duration::from_secs(30);

/// A running `rhapsode`, ended with the test.
pub struct Program {
    pub folder: tempfile::TempDir,
    child: Child,
    tell: Option<ChildStdin>,
    lines: Receiver<String>,
    /// All that it said so far.
    pub said: Vec<String>,
}

impl Program {
    /// `rhapsode live` with the script on the null device; `more` are further options.
    pub fn live(script: &str, more: &[&str]) -> Program {
        let command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
        Program::start(command, "live", script, &[&["--device", "null"], more].concat())
    }

    /// `rhapsode repl` with the script on the null device.
    pub fn repl(script: &str) -> Program {
        let command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
        Program::start(command, "repl", script, &["--device", "null", "--quant", "now"])
    }

    /// The same without a script, its history in `state`.
    pub fn repl_in(state: &Path) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
        command.env("XDG_STATE_HOME", state);
        Program::start(command, "repl", "", &["--device", "null", "--quant", "now"])
    }

    /// The program as `command` starts it, with its state in the test's folder.
    pub fn start(mut command: Command, word: &str, script: &str, options: &[&str]) -> Program {
        let folder = tempfile::tempdir().expect("a folder");
        let song = folder.path().join("song.rhai");
        std::fs::write(&song, script).expect("written");
        if command.get_envs().all(|(name, _)| name != "XDG_STATE_HOME") {
            command.env("XDG_STATE_HOME", folder.path());
        }
        command
            .arg(word)
            .arg(&song)
            .args(options)
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let (send, lines) = channel();
        let out = BufReader::new(child.stderr.take().expect("piped"));
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let tell = child.stdin.take();
        Program { folder, child, tell, lines, said: Vec::new() }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Saves the script.
    pub fn save(&self, script: &str) {
        std::fs::write(self.file("song.rhai"), script).expect("written");
    }

    /// Types a line.
    pub fn say(&mut self, line: &str) {
        writeln!(self.tell.as_mut().expect("open"), "{line}").expect("listens");
    }

    /// The next line that contains `word`.
    pub fn expect(&mut self, word: &str) -> String {
        let (begin, from) = (Instant::now(), self.said.len());
        while let Some(left) = SOON.checked_sub(begin.elapsed()) {
            let Ok(line) = self.lines.recv_timeout(left) else { break };
            self.said.push(line.clone());
            if line.contains(word) {
                return line;
            }
        }
        panic!("no `{word}` in {:#?}", &self.said[from..]);
    }

    /// Whether nothing is said that contains `word` until the program ends.
    pub fn rest(&mut self) -> Vec<String> {
        self.lines.iter().collect()
    }

    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: a child of ours that has not been waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as libc::pid_t, signal) }, 0);
    }

    /// Bytes of memory in use.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("memory");
        line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("a number") * 1024
    }

    pub fn end(&mut self) -> ExitStatus {
        self.tell = None;
        self.child.wait().expect("ends")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Left and right of a file.
pub fn read(path: &Path) -> [Vec<f32>; 2] {
    let sound = rhapsode::io::file::AudioFile::read(path).unwrap_or_else(|e| panic!("{e}"));
    [sound.channels[0].clone(), sound.channels[1].clone()]
}

/// Where `part`, a piece of a recording, begins in `whole`; it is found by its first frames.
pub fn begin(part: &[f32], whole: &[f32]) -> usize {
    let head = &part[..64];
    let found = whole.windows(64).position(|w| w == head);
    found.unwrap_or_else(|| panic!("the recording begins elsewhere: {head:?}"))
}
