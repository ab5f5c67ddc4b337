//! What was played as patterns: takes, and grooves by name.

use crate::{close, folder, frequency, level, note, song, told};
use rhapsode::engine::offline::Tail;
use rhapsode::midi::Message;
use rhapsode::{Options, Runtime};

#[test]
fn a_take_is_quantised_transposed_and_keeps_its_pedal() {
    let control = |tick, number, value| told(tick, 0, Message::Control(number, value));
    let events = note(25, 200, 0, 60).into_iter().chain(note(970, 1300, 0, 64)).chain([
        control(100, 64, 127),
        control(955, 64, 0),
        told(1000, 0, Message::Bend(8191)),
    ]);
    let dir = folder(&[("take.mid", &song(events, 4).to_bytes())]);
    let events = |script: &str| {
        let world: std::sync::Arc<dyn rhapsode::world::World> =
            std::sync::Arc::new(rhapsode::world::Folder::new(dir.path()));
        let shown = rhapsode::script::evaluate_pattern(script, "s", &world);
        let mut all =
            shown.expect("a pattern").pattern.query(rhapsode::pattern::Span::cycles(0, 1));
        all.retain(|e| e.has_onset());
        all.sort_by_key(|e| e.whole_or_part().begin);
        all.iter()
            .map(|e| (format!("{:?}", e.whole_or_part()), e.value.to_string()))
            .collect::<Vec<_>>()
    };
    let all = events("take(\"take.mid\").quantize(1.0/16).transpose(12)");
    let at = |i: usize, what: &str| assert!(all[i].1.contains(what), "{all:?}");
    assert_eq!(all.len(), 5);
    assert_eq!(all[0].0, "0..35/384");
    at(0, "note: 72");
    at(1, "ccn: 64");
    at(2, "ccv: 0");
    assert!(all[3].0.starts_with("1/2..") && all[4].0.starts_with("1/2.."));
    assert_eq!(events("midi_file(\"take.mid\").transpose(-12)").len(), 2);
    assert_eq!(events("take(\"take.mid\").channel(2)").len(), 0);
}

#[test]
fn a_groove_is_one_call_and_the_drum_map_reaches_samplers() {
    let piece =
        Runtime::new().eval("drums(\"house\", #{kit: \"909\"}).gain_db(-3); length_bars(1);");
    let piece = piece.unwrap_or_else(|e| panic!("{e:#?}"));
    assert_eq!(piece.session().tracks[0].name, "drums");
    let sound = piece.render(Options { tail: Tail::None, ..Options::default() }).expect("renders");
    // Four on the floor: each beat is louder than what is half a beat later.
    for beat in 0..4 {
        let at = beat as f64 * 0.5;
        assert!(level(&sound.left, at, at + 0.05) > level(&sound.left, at + 0.2, at + 0.25));
    }
    // A sampler with files called as most are: the channel of percussion finds them by key.
    let dir = tempfile::tempdir().expect("a folder");
    let tone = |hz: f64| -> Vec<f32> {
        (0..24_000)
            .map(|i| libm::sin(i as f64 * hz * std::f64::consts::TAU / 48_000.0) as f32 * 0.5)
            .collect()
    };
    std::fs::create_dir(dir.path().join("kit")).expect("a folder");
    for (name, hz) in [("Kick.wav", 100.0), ("Snare-A.wav", 500.0), ("OpenHat.wav", 2000.0)] {
        use rhapsode::io::file::{Format, WriteOptions, create};
        let path = dir.path().join("kit").join(name);
        let mut writer =
            create(&path, &WriteOptions::new(Format::Wav32f, 48_000, 1)).expect("a file");
        writer.write(&[&tone(hz)]).expect("written");
        writer.finish().expect("finished");
    }
    let beats = [(0, 36), (960, 40), (1920, 46)].map(|(t, k)| note(t, t + 100, 9, k));
    std::fs::write(dir.path().join("d.mid"), song(beats.concat(), 6).to_bytes()).expect("written");
    let script = "song(\"d.mid\", #{drums: sampler(\"kit\")});";
    let piece = Runtime::new().base(dir.path()).eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
    let sound = piece.render(Options { tail: Tail::None, ..Options::default() }).expect("renders");
    for (at, hz) in [(0.0, 100.0), (1.0, 500.0), (2.0, 2000.0)] {
        close(frequency(&sound.left, at + 0.05, at + 0.45), hz, hz * 0.002);
    }
}
