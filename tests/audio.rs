//! Sound devices, as a JACK server without hardware plays them: what arrives, what is lost, what comes back.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests of clocks wait by the clock")]

#[path = "no_alloc/counting.rs"]
#[allow(dead_code, reason = "the player counts by itself")]
mod counting;
#[path = "jack/player.rs"]
mod player;
#[path = "jack/server.rs"]
mod server;

use player::{Player, STEP};
use rhapsode::io::audio::{AudioError, Callback, Format, NULL, Request, open};
use server::{Server, Stopped, command};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);

/// Not a test: what a player process runs.
#[test]
#[ignore = "the player's process, started by the tests"]
fn role() {
    player::role();
}

/// The ramp's frame numbers in a recording of both channels, from the first that sounds; fails at the first
/// sample that is not the one it should be.
fn ramp(file: &Path) -> std::ops::Range<u64> {
    ramp_between(file, |_| false)
}

/// The same where there may be gaps, after which the ramp goes on at any later frame.
fn ramp_between(file: &Path, gap: impl Fn([f32; 2]) -> bool) -> std::ops::Range<u64> {
    let mut reader = hound::WavReader::open(file).expect("a WAV file");
    let samples: Vec<f32> = reader.samples::<f32>().map(|s| s.expect("whole")).collect();
    // The recorder's two ports may be connected a buffer apart.
    let mut frames = samples.chunks_exact(2).skip_while(|frame| frame.contains(&0.0));
    let first = frames.next().expect("something sounds")[0] / STEP;
    let mut k = first as u64;
    let mut after_gap = false;
    for frame in frames {
        if gap([frame[0], frame[1]]) {
            after_gap = true;
            continue;
        }
        let next = (frame[0] / STEP) as u64;
        k = if std::mem::take(&mut after_gap) && next > k { next } else { k + 1 };
        let want = k as f32 * STEP;
        assert_eq!(frame[0].to_bits(), want.to_bits(), "left, frame {k} after {first}");
        assert_eq!(frame[1].to_bits(), (-want).to_bits(), "right, frame {k} after {first}");
    }
    first as u64..k + 1
}

#[test]
fn jack_plays_the_callback_bit_for_bit_from_its_first_frame() {
    let server = Server::start("bits", 48_000, 256);
    let mut player = Player::start(server.name(), "");
    assert_eq!(player.expect("open", SOON), "48000 256 JACK Output");
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("out.wav");
    let mut recording = server.record(&file, 3.0);
    player.say("go");
    assert!(recording.wait().expect("ends").success());
    let range = ramp(&file);
    assert_eq!(range.start, 1, "nothing of the beginning is lost");
    assert!(range.end > 48_000, "{range:?}");
    let end = player.end();
    assert!(end.starts_with("home=true lost=0 prepared=1 allocations=0"), "{end}");
}

#[test]
fn a_killed_server_is_noticed_the_callback_goes_on_and_a_new_one_takes_over_at_its_rate() {
    let server = Server::start("lost", 48_000, 256);
    let mut player = Player::start(server.name(), "");
    player.expect("open", SOON);
    player.say("go");
    let _ = player.rate(0.3);
    let (before, _) = player.count();

    let killed = Instant::now();
    let server = server.kill();
    assert_eq!(player.expect("lost", SOON), "true");
    let noticed = killed.elapsed();
    assert!(noticed < Duration::from_secs(1), "noticed after {noticed:?}");

    // The null device first makes up for the time until then, and then keeps 48 kHz.
    std::thread::sleep(Duration::from_secs(1));
    let rate = player.rate(2.0);
    assert!((rate / 48_000.0 - 1.0).abs() < 0.02, "{rate} frames a second without a device");
    let (after, _) = player.count();
    let due = killed.elapsed().as_secs_f64() * 48_000.0;
    assert!((after - before) / due > 0.97, "the clock lost {} frames", due - (after - before));

    let server = server.start(44_100, 512);
    assert_eq!(player.expect("rate", SOON), "48000 44100");
    assert_eq!(player.expect("back", SOON), "44100");
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("out.wav");
    let mut recording = server.record(&file, 1.5);
    assert!(recording.wait().expect("ends").success());
    let range = ramp(&file);
    assert!(range.start > after as u64, "the same callback, further on: {range:?}");
    assert!(range.end - range.start > 44_100, "{range:?}");
    let end = player.end();
    assert!(end.starts_with("home=true lost=1 prepared=2 allocations=0"), "{end}");
}

#[test]
fn a_server_that_hangs_is_a_lost_device_until_it_goes_on() {
    let server = Server::start("hangs", 48_000, 256);
    let mut player = Player::start(server.name(), "");
    player.expect("open", SOON);
    let _ = player.rate(0.3);
    let (frames, time) = player.count();
    server.freeze(true);
    assert_eq!(player.expect("lost", SOON), "true");
    // What was missed until the loss was seen is made up for, at twice the speed if the machine is free.
    let mut rate = 0.0;
    let begin = Instant::now();
    while (rate / 48_000.0_f64 - 1.0).abs() > 0.03 && begin.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(200));
        let (more, later) = player.count();
        rate = (more - frames) / (later - time);
    }
    server.freeze(false);
    assert!((rate / 48_000.0 - 1.0).abs() < 0.03, "{rate} frames a second without a device");
    assert_eq!(player.expect("back", SOON), "48000");
    assert!((player.rate(2.0) / 48_000.0 - 1.0).abs() < 0.1);
    let end = player.end();
    assert!(end.starts_with("home=true lost=1 prepared=1 allocations=0"), "{end}");
}

#[test]
fn xruns_are_counted_and_nothing_is_rebuilt() {
    let server = Server::start("xrun", 48_000, 256);
    let mut player = Player::start(server.name(), "");
    player.expect("open", SOON);
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("out.wav");
    let mut recording = server.record(&file, 3.0);
    player.say("go");
    std::thread::sleep(Duration::from_millis(500));
    player.say("stall");
    let xruns: u64 = player.expect("xruns", SOON).parse().expect("a number");
    assert!(xruns >= 1);
    assert!(recording.wait().expect("ends").success());
    assert_eq!(ramp(&file).start, 1, "the ramp has no gap");
    let end = player.end();
    assert!(end.starts_with("home=true lost=0 prepared=1 allocations=0"), "{end}");
    assert!(!end.ends_with("late=0"), "{end}");
}

#[test]
fn inputs_arrive_in_order_after_two_buffers_or_three() {
    let server = Server::start("input", 48_000, 256);
    let mut player = Player::start(server.name(), "inputs=2");
    player.expect("open", SOON);
    let lsp = server.command("jack_lsp").output().expect("lists");
    let ports = String::from_utf8_lossy(&lsp.stdout).into_owned();
    let port = |end: &str| ports.lines().find(|port| port.ends_with(end)).expect(end).to_string();
    let connect = server.command("jack_connect").args([port("out_0"), port("in_0")]).status();
    assert!(connect.expect("connects").success());
    std::thread::sleep(Duration::from_millis(300));
    player.say("go");
    std::thread::sleep(Duration::from_secs(2));
    player.say("input");
    let line = player.expect("input", SOON);
    let (heard, delay) = line.split_once(' ').expect("two numbers");
    assert!(heard.parse::<u64>().expect("a number") > 24_000, "{line}");
    let delay: u64 = delay.parse().expect("a number");
    assert!(delay.is_multiple_of(256) && (256..=1024).contains(&delay), "{delay} frames late");
    let end = player.end();
    assert!(end.starts_with("home=true lost=0 prepared=1 allocations=0"), "{end}");
}

#[test]
fn alsa_plays_too() {
    let server = Server::start("alsa", 48_000, 256);
    let mut player = Player::start(server.name(), "host=alsa device=alsa:jack buffer=1024");
    let open = player.expect("open", SOON);
    assert!(open.starts_with("48000 1024 "), "{open}");
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("out.wav");
    let mut recording = server.record(&file, 3.0);
    player.say("go");
    assert!(recording.wait().expect("ends").success());
    // ALSA does not wait for a loaded machine: there may be silence where a buffer came too late.
    let range = ramp_between(&file, |frame| frame == [0.0, 0.0]);
    assert!(range.start == 1 && range.end > 48_000, "{range:?}");
    let end = player.end();
    assert!(end.starts_with("home=true lost=0 prepared=1"), "{end}");
}

#[test]
fn what_the_server_cannot_do_is_said_with_what_it_can() {
    let server = Server::start("cannot", 48_000, 256);
    for (options, says) in [
        ("rate=44100", "44100 Hz (it can do 48000 Hz"),
        ("buffer=100", "a buffer of 100 frames; its server has buffers of 256"),
        (
            "device=jazzmaster",
            "there is no sound device `jazzmaster` (the devices are: jack:output",
        ),
        ("host=jakc", "there is no sound host `jakc` in this build (the hosts are: jack, "),
    ] {
        let player = Player::start(server.name(), options);
        let error = player.expect("error", SOON);
        assert!(error.contains(says), "{error}");
    }
    let player = Player::start(server.name(), "device=output rate=48000");
    assert_eq!(player.expect("open", SOON), "48000 256 JACK Output", "a part of the name");
}

/// An ALSA without any device, whatever the machine has.
fn deaf(dir: &Path) -> std::path::PathBuf {
    let file = dir.join("empty.conf");
    std::fs::write(&file, "").expect("writes");
    file
}

#[test]
fn without_any_device_the_null_device_plays_and_says_why_until_one_comes() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Stopped::new("none");
    let config = deaf(dir.path());
    let mut player = Player::start_with(server.name(), "", |command| {
        command.env("ALSA_CONFIG_PATH", config);
    });
    assert_eq!(player.expect("open", SOON), "48000 512 null");
    assert_eq!(player.expect("reason", SOON), "Some(\"no sound device was found\")");
    assert!((player.rate(1.0) / 48_000.0 - 1.0).abs() < 0.03);
    let _server = server.start(48_000, 512);
    assert_eq!(player.expect("back", SOON), "48000");
    let end = player.end();
    assert!(end.starts_with("home=true lost=0"), "{end}");
}

#[test]
fn devices_are_listed_and_the_libraries_are_silent() {
    let server = Server::start("list", 48_000, 256);
    let list = |name: &str, config: Option<&Path>| {
        let mut command = command(name, env!("CARGO_BIN_EXE_rhapsode"));
        if let Some(path) = config {
            command.env("ALSA_CONFIG_PATH", path);
        }
        let out = command.args(["devices", "--json"]).output().expect("runs");
        assert_eq!(String::from_utf8_lossy(&out.stderr), "", "nothing on standard error");
        let list: Vec<serde_json::Value> = serde_json::from_slice(&out.stdout).expect("JSON");
        assert_eq!(list.iter().filter(|device| device["default"] == true).count(), 1, "{list:?}");
        list
    };
    let devices = list(server.name(), None);
    let jack = devices.iter().find(|device| device["id"] == "jack:output").expect("JACK");
    assert_eq!((&jack["host"], &jack["default"]), (&"jack".into(), &true.into()));
    assert_eq!((&jack["rates"], &jack["buffer"]), (&[48_000].into(), &[256, 256].into()));
    assert!(devices.iter().any(|device| device["id"] == "jack:input" && device["outputs"] == 0));

    let dir = tempfile::tempdir().expect("a folder");
    let _ = list("rhapsode-no-such-server", None);
    let devices = list("rhapsode-no-such-server", Some(&deaf(dir.path())));
    assert_eq!(devices.len(), 1, "{devices:?}");
    assert_eq!((&devices[0]["id"], &devices[0]["default"]), (&NULL.into(), &true.into()));
}

/// Notes how it is called.
#[derive(Clone, Default)]
struct Log {
    formats: Arc<Mutex<Vec<Format>>>,
    frames: Arc<AtomicU64>,
    odd: Arc<AtomicU64>,
}

impl Callback for Log {
    fn prepare(&mut self, format: Format) {
        self.formats.lock().expect("whole").push(format);
    }

    fn render(&mut self, output: &mut [f32], channels: usize, input: &[f32], in_channels: usize) {
        if (output.len(), channels, input.len(), in_channels) != (882, 2, 441, 1) {
            self.odd.fetch_add(1, Relaxed);
        }
        self.frames.fetch_add(441, Relaxed);
    }
}

#[test]
fn the_null_device_keeps_the_rate_it_is_asked_for_and_gives_the_callback_back() {
    let log = Log::default();
    let request = Request {
        device: Some(NULL.into()),
        rate: Some(44_100),
        buffer: Some(441),
        inputs: 1,
        ..Request::default()
    };
    let stream = open(&request, Box::new(log.clone())).map_err(|(error, _)| error).expect("opens");
    assert_eq!((stream.name().as_str(), stream.reason(), stream.rate()), (NULL, None, 44_100));
    let (start, frames) = (Instant::now(), log.frames.load(Relaxed));
    std::thread::sleep(Duration::from_secs(2));
    let rate = (log.frames.load(Relaxed) - frames) as f64 / start.elapsed().as_secs_f64();
    assert!((rate / 44_100.0 - 1.0).abs() < 0.02, "{rate} frames a second");
    let stats = stream.stats();
    assert!(!stats.lost() && stats.load() < 0.5 && stats.xruns() == 0);
    assert!(stream.close().is_some());
    let frames = log.frames.load(Relaxed);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(log.frames.load(Relaxed), frames, "not called any more");
    assert_eq!((stats.frames(), stats.callbacks()), (frames, frames / 441));
    assert_eq!(log.odd.load(Relaxed), 0, "every call has the shape that was said");
    let format = Format { rate: 44_100, channels: 2, in_channels: 1, max_frames: 441 };
    assert_eq!(*log.formats.lock().expect("whole"), [format]);
}

#[test]
fn a_failure_to_open_gives_the_callback_back() {
    let request = Request { host: Some("none such".into()), ..Request::default() };
    let Err((error, mut callback)) = open(&request, Box::new(Log::default())) else {
        panic!("there is no such host");
    };
    assert!(matches!(&error, AudioError::NoSuchHost { wanted, .. } if wanted == "none such"));
    assert!(error.diagnostic().hint.is_some_and(|hint| hint.starts_with("the hosts are: ")));
    let mut output = [0.0; 4];
    callback.render(&mut output, 2, &[], 0);
}
