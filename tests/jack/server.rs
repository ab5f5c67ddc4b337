//! A JACK server of the test's own: no hardware, a name that no other test uses, gone at the end of the test.
//!
//! JACK has room for eight servers, and one that was killed keeps its place until a server of the same name is
//! started. So names are drawn from a few, each guarded by a file lock.

#![allow(clippy::disallowed_methods, reason = "it waits for another process")]

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many servers tests run at once, over all processes; the rest of JACK's eight places are the user's.
const PLACES: usize = 6;

/// A name for a server, kept from other tests until this is dropped.
struct Place {
    name: String,
    _lock: File,
}

impl Place {
    /// A free name; waits until there is one.
    fn take(label: &str) -> Place {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(180) {
            for n in 0..PLACES {
                let name = format!("rhapsode-test-{n}");
                let path = std::env::temp_dir().join(format!("{name}.lock"));
                let Ok(lock) = File::create(path) else { continue };
                if lock.try_lock().is_ok() {
                    return Place { name, _lock: lock };
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no place for a JACK server ({label}): too many tests run");
    }
}

/// A running `jackd` with the dummy driver; `system:monitor_1` and `_2` give back what was played.
pub struct Server {
    place: Place,
    child: Child,
}

/// A server that is not running (yet, or any more); its name is kept.
pub struct Stopped(Place);

impl Stopped {
    /// A name under which no server runs; `label` is for messages.
    pub fn new(label: &str) -> Stopped {
        Stopped(Place::take(label))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Starts the server and waits until it takes clients.
    pub fn start(self, rate: u32, frames: u32) -> Server {
        Server::start_at(self.0, rate, frames)
    }
}

impl Server {
    /// Starts a server and waits until it takes clients; `label` is for messages.
    pub fn start(label: &str, rate: u32, frames: u32) -> Server {
        Stopped::new(label).start(rate, frames)
    }

    fn start_at(place: Place, rate: u32, frames: u32) -> Server {
        let mut child = launch(&place.name, rate, frames);
        // Servers that start at the same moment trip over what they share, and exit: try again.
        for _ in 0..30 {
            if comes_up(&place.name, &mut child) {
                return Server { place, child };
            }
            std::thread::sleep(Duration::from_millis(100));
            let _ = child.kill();
            let _ = child.wait();
            child = launch(&place.name, rate, frames);
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("jackd does not start as {}: run it by hand to see why", place.name);
    }

    pub fn name(&self) -> &str {
        &self.place.name
    }

    /// A command whose JACK server is this one.
    pub fn command(&self, program: &str) -> Command {
        command(&self.place.name, program)
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) -> Stopped {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
        // The place moves on by a second handle to the locked file.
        let lock = self.place._lock.try_clone().expect("a file");
        let place = Place { name: self.place.name.clone(), _lock: lock };
        Stopped(place)
    }

    /// Stops it in its tracks, or lets it go on.
    pub fn freeze(&self, freeze: bool) {
        let signal = if freeze { "-STOP" } else { "-CONT" };
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("kill is there").success());
    }

    /// Records both monitors for `seconds` into `file`, 32-bit float. Returns when it has begun.
    pub fn record(&self, file: &std::path::Path, seconds: f32) -> Child {
        // The recorder sometimes ends, or waits for ever, when servers come and go beside it.
        for _ in 0..4 {
            let mut child = self.recorder(file, seconds);
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(8)
                && child.try_wait().is_ok_and(|status| status.is_none())
            {
                if self.is_recording() {
                    // Connected, it writes within a buffer.
                    std::thread::sleep(Duration::from_millis(100));
                    return child;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
            let _ = std::fs::remove_file(file);
        }
        panic!("jack_capture does not begin to record");
    }

    fn recorder(&self, file: &std::path::Path, seconds: f32) -> Child {
        self.command("jack_capture")
            .args(["--no-stdin", "-as", "-c", "2", "-d", &seconds.to_string()])
            .args(["--port", "system:monitor_1", "--port", "system:monitor_2"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("jack_capture is installed")
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

/// Waits until the server takes clients; false if it has ended, or takes none.
fn comes_up(name: &str, child: &mut Child) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        if child.try_wait().expect("is ours").is_some() {
            return false;
        }
        let out = command(name, "jack_lsp").output().expect("jack_lsp is installed");
        if out.status.success() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // It hangs, as it sometimes does where another was killed: the next one will do.
    false
}

fn launch(name: &str, rate: u32, frames: u32) -> Child {
    let mut command = command(name, "jackd");
    // SAFETY: one system call between fork and exec; it has the server end with the thread that started it.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
            Ok(())
        });
    }
    // Synchronous, so that a loaded machine makes it slow and not lossy.
    command
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
