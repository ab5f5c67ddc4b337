//! The computer's keyboard as a MIDI keyboard: typed into a terminal, heard, written down, and the terminal given back.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[path = "keys/console.rs"]
mod console;

use console::{Console, in_time, lengths};
use rhapsode::midi::Song;
use std::path::Path;

/// All ports are heard on the left; the keyboard by its name on the right, through an effect.
const SONG: &str = r#"
tempo(120);
let organ = instrument(|v| sine(v.freq) * v.gate * 0.3);
track("all", organ).midi_in("").pan(-1);
on_midi(midi_in("keyboard"), |m| m.transpose(7));
track("named", organ).midi_in("keyboard").pan(1);
record_midi("take.mid");
record("take.wav");
"#;

const LIVE: [&str; 7] = ["live", "song.rhai", "--device", "null", "--midi", "none", "--quant"];

fn folder(song: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("song.rhai"), song).expect("written");
    dir
}

/// The notes of a take: key, velocity, begin and length in seconds.
fn notes(file: &Path) -> Vec<(u8, u8, f64, f64)> {
    let (song, damage) = Song::parse(&std::fs::read(file).expect("written")).expect("MIDI");
    assert!(damage.is_empty());
    let second = f64::from(song.tempo()[0].1 as f32) / 60.0 * 960.0;
    let seconds = |ticks: u64| ticks as f64 / second;
    let notes = song.notes();
    notes.iter().map(|n| (n.key, n.velocity, seconds(n.begin), seconds(n.end - n.begin))).collect()
}

/// Level of `hz` in each of both channels, by correlation.
fn levels(file: &Path, from: f64, to: f64, hz: f64) -> [f64; 2] {
    let mut reader = hound::WavReader::open(file).expect("a WAV file");
    let all: Vec<f32> = reader.samples().map(|s| s.expect("whole")).collect();
    let frames = (from * 48_000.0) as usize..(to * 48_000.0) as usize;
    [0, 1].map(|side| {
        let (mut re, mut im) = (0.0, 0.0);
        for i in frames.clone() {
            let (x, angle) =
                (f64::from(all[2 * i + side]), std::f64::consts::TAU * hz * i as f64 / 48e3);
            re += x * libm::cos(angle);
            im += x * libm::sin(angle);
        }
        libm::hypot(re, im) * 2.0 / frames.len() as f64
    })
}

#[test]
fn keys_are_heard_through_effects_and_written_down_and_a_held_key_repeats() {
    in_time(taps_and_chords);
}

fn taps_and_chords() -> Result<(), String> {
    let dir = folder(SONG);
    let mut console = Console::start(dir.path(), &[&LIVE[..], &["now", "--keys"]].concat(), false);
    console.shows("z x c v b n m , . /");
    console.shows("does not tell when keys are let go: a note ends 0.7 s");
    console.shows("Recording into take.wav");
    assert!(!console.is_as_before());
    console.types("z", 1200);
    console.holds("q", 1500);
    console.types("", 400);
    // An octave up ends what sounds; then louder, and a chord whose last key is held.
    console.types("c", 200);
    console.types("]", 400);
    console.types("=cb", 0);
    console.holds("m", 900);
    console.types("", 400);
    console.shows("keys C4-E6 velocity 115");
    // The pedal holds until it is up; then the keyboard types again, and the music goes on.
    console.types(" ", 20);
    console.types("z", 1100);
    console.shows("sustained");
    console.types("\x1b", 100);
    console.shows("The keyboard types again");
    assert!(console.is_as_before());
    assert!(console.child.try_wait().expect("is ours").is_none());
    console.signal("-INT");
    assert!(console.ends().success());
    assert!(console.is_as_before());

    let notes = notes(&dir.path().join("take.mid"));
    let keys: Vec<(u8, u8)> = notes.iter().map(|n| (n.0, n.1)).collect();
    let chord = [(64, 115), (67, 115), (71, 115)];
    let mut expected = vec![(48, 100), (60, 100), (52, 100)];
    expected.extend(chord);
    expected.push((60, 115));
    // A machine that stalls when the first repeat is due strikes a held key once more.
    if keys != expected {
        return Err(format!("{notes:?}"));
    }
    // A tap, a held key, one ended by the octave, a chord; and the time from the first to the second.
    let mut long: Vec<f64> = notes[..6].iter().map(|n| n.3).collect();
    long.push(notes[1].2 - notes[0].2);
    lengths(&long, &[0.7, 1.5 + 0.1, 0.2, 0.9 + 0.1, 0.9 + 0.1, 0.9 + 0.1, 1.2])?;

    // In the recording the first note begins where it is first loud.
    let wav = dir.path().join("take.wav");
    let mut reader = hound::WavReader::open(&wav).expect("a WAV file");
    let first = reader.samples::<f32>().position(|s| s.expect("whole").abs() > 0.01);
    let first = first.expect("something is heard") as f64 / 96_000.0;
    let [c3, g3] = [130.813, 195.998];
    let level = |hz| levels(&wav, first + 0.1, first + 0.5, hz);
    let ([left, none], [other, right]) = (level(c3), level(g3));
    assert!(left > 0.3 && right > 0.3, "{left} {right}");
    assert!(none < 0.02 && other < 0.02, "{none} {other}");
    let [silent, _] = levels(&wav, first + 0.9, first + 1.1, c3);
    assert!(silent < 1e-6, "{silent}");
    Ok(())
}

#[test]
fn where_the_terminal_tells_of_releases_notes_are_as_long_as_keys_are_held() {
    in_time(releases);
}

fn releases() -> Result<(), String> {
    let dir = folder(SONG);
    let mut console =
        Console::start(dir.path(), &[&LIVE[..], &["now", "--keys=qwertz"]].concat(), true);
    console.shows("Recording into take.wav");
    assert!(console.text().contains("y x c v b n m") && !console.text().contains("does not tell"));
    let (down, up) = (
        |key: char| format!("\x1b[{};1:1u", key as u32),
        |key: char| format!("\x1b[{};1:3u", key as u32),
    );
    console.types(&down('y'), 150);
    console.types(&down('q'), 1000);
    console.types(&up('y'), 300);
    console.types(&up('q'), 300);
    // A window that loses the keys hears of no release.
    console.types(&down('x'), 300);
    console.types("\x1b[O", 200);
    console.types(&down('x'), 200);
    // Ctrl-C.
    console.types("\x1b[99;5:1u", 0);
    assert!(console.ends().success());
    assert!(
        console.is_as_before() && console.text().contains("\x1b[<1u"),
        "it tells of none any more"
    );
    let notes = notes(&dir.path().join("take.mid"));
    let keys: Vec<u8> = notes.iter().map(|n| n.0).collect();
    assert_eq!(keys, [48, 60, 50, 50]);
    let long: Vec<f64> = notes.iter().map(|n| n.3).collect();
    lengths(&long, &[1.15, 1.3, 0.3, 0.2])
}

#[test]
fn the_terminal_is_given_back_however_it_ends() {
    let dir = folder("track(\"a\", sine(100) * 0.1);");
    let live = [&LIVE[..], &["now", "--keys"]].concat();
    for way in ["\x03", "-TERM", "-INT", "-HUP"] {
        let mut console = Console::start(dir.path(), &live, way == "-INT");
        console.shows("Space: sustain");
        assert!(!console.is_as_before(), "{way}");
        if way.starts_with('-') {
            console.signal(way);
        } else {
            // A note that nothing hears is said so.
            console.shows("peak -20.0");
            console.types("z", 0);
            console.shows("Nothing listens to the keyboard");
            console.types(way, 0);
        }
        assert!(console.ends().success(), "{way}: {}", console.text());
        assert!(console.is_as_before(), "{way}: {}", console.text());
    }
    let mut args = live.clone();
    args.extend(["--for", "0.5"]);
    let mut console = Console::start(dir.path(), &args, false);
    assert!(console.ends().success());
    assert!(console.is_as_before());
}

#[test]
fn a_prompt_gives_its_keys_and_gets_them_back() {
    in_time(keys_of_a_prompt);
}

fn keys_of_a_prompt() -> Result<(), String> {
    let dir = folder("");
    let args = ["repl", "--device", "null", "--midi", "none", "--quant", "now"];
    let mut console = Console::start(dir.path(), &args, false);
    console.shows("Type music");
    console
        .types("track(\"a\", instrument(|v| sine(v.freq) * v.gate)).midi_in(\"keyboard\")\r", 300);
    console.types("record_midi(\"take.mid\")\r", 0);
    console.shows("Writing down");
    console.types(":keys dvorak\r", 0);
    console.shows("`:keys qwertz`");
    console.types(":keys\r", 0);
    console.shows("Esc: leave");
    console.types("v", 300);
    // Silence, and the note is over.
    console.types("\x03", 0);
    console.shows("Silence");
    console.types("b", 900);
    console.types("\x0b", 0);
    console.shows("The keyboard types again");
    console.types("stop_recording()\r", 0);
    console.shows("Wrote 2 notes");
    console.types(":quit\r", 0);
    assert!(console.ends().success());
    assert!(console.is_as_before());
    let notes = notes(&dir.path().join("take.mid"));
    assert_eq!(notes.iter().map(|n| n.0).collect::<Vec<_>>(), [53, 55]);
    lengths(&[notes[0].3], &[0.3])
}

#[test]
fn what_is_no_terminal_has_no_keys() {
    let dir = folder("track(\"a\", sine(100) * 0.1);");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .args(LIVE)
        .args(["now", "--keys", "--for", "0.3"])
        .current_dir(dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.contains("No keyboard: the keys of a terminal"), "{said}");
}
