//! A JACK server of the test's own: no hardware, its own name, gone at the end of the test.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `jackd` with the dummy driver; `system:monitor_1` and `_2` give back what was played.
pub struct Server {
    name: String,
    child: Child,
}

impl Server {
    /// Starts a server called after `label`, this process and the moment, and waits until it takes clients.
    pub fn start(label: &str, rate: u32, frames: u32) -> Server {
        let name = format!("rhapsode-{label}-{}", std::process::id());
        Server::start_named(&name, rate, frames)
    }

    /// Starts a server under a name that a client knows already.
    pub fn start_named(name: &str, rate: u32, frames: u32) -> Server {
        // Servers that start at the same moment trip over what they share, and exit: try again.
        for _ in 0..20 {
            let mut server = Server { name: name.to_string(), child: launch(name, rate, frames) };
            if server.comes_up() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("jackd does not start");
    }

    /// Waits until it takes clients; false if it has ended.
    fn comes_up(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            if self.child.try_wait().expect("is ours").is_some() {
                return false;
            }
            let out = self.command("jack_lsp").output().expect("jack_lsp is installed");
            if out.status.success() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("jackd takes no clients");
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command whose JACK server is this one.
    pub fn command(&self, program: &str) -> Command {
        command(&self.name, program)
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
    }

    /// Stops it in its tracks, or lets it go on.
    pub fn freeze(&self, freeze: bool) {
        let signal = if freeze { "-STOP" } else { "-CONT" };
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("kill is there").success());
    }

    /// Records both monitors for `seconds` into `file`, 32-bit float. Returns when it has begun.
    pub fn record(&self, file: &std::path::Path, seconds: f32) -> Child {
        let child = self
            .command("jack_capture")
            .args(["--no-stdin", "-as", "-c", "2", "-d", &seconds.to_string()])
            .args(["--port", "system:monitor_1", "--port", "system:monitor_2"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("jack_capture is installed");
        let begin = Instant::now();
        while !self.is_recording() && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(50));
        }
        // Connected, it writes within a buffer.
        std::thread::sleep(Duration::from_millis(100));
        child
    }

    fn is_recording(&self) -> bool {
        let out = self.command("jack_lsp").args(["-c", "jack_capture"]).output();
        let out = out.expect("jack_lsp is installed");
        String::from_utf8_lossy(&out.stdout).contains("system:monitor_2")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        // Asked politely it removes its shared memory; then there is no doubt.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..200 {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(name: &str, rate: u32, frames: u32) -> Child {
    // Synchronous, so that a loaded machine makes it slow and not lossy.
    command(name, "jackd")
        .args(["-n", name, "-R", "-S", "-t", "5000", "-p", "256", "-d", "dummy", "-m"])
        .args(["-r", &rate.to_string(), "-p", &frames.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("jackd is installed: setup/test.sh does it")
}

/// A command whose JACK server is called `name`, whether it runs or not.
pub fn command(name: &str, program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("JACK_DEFAULT_SERVER", name).env("JACK_NO_START_SERVER", "1");
    command
}
