//! From the close of the file to the first sample that differs, at the program's port of a JACK server.

use crate::median;
use crate::server::Server;
use crate::song::song;
use jack::{AudioIn, Client, ClientOptions, Control, PortFlags, ProcessScope};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

const RATE: u32 = 48_000;
const BUFFER: u32 = 256;

/// What the capture has seen.
#[derive(Default)]
struct Seen {
    /// Frame of the newest change of the sample, with 1 << 32 set.
    changed: AtomicU64,
    value: AtomicU32,
}

/// Waits so many milliseconds.
#[allow(clippy::disallowed_methods, reason = "not on an audio thread")]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

pub fn run() {
    let server = Server::start("bench", RATE, BUFFER);
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("song.rhai");
    std::fs::write(&script, song(0.1, false)).expect("written");
    let mut child = server
        .command(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["live", script.to_str().expect("plain"), "--host", "jack", "--quant", "now"])
        .args(["--no-server"])
        .env("XDG_RUNTIME_DIR", folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
    let playing = said.find(|l| l.as_ref().is_ok_and(|l| l.contains("Playing on")));
    assert!(playing.is_some(), "it plays");
    // SAFETY: no other thread reads the environment yet.
    unsafe {
        std::env::set_var("JACK_DEFAULT_SERVER", server.name());
        std::env::set_var("JACK_NO_START_SERVER", "1");
    }
    let seen = Arc::new(Seen::default());
    let (client, _) = Client::new("ear", ClientOptions::NO_START_SERVER).expect("a client");
    let port = client.register_port("in", AudioIn::default()).expect("a port");
    let told = seen.clone();
    let mut last = 0.0;
    let process =
        jack::contrib::ClosureProcessHandler::new(move |_: &Client, scope: &ProcessScope| {
            for (i, x) in port.as_slice(scope).iter().enumerate() {
                // A ramp over a block is one change.
                if *x != last {
                    let frame = scope.last_frame_time().wrapping_add(i as u32);
                    let _ = told.changed.compare_exchange(
                        0,
                        1 << 32 | u64::from(frame),
                        SeqCst,
                        SeqCst,
                    );
                    last = *x;
                }
            }
            told.value.store(last.to_bits(), SeqCst);
            Control::Continue
        });
    let active = client.activate_async((), process).expect("runs");
    let client = active.as_client();
    let ports = client.ports(Some("cpal.*out_1"), None, PortFlags::IS_OUTPUT);
    client.connect_ports_by_name(&ports[0], "ear:in").expect("connects");
    pause(2000);
    for (what, structure) in [("a value", false), ("an effect put in or taken out", true)] {
        let mut times = Vec::new();
        for i in 1..=30u32 {
            seen.changed.store(0, SeqCst);
            pause(100);
            assert_eq!(seen.changed.load(SeqCst), 0, "nothing else is heard there");
            std::fs::write(&script, song(0.1 + f64::from(i) * 1e-3, structure && i % 2 == 1))
                .expect("written");
            let closed = client.frame_time();
            // Not in step with the buffers.
            pause(400 + u64::from(i % 7) * 3);
            let changed = seen.changed.load(SeqCst);
            assert!(changed > 0, "edit {i} was not heard");
            let frames = (changed as u32).wrapping_sub(closed) as i32;
            times.push(f64::from(frames) / f64::from(RATE) * 1e3);
        }
        let (median, most) = median(times);
        println!("close to sound, {what}: median {median:.1} ms, most {most:.1} ms (30 edits)");
    }
    drop(active.deactivate());
    // A child of ours, ended by its own number.
    child.kill().expect("ends");
    child.wait().expect("ends");
}
