//! MIDI files as pieces: tempo, programs, levels, pedal and bend are measured in what sounds.

#[path = "midi_songs/files.rs"]
mod files;
#[path = "midi_songs/takes.rs"]
mod takes;

use rhapsode::engine::offline::Tail;
use rhapsode::midi::{Event, Kind, Message, Part, Song};
use rhapsode::{Options, Runtime, Sound};

const RATE: usize = 48_000;

fn told(tick: u64, channel: u8, message: Message) -> Event {
    Event { tick, kind: Kind::Voice(channel, message) }
}

fn note(from: u64, to: u64, channel: u8, key: u8) -> [Event; 2] {
    [told(from, channel, Message::NoteOn(key, 127)), told(to, channel, Message::NoteOff(key, 0))]
}

/// A song of one track at 120 beats a minute, 480 ticks a beat: a beat is half a second.
fn song(events: impl IntoIterator<Item = Event>, beats: u64) -> Song {
    let mut events: Vec<Event> = events.into_iter().collect();
    events.sort_by_key(|e| e.tick);
    Song { parts: vec![Part { events, end: beats * 480 }], ..Song::new(480) }
}

/// What a script says with `song` in its folder as `song.mid`.
fn piece(song: &Song, script: &str) -> rhapsode::Piece {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("song.mid"), song.to_bytes()).expect("written");
    let piece = Runtime::new().base(dir.path()).eval(script);
    piece.unwrap_or_else(|e| panic!("{script}\n{e:#?}"))
}

fn play(song: &Song, script: &str) -> Sound {
    let options = Options { tail: Tail::None, ..Options::default() };
    piece(song, script).render(options).expect("renders")
}

/// A sine that holds as long as its note, and rings for 10 ms.
const SINE: &str = "let i = instrument(|v| sine(v.freq) * adsr(v.gate, 0.001, 0.1, 1.0, 0.01));
    song(\"song.mid\", #{instrument: i, gain_db: 0});";

/// Level of a channel between two times in seconds, as the amplitude of a sine.
fn level(channel: &[f32], from: f64, to: f64) -> f64 {
    let frame = |s: f64| (s * RATE as f64) as usize;
    let part = &channel[frame(from)..frame(to)];
    let sum: f64 = part.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    (2.0 * sum / part.len() as f64).sqrt()
}

/// Frequency by the rising passages through zero.
fn frequency(channel: &[f32], from: f64, to: f64) -> f64 {
    let frame = |s: f64| (s * RATE as f64) as usize;
    let part = &channel[frame(from)..frame(to)];
    let rises: Vec<usize> =
        (1..part.len()).filter(|i| part[i - 1] < 0.0 && part[*i] >= 0.0).collect();
    let (first, last) = (rises[0], rises[rises.len() - 1]);
    (rises.len() - 1) as f64 * RATE as f64 / (last - first) as f64
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    }
    dir
}

fn close(x: f64, y: f64, by: f64) {
    assert!((x - y).abs() <= by, "{x} is not {y} (+- {by})");
}

#[test]
fn tempo_meter_length_and_title_are_those_of_the_file() {
    let mut events = vec![
        Event { tick: 0, kind: Kind::Name("Waltz".into()) },
        Event { tick: 0, kind: Kind::Meter(3, 4) },
        Event { tick: 0, kind: Kind::Tempo(500_000) },
        Event { tick: 960, kind: Kind::Tempo(1_000_000) },
    ];
    events.extend(note(960, 1440, 0, 69));
    let song = song(events, 4);
    let piece = piece(&song, SINE);
    let session = piece.session();
    assert_eq!((session.meter.beats, session.length_beats), (3, Some(4.0)));
    assert_eq!(session.title.as_deref(), Some("Waltz"));
    let sound = play(&song, SINE);
    // Two beats of half a second, two of a second; the note is the third.
    assert_eq!(sound.left.len(), 3 * RATE);
    assert_eq!(level(&sound.left, 0.0, 0.999), 0.0);
    assert!(level(&sound.left, 1.01, 1.99) > 0.5);
    assert!(level(&sound.left, 2.1, 2.9) < 1e-3);
    // What the script says itself holds.
    let faster = play(&song, &format!("tempo(240); {SINE}"));
    assert_eq!(faster.left.len(), RATE);
}

#[test]
fn volume_expression_and_pan_move_the_level_as_general_midi_has_it() {
    let control = |tick, number, value| told(tick, 0, Message::Control(number, value));
    let events = note(0, 3840, 0, 69).into_iter().chain([
        control(0, 7, 127),
        control(960, 7, 64),
        control(1920, 11, 64),
        control(2880, 10, 0),
    ]);
    let sound = play(&song(events, 8), SINE);
    let full = level(&sound.left, 0.2, 0.9);
    // 40 log10(64 / 127) = -11.9 dB, and again.
    let step = (64.0f64 / 127.0).powi(2);
    close(level(&sound.left, 1.1, 1.9) / full, step, 0.002);
    close(level(&sound.left, 2.1, 2.9) / full, step * step, 0.002);
    close(level(&sound.right, 3.1, 3.9), 0.0, 1e-6);
    assert!(level(&sound.left, 3.1, 3.9) > step * step * full);
    // Where nothing is said, the volume is 100, and it needs no node.
    let plain = song(note(0, 960, 0, 69), 2);
    let sound = play(&plain, SINE);
    close(level(&sound.left, 0.2, 0.9), (100.0f64 / 127.0).powi(2), 0.002);
    assert!(
        piece(&plain, SINE).session().nodes.iter().all(|n| n.kind != "gain" || n.key.is_none())
    );
}

#[test]
fn the_pedal_holds_and_the_bend_bends_by_its_range() {
    let control = |tick, number, value| told(tick, 0, Message::Control(number, value));
    let pedal = note(0, 240, 0, 69).into_iter().chain([control(100, 64, 127), control(960, 64, 0)]);
    let sound = play(&song(pedal, 4), SINE);
    assert!(level(&sound.left, 0.5, 0.99) > 0.5 && level(&sound.left, 1.1, 1.9) < 1e-3);

    let bends = note(0, 3840, 0, 69).into_iter().chain([
        told(960, 0, Message::Bend(8191)),
        control(1900, 101, 0),
        control(1900, 100, 0),
        control(1900, 6, 12),
        told(1920, 0, Message::Bend(-8192)),
        told(2880, 0, Message::Bend(0)),
    ]);
    let sound = play(&song(bends, 8), SINE);
    let expected = [440.0, 440.0 * libm::exp2(2.0 / 12.0), 220.0, 440.0];
    for (i, hz) in expected.into_iter().enumerate() {
        close(frequency(&sound.left, i as f64 + 0.1, i as f64 + 0.9), hz, hz * 2e-4);
    }
}

#[test]
fn the_wheel_is_a_vibrato_of_fifty_cents() {
    let wheel = [told(960, 0, Message::Control(1, 127))];
    let sound = play(&song(note(0, 3840, 0, 81).into_iter().chain(wheel), 8), SINE);
    // The period moves by a factor of 2^(50 / 1200) either way.
    let spread = |from: f64, to: f64| {
        let all: Vec<f64> = (0..((to - from) / 0.01) as usize)
            .map(|i| frequency(&sound.left, from + i as f64 * 0.01, from + i as f64 * 0.01 + 0.02))
            .collect();
        let (low, high) = all.iter().fold((f64::MAX, 0.0f64), |(l, h), f| (l.min(*f), h.max(*f)));
        1200.0 * libm::log2(high / low) / 2.0
    };
    close(spread(0.1, 0.9), 0.0, 1.0);
    close(spread(1.2, 3.8), 50.0, 5.0);
}

#[test]
fn each_channel_and_program_is_a_track_that_a_script_can_reach() {
    let program = |tick, channel, n| told(tick, channel, Message::Program(n));
    let mut events = vec![program(0, 0, 4), program(960, 0, 48), program(0, 5, 4)];
    for (channel, key) in [(0, 60), (5, 64), (9, 36)] {
        events.extend(note(0, 480, channel, key));
        events.extend(note(960, 1440, channel, key));
    }
    let song = song(events, 4);
    let script = "let all = song(\"song.mid\", #{channels: #{\"6\": instrument(|v| sine(v.freq) * v.gate)}});
                  track(\"Strings 1\").gain(0.5).fx(lowpass(900)); title(`${all.len()}`);";
    let piece = piece(&song, script);
    let session = piece.session();
    let names: Vec<&str> = session.tracks.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["Electric Piano 1", "Strings 1", "Electric Piano 1 2", "Drums"]);
    assert_eq!(session.title.as_deref(), Some("4"));
    assert_eq!(session.node(session.tracks[3].source).kind, "kit");
    let of = |i: usize| session.node(session.tracks[i].source).kind.as_str();
    assert_eq!((of(0), of(2)), ("instrument", "instrument"));
    let sound = piece.render(Options { tail: Tail::None, ..Options::default() }).expect("renders");
    for beat in [0.0, 1.0] {
        assert!(level(&sound.left, beat, beat + 0.4) > 0.01);
    }
}

#[test]
fn every_program_and_drum_sounds() {
    let script = "import \"std/gm\" as gm; length_beats(2);
        for i in 0..128 { track(`${i}`, gm::program(i)).play(clip([[0, 60, 1]])); }
        track(\"kit\", gm::kit(0)).play(clip([[0, 36, 1]]));";
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
    let options = Options { tail: Tail::None, ..Options::default() };
    let mut offline = piece.start(options).unwrap_or_else(|e| panic!("{e:#?}"));
    let mut peaks = vec![0.0f32; 129];
    while offline.advance() {
        for (i, peak) in peaks.iter_mut().enumerate() {
            let name = if i < 128 { i.to_string() } else { "kit".to_string() };
            let stem = offline.stem(&name).expect("there is such a stem");
            *peak = stem.fold(*peak, |p, (l, r)| p.max(l.abs()).max(r.abs()));
        }
    }
    // No program is more than 14 dB away from the others.
    for (i, peak) in peaks.iter().enumerate() {
        assert!((0.12..0.75).contains(peak), "program {i} peaks at {peak}");
    }
}

#[test]
fn what_the_options_get_wrong_is_told_where_it_stands() {
    let song = song(note(0, 480, 0, 60), 1);
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("song.mid"), song.to_bytes()).expect("written");
    let errors = |script: &str| {
        let result = Runtime::new().base(dir.path()).eval(script);
        result.err().unwrap_or_default().iter().map(|d| d.message.clone()).collect::<Vec<_>>()
    };
    let said =
        errors("song(\"song.mid\", #{chanels: 1, transpose: \"x\", programs: #{\"200\": 1}});");
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(errors("song(\"none.mid\");")[0].contains("none.mid"));
}

#[test]
fn controllers_of_patterns_are_exported() {
    let script = "let a = instrument(|v| sine(v.freq) * v.gate, #{bend: 12});
        length_bars(1); track(\"a\", a).play(note(\"c4 e4\")).play(m(\"0 1\").ccv().ccn(74)).play(m(\"0 -1 0 1\").midibend());";
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
    let (song, warnings) = rhapsode::engine::export::midi(piece.session(), 4.0);
    assert_eq!(warnings, Vec::<String>::new());
    let voices: Vec<(u64, Message)> = song.parts[1]
        .events
        .iter()
        .filter_map(|e| if let Kind::Voice(_, m) = e.kind { Some((e.tick, m)) } else { None })
        .filter(|(_, m)| !matches!(m, Message::NoteOn(..) | Message::NoteOff(..)))
        .collect();
    let control = |v| Message::Control(74, v);
    assert_eq!(
        voices,
        [
            (0, control(0)),
            (0, Message::Bend(0)),
            (960, Message::Bend(-8192)),
            (1920, control(127)),
            (1920, Message::Bend(0)),
            (2880, Message::Bend(8191)),
        ]
    );
    // A bend of one is the instrument's range: an octave.
    let sound = piece.render(Options { tail: Tail::None, ..Options::default() }).expect("renders");
    close(frequency(&sound.left, 0.6, 0.95), 130.81, 0.2);
    close(frequency(&sound.left, 1.6, 1.95), 659.26, 0.5);
}

#[test]
fn a_file_that_is_saved_over_is_another_pattern() {
    let play = |key: u8| {
        let script = "let i = instrument(|v| sine(v.freq) * v.gate);
            track(\"a\", i).play(midi_file(\"song.mid\").channel(1).transpose(12)); song(\"song.mid\");";
        let piece = piece(&song(note(0, 480, 0, key), 1), script);
        piece.session().tracks.iter().map(|t| t.plays.clone()).collect::<Vec<_>>()
    };
    let (one, same, other) = (play(60), play(60), play(62));
    assert!(one == same);
    assert!(one[0] != other[0] && one[1] != other[1]);
}

#[test]
fn time_code_and_songs_in_a_row_play_at_their_times() {
    // 1000 ticks a second, whatever the tempo says.
    let tempo = Event { tick: 0, kind: Kind::Tempo(250_000) };
    let timed = song(note(500, 1500, 0, 69).into_iter().chain([tempo]), 4);
    let timed = Song { division: rhapsode::midi::Division::Second(1000.0), ..timed };
    let sound = play(&timed, SINE);
    assert_eq!(level(&sound.left, 0.0, 0.499), 0.0);
    assert!(level(&sound.left, 0.51, 1.49) > 0.5 && level(&sound.left, 1.55, 1.9) < 1e-3);
    // Format 2: the second track begins where the first ends.
    let part = |key| Part { events: note(0, 480, 0, key).to_vec(), end: 960 };
    let mut bytes = Song { parts: vec![part(69), part(81)], ..Song::new(480) }.to_bytes();
    bytes[9] = 2;
    let (row, damage) = Song::parse(&bytes).expect("a song");
    assert_eq!((row.format, damage.len()), (2, 0));
    // What `to_bytes` writes of it says the same in format 1.
    let sound = play(&row, SINE);
    close(frequency(&sound.left, 0.1, 0.4), 440.0, 0.1);
    close(frequency(&sound.left, 1.1, 1.4), 880.0, 0.1);
}

#[test]
fn a_file_tells_what_a_song_would_make_of_it() {
    let song = song(note(0, 480, 3, 60).into_iter().chain(note(0, 480, 9, 36)), 1);
    let script = "let i = midi_info(\"song.mid\").instruments;
        title(`${i.len()} ${i[0].channel} ${i[0].program} ${i[1].channel} ${i[1].notes}`);";
    assert_eq!(piece(&song, script).session().title.as_deref(), Some("2 4 0 10 1"));
}
