//! `rhapsode live` on a JACK server, as a program.

use super::server::Server;
use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// `rhapsode live`, and what it says.
pub struct Player {
    pub child: Child,
    said: Receiver<String>,
    /// What it has said and nobody has waited for.
    passed: RefCell<Vec<String>>,
}

impl Player {
    /// Plays a text as `script`.
    pub fn start(server: &Server, script: &Path, text: &str) -> Player {
        Player::with(server, script, text, &[])
    }

    /// The same with more options.
    pub fn with(server: &Server, script: &Path, text: &str, options: &[&str]) -> Player {
        std::fs::write(script, text).expect("written");
        let mut child = server
            .command(env!("CARGO_BIN_EXE_rhapsode"))
            .env("XDG_RUNTIME_DIR", script.parent().expect("a folder"))
            .args(["live", script.to_str().expect("plain"), "--host", "jack", "--no-server"])
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (tell, said) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        Player { child, said, passed: RefCell::default() }
    }

    /// Waits until it says something with `word` in it, or finds that it has; what is said is found once.
    pub fn says(&self, word: &str) {
        let begin = Instant::now();
        let mut passed = self.passed.borrow_mut();
        loop {
            if let Some(at) = passed.iter().position(|line| line.contains(word)) {
                passed.remove(at);
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "no `{word}` in {passed:#?}");
            passed.extend(self.said.recv_timeout(Duration::from_millis(200)));
        }
    }

    /// Ends it as Ctrl-C does.
    pub fn interrupt(mut self) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill is there").success());
        assert!(self.child.wait().expect("ends").success());
    }
}

// A client that is killed keeps the server waiting for minutes: this is for tests that fail.
impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The frames at which something begins in `sound`.
pub fn onsets(sound: &[f32]) -> Vec<usize> {
    (1..sound.len()).filter(|&i| sound[i - 1] == 0.0 && sound[i] != 0.0).collect()
}
