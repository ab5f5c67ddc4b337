//! A terminal of the test's own: what is typed into it and what is shown on it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What programs ask to know whether a terminal tells of releases, and the answers of those that do and do not.
const ASKED: &str = "\x1b[?u\x1b[c";
const TELLS: &[u8] = b"\x1b[?0u\x1b[?62c";
const TELLS_NOT: &[u8] = b"\x1b[?62c";

/// `rhapsode` on a terminal.
pub struct Console {
    master: File,
    slave: OwnedFd,
    seen: Arc<Mutex<String>>,
    pub child: Child,
    before: Modes,
}

/// The modes of a terminal.
type Modes = (u32, u32, u32, u32, [u8; 32]);

/// Plays until the times are right, three times at most: a machine that stalls is late once, a program that is wrong
/// always is.
pub fn in_time(play: impl Fn() -> Result<(), String>) {
    let late: Vec<String> = (0..3).map_while(|_| play().err()).collect();
    assert!(late.len() < 3, "{late:#?}");
}

/// That `lengths` are these, in seconds: a device's buffer of 21 ms, and what a loaded machine takes.
pub fn lengths(lengths: &[f64], wanted: &[f64]) -> Result<(), String> {
    let near = |(x, y): (&f64, &f64)| (x - y).abs() < 0.1;
    let right = lengths.len() == wanted.len() && lengths.iter().zip(wanted).all(near);
    right.then_some(()).ok_or_else(|| format!("{lengths:?} instead of {wanted:?}"))
}

impl Console {
    /// Runs it in `dir`, on a terminal that tells of releases, or on one that does not.
    pub fn start(dir: &Path, args: &[&str], tells: bool) -> Console {
        let (mut master, mut slave) = (0, 0);
        let size = libc::winsize { ws_row: 40, ws_col: 160, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: two integers to write to, no name, no modes.
        let made = unsafe {
            libc::openpty(&mut master, &mut slave, std::ptr::null_mut(), std::ptr::null(), &size)
        };
        assert_eq!(made, 0, "a terminal");
        // SAFETY: both were just opened and belong to nobody else.
        let (master, slave) = unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        let end = || Stdio::from(slave.try_clone().expect("another end"));
        let before = modes(&slave);
        let child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
            .args(args)
            .current_dir(dir)
            .env("XDG_RUNTIME_DIR", dir)
            .env("XDG_STATE_HOME", dir)
            .env("TERM", "xterm-256color")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("starts");
        let seen = Arc::new(Mutex::new(String::new()));
        let (text, mut shown) = (seen.clone(), master.try_clone().expect("another end"));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            let mut asked = 0;
            while let Ok(count @ 1..) = shown.read(&mut bytes) {
                let mut text = text.lock().expect("no panic");
                text.push_str(&String::from_utf8_lossy(&bytes[..count]));
                while text.matches(ASKED).count() > asked {
                    asked += 1;
                    let _ = shown.write_all(if tells { TELLS } else { TELLS_NOT });
                }
            }
        });
        Console { master, slave, seen, child, before }
    }

    pub fn text(&self) -> String {
        self.seen.lock().expect("no panic").clone()
    }

    /// What was shown last.
    fn newest(&self) -> String {
        let text = self.text();
        let from = text.char_indices().rev().nth(2000).map_or(0, |(at, _)| at);
        text[from..].to_string()
    }

    /// Waits until `word` is shown.
    pub fn shows(&self, word: &str) {
        let begin = Instant::now();
        while !self.text().contains(word) {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "no `{word}` in:\n{}",
                self.newest()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types, and waits so many milliseconds.
    pub fn types(&self, keys: &str, wait: u64) {
        (&self.master).write_all(keys.as_bytes()).expect("listens");
        std::thread::sleep(Duration::from_millis(wait));
    }

    /// Holds a key for so many milliseconds as a keyboard does that repeats after 500 ms, every 30.
    pub fn holds(&self, key: &str, long: u64) {
        let begin = Instant::now();
        self.types(key, 0);
        for due in (500..long).step_by(30) {
            let now = begin.elapsed().as_millis() as u64;
            self.types("", due.saturating_sub(now));
            self.types(key, 0);
        }
        let now = begin.elapsed().as_millis() as u64;
        self.types("", long.saturating_sub(now));
    }

    /// Whether the terminal is as it was before.
    pub fn is_as_before(&self) -> bool {
        modes(&self.slave) == self.before
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill is there").success());
    }

    /// Waits until it has ended.
    pub fn ends(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("is ours") {
                return status;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "it does not end:\n{}",
                self.newest()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn modes(terminal: &OwnedFd) -> Modes {
    // SAFETY: all zeroes are a valid value of a struct of integers.
    let mut modes: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the terminal is open and the place to write to is ours.
    assert_eq!(unsafe { libc::tcgetattr(terminal.as_raw_fd(), &mut modes) }, 0);
    (modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag, modes.c_cc)
}
