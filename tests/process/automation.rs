//! Parameters that move along the keyframes of a file.

use super::command::{FRAMES, Place, sound};
use super::oracle::{ask, floats};
use super::rig::{fixture, index};
use rhapsode::plugin::{Automation, Format};
use serde_json::json;

#[test]
fn keyframes_are_frames_seconds_and_parts_of_the_length() {
    let gain = fixture("Fixture Gain", Format::Vst3);
    let file = r##"{
        "factor": {"0": 0, "256": 1, "0.01s": "1.5", "50%": "100%"},
        "Mode": {"10": "Warm", "1000": "Hot"},
        "#0": -6
    }"##;
    let points = Automation::parse(file).expect("it reads").resolve(2000, 48_000.0, &*gain);
    let points = points.expect("it has them all");
    let of = |name: &str| -> Vec<(u64, f64)> {
        let index = index(&*gain, name);
        points
            .iter()
            .filter(|p| p.index == index)
            .map(|p| (p.frame, gain.plain(index, p.value)))
            .collect()
    };
    // Between keyframes a point a block, on a straight line; the keyframes at their very frames.
    let ramp: Vec<(u64, f64)> = of("Factor").into_iter().take(8).collect();
    let line = |at: u64| (at, 1.0 + (at - 256) as f64 / 224.0 * 0.5);
    let wanted = [
        (0, 0.0),
        (64, 0.25),
        (128, 0.5),
        (192, 0.75),
        (256, 1.0),
        line(320),
        line(384),
        line(448),
    ];
    for ((frame, value), (at, should)) in ramp.iter().zip(wanted) {
        assert!(*frame == at && (value - should).abs() < 1e-12, "{frame}: {value}, not {should}");
    }
    assert_eq!(of("Factor")[8], (480, 1.5));
    assert_eq!(*of("Factor").last().expect("points"), (1000, 2.0));
    assert_eq!(of("Mode"), [(10, 1.0), (1000, 2.0)], "steps jump");
    assert_eq!(of("Gain"), [(0, -6.0)]);
    assert!(points.is_sorted_by_key(|p| (p.frame, p.index)));
}

#[test]
fn a_mistake_has_its_place() {
    for (file, place, part) in [
        ("{\"Gain\": {\"0\": 1,\n \"5x\": 2}}", (2, 6), "`5x` is no time"),
        ("{\"Gain\": [1]}", (1, 10), "a number or a text, or keyframes"),
        ("{\"Gain\": {}}", (1, 11), "no keyframes"),
        ("{\"Gain\": 1,\n\n \"Gain\": 2}", (3, 7), "`Gain` stands here twice"),
        ("{\"Gain\": {\"0\": {\"1\": 2}}}", (1, 16), "expected a number or a text"),
        ("{\"Gain\": 1", (1, 10), "EOF"),
        ("[1]", (1, 0), "an object"),
    ] {
        let error = Automation::parse(file).expect_err(file);
        assert!(error.reason.contains(part), "{file}: {error}");
        let near = error.line == place.0 && error.column.abs_diff(place.1) <= 2;
        assert!(near, "{file}: {error}, not {place:?}");
    }
}

#[test]
fn the_sound_moves_with_the_points() {
    let place = Place::new();
    let file = r#"{"Factor": {"100": 0, "4196": 2}, "Mode": "Hot"}"#;
    std::fs::write(place.path("a.json"), file).expect("writes");
    for format in ["vst3", "clap"] {
        let gain = format!("{format}:Fixture Gain");
        let late = ["--plugin", "Fixture Latency", "--set", "Frames=500"];
        let out = place.good(&[&late[..], &["--plugin", &gain, "--automation", "a.json"]].concat());
        let dry = &sound()[0];
        for (frame, y) in out[0].iter().enumerate() {
            // The point that is in force: a keyframe, or the last block before.
            let at = match frame {
                ..100 => None,
                100..4196 => Some((frame / 64 * 64).max(100)),
                _ => Some(4196),
            };
            let factor = at.map_or(1.0, |at| (at - 100) as f64 / 4096.0 * 2.0);
            let should = f64::from(dry[frame]) * factor;
            assert!(
                (f64::from(*y) - should).abs() < 1e-7,
                "{format}, frame {frame}: {y}, not {should}"
            );
        }
    }
}

/// Where values are normalised on a straight line, they move as they do there.
#[test]
fn automation_moves_as_in_minihost() {
    let place = Place::new();
    // Normalised for minihost, in per cent for us: plain values lie on a straight line between the same ends.
    let theirs =
        json!({ "Makeup": { "0": 0.25, "16384": 0.75, "18000": 0.125 }, "Threshold": 0.625 });
    let ours =
        json!({ "Makeup": { "0": "25%", "16384": "75%", "18000": "12.5%" }, "Threshold": "62.5%" });
    for (name, text) in [("theirs.json", theirs), ("ours.json", ours)] {
        std::fs::write(place.path(name), text.to_string()).expect("writes");
    }
    let job = json!({
        "path": "/usr/lib/vst3/ZamComp.vst3", "name": "ZamComp", "channels": 1,
        "automation": place.path("theirs.json"),
    });
    let two: [Vec<f32>; 2] = sound().try_into().expect("two channels");
    ask(&[job], &two, &place.path(""));
    place.put("in.wav", &two[..1]);
    let ours = place.good(&["--plugin", "ZamComp", "--automation", "ours.json"]);
    let theirs = floats(&place.path("ZamComp.f32"));
    let apart = ours[0].iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let acts = ours[0].iter().zip(&two[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(theirs.len() >= FRAMES - 64 && apart < 1e-6 && acts > 0.1, "{apart} apart, {acts}");
}
