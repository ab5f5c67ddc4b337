//! What a chain does to a sound: the plugins' own samples, in time with what went in.

use super::built::library;
use super::command::{FRAMES, Place, sound, text};
use super::oracle::{ask, floats};
use super::rig::{RATE, index, noise, through, zam};
use rhapsode::midi::{Event, Kind, Message, Part, Song};
use rhapsode::plugin::{Format, Setup};
use serde_json::json;

/// What the plugins make of a stereo sound, one after the other, called by hand.
fn by_hand(chain: &[(&str, &[(&str, f64)])], format: Format) -> Vec<Vec<f32>> {
    let mut now: [Vec<f32>; 2] = sound().try_into().expect("two channels");
    for (name, values) in chain {
        let mut plugin = zam(name, format);
        for (parameter, value) in *values {
            let index = index(&*plugin, parameter);
            plugin.set_normalised(index, *value).expect("it has it");
        }
        let setup = Setup { offline: true, ..Setup::new(RATE) };
        now = through(&mut *plugin, &setup, &now[0], &now[1]);
    }
    now.into()
}

#[test]
fn a_chain_is_its_plugins_one_after_the_other() {
    let place = Place::new();
    let chain: [(&str, &[(&str, f64)]); 3] = [
        ("ZamCompX2", &[("Threshold", 0.625), ("Makeup", 0.125)]),
        ("ZaMultiCompX2", &[("ZamComp 1 ON", 1.0), ("Threshold 1", 0.375)]),
        ("ZamGateX2", &[("Threshold", 0.875), ("Attack", 0.25)]),
    ];
    for format in [Format::Vst3, Format::Clap] {
        let mut args: Vec<String> = Vec::new();
        for (name, values) in &chain {
            args.extend(["--plugin".into(), format!("{format}:{name}")]);
            for (parameter, value) in *values {
                args.extend(["--set".into(), format!("{parameter}={}%", value * 100.0)]);
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ours = place.good(&args);
        assert!(ours == by_hand(&chain, format), "{format}: other samples than by hand");
        assert!(ours != sound(), "{format}: it does something");
    }
}

#[test]
fn a_plugin_sounds_as_in_pedalboard_with_the_latency_taken_off() {
    let place = Place::new();
    let two: [Vec<f32>; 2] = sound().try_into().expect("two channels");
    let all = [
        ("ZaMaximX2", "Threshold", 0.75),
        ("ZamCompX2", "Threshold", 0.75),
        ("ZamHeadX2", "Azimuth", 0.375),
    ];
    let jobs = all.map(|(name, parameter, value)| {
        let path = format!("/usr/lib/vst3/{name}.vst3");
        json!({ "path": path, "name": name, "channels": 2, "values": { parameter: value } })
    });
    ask(&jobs, &two, &place.path(""));
    for (name, parameter, value) in all {
        let theirs = floats(&place.path(&format!("{name}.f32")));
        let length = theirs.len() / 2;
        assert!(length >= FRAMES - 480 - 64, "{name}: {length} frames of pedalboard");
        for format in ["vst3", "clap"] {
            // As a CLAP, it forgets what it is told before it is activated.
            if (format, name) == ("clap", "ZamHeadX2") {
                continue;
            }
            let plugin = format!("{format}:{name}");
            let set = format!("{parameter}={}%", value * 100.0);
            let ours = place.good(&["--plugin", &plugin, "--set", &set]);
            for (ours, theirs) in ours.iter().zip(theirs.chunks(length)) {
                assert_eq!(ours.len(), FRAMES);
                assert!(ours[..length] == *theirs, "{plugin}: other samples than in pedalboard");
            }
        }
    }
}

#[test]
fn what_is_only_late_comes_out_as_it_went_in() {
    let place = Place::new();
    let late = ["--plugin", "Fixture Latency", "--set", "Frames=100"];
    let later = ["--plugin", "clap:Fixture Latency", "--set", "#0=1000"];
    let args = ["in.wav", "-o", "out.wav", "--format", "wav32f", "--json"];
    let out = place.run(&[&args[..], &late, &later].concat());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!((said["latency"].as_u64(), said["frames"].as_u64()), (Some(1100), Some(24_000)));
    assert!(place.get("out.wav") == sound());
}

#[test]
fn channels_come_to_plugins_that_have_others() {
    let place = Place::new();
    // A mono plugin hears each channel by itself.
    let both = place.good(&["--plugin", "ZamDelay", "--set", "Time=10 ms", "--set", "Dry/Wet=50%"]);
    for (channel, whole) in sound().into_iter().zip(&both) {
        place.put("in.wav", &[channel]);
        let alone =
            place.good(&["--plugin", "ZamDelay", "--set", "Time=10 ms", "--set", "Dry/Wet=50%"]);
        assert!(alone.len() == 1 && alone[0] == *whole, "as if it were alone");
    }
    // A stereo plugin makes stereo of mono, with samples of 64 bits as well.
    let half: Vec<f32> = noise(FRAMES, 2).iter().map(|x| x * 0.5).collect();
    for double in [&[][..], &["--double"]] {
        let gain = ["--plugin", "Fixture Gain", "--set", "Factor=0.5"];
        assert!(place.good(&[double, &gain].concat()) == [half.clone(), half.clone()]);
    }
    place.put("in.wav", &vec![noise(640, 1); 3]);
    let args = ["in.wav", "-o", "x.wav", "--plugin", "Fixture Gain"];
    let said = place.bad(&args);
    assert!(said.contains("takes 2 channels, and it is given 3"), "{said}");
    assert!(!place.path("x.wav").exists());
    // That is no matter of the others; and a plugin that agrees to be mono leaves a sound mono.
    place.put("in/a.wav", &vec![noise(640, 1); 3]);
    place.put("in/b.wav", &[noise(640, 1)]);
    let nan = library("nan", Format::Clap);
    let chain = ["--plugin", nan.to_str().expect("a name"), "--plugin", "ZamComp"];
    let said = place.bad(&["in", "-o", "out", "--format", "wav32f", "--plugin", "Fixture Ducker"]);
    assert!(said.contains("in/a.wav: ") && said.contains("it is given 3 channels"), "{said}");
    assert_eq!(place.names("out"), ["b.wav"]);
    let args = ["in/b.wav", "-o", "y.wav", "--format", "wav32f"];
    assert!(place.run(&[&args[..], &chain].concat()).status.success());
    assert_eq!(place.get("y.wav").len(), 1);
}

#[test]
fn a_side_chain_is_in_time_with_what_it_ducks() {
    let place = Place::new();
    let side: Vec<f32> = (0..FRAMES).map(|i| if i % 100 < 50 { 0.0 } else { 0.75 }).collect();
    place.put("side.wav", std::slice::from_ref(&side));
    for format in ["vst3", "clap"] {
        let duck = format!("{format}:Fixture Ducker");
        let late = ["--plugin", "Fixture Latency", "--set", "Frames=777"];
        let out =
            place.good(&[&late[..], &["--plugin", &duck, "--sidechain", "side.wav"]].concat());
        for (out, dry) in out.iter().zip(sound()) {
            let ducked: Vec<f32> = dry.iter().zip(&side).map(|(x, s)| x * (1.0 - s)).collect();
            assert!(*out == ducked, "{format}");
        }
    }
    let said = place.bad(&[
        "in.wav",
        "-o",
        "x.wav",
        "--plugin",
        "Fixture Gain",
        "--sidechain",
        "side.wav",
    ]);
    assert!(said.contains("has no side-chain"), "{said}");
}

#[test]
fn a_tail_rings_on_for_as_long_as_is_said() {
    let place = Place::new();
    let echo = ["--plugin", "ZamDelay", "--set", "Time=200 ms", "--set", "Feedback=0.5"];
    let with = |tail: &str| place.good(&[&echo[..], &["--tail", tail]].concat());
    let (none, two, auto) = (with("none"), with("2"), with("auto"));
    assert_eq!((none[0].len(), two[0].len()), (FRAMES, FRAMES + 96_000));
    assert!(none[0][..] == two[0][..FRAMES], "what comes before is the same");
    let seconds = (auto[0].len() - FRAMES) as f64 / RATE;
    assert!((1.5..10.0).contains(&seconds), "{seconds}");
    let last = auto[0].iter().rposition(|x| x.abs() > 1e-4).expect("a sound");
    assert!(last > FRAMES && auto[0].len() - last >= 48_000, "{last}");
    assert_eq!(place.good(&echo)[0].len(), FRAMES, "without it the length stays");
}

#[test]
fn an_instrument_plays_a_midi_file() {
    let place = Place::new();
    let mut song = Song::new(480);
    let voice = |tick, message| Event { tick, kind: Kind::Voice(0, message) };
    let events = vec![
        Event { tick: 0, kind: Kind::Tempo(250_000) },
        voice(480, Message::NoteOn(69, 127)),
        voice(960, Message::NoteOff(69, 0)),
    ];
    song.parts.push(Part { events, end: 960 });
    std::fs::write(place.path("song.mid"), song.to_bytes()).expect("writes");
    for format in ["vst3", "clap"] {
        let sine = format!("{format}:Fixture Sine");
        let args = ["--midi", "song.mid", "-o", "out.wav", "--format", "wav32f", "--tail", "none"];
        let out =
            place.run(&[&args[..], &["--plugin", &sine, "--plugin", "Fixture Gain"]].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
        let out = place.get("out.wav");
        // A quarter takes a quarter of a second.
        assert_eq!((out.len(), out[0].len()), (2, 24_000), "{format}");
        assert!(out[0][..=12_000].iter().all(|x| *x == 0.0) && out[0][12_001] > 0.0, "{format}");
        let ups = out[0].windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!((109..=110).contains(&ups), "{format}: {ups} periods of 440 Hz");
    }
    let said = place.bad(&["--midi", "song.mid", "-o", "x.wav", "--plugin", "Fixture Gain"]);
    assert!(said.contains("no plugin of the chain takes notes"), "{said}");
}
