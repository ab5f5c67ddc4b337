//! The sampler: pitch, loops, layers, turns, stealing without clicks, and everything by note.

use crate::listen::*;
use crate::rig::{Rig, Shelf};
use rhapsode::nodes::sampler::{NOTE_PARAMS, sounds};
use rhapsode::nodes::table::Sample;
use rhapsode::rt::{EventKind, Status};

fn mono(x: Vec<f32>) -> Sample {
    Sample { channels: vec![x], ..Sample::default() }
}

/// A sound that is `level` all along.
fn flat(level: f32, frames: usize) -> Sample {
    mono(vec![level; frames])
}

fn on(at: usize, id: u32, key: f32, velocity: f32) -> (usize, EventKind) {
    (at, EventKind::NoteOn { id, key, velocity })
}

fn off(at: usize, id: u32) -> (usize, EventKind) {
    (at, EventKind::NoteOff { id })
}

fn with(at: usize, id: u32, name: &str, value: f32) -> (usize, EventKind) {
    let slot = NOTE_PARAMS.iter().position(|n| *n == name).map_or(u16::MAX, |i| i as u16);
    (at, EventKind::NoteParam { id, slot, value })
}

fn rig(path: &'static str, numbers: &[(&'static str, f64)], shelf: &Shelf) -> Rig {
    Rig::with("sampler", 0, numbers, &[("path", path)], false, shelf).expect("builds")
}

fn play(rig: &mut Rig, frames: usize, events: &[(usize, EventKind)]) -> Vec<Vec<f32>> {
    rig.play(&[], frames, events)
}

#[test]
fn at_its_root_a_sound_is_bit_for_bit_itself_from_its_frame_on() {
    let mut shelf = Shelf::default();
    let sound = noise(3, 5000);
    shelf.put("a.wav", Sample { root: Some(57), ..mono(sound.clone()) });
    let out = play(&mut rig("a.wav", &[], &shelf), 6400, &[on(101, 1, 57.0, 1.0)]);
    assert_eq!(peak(&out[0][..101]), 0.0);
    assert_eq!(out[0][101..5101], sound[..]);
    assert_eq!(out[0], out[1]);
    assert_eq!(peak(&out[0][5102..]), 0.0);
}

#[test]
fn keys_bend_and_tuning_change_the_pitch() {
    let mut shelf = Shelf::default();
    shelf.put("a_c4.wav", mono(sine(500.0, 0.5, 96_000)));
    let pitch = |key: f32, bend: f32, tune: f64, freq: f64| {
        let mut rig = rig("a_c4.wav", &[("tune", tune)], &shelf);
        let events = [(0, EventKind::Bend { semitones: bend }), on(0, 1, key, 1.0)];
        let out = play(&mut rig, 24_000, &events);
        let (heard, rest) = fit(&out[0][4800..19_200], freq);
        assert!((heard - 0.5).abs() < 0.002, "key {key}: {heard} at {freq} Hz");
        assert!(db(rest / 0.35) < -70.0, "key {key}: the rest is at {} dB", db(rest / 0.35));
    };
    pitch(60.0, 0.0, 0.0, 500.0);
    pitch(72.0, 0.0, 0.0, 1000.0);
    pitch(55.0, 0.0, 0.0, 500.0 * libm::exp2(-5.0 / 12.0));
    pitch(60.5, 2.0, -3.0, 500.0 * libm::exp2(-0.5 / 12.0));
}

#[test]
fn a_loop_holds_without_a_seam_until_the_release() {
    let mut shelf = Shelf::default();
    // 100 frames a period: a loop of 20 periods after an attack.
    let sound = Sample { sustain_loop: Some((1000, 3000)), ..mono(sine(480.0, 0.5, 3500)) };
    shelf.put("a_c4.wav", sound);
    let mut rig = rig("a_c4.wav", &[("release", 0.1)], &shelf);
    let events = [on(0, 1, 67.0, 1.0), off(48_000, 1)];
    let out = &play(&mut rig, 72_000, &events)[0];
    let freq = 480.0 * libm::exp2(7.0 / 12.0);
    let ideal = step(&sine(freq, 0.5, 4800));
    assert!(step(&out[..48_000]) < ideal * 1.01, "{} {ideal}", step(&out[..48_000]));
    assert!((tone(&out[30_000..47_000], freq) - 0.5).abs() < 0.002);
    let level = |from: usize| db(tone(&out[from..from + 480], freq) / 0.5);
    assert!((level(48_000 + 2400 - 240) + 30.0).abs() < 1.5, "{}", level(48_000 + 2160));
    assert_eq!(peak(&out[66_000..]), 0.0);
    assert_eq!(rig.status, Status::Silent);
}

#[test]
fn layers_follow_velocity_and_robins_take_turns() {
    let mut shelf = Shelf::default();
    for (layer, level) in [(1, 0.1), (2, 0.2), (3, 0.3)] {
        for turn in [1, 2] {
            let level = level + 0.01 * turn as f32;
            shelf.put(&format!("p/x_c3_v{layer}_rr{turn}.wav"), flat(level, 400));
            shelf.put(&format!("p/x_c4_v{layer}_rr{turn}.wav"), flat(level + 0.5, 400));
        }
    }
    let mut rig = rig("p/", &[("velocity", 0.0), ("release", 0.001)], &shelf);
    let mut heard = |key: f32, velocity: f32| {
        let out = play(&mut rig, 640, &[on(0, 1, key, velocity)]);
        (out[0][40] * 1000.0).round() / 1000.0
    };
    assert_eq!([heard(48.0, 0.1), heard(48.0, 0.1), heard(48.0, 0.1)], [0.11, 0.12, 0.11]);
    assert_eq!([heard(50.0, 0.5), heard(53.0, 1.0)], [0.21, 0.31]);
    assert_eq!([heard(55.0, 0.5), heard(80.0, 0.99)], [0.71, 0.81]);
}

#[test]
fn named_sounds_are_keyed_by_their_order_and_choke_each_other() {
    let mut shelf = Shelf::default();
    shelf.put("kit/oh.wav", flat(0.5, 9600));
    shelf.put("kit/bd_rr1.wav", flat(0.1, 9600));
    shelf.put("kit/bd_rr2.wav", flat(0.2, 9600));
    shelf.put("kit/hh.wav", flat(0.3, 9600));
    assert_eq!(sounds("kit/", &shelf), Ok(vec!["bd".into(), "hh".into(), "oh".into()]));
    let texts = [("path", "kit/"), ("choke", "cp cl, oh hh")];
    let mut rig = Rig::with("sampler", 0, &[], &texts, false, &shelf).expect("builds");
    let events = [
        on(0, 1, 2.0, 1.0),
        off(100, 1),
        on(640, 2, 0.0, 1.0),
        on(1280, 3, 1.0, 1.0),
        on(1290, 4, 7.0, 1.0),
    ];
    let out = &play(&mut rig, 1920, &events)[0];
    assert_eq!(out[600], 0.5, "one-shot: the note's end does not matter");
    assert!((out[700] - 0.6).abs() < 1e-6, "the bass drum does not choke");
    assert!((out[1500] - 0.4).abs() < 1e-6, "the hi-hat does, key 7 is nothing: {}", out[1500]);
    assert!(step(&out[1281..1500]) < 0.01, "no click");
}

#[test]
fn a_stolen_voice_fades_without_a_click_the_oldest_released_first() {
    let mut shelf = Shelf::default();
    for (note, freq) in [("c2", 100.0), ("c3", 200.0), ("c4", 300.0), ("c5", 400.0)] {
        shelf.put(&format!("p/x_{note}.wav"), mono(sine(freq, 0.2, 96_000)));
    }
    let mut rig = rig("p/", &[("voices", 3.0), ("release", 5.0), ("attack", 0.005)], &shelf);
    let events = [
        on(0, 1, 36.0, 1.0),
        on(10, 2, 48.0, 1.0),
        on(20, 3, 60.0, 1.0),
        off(2000, 2),
        on(5037, 4, 72.0, 1.0),
        on(10_001, 5, 72.0, 1.0),
    ];
    let out = &play(&mut rig, 20_000, &events)[0];
    let ideal = 4.0 * step(&sine(400.0, 0.2, 4800));
    assert!(step(out) < ideal, "{} above {ideal}", step(out));
    let heard = |from: usize, freq: f64| tone(&out[from..from + 3840], freq);
    assert!(heard(5500, 200.0) < 0.01, "the released one goes first: {}", heard(5500, 200.0));
    assert!(heard(5500, 100.0) > 0.19 && heard(5500, 400.0) > 0.19);
    assert!(heard(11_000, 100.0) < 0.01, "then the oldest: {}", heard(11_000, 100.0));
    assert!(heard(11_000, 300.0) > 0.19);
}

#[test]
fn a_note_can_have_a_part_a_speed_a_direction_and_a_place() {
    let mut shelf = Shelf::default();
    let rising: Vec<f32> = (0..4800).map(|i| i as f32 / 4800.0).collect();
    shelf.put("a_c4.wav", mono(rising));
    let part = |params: &[(&str, f32)]| {
        let mut rig = rig("a_c4.wav", &[], &shelf);
        let mut events: Vec<_> = params.iter().map(|(n, v)| with(64, 9, n, *v)).collect();
        events.push(on(64, 9, 60.0, 1.0));
        play(&mut rig, 6400, &events)
    };
    let out = part(&[("begin", 0.5), ("end", 0.75)]);
    assert!((out[0][64 + 600] - 0.625).abs() < 1e-3, "{}", out[0][664]);
    assert_eq!(peak(&out[0][64 + 1210..]), 0.0);
    assert!(step(&out[0]) < 0.03, "both edges fade: {}", step(&out[0]));
    let out = part(&[("speed", 2.0)]);
    assert!((out[0][64 + 1000] - 2000.0 / 4800.0).abs() < 1e-3);
    for backwards in [("reverse", 1.0), ("speed", -1.0)] {
        let out = part(&[backwards]);
        assert!((out[0][64 + 1000] - 3799.0 / 4800.0).abs() < 1e-3, "{}", out[0][1064]);
    }
    let out = part(&[("pan", -1.0)]);
    assert!(out[0][3000] > 0.5 && out[1][3000] == 0.0);
    let out = part(&[("attack", 0.05), ("sustain", 1.0)]);
    assert!((out[0][64 + 1200] - 0.25 * 0.5).abs() < 2e-3, "{}", out[0][1264]);
}

#[test]
fn the_pedal_holds_notes_and_panic_ends_them_at_once() {
    let mut shelf = Shelf::default();
    shelf.put("a.wav", flat(0.5, 48_000));
    let mut rig = rig("a.wav", &[("release", 0.01)], &shelf);
    let pedal = |at, value| (at, EventKind::Control { number: 64, value });
    let events = [
        pedal(0, 1.0),
        on(0, 1, 60.0, 1.0),
        off(1000, 1),
        pedal(5000, 0.0),
        on(9600, 2, 60.0, 1.0),
        on(9600, 3, 60.0, 1.0),
        (12_000, EventKind::AllNotesOff),
        on(15_000, 4, 60.0, 1.0),
        (16_000, EventKind::Panic),
    ];
    let out = &play(&mut rig, 19_200, &events)[0];
    assert_eq!((out[4900], out[8000]), (0.5, 0.0));
    assert_eq!((out[11_000], out[14_900]), (1.0, 0.0));
    assert_eq!((out[15_999], out[16_000]), (0.5, 0.0));
}

#[test]
fn what_is_missing_is_said() {
    let mut shelf = Shelf::default();
    let build = |path: &'static str, shelf: &Shelf| {
        Rig::with("sampler", 0, &[], &[("path", path)], false, shelf).err().expect("an error")
    };
    assert!(build("", &shelf).contains("sampler(\"kick.wav\")"));
    assert!(build("no.wav", &shelf).contains("no.wav"));
    shelf.put("empty.wav", Sample::default());
    assert!(build("empty.wav", &shelf).contains("no sound"));
}

#[test]
fn wild_notes_and_loops_stay_finite() {
    let mut shelf = Shelf::default();
    let sound = Sample { sustain_loop: Some((90, 99_999)), ..mono(noise(1, 100)) };
    shelf.put("a.wav", sound);
    let mut rig = rig("a.wav", &[], &shelf);
    let wild = [f32::NAN, f32::INFINITY, -1e9, 1e9, 0.0];
    let mut events = Vec::new();
    for (i, w) in wild.iter().enumerate() {
        for (k, name) in NOTE_PARAMS.iter().enumerate() {
            let (at, id) = (i * 500 + k, (i * 20 + k) as u32);
            events.push(with(at, id, name, *w));
            events.push(on(at, id, *w, *w));
            events.push(on(at, id + 1000, 300.0, 1.0));
        }
    }
    let out = play(&mut rig, 6400, &events);
    assert!(out[0].iter().all(|y| y.is_finite()), "finite");
}
