//! Files in and out: MIDI files rendered by the program, and written by scripts.

use crate::{RATE, close, folder, frequency, level, note, song};
use rhapsode::midi::{Event, Kind, Message, Song};
use rhapsode::{Options, Runtime};

/// Runs the program in `dir`; what it said.
fn run(dir: &std::path::Path, args: &[&str]) -> (bool, String) {
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .current_dir(dir)
        .args(args)
        .output()
        .expect("runs");
    (run.status.success(), String::from_utf8_lossy(&run.stderr).into_owned())
}

fn read_song(path: &std::path::Path) -> Song {
    let (song, damage) = Song::parse(&std::fs::read(path).expect("there")).expect("a song");
    assert!(damage.is_empty());
    song
}

#[test]
fn the_program_renders_a_midi_file_as_it_renders_a_script() {
    let song = song(note(0, 480, 0, 69).into_iter().chain(note(480, 960, 9, 38)), 2);
    let dir = folder(&[("a.mid", &song.to_bytes()), ("a.rhai", b"song(\"a.mid\");")]);
    let bytes = |name: &str| std::fs::read(dir.path().join(name)).expect("there");
    let render = |args: &[&str]| {
        let (ok, said) = run(dir.path(), &[&["render"], args].concat());
        assert!(ok, "{args:?}: {said}");
    };
    render(&["a.mid", "-q"]);
    render(&["a.rhai", "-q", "-o", "b.wav"]);
    assert!(bytes("a.wav") == bytes("b.wav"), "the same samples");
    let sine = "instrument(|v| sine(v.freq) * v.gate)";
    render(&[
        "a.mid",
        "--instrument",
        sine,
        "-o",
        "c.wav",
        "-q",
        "--tail",
        "none",
        "--stems",
        "parts",
    ]);
    assert!(bytes("c.wav") != bytes("b.wav"));
    assert!(dir.path().join("parts/Drums.wav").exists());
    let (ok, said) = run(dir.path(), &["render", "a.mid", "--instrument", "sinus()"]);
    assert!(!ok && said.contains("sinus") && said.contains("a.mid"), "{said}");
    let (ok, said) = run(dir.path(), &["render", "a.rhai", "--instrument", sine]);
    assert!(!ok && said.contains("MIDI"), "{said}");
}

#[test]
fn an_automatic_tail_waits_for_the_longest_echo() {
    let seconds = |script: &str| {
        let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
        piece.render(Options::default()).expect("renders").left.len() as f64 / RATE as f64
    };
    let click = "length_beats(1); track(\"a\", instrument(|v| sine(v.freq) * perc(v.gate, 0.001, 0.01) * 0.5))
        .play(clip([[0, 69, 0.1]]))";
    assert!(seconds(&format!("{click};")) < 1.1);
    // An echo every 2 s, each a quarter of the one before: five are above 1e-4, at 2, 4, 6, 8 and 10 s.
    let echoes =
        seconds(&format!("{click}.fx(delay(#{{time: 2, feedback: 0.25, mix: 0.5, damp: 0}}));"));
    assert!((12.0..14.5).contains(&echoes), "{echoes}");
}

#[test]
fn one_note_is_auditioned_into_a_file() {
    let dir = folder(&[]);
    let code = "instrument(|v| sine(v.freq) * v.gate * v.velocity)";
    let file = ["-o", "note.wav"];
    let args = ["audition", code, "--note", "a4", "--velocity", "64", "--seconds", "0.5"];
    let (ok, said) = run(dir.path(), &[&args[..], &file].concat());
    assert!(ok, "{said}");
    let file = rhapsode::io::file::AudioFile::read(&dir.path().join("note.wav")).expect("sound");
    close(frequency(&file.channels[0], 0.1, 0.4), 440.0, 0.1);
    close(level(&file.channels[0], 0.1, 0.4), 64.0 / 127.0, 1e-3);
    assert_eq!(level(&file.channels[0], 0.51, 0.6), 0.0);
    // And on a device, which here is none.
    let args =
        ["audition", "drums::kit(\"808\")", "--note", "bd", "--seconds", "0.1", "--for", "0.3"];
    let (ok, said) = run(dir.path(), &[&args[..], &["--device", "null"]].concat());
    assert!(ok, "{said}");
}

#[test]
fn a_script_writes_midi_files_when_it_is_run() {
    let script = br#"let w = midi_writer(#{ticks: 96});
        w.tempo(0, 90).meter(0, 3, 4);
        let a = w.add_track("a");
        a.channel(2).program(0, 73).note(0, "c4", 96, 80).note(96, 64, 48).cc(10, 7, 99).bend(20, -1).text(5, "la");
        w.add_track("b").channel(10).note_on(0, 36).note_off(50, 36);
        w.save("w.mid");
        let d = midi_writer(#{time: "delta"});
        d.add_track("x").note_on(0, 60).note_off(240, 60).note_on(240, 62, 30).note_off(240, 62);
        d.save("d.mid");
        w.join().save("joined.mid");
        midi_writer("joined.mid").split().save("split.mid");"#;
    let dir = folder(&[("w.rhai", script)]);
    let path = |name: &str| dir.path().join(name);
    let (ok, said) = run(dir.path(), &["check", "w.rhai"]);
    assert!(ok && !path("w.mid").exists(), "{said}");
    let (ok, said) = run(dir.path(), &["run", "w.rhai"]);
    assert!(ok && said.contains("split.mid"), "{said}");
    let song = read_song(&path("w.mid"));
    assert_eq!(
        (song.tempo(), song.meter(), song.format),
        (vec![(0.0, 60e6 / 666_667.0)], (3, 4), 1)
    );
    let notes: Vec<_> =
        song.notes().iter().map(|n| (n.channel, n.key, n.velocity, n.begin, n.end)).collect();
    assert_eq!(notes, [(1, 60, 80, 0, 96), (9, 36, 100, 0, 50), (1, 64, 100, 96, 144)]);
    let told = |m| Kind::Voice(1, m);
    for (tick, kind) in [
        (0, told(Message::Program(73))),
        (10, told(Message::Control(7, 99))),
        (20, told(Message::Bend(-8192))),
        (5, Kind::Text("la".into())),
    ] {
        assert!(song.parts[1].events.contains(&Event { tick, kind: kind.clone() }), "{kind:?}");
    }
    let delta: Vec<_> =
        read_song(&path("d.mid")).notes().iter().map(|n| (n.begin, n.end)).collect();
    assert_eq!(delta, [(0, 240), (480, 720)]);
    let joined = read_song(&path("joined.mid"));
    assert_eq!((joined.format, joined.parts.len(), joined.notes().len()), (0, 1, 3));
    let split = read_song(&path("split.mid"));
    let names: Vec<_> = split.parts.iter().filter_map(|p| p.name()).collect();
    assert_eq!(names, ["Channel 2", "Channel 10"]);
    assert_eq!(split.tempo(), song.tempo());
    // Written again, nothing changes, and nothing is left beside it.
    let before = std::fs::metadata(path("w.mid")).and_then(|m| m.modified()).expect("a time");
    let (ok, said) = run(dir.path(), &["run", "w.rhai"]);
    assert!(ok && !said.contains("w.mid"), "{said}");
    assert_eq!(
        std::fs::metadata(path("w.mid")).and_then(|m| m.modified()).expect("a time"),
        before
    );
    assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 5);
}

#[test]
fn no_script_writes_outside_of_its_folder() {
    for name in ["../out.mid", "/tmp/rhapsode_out.mid", "none/out.mid", "out.txt", "link/out.mid"] {
        let script =
            format!("let w = midi_writer(); w.add_track(\"a\").note(0, 60, 10); w.save({name:?});");
        let dir = folder(&[]);
        let (inner, outer) = (dir.path().join("in"), dir.path().join("elsewhere"));
        std::fs::create_dir(&inner).and_then(|()| std::fs::create_dir(&outer)).expect("folders");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outer, inner.join("link")).expect("a link");
        std::fs::write(inner.join("w.rhai"), script).expect("written");
        let (ok, said) = run(&inner, &["run", "w.rhai"]);
        assert!(!ok && said.contains("out."), "{name}: {said}");
        assert_eq!(std::fs::read_dir(&outer).expect("a folder").count(), 0);
    }
}

#[test]
fn a_script_renders_midi_files_beside_its_own_sound() {
    let song = song(note(0, 480, 0, 69), 1);
    let script = br#"length_beats(2); let i = instrument(|v| sine(v.freq) * v.gate * 0.5);
        render_midi("a.mid", "high.wav", #{instrument: i, transpose: 12, tail: 0.25, gain_db: 0});
        render_midi("a.mid", "low.flac", #{instrument: i, tail: "none"});
        track("a", i).play(note("c4"));"#;
    let dir = folder(&[("a.mid", &song.to_bytes()), ("s.rhai", script)]);
    let (ok, said) = run(dir.path(), &["render", "s.rhai", "-o", "own.wav", "--tail", "none"]);
    assert!(ok, "{said}");
    let read =
        |name: &str| rhapsode::io::file::AudioFile::read(&dir.path().join(name)).expect("sound");
    let (high, low, own) = (read("high.wav"), read("low.flac"), read("own.wav"));
    assert_eq!(high.channels[0].len(), RATE * 3 / 4);
    assert_eq!(low.channels[0].len(), RATE / 2);
    assert_eq!(own.channels[0].len(), RATE);
    close(frequency(&high.channels[0], 0.1, 0.4), 880.0, 0.1);
    close(frequency(&low.channels[0], 0.1, 0.4), 440.0, 0.1);
    close(frequency(&own.channels[0], 0.1, 0.9), 261.63, 0.1);
}
