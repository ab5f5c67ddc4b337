//! MIDI on a JACK server: what another program plays is heard, and what is played reaches it, to the sample.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[path = "session_log/again.rs"]
mod again;
#[allow(dead_code, reason = "each test uses a part of the peer")]
#[path = "midi_jack/peer.rs"]
mod peer;
#[path = "midi_jack/player.rs"]
mod player;
#[allow(dead_code, reason = "each test uses a part of the server")]
#[path = "jack/server.rs"]
mod server;

use peer::Peer;
use player::{Player, onsets};
use server::Server;
use std::path::Path;
use std::time::{Duration, Instant};

/// Frames of a buffer of the server.
const BUFFER: u32 = 64;

/// One program: JACK's library has one server a process.
#[test]
fn midi_is_exact_to_the_sample_and_survives_what_becomes_of_ports() {
    let server = Server::start("midi", 48_000, BUFFER);
    // SAFETY: the only test of this program; nothing else reads the environment meanwhile.
    unsafe { std::env::set_var("JACK_DEFAULT_SERVER", server.name()) };
    unsafe { std::env::set_var("JACK_NO_START_SERVER", "1") };
    let dir = tempfile::tempdir().expect("a folder");
    let script = dir.path().join("song.rhai");
    notes_in_and_out(&server, &script);
    effects_and_takes(&server, &script);
    ports_that_come_and_go(&server, &script);
    a_loop_of_cables(&server, &script);
    a_log_of_what_was_played_by_hand(&server, &script);
    a_knob_that_is_learnt(&server, &script);
    clocks(&server, &script);
    a_session_that_is_killed(server, &script);
}

/// A held note is a step of the level, so that its frame is seen: what is played by hand on the left, a pattern on the
/// right and, with the same notes, over MIDI.
const STEPS: &str = r#"
tempo(117);
let step = instrument(|v| v.gate * 0.5);
track("hand", step).midi_in("hands:feed", 1).pan(-1);
track("click", step).play(note("c4*16").gate(0.25)).pan(1);
track("hw", midi_out("ear:hear", 4)).play(note("c4*16").gate(0.25));
"#;

fn notes_in_and_out(server: &Server, script: &Path) {
    // Apart from each other: a program that does both would be a loop, which JACK delays somewhere by a buffer.
    let (peer, ear) = (Peer::named("hands"), Peer::named("ear"));
    let player = Player::start(server, script, STEPS);
    player.says("Listening to hands:feed");
    player.says("Sending to ear:hear");
    peer.hear_the_player();
    ear.hear_the_player();
    // Notes at all offsets of a buffer.
    let notes: Vec<u32> = (0..60).map(|i| 4800 + i * 2400 + i * 37).collect();
    let on = notes.iter().map(|&frame| (frame, [0x90, 60, 100]));
    let off = notes.iter().map(|&frame| (frame + 1200, [0x80, 60, 0]));
    let take = peer.play(on.chain(off).collect(), 4 * 48_000);

    let heard = onsets(&take.left);
    assert_eq!(heard.len(), notes.len(), "every note is heard once");
    let late: Vec<i64> = notes.iter().zip(&heard).map(|(&n, &h)| h as i64 - i64::from(n)).collect();
    let most = i64::from(BUFFER) + 48;
    assert!(late[0] <= most, "one buffer and 1 ms are {most} frames, not {}", late[0]);
    assert!(late.iter().all(|l| *l == late[0]), "each as late as the others: {late:?}");

    let take = ear.play(Vec::new(), 4 * 48_000);
    let clicks = onsets(&take.right);
    let begun: Vec<usize> =
        take.midi.iter().filter(|m| m.1 == [0x93, 60, 102]).map(|m| m.0).collect();
    assert!(clicks.len() > 20, "{} clicks", clicks.len());
    for click in &clicks[..clicks.len() - 1] {
        // A voice that is used again takes one frame to see the new note.
        let near = |at: &usize| click.abs_diff(*at) <= 1;
        assert!(begun.iter().any(near), "{click} is not among {begun:?}");
    }
    println!("in: {} frames late; out: {} notes at their frames", late[0], begun.len());

    // Row 8: what sounds on hardware is ended when the program ends.
    player.interrupt();
    let end = ear.play(Vec::new(), 4800);
    let all: Vec<[u8; 3]> = take.midi.iter().chain(&end.midi).map(|m| m.1).collect();
    let ons = all.iter().filter(|m| m[0] == 0x93).count();
    assert!(ons > 0);
    assert_eq!(ear.sounding(), 0, "nothing hangs");
}

/// What is played goes through a function of the script to another program, and is written down as it was played.
fn effects_and_takes(server: &Server, script: &Path) {
    let (peer, ear) = (Peer::named("hands"), Peer::named("ear"));
    let text = r#"
        tempo(120);
        let keys = midi_in("hands:feed");
        on_midi(keys, |m| m.transpose(12));
        track("hw", midi_out("ear:hear", 2)).midi_in(keys);
        record_midi("take.mid");
    "#;
    let player = Player::start(server, script, text);
    player.says("Listening to hands:feed");
    player.says("Writing down");
    player.says("Sending to ear:hear");
    ear.begin(Vec::new(), 48_000);
    let notes = (0..10).flat_map(|i| {
        let key = 50 + i as u8;
        [(i * 4000, [0x90, key, 100]), (i * 4000 + 2000, [0x80, key, 0])]
    });
    peer.play(notes.collect(), 48_000);
    let take = ear.end();
    let begun: Vec<(usize, u8)> =
        take.midi.iter().filter(|m| m.1[0] == 0x91).map(|m| (m.0, m.1[1])).collect();
    let keys: Vec<u8> = begun.iter().map(|b| b.1).collect();
    assert_eq!(keys, (62..72).collect::<Vec<u8>>(), "an octave higher");
    let apart: Vec<usize> = begun.windows(2).map(|w| w[1].0 - w[0].0).collect();
    assert_eq!(apart, [4000; 9], "the thread of the effect does not jitter");
    player.interrupt();
    let file = script.parent().expect("a folder").join("take.mid");
    let (song, damage) =
        rhapsode::midi::Song::parse(&std::fs::read(file).expect("written")).expect("a MIDI file");
    assert!(damage.is_empty());
    let notes = song.notes();
    assert_eq!(notes.iter().map(|n| n.key).collect::<Vec<_>>(), (50..60).collect::<Vec<u8>>());
    // 4000 frames at 120 beats a minute are 160 ticks of 960 a beat.
    let steps: Vec<u64> = notes.windows(2).map(|w| w[1].begin - w[0].begin).collect();
    assert!(steps.iter().all(|step| step.abs_diff(160) <= 1), "{steps:?}");
    assert!((song.tempo()[0].1 - 120.0).abs() < 1e-6);
}

/// Row 25: a port goes and comes back.
fn ports_that_come_and_go(server: &Server, script: &Path) {
    let listener = Peer::named("listener");
    let text = STEPS
        .replace("track(\"click\"", "track(\"unheard\"")
        .replace(".play(note(\"c4*16\").gate(0.25)).pan(1)", "");
    let peer = Peer::named("hands");
    let player = Player::start(server, script, &text);
    player.says("Listening to hands:feed");
    listener.hear_the_player();
    peer.play(vec![(0, [0x90, 60, 100])], 9600);
    drop(peer);
    player.says("hands:feed is gone");
    let quiet = listener.play(Vec::new(), 9600);
    assert!(quiet.left[4800..].iter().all(|x| *x == 0.0), "the held note was ended");
    let peer = Peer::named("hands");
    player.says("Listening to hands:feed");
    listener.begin(Vec::new(), 24_000);
    peer.play(vec![(4800, [0x90, 60, 100]), (7200, [0x80, 60, 0])], 9600);
    let after = listener.end();
    let begun = onsets(&after.left);
    assert_eq!(begun.len(), 1, "it plays again");
    let over = after.left[begun[0]..].iter().position(|x| *x == 0.0);
    let whole = over.is_some_and(|n| (2399..=2400).contains(&n));
    assert!(whole, "and is let go by its own key: {over:?}");
    player.interrupt();
}

/// Row 26: what goes out comes in again, twice.
fn a_loop_of_cables(server: &Server, script: &Path) {
    let text = r#"
        let around = virtual_midi_in("around");
        track("one", midi_out("rhapsode:around", 1)).midi_in(around);
        track("two", midi_out("rhapsode:around", 1)).midi_in(around);
        track("three", midi_out("rhapsode:around", 1)).midi_in(around);
        track("in", midi_out("rhapsode:around", 2)).play(note("c4*8").gate(0.5));
    "#;
    let player = Player::start(server, script, text);
    player.says("does what goes out come in again?");
    std::fs::write(script, "track(\"a\", saw(55) * 0.1);").expect("written");
    player.says("Swapped");
    player.interrupt();
}

/// What was played by hand, through an effect of the script and while the script was edited, is rendered from the log
/// to the same samples.
fn a_log_of_what_was_played_by_hand(server: &Server, script: &Path) {
    let peer = Peer::named("hands");
    let text = r#"
        let keys = midi_in("hands:feed");
        on_midi(keys, |m| [m, m.transpose(7)]);
        let voice = instrument(|v| saw(v.freq) * adsr(v.gate) * v.velocity * 0.2 |> lowpass(cc(74).range(300, 4000)));
        track("keys", voice).midi_in(keys);
        track("beat", instrument(|v| noise() * adsr(v.gate, #{decay: 0.05, sustain: 0}) * 0.2)).play(note("c4*8"));
        record("take.wav");
    "#;
    let folder = script.parent().expect("a folder");
    let log = folder.join("set.rhailog");
    let player = Player::with(server, script, text, &["--log", log.to_str().expect("plain")]);
    player.says("Listening to hands:feed");
    player.says("Recording into");
    for part in 0..3 {
        let notes = (0..20).flat_map(|i| {
            let (at, key) = (i * 2000 + i * 37, 40 + part * 5 + i as u8);
            [
                (at, [0x90, key, 90]),
                (at + 900, [0xb0, 74, i as u8 * 6]),
                (at + 1800, [0x80, key, 0]),
            ]
        });
        peer.play(notes.collect(), 48_000);
        let edited = text.replace("* 0.2 |>", &format!("* 0.{} |> drive({part}) |>", 3 + part));
        std::fs::write(script, edited).expect("written");
        player.says("Swapped");
    }
    peer.play(Vec::new(), 12_000);
    player.interrupt();
    again::render(folder, "set.rhailog", "again.wav");
    let frames = again::same_as_recorded(folder, "take.wav", "again.wav");
    assert!(frames > 3 * 48_000, "{frames} frames");
}

/// `learn` maps the knob that is moved next, and the knob has the parameter once it meets its value.
fn a_knob_that_is_learnt(server: &Server, script: &Path) {
    let (peer, ear) = (Peer::named("hands"), Peer::named("ear"));
    let text = "midi_in(\"hands:feed\"); track(\"a\", saw(100) * 0.4).gain(0.5).midi_in(\"hands:feed\"); \
                learn(\"a/gain\", 0, 1);";
    let player = Player::start(server, script, text);
    player.says("Listening to hands:feed");
    player.says("Move a controller for a/gain");
    ear.hear_the_player();
    peer.play(vec![(100, [0xb0, 21, 64])], 9600);
    player.says("map(21, \"a/gain\", 0, 1);");
    player.says("Swapped");
    // It is met at 64, and follows down to a quarter.
    peer.play(vec![(0, [0xb0, 21, 64]), (100, [0xb0, 21, 63]), (2000, [0xb0, 21, 32])], 9600);
    let heard = ear.play(Vec::new(), 9600);
    let peak = heard.left.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let want = 0.4 * 32.0 / 127.0;
    assert!((peak / want - 1.0).abs() < 0.1, "{peak} and not {want}");
    player.interrupt();
}

/// A clock that is sent has each tick at its frame, and one that is followed gives the tempo.
fn clocks(server: &Server, script: &Path) {
    let (peer, ear) = (Peer::named("hands"), Peer::named("ear"));
    let text = "tempo(125); midi_clock_out(\"ear:hear\"); track(\"a\", saw(50) * 0.01);";
    let player = Player::start(server, script, text);
    player.says("Sending to ear:hear");
    let take = ear.play(Vec::new(), 3 * 48_000);
    let ticks: Vec<usize> = take.midi.iter().filter(|m| m.1[0] == 0xf8).map(|m| m.0).collect();
    assert!(ticks.len() > 140, "{} ticks", ticks.len());
    // 24 ticks a beat of 0.48 s are 960 frames apart.
    let apart: Vec<usize> = ticks.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(apart.iter().all(|n| *n == 960), "{apart:?}");
    player.interrupt();

    let text = "tempo(90); sync_to(\"hands:feed\"); \
                track(\"hw\", midi_out(\"ear:hear\", 1)).play(note(\"c4*16\").gate(0.5));";
    let player = Player::start(server, script, text);
    player.says("Listening to hands:feed");
    player.says("Sending to ear:hear");
    let ticks = (0..900).map(|i| (4800 + i * 960, [0xf8, 0, 0]));
    let start = (4800 - 480, [0xfa, 0, 0]);
    ear.begin(Vec::new(), 18 * 48_000);
    peer.play(std::iter::once(start).chain(ticks).collect(), 18 * 48_000);
    let take = ear.end();
    let begun: Vec<usize> = take.midi.iter().filter(|m| m.1[0] == 0x90).map(|m| m.0).collect();
    let late: Vec<usize> = begun.windows(2).map(|w| w[1] - w[0]).skip(60).collect();
    assert!(late.len() > 50, "{} notes", begun.len());
    // Sixteenths at 125 beats a minute.
    assert!(late.iter().all(|n| n.abs_diff(5760) <= 2), "{late:?}");
    // A note on every sixth tick: what was followed is the place too, heard a buffer after the tick came.
    let place = |at: &usize| (*at as i64 - 4800).rem_euclid(5760);
    let off: Vec<i64> = begun.iter().skip(60).map(place).map(|p| p.min(5760 - p)).collect();
    assert!(off.iter().all(|n| *n <= 192), "frames beside the clock: {off:?}");
    player.interrupt();
}

/// Row 9: what it left sounding is ended by the next session that plays the port.
fn a_session_that_is_killed(server: Server, script: &Path) {
    let ear = Peer::named("ear");
    let text = "tempo(60); track(\"hw\", midi_out(\"ear:hear\", 3)).play(note(\"c4\").gate(4));";
    let mut player = Player::start(&server, script, text);
    player.says("Sending to ear:hear");
    let journal = script.with_file_name(format!("rhapsode/{}.sounding", player.child.id()));
    let begin = Instant::now();
    while !std::fs::read_to_string(&journal).is_ok_and(|text| text.contains("[130,60,64]")) {
        assert!(begin.elapsed() < Duration::from_secs(20), "what sounds is not written down");
        std::thread::sleep(Duration::from_millis(50));
    }
    player.child.kill().expect("is killed");
    // A client that is killed keeps a server waiting for minutes, and all its clients: another takes its place.
    let stopped = server.kill();
    drop((player, ear));
    let server = stopped.start(48_000, BUFFER);
    let ear = Peer::named("ear");
    ear.begin(Vec::new(), 2 * 48_000);
    let player = Player::start(&server, script, "track(\"hw\", midi_out(\"ear:hear\", 1));");
    player.says("Ended 1 notes on ear:hear");
    let heard: Vec<[u8; 3]> = ear.end().midi.iter().map(|m| m.1).collect();
    assert_eq!(heard, [[0x82, 60, 64], [0xb2, 120, 0], [0xb2, 123, 0]]);
    player.interrupt();
}
