//! Rows 22 to 24 for the whole program: its device disappears, comes back at another rate, comes too late.

use crate::program::{Program, read};
use crate::server::Server;
use crate::stage::peak;
use std::time::Duration;

/// A note at each beat, of a pitch that is easily counted.
const SONG: &str = r#"
tempo(120);
track("a", instrument(|v| sine(v.freq) * adsr(v.gate, #{attack: 0.001, release: 0.01}) * 0.5)).play(note("a4*4").gate(0.4));
record("take.wav");
"#;

/// `rhapsode live` on the server.
fn live(server: &Server, script: &str) -> Program {
    let command = server.command(env!("CARGO_BIN_EXE_rhapsode"));
    Program::start(command, "live", script, &["--host", "jack", "--quant", "now"])
}

/// Frames at which a note begins, after a tenth of a second of silence.
fn beats(sound: &[f32]) -> Vec<usize> {
    let (mut found, mut quiet) = (Vec::new(), 0);
    for (i, x) in sound.iter().enumerate() {
        if x.abs() < 1e-4 {
            quiet += 1;
        } else {
            if quiet > 4000 {
                found.push(i);
            }
            quiet = 0;
        }
    }
    found
}

/// Cycles a second, of the note that begins at `at`.
fn pitch(sound: &[f32], at: usize, rate: f64) -> f64 {
    let part = &sound[at + 500..at + 500 + (rate * 0.12) as usize];
    let rises: Vec<f64> = (1..part.len())
        .filter(|&i| part[i - 1] <= 0.0 && part[i] > 0.0)
        .map(|i| i as f64 - f64::from(part[i] / (part[i] - part[i - 1])))
        .collect();
    let (first, last) = (rises[0], rises[rises.len() - 1]);
    (rises.len() - 1) as f64 * rate / (last - first)
}

/// Beat intervals are exactly half a second within a recording.
fn steady(sound: &[f32], rate: usize) {
    let beats = beats(sound);
    assert!(beats.len() > 3, "{beats:?}");
    let off = beats.windows(2).filter(|w| (w[1] - w[0]).abs_diff(rate / 2) > 2).count();
    assert_eq!(off, 0, "{beats:?}");
    for at in &beats[..beats.len() - 1] {
        let hz = pitch(sound, *at, rate as f64);
        assert!((hz - 440.0).abs() < 0.5, "{hz} Hz at {rate}");
    }
}

#[test]
fn rows_22_and_23_clock_and_recording_go_on_without_the_device_and_it_comes_back_at_its_own_rate() {
    let server = Server::start("program", 48_000, 256);
    let mut program = live(&server, SONG);
    program.expect("Recording into");
    std::thread::sleep(Duration::from_secs(2));
    let server = server.kill();
    let lost = program.expect("is gone");
    assert!(lost.contains("the music goes on in silence until it is back"), "{lost}");
    std::thread::sleep(Duration::from_secs(3));
    let server = server.start(44_100, 512);
    let told = program.expect("48000 to 44100 Hz");
    assert!(told.contains("building anew"), "{told}");
    program.expect("Recorded");
    program.expect("Recording into");
    let file = program.file("device.wav");
    let mut recording = server.record(&file, 3.0);
    assert!(recording.wait().expect("ends").success());
    program.signal(libc::SIGINT);
    program.expect("Recorded");
    assert!(program.end().success());
    // What was recorded while there was no device has no gap; the clock went on at its own pace.
    let [left, _] = read(&program.file("take.wav"));
    assert!(left.len() > 48_000 * 4, "{} frames", left.len());
    steady(&left, 48_000);
    // At the new rate it has the right pitch and tempo, in the program's recording and at the device.
    let [right_after, _] = read(&program.file("take-2.wav"));
    steady(&right_after, 44_100);
    let [heard, _] = read(&file);
    steady(&heard, 44_100);
    assert!(peak(&heard) > 0.4);
}

#[test]
fn row_23_the_music_goes_on_where_it_is_by_then() {
    // The pitch says the beat: a semitone more for each of 24 bars of one beat.
    let notes: Vec<String> = (48..72).map(|n| n.to_string()).collect();
    let song = SONG.replace("a4*4", &format!("<{}>*4", notes.join(" ")));
    let server = Server::start("position", 48_000, 256);
    let mut program = live(&server, &song);
    program.expect("Recording into");
    std::thread::sleep(Duration::from_millis(1200));
    let server = server.kill();
    program.expect("is gone");
    let _server = server.start(44_100, 512);
    program.expect("building anew");
    program.expect("Recording into");
    std::thread::sleep(Duration::from_secs(2));
    program.signal(libc::SIGINT);
    program.expect("Recorded");
    assert!(program.end().success());
    let note = |hz: f64| (69.0 + 12.0 * (hz / 440.0).log2()).round() as i64;
    let [before, _] = read(&program.file("take.wav"));
    let [after, _] = read(&program.file("take-2.wav"));
    let notes = |sound: &[f32], rate: f64| -> Vec<i64> {
        let beats = beats(sound);
        beats[..beats.len() - 1].iter().map(|at| note(pitch(sound, *at, rate))).collect()
    };
    let (before, after) = (notes(&before, 48_000.0), notes(&after, 44_100.0));
    let (last, next) = (before[before.len() - 1], after[0]);
    // One note may be cut by the change, and one lies at the edge of each recording.
    assert!((1..=4).contains(&(next - last).rem_euclid(24)), "{before:?}, then {after:?}");
    assert!(after.windows(2).all(|w| (w[1] - w[0]).rem_euclid(24) == 1), "{after:?}");
}

#[test]
fn row_24_an_xrun_is_counted_and_shown_and_nothing_is_rebuilt() {
    let server = Server::start("late", 48_000, 256);
    let command = server.command(env!("CARGO_BIN_EXE_rhapsode"));
    let mut program = Program::start(command, "repl", SONG, &["--host", "jack", "--quant", "now"]);
    program.expect("Recording into");
    std::thread::sleep(Duration::from_millis(1500));
    // The whole process stands still for less time than the server grants its clients.
    program.signal(libc::SIGSTOP);
    std::thread::sleep(Duration::from_millis(150));
    program.signal(libc::SIGCONT);
    std::thread::sleep(Duration::from_millis(1500));
    program.say(":status");
    let status = program.expect("bpm");
    let xruns = status.split("xruns ").nth(1).and_then(|s| s.split(' ').next());
    let xruns: u64 = xruns.and_then(|n| n.parse().ok()).expect("a number");
    assert!(xruns > 0, "{status}");
    program.say(":quit");
    program.expect("Recorded");
    assert!(program.end().success());
    let said = program.said.join("\n");
    for word in ["is gone", "building anew", "Swapped"] {
        assert!(!said.contains(word), "{said}");
    }
    let [left, _] = read(&program.file("take.wav"));
    steady(&left, 48_000);
}
