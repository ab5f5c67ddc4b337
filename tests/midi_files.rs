//! MIDI files: read, written, damaged, played.

use rhapsode::midi::{Division, Event, Kind, Message, Part, Song};
use rhapsode::script::evaluate;
use rhapsode::world::{Memory, World};
use std::sync::Arc;

fn on(tick: u64, channel: u8, key: u8, velocity: u8) -> Event {
    Event { tick, kind: Kind::Voice(channel, Message::NoteOn(key, velocity)) }
}

fn off(tick: u64, channel: u8, key: u8) -> Event {
    Event { tick, kind: Kind::Voice(channel, Message::NoteOff(key, 64)) }
}

/// Two tracks at 120, then 60 beats a minute, in 3/4.
fn song() -> Song {
    let head = vec![
        Event { tick: 0, kind: Kind::Name("head".into()) },
        Event { tick: 0, kind: Kind::Meter(3, 4) },
        Event { tick: 0, kind: Kind::Tempo(500_000) },
        Event { tick: 960, kind: Kind::Tempo(1_000_000) },
    ];
    let notes = vec![
        Event { tick: 0, kind: Kind::Voice(2, Message::Program(5)) },
        Event { tick: 0, kind: Kind::Voice(2, Message::Bend(-8192)) },
        on(0, 2, 60, 100),
        on(0, 9, 36, 127),
        off(240, 9, 36),
        off(480, 2, 60),
        Event { tick: 480, kind: Kind::Voice(2, Message::Control(74, 12)) },
        on(480, 2, 64, 64),
        off(1440, 2, 64),
    ];
    let parts = vec![Part { events: head, end: 960 }, Part { events: notes, end: 1440 }];
    Song { parts, ..Song::new(480) }
}

#[test]
fn what_is_written_is_read_again() {
    let song = song();
    let (read, damage) = Song::parse(&song.to_bytes()).expect("a song");
    assert_eq!((&read, damage.len()), (&song, 0));
    assert_eq!(read.tempo(), [(0.0, 120.0), (2.0, 60.0)]);
    assert_eq!(read.meter(), (3, 4));
    assert!((read.seconds() - 2.0).abs() < 1e-9, "{}", read.seconds());
    let notes: Vec<_> = read.notes().iter().map(|n| (n.channel, n.key, n.begin, n.end)).collect();
    assert_eq!(notes, [(2, 60, 0, 480), (9, 36, 0, 240), (2, 64, 480, 1440)]);
    // Time code: 25 frames of 40 ticks are 1000 ticks a second, whatever the tempo.
    let smpte = Song { division: Division::Second(1000.0), ..song };
    let (read, _) = Song::parse(&smpte.to_bytes()).expect("a song");
    assert_eq!(read.division, Division::Second(1000.0));
    assert!((read.seconds() - 1.44).abs() < 1e-9);
}

#[test]
fn notes_that_overlap_or_do_not_end_end_all_the_same() {
    let events =
        vec![on(0, 0, 60, 1), on(10, 0, 60, 2), off(20, 0, 60), on(25, 0, 60, 0), on(30, 0, 61, 3)];
    let song = Song { parts: vec![Part { events, end: 50 }], ..Song::new(96) };
    let ends: Vec<_> = song.notes().iter().map(|n| (n.velocity, n.begin, n.end)).collect();
    assert_eq!(ends, [(1, 0, 20), (2, 10, 25), (3, 30, 50)]);
}

#[test]
fn row_28_what_is_damaged_is_named_with_its_place() {
    let bytes = song().to_bytes();
    // Cut anywhere: never a panic, never more notes than there were.
    for end in 0..bytes.len() {
        match Song::parse(&bytes[..end]) {
            Ok((song, damage)) => {
                assert!(song.notes().len() <= 3);
                assert!(!damage.is_empty(), "cut at {end} of {}", bytes.len());
                assert!(damage.iter().all(|d| d.offset <= end), "{damage:?} of {end}");
            }
            Err(why) => assert!(why.offset <= end, "{why}"),
        }
    }
    // Every byte changed to every kind of wrong.
    for at in 0..bytes.len() {
        for wrong in [0x00, 0x7f, 0x80, 0xf0, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] = wrong;
            if let Ok((song, _)) = Song::parse(&bytes) {
                assert!(song.notes().len() <= bytes.len());
                assert!(song.seconds().is_finite());
            }
        }
    }
    let text = Song::parse(b"RIFF....WAVE").expect_err("no song").to_string();
    assert!(text.starts_with("byte 0: "), "{text}");
    let world: Arc<dyn World> = Arc::new(Memory::new().with_bytes("bad.mid", b"MThd".to_vec()));
    let errors = evaluate("let x = 1;\nmidi_file(\"bad.mid\");", "s", &world).expect_err("no song");
    assert_eq!((errors[0].place.line, errors[0].place.column), (2, 11));
    assert!(errors[0].message.contains("byte 0"), "{}", errors[0].message);
}

fn events(script: &str) -> Vec<String> {
    let world: Arc<dyn World> = Arc::new(Memory::new().with_bytes("song.mid", song().to_bytes()));
    let shown =
        rhapsode::script::evaluate_pattern(script, "s", &world).unwrap_or_else(|e| panic!("{e:?}"));
    let mut events = shown.pattern.query(rhapsode::pattern::Span::cycles(0, 2));
    events.retain(|e| e.has_onset());
    events.sort_by_key(|e| e.whole_or_part().begin);
    events.iter().map(|e| format!("{} {}", e.whole_or_part().begin, e.value)).collect()
}

#[test]
fn a_file_is_a_pattern_in_the_meter_of_the_piece() {
    let notes = |script: &str| -> Vec<String> {
        let first = |e: &String| e.split_whitespace().next().expect("a time").to_string();
        events(script).iter().map(first).collect()
    };
    // A cycle is 4 beats, and the song, of 3 beats, is as long.
    assert_eq!(notes("midi_file(\"song.mid\")"), ["0", "0", "1/4", "1", "1", "5/4"]);
    // A cycle is 3 beats.
    assert_eq!(notes("meter(3, 4); midi_file(\"song.mid\")"), ["0", "0", "1/3", "1", "1", "4/3"]);
    assert_eq!(notes("midi_file(\"song.mid\").channel(10)"), ["0", "1"]);
    assert_eq!(notes("midi_file(\"song.mid\").track(1)").len(), 0);
    let moved = events("midi_file(\"song.mid\").track(2).channel(3).transpose(12)");
    assert!(moved[0].contains("note: 72") && moved[1].contains("note: 76"), "{moved:?}");
    // Where it is no file, `channel` is the control that it always was.
    let plain = &events("note(\"c3\").channel(2)")[0];
    assert!(plain.contains("channel: 2"), "{plain}");
}

#[test]
fn a_script_asks_a_file() {
    let world: Arc<dyn World> = Arc::new(Memory::new().with_bytes("song.mid", song().to_bytes()));
    let script = "let i = midi_info(\"song.mid\"); tempo(i.tempo); meter(i.meter[0], i.meter[1]); \
                  length_beats(i.duration_beats); title(`${i.tracks} ${i.notes} ${i.names[0]} ${i.duration_seconds} ${i.format}`);";
    let piece = evaluate(script, "s", &world).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(piece.session.title.as_deref(), Some("2 3 head 2.0 1"));
    assert_eq!((piece.session.meter.beats, piece.session.length_beats), (3, Some(3.0)));
    assert_eq!(piece.read, ["song.mid"]);
}

#[test]
fn real_files_are_read_whole() {
    let folder = std::path::Path::new("/usr/share/doc/mma/examples");
    let mut open = vec![folder.to_path_buf()];
    let (mut files, mut notes) = (0, 0);
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir)
            .unwrap_or_else(|e| panic!("{}: {e}; run setup/test.sh", dir.display()));
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "mid") {
                let bytes = std::fs::read(&path).expect("readable");
                let (song, damage) =
                    Song::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                assert!(damage.is_empty(), "{}: {damage:?}", path.display());
                let (again, _) = Song::parse(&song.to_bytes()).expect("a song");
                assert!(again.notes() == song.notes(), "{}", path.display());
                assert!(again.tempo() == song.tempo(), "{}", path.display());
                (files, notes) = (files + 1, notes + song.notes().len());
            }
        }
    }
    assert!(files >= 5 && notes > 1000, "{files} files, {notes} notes");
}

#[test]
fn what_is_exported_is_what_patterns_play() {
    let dir = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &[u8]| std::fs::write(dir.path().join(name), text).expect("written");
    write("song.mid", &song().to_bytes());
    write(
        "song.rhai",
        b"title(\"Two\"); tempo([[0, 120], [4, 60]]); length_bars(2); import \"std/drums\" as drums;
          let a = instrument(|v| sine(v.freq) * v.gate);
          track(\"a\", a).play(note(\"c4 [e4 g4]\").velocity(1).gate(0.5));
          track(\"d\", drums::kit(\"808\")).play(\"bd sn\");
          track(\"f\", a).play(midi_file(\"song.mid\"));",
    );
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .current_dir(dir.path())
        .args(["midi-export", "song.rhai", "-o", "out.mid"])
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success() && said.contains("3 tracks"), "{said}");
    let (out, damage) =
        Song::parse(&std::fs::read(dir.path().join("out.mid")).expect("there")).expect("a song");
    assert!(damage.is_empty());
    assert_eq!(out.tempo(), [(0.0, 120.0), (4.0, 60.0)]);
    assert!((out.seconds() - 6.0).abs() < 1e-6);
    let names: Vec<_> = out.parts.iter().map(|p| p.name().unwrap_or("")).collect();
    assert_eq!(names, ["Two", "a", "d", "f"]);
    let of = |part: usize| -> Vec<_> {
        let notes = out.notes().into_iter().filter(|n| n.part == part);
        notes.map(|n| (n.channel, n.key, n.velocity, n.begin, n.end)).collect()
    };
    let first: Vec<_> = of(1).into_iter().take(3).collect();
    assert_eq!(first, [(0, 60, 127, 0, 960), (0, 64, 127, 1920, 2400), (0, 67, 127, 2880, 3360)]);
    let drums: Vec<_> = of(2).iter().map(|n| (n.0, n.1, n.3)).collect();
    assert_eq!(drums, [(9, 36, 0), (9, 38, 1920), (9, 36, 3840), (9, 38, 5760)]);
    // 480 ticks a beat there, 960 here.
    let file: Vec<_> = of(3).into_iter().take(3).collect();
    assert_eq!(file, [(2, 60, 100, 0, 960), (9, 36, 127, 0, 480), (2, 64, 64, 960, 2880)]);
}
