//! MIDI with the programs that others have written for JACK: their clock is followed, ours is read, their notes are heard.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[allow(dead_code, reason = "each test uses a part of the peer")]
#[path = "midi_jack/peer.rs"]
mod peer;
#[allow(dead_code, reason = "each test uses a part of the player")]
#[path = "midi_jack/player.rs"]
mod player;
#[allow(dead_code, reason = "each test uses a part of the server")]
#[path = "jack/server.rs"]
mod server;

use peer::Peer;
use player::{Player, onsets};
use server::Server;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Frames a second of the server.
const RATE: f64 = 48_000.0;

/// A program of JACK. It is asked to end: one that is killed stalls the server.
struct Tool(Child);

impl Tool {
    fn start(server: &Server, program: &str, args: &[&str]) -> Tool {
        let mut command = server.command(program);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        Tool(
            command.spawn().unwrap_or_else(|e| panic!("{program}: {e}; setup/test.sh installs it")),
        )
    }

    /// Asks it to end.
    fn end(&mut self, signal: &str) {
        if self.0.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        let _ = Command::new("kill").args([signal, &self.0.id().to_string()]).status();
        let begin = Instant::now();
        while self.0.try_wait().is_ok_and(|status| status.is_none()) {
            assert!(begin.elapsed() < Duration::from_secs(20), "a tool does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All that it has printed, when it has ended.
    fn printed(mut self) -> String {
        self.end("-INT");
        let mut text = String::new();
        let mut out = self.0.stdout.take().expect("piped");
        out.read_to_string(&mut text).expect("text");
        text
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        self.end("-INT");
    }
}

/// One program: JACK's library has one server a process.
#[test]
fn clocks_and_notes_are_exchanged_with_the_tools_of_others() {
    let server = Server::start("tools", 48_000, 64);
    // SAFETY: the only test of this program; nothing else reads the environment meanwhile.
    unsafe { std::env::set_var("JACK_DEFAULT_SERVER", server.name()) };
    unsafe { std::env::set_var("JACK_NO_START_SERVER", "1") };
    let dir = tempfile::tempdir().expect("a folder");
    let script = dir.path().join("song.rhai");
    our_clock_is_read(&server, &script);
    their_clock_is_followed(&server, &script);
    their_notes_are_heard(&server, &script);
}

/// `jack_mclk_dump` prints each tick: the tempo, filtered by a loop of its own, and the frame.
fn our_clock_is_read(server: &Server, script: &Path) {
    let dump = Tool::start(server, "jack_mclk_dump", &["-n"]);
    let text = "tempo(127.3); midi_clock_out(\"mclk_in\"); track(\"a\", saw(50) * 0.01);";
    let player = Player::start(server, script, text);
    player.says("Sending to jack_mclk_dump:mclk_in");
    // Five would do; on a busy machine the music begins late.
    std::thread::sleep(Duration::from_secs(9));
    player.interrupt();
    let printed = dump.printed();
    let number = |line: &str, after: &str, before: &str| -> Option<f64> {
        line.split_once(after)?.1.split_once(before)?.0.trim().parse().ok()
    };
    let told: Vec<f64> = printed.lines().filter_map(|line| number(line, "flt:", "[BPM]")).collect();
    assert!(told.len() > 250, "{} ticks in:\n{printed}", told.len());
    // Each is two decimals of what ripples with the rounding of ticks to frames.
    let told = &told[told.len() - 192..];
    let mean = told.iter().sum::<f64>() / told.len() as f64;
    println!("jack_mclk_dump reads {mean:.4} bpm where the script says 127.3");
    assert!((mean - 127.3).abs() < 0.01, "{printed}");
    assert!(told.iter().all(|bpm| (bpm - 127.3).abs() < 0.05), "{printed}");
    // Its own measure of each tick rounds to frames; over all of them it does not matter. The first beat is left out: what
    // is due before the device has begun goes out at once.
    let frames: Vec<f64> = printed
        .lines()
        .filter(|line| line.starts_with("CLK"))
        .filter_map(|line| line.rsplit_once('@')?.1.trim().parse().ok())
        .skip(24)
        .collect();
    let ticks = (frames.len() - 1) as f64;
    let bpm = 60.0 * RATE * ticks / 24.0 / (frames[frames.len() - 1] - frames[0]);
    assert!((bpm - 127.3).abs() < 0.01, "{bpm}: {printed}");
    let event = |name: &str| {
        printed.lines().position(|line| line.starts_with("EVENT") && line.contains(name))
    };
    let begins = event("start").or(event("continue")).expect("it says that it begins");
    let stops = event("stop").expect("it says that it stops");
    // Ticks come as soon as it is connected; where the music is, at the next sixteenth.
    assert!(begins < 40 && stops > begins + 200, "{begins} {stops} {printed}");
    let last = printed.lines().rfind(|line| line.starts_with("EVENT"));
    assert!(last.is_some_and(|line| line.contains("stop")), "that is its last word: {last:?}");
}

/// `jack_midi_clock` sends the clock of the transport.
fn their_clock_is_followed(server: &Server, script: &Path) {
    let ear = Peer::named("ear");
    let mut clock = Tool::start(server, "jack_midi_clock", &["-b", "123.4", "-B"]);
    ear.hear("jack_midi_clock:mclk_out");
    let text = "tempo(90); sync_to(\"mclk_out\"); \
                track(\"hw\", midi_out(\"ear:hear\", 1)).play(note(\"c4*16\").gate(0.5));";
    let player = Player::start(server, script, text);
    player.says("Listening to jack_midi_clock:mclk_out");
    player.says("Sending to ear:hear");
    let transport = ear.transport();
    transport.locate(0).expect("is heard");
    ear.begin(Vec::new(), 16 * 48_000);
    transport.start().expect("is heard");
    player.says("Following the clock of \"mclk_out\"");
    let take = ear.end();
    transport.stop().expect("is heard");

    let when = |wanted: fn(u8) -> bool| -> Vec<usize> {
        take.midi.iter().filter(|m| wanted(m.1[0])).map(|m| m.0).collect()
    };
    let (start, ticks) = (when(|s| s == 0xfa), when(|s| s == 0xf8));
    let notes = when(|s| s == 0x90);
    assert_eq!(start.len(), 1);
    let late: Vec<f64> =
        notes.iter().filter(|n| **n >= start[0] + 5 * 48_000).map(|n| *n as f64).collect();
    assert!(late.len() > 70, "{} notes", late.len());
    let bpm = 60.0 * RATE * (late.len() - 1) as f64 / 4.0 / (late[late.len() - 1] - late[0]);
    // Sixteenths, each against the line through the ticks: six of them.
    let first = ticks.iter().position(|t| *t >= start[0]).expect("ticks");
    let sixteenths: Vec<f64> = ticks[first..].iter().step_by(6).map(|t| *t as f64).collect();
    let beside = |note: f64| {
        let off = sixteenths.iter().map(|t| (t - note).abs());
        off.fold(f64::MAX, f64::min)
    };
    let worst = late.iter().map(|n| beside(*n)).fold(0.0, f64::max);
    println!(
        "jack_midi_clock at 123.4 bpm is followed at {bpm:.4} bpm, notes within {worst} frames"
    );
    assert!((bpm - 123.4).abs() < 0.05, "{bpm}");
    assert!(worst <= 192.0, "4 ms are 192 frames");

    // It stops, and begins again where the transport does.
    std::thread::sleep(Duration::from_millis(500));
    let quiet = ear.play(Vec::new(), 48_000);
    assert!(quiet.midi.iter().all(|m| m.1[0] != 0x90), "it has stopped");
    assert_eq!(ear.sounding(), 0);
    transport.locate(0).expect("is heard");
    ear.begin(Vec::new(), 3 * 48_000);
    transport.start().expect("is heard");
    let again = ear.end();
    assert!(again.midi.iter().filter(|m| m.1[0] == 0x90).count() > 12, "it plays again");
    transport.stop().expect("is heard");
    player.interrupt();
    clock.end("-INT");
}

/// `jack_midiseq` plays a loop whose notes have their frames.
fn their_notes_are_heard(server: &Server, script: &Path) {
    let ear = Peer::named("ear");
    let text =
        "let step = instrument(|v| v.gate * 0.5); track(\"hand\", step).midi_in(\"loop:out\");";
    // Two notes, 11000 and 13000 frames apart in turn.
    let mut loops = Tool::start(
        server,
        "jack_midiseq",
        &["loop", "24000", "0", "60", "5000", "11000", "63", "4000"],
    );
    let player = Player::start(server, script, text);
    player.says("Listening to loop:out");
    ear.hear_the_player();
    let take = ear.play(Vec::new(), 5 * 48_000);
    let begun = onsets(&take.left);
    let apart: Vec<usize> = begun.windows(2).map(|w| w[1] - w[0]).collect();
    println!("jack_midiseq: {} notes, {apart:?}", begun.len());
    assert!(apart.len() >= 17, "{apart:?}");
    for pair in apart.windows(2) {
        assert!(pair == [11_000, 13_000] || pair == [13_000, 11_000], "{apart:?}");
    }
    // Each as long as it is held.
    let long = |at: usize| take.left[at..].iter().position(|x| *x == 0.0);
    let lengths: Vec<usize> = begun[..begun.len() - 1].iter().filter_map(|b| long(*b)).collect();
    assert!(lengths.iter().all(|n| [3999, 4000, 4999, 5000].contains(n)), "{lengths:?}");
    player.interrupt();
    loops.end("-TERM");
}
