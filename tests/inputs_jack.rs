//! `rhapsode live` on a JACK server: what another program plays into it comes out, bit for bit, after a delay that
//! never changes.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[allow(dead_code, reason = "each test uses a part of the server")]
#[path = "jack/server.rs"]
mod server;

use jack::{AudioIn, AudioOut, Client, ClientOptions, Control, PortFlags};
use server::Server;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Frames of a buffer of the server.
const BUFFER: usize = 256;

/// Frame `frame` of what is played on `side`; all different from the next few thousand.
fn sample(side: usize, frame: usize) -> f32 {
    let hash = (frame * 2 + side + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    (hash as f32 / (1 << 24) as f32 - 0.5) * 1.5
}

/// Plays [`sample`]s into the ports that end in `in_0` and `in_1`, and hears what comes out of `out_0` and `out_1` in
/// the same cycles, for `seconds` seconds.
fn through(server: &Server, seconds: usize) -> [Vec<f32>; 2] {
    // SAFETY: the only test of this program; nothing else reads the environment meanwhile.
    unsafe { std::env::set_var("JACK_DEFAULT_SERVER", server.name()) };
    unsafe { std::env::set_var("JACK_NO_START_SERVER", "1") };
    let (client, _) = Client::new("feeder", ClientOptions::NO_START_SERVER).expect("a client");
    let names = ["0", "1"];
    let mut outs = names
        .map(|n| client.register_port(&format!("play_{n}"), AudioOut::default()).expect("a port"));
    let ins =
        names.map(|n| client.register_port(&format!("hear_{n}"), AudioIn::default()).expect("one"));
    let frames = seconds * 48_000;
    let (tell, over) = channel();
    let (mut at, mut heard) = (0, [Vec::with_capacity(frames), Vec::with_capacity(frames)]);
    let process = move |_: &Client, scope: &jack::ProcessScope| {
        for side in 0..2 {
            for (i, out) in outs[side].as_mut_slice(scope).iter_mut().enumerate() {
                *out = sample(side, at + i);
            }
            if at < frames {
                heard[side].extend_from_slice(ins[side].as_slice(scope));
            }
        }
        at += scope.n_frames() as usize;
        if heard[0].len() >= frames && !heard[0].is_empty() {
            let _ = tell.send(std::mem::take(&mut heard));
        }
        Control::Continue
    };
    let process = jack::contrib::ClosureProcessHandler::new(process);
    let active = client.activate_async((), process).expect("runs");
    let client = active.as_client();
    let find = |end: &str, flags| {
        let found = client.ports(Some(&format!("cpal.*{end}$")), None, flags);
        found.first().cloned().unwrap_or_else(|| panic!("no port {end}"))
    };
    for n in names {
        let to = find(&format!("in_{n}"), PortFlags::IS_INPUT);
        client.connect_ports_by_name(&format!("feeder:play_{n}"), &to).expect("connects");
        let from = find(&format!("out_{n}"), PortFlags::IS_OUTPUT);
        client.connect_ports_by_name(&from, &format!("feeder:hear_{n}")).expect("connects");
    }
    let heard = over.recv_timeout(Duration::from_secs(60)).expect("time goes on");
    drop(active.deactivate());
    heard
}

/// By how many frames `heard` is late; fails at the first frame that is not what was played so long ago.
fn delay(side: usize, heard: &[f32]) -> usize {
    // The ports are connected, and the input holds a buffer in reserve, by then.
    let start = 24_000;
    let late = (0..start)
        .find(|late| (0..64).all(|i| heard[start + i] == sample(side, start + i - late)))
        .expect("what was played is heard");
    for (k, x) in heard.iter().enumerate().skip(start) {
        assert_eq!(x.to_bits(), sample(side, k - late).to_bits(), "side {side}, frame {k}");
    }
    late
}

#[test]
fn what_goes_in_comes_out_to_the_bit_after_a_constant_delay() {
    let server = Server::start("inputs", 48_000, BUFFER as u32);
    let dir = tempfile::tempdir().expect("a folder");
    let script = dir.path().join("through.rhai");
    std::fs::write(&script, "track(\"in\", audio_in(1, 2));").expect("written");
    let mut child = server
        .command(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["live", script.to_str().expect("plain"), "--host", "jack", "--quant", "now"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut wait_for = |word: &str| {
        let (mut all, begin) = (String::new(), Instant::now());
        while !all.contains(word) {
            let read = said.read_line(&mut all).expect("text");
            assert!(read > 0 && begin.elapsed() < Duration::from_secs(30), "`{word}` in {all}");
        }
        all
    };
    wait_for("Listening to inputs 1 to 2 of");
    let [left, right] = through(&server, 4);
    let (late, other) = (delay(0, &left), delay(1, &right));
    assert_eq!(late, other, "both sides are equally late");
    // Whole buffers on the way, and one block.
    assert_eq!((late - 64) % BUFFER, 0, "{late} frames");
    assert!(late <= 64 + 5 * BUFFER, "{late} frames");

    // A channel that is not open is told, and what to do.
    let more = "track(\"in\", audio_in(1, 2));\ntrack(\"more\", audio_in(3));";
    std::fs::write(&script, more).expect("written");
    let told = wait_for("--inputs 3");
    assert!(told.contains("channel 3 of `audio_in` is silent: 2 inputs are open"), "{told}");
    assert!(told.contains("through.rhai:2:15"), "{told}");
    wait_for("Swapped");
    child.kill().expect("ends");
    child.wait().expect("ends");
}
