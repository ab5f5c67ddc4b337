//! Preset files and saved states: of our own, of VST3, of plugins that read files themselves.

use super::command::{FRAMES, Place, sound};
use super::oracle::{ask, floats};
use super::rig::{FORMATS, fixture, index};
use rhapsode::plugin::preset::{VstPreset, load, save};
use rhapsode::plugin::{Format, PluginError};
use serde_json::json;

#[test]
fn what_is_saved_sounds_the_same_when_it_is_loaded() {
    let place = Place::new();
    for (format, file, option) in [
        ("vst3", "a.vstpreset", "--preset"),
        ("vst3", "a.state", "--state"),
        ("clap", "b.state", "--preset"),
    ] {
        let plugin = format!("{format}:ZamCompX2");
        let set = ["--set", "Threshold=-40 dB", "--set", "Makeup=6 dB"];
        let first = place.good(&[&["--plugin", &plugin][..], &set, &["--save", file]].concat());
        let again = place.good(&["--plugin", &plugin, option, file]);
        assert!(first == again && first != sound(), "{format} {file}");
        // What stands behind a preset counts more.
        let more = place.good(&["--plugin", &plugin, option, file, "--set", "Makeup=0"]);
        assert!(more != again, "{format} {file}");
    }
}

#[test]
fn pedalboard_loads_our_presets() {
    let place = Place::new();
    let set = ["--set", "Threshold=75%", "--set", "Makeup=12.5%"];
    let ours =
        place.good(&[&["--plugin", "ZamCompX2"][..], &set, &["--save", "our.vstpreset"]].concat());
    let job = json!({
        "path": "/usr/lib/vst3/ZamCompX2.vst3", "name": "ZamCompX2", "channels": 2,
        "preset": place.path("our.vstpreset"),
    });
    let two: [Vec<f32>; 2] = sound().try_into().expect("two channels");
    ask(&[job], &two, &place.path(""));
    let theirs = floats(&place.path("ZamCompX2.f32"));
    assert_eq!(theirs.len(), 2 * FRAMES);
    assert!(ours.concat() == theirs, "other samples than in pedalboard");
    let plain = place.good(&["--plugin", "ZamCompX2"]);
    assert!(ours != plain, "the preset says something");
}

#[test]
fn a_preset_goes_from_one_instance_to_another_of_its_class_alone() {
    let place = Place::new();
    let mut a = fixture("Fixture Gain", Format::Vst3);
    let gain = index(&*a, "Gain");
    a.set(gain, -13.5).expect("sets");
    let file = place.path("a.vstpreset");
    save(a.as_mut(), &file).expect("saves");
    let mut b = fixture("Fixture Gain", Format::Vst3);
    load(b.as_mut(), &file).expect("loads");
    assert!((b.value(gain) + 13.5).abs() < 1e-9, "{}", b.value(gain));
    let bytes = std::fs::read(&file).expect("reads");
    let preset = VstPreset::from_bytes(&bytes).expect("a preset");
    assert_eq!(preset.class, a.description().id.to_uppercase());
    for other in [fixture("Fixture Sine", Format::Vst3), fixture("Fixture Gain", Format::Clap)] {
        let mut other = other;
        let said = load(other.as_mut(), &file).expect_err("it is another's");
        assert!(matches!(said, PluginError::State(_)), "{said}");
    }
    let mut clap = fixture("Fixture Gain", Format::Clap);
    let said = save(clap.as_mut(), &place.path("c.vstpreset")).expect_err("it is no VST3");
    assert!(said.to_string().contains("save it as `.state`"), "{said}");
    assert_eq!(place.names(""), ["a.vstpreset", "in.wav"]);
    for end in 0..bytes.len() {
        std::fs::write(&file, &bytes[..end]).expect("writes");
        assert!(load(b.as_mut(), &file).is_err(), "{end} bytes");
    }
}

#[test]
fn a_plugin_that_reads_files_is_given_them() {
    let place = Place::new();
    std::fs::write(place.path("soft.txt"), "Factor=0.5\nMode=2\n").expect("writes");
    let out = place.good(&["--plugin", "clap:Fixture Gain", "--preset", "soft.txt"]);
    for (out, dry) in out.iter().zip(sound()) {
        assert!(out.iter().zip(&dry).all(|(y, x)| *y == x * 0.5));
    }
    std::fs::write(place.path("bad.txt"), "Fictor=0.5\n").expect("writes");
    for format in FORMATS {
        let plugin = format!("{format}:Fixture Gain");
        let said =
            place.bad(&["in.wav", "-o", "x.wav", "--plugin", &plugin, "--preset", "bad.txt"]);
        let why = if format == Format::Clap { "does not load it" } else { "loads no files itself" };
        assert!(said.contains(why) && said.contains("bad.txt"), "{said}");
    }
}

#[test]
fn a_program_is_chosen_by_name_or_number() {
    let mut song = rhapsode::midi::Song::new(480);
    let note = rhapsode::midi::Message::NoteOn(60, 127);
    let events =
        vec![rhapsode::midi::Event { tick: 0, kind: rhapsode::midi::Kind::Voice(0, note) }];
    song.parts.push(rhapsode::midi::Part { events, end: 480 });
    let place = Place::new();
    std::fs::write(place.path("song.mid"), song.to_bytes()).expect("writes");
    let peak = |program: &str| {
        let args = ["--midi", "song.mid", "-o", "out.wav", "--format", "wav32f", "--tail", "none"];
        let out =
            place.run(&[&args[..], &["--plugin", "Fixture Sine", "--program", program]].concat());
        assert!(out.status.success(), "{}", super::command::text(&out.stderr));
        place.get("out.wav")[0].iter().fold(0f32, |peak, x| peak.max(x.abs()))
    };
    assert!((peak("soft") - 0.125).abs() < 0.01 && (peak("2") - 1.0).abs() < 0.01);
    let said = place.bad(&[
        "--midi",
        "song.mid",
        "-o",
        "x.wav",
        "--plugin",
        "Fixture Sine",
        "--program",
        "Lead",
    ]);
    assert!(said.contains("no program `Lead`: it has Soft, Middle, Loud"), "{said}");
}
