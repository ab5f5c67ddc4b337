//! Voices and time, measured at the output: polyphony, stealing, glide, bend, pedal, mono, alignment, swing.

#![allow(clippy::disallowed_methods, reason = "tests measure with the platform's maths")]

use rhapsode::engine::Options;
use rhapsode::engine::offline::Tail;
use rhapsode::graph::{TaskRef, compile};
use rhapsode::rt::{EventKind, Renderer, Timed};
use rhapsode::{Length, Runtime};

const RATE: f64 = 48_000.0;

/// Renders `frames` frames of a script's only track, whose instrument gets `events`.
fn play(script: &str, events: &[(u64, EventKind)], frames: usize) -> Vec<f32> {
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
    let compiled = compile(piece.session(), RATE, piece.library()).expect("compiles");
    let TaskRef { level, job, task } = compiled.strips[0].player.expect("the track takes notes");
    let mut renderer = Renderer::new(compiled.schedule, Some(1.0));
    for &(frame, kind) in events {
        renderer.push(Timed { frame, level, job, task, kind });
    }
    let mut out = Vec::new();
    while out.len() < frames {
        out.extend(renderer.render(1)[0][0].0);
    }
    out
}

fn on(id: u32, key: f32) -> EventKind {
    EventKind::NoteOn { id, key, velocity: 1.0 }
}

fn off(id: u32) -> EventKind {
    EventKind::NoteOff { id }
}

/// Frequency by rising zero crossings.
fn hertz(x: &[f32]) -> f64 {
    let rising: Vec<usize> = (1..x.len()).filter(|&i| x[i - 1] < 0.0 && x[i] >= 0.0).collect();
    assert!(rising.len() > 2, "it sounds");
    RATE * (rising.len() - 1) as f64 / (rising[rising.len() - 1] - rising[0]) as f64
}

fn peak(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |p, x| p.max(x.abs()))
}

fn synth(options: &str) -> String {
    format!(
        "let i = instrument(|v| sine(v.freq) |> gain(adsr(v.gate, 0.001, 0, 1, 0.01) * 0.1), #{{{options}}}); \
         track(\"a\", i);"
    )
}

#[test]
fn notes_sound_together_and_end_alone() {
    let events: Vec<(u64, EventKind)> = (0..12).map(|i| (0, on(i, 60.0 + i as f32))).collect();
    let all = play(&synth("voices: 16"), &events, 9_600);
    let one = play(&synth("voices: 16"), &events[..1], 9_600);
    assert!((peak(&one) - 0.1).abs() < 0.002, "{}", peak(&one));
    assert!(peak(&all) > 0.6, "twelve voices in two groups: {}", peak(&all));
    let ended = play(&synth("voices: 16"), &[(0, on(1, 69.0)), (4_800, off(1))], 9_600);
    assert!(peak(&ended[4_000..4_800]) > 0.09 && peak(&ended[6_000..]) == 0.0);
}

#[test]
fn the_oldest_note_is_stolen_and_released_ones_first() {
    // Two voices: 69 is held, 81 is released, 57 takes the place of 81.
    let events = [
        (0, on(1, 69.0)),
        (100, on(2, 81.0)),
        (4_800, off(2)),
        (4_810, on(3, 57.0)),
        (9_600, off(1)),
    ];
    let out = play(&synth("voices: 2"), &events, 24_000);
    assert!((hertz(&out[12_000..]) - 220.0).abs() < 0.5);
    // All held: the oldest goes.
    let events = [(0, on(1, 69.0)), (100, on(2, 81.0)), (4_800, on(3, 57.0)), (9_600, off(2))];
    let out = play(&synth("voices: 2"), &events, 24_000);
    assert!((hertz(&out[12_000..]) - 220.0).abs() < 0.5);
}

#[test]
fn glide_takes_its_time_in_straight_pitch() {
    let events = [(0, on(1, 57.0)), (9_600, on(2, 69.0))];
    let out = play(&synth("voices: 1, mono: true, legato: true, glide: 0.5"), &events, 60_000);
    assert!((hertz(&out[2_000..9_600]) - 220.0).abs() < 1.0);
    // Half-way through the glide it is half-way in pitch: 63, about 311 Hz.
    let middle = hertz(&out[9_600 + 11_000..9_600 + 13_000]);
    assert!((middle - 311.1).abs() < 8.0, "{middle}");
    assert!((hertz(&out[9_600 + 26_000..]) - 440.0).abs() < 0.5);
}

#[test]
fn mono_returns_to_the_note_that_is_still_held() {
    let events = [(0, on(1, 57.0)), (9_600, on(2, 69.0)), (19_200, off(2))];
    let out = play(&synth("mono: true"), &events, 40_000);
    assert!((hertz(&out[12_000..19_000]) - 440.0).abs() < 0.5);
    assert!((hertz(&out[22_000..]) - 220.0).abs() < 0.5);
    assert!(peak(&out[22_000..]) < 0.11, "one voice only");
}

#[test]
fn the_pedal_holds_and_lets_go() {
    let pedal = |value| EventKind::Control { number: 64, value };
    let events = [(0, on(1, 69.0)), (100, pedal(1.0)), (4_800, off(1)), (19_200, pedal(0.0))];
    let out = play(&synth("voices: 8"), &events, 24_000);
    assert!(peak(&out[15_000..19_000]) > 0.09);
    assert!(peak(&out[21_000..]) < 1e-4);
}

#[test]
fn bend_moves_every_voice() {
    let events = [(0, on(1, 69.0)), (4_800, EventKind::Bend { semitones: 12.0 })];
    let out = play(&synth("voices: 8"), &events, 24_000);
    assert!((hertz(&out[..4_800]) - 440.0).abs() < 2.0);
    assert!((hertz(&out[9_600..]) - 880.0).abs() < 1.0);
}

/// Left channel of a script without its tail.
fn render(script: &str, seconds: f64) -> Vec<f32> {
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{e:#?}"));
    let options =
        Options { length: Length::Seconds(seconds), tail: Tail::None, ..Options::default() };
    piece.render(options).expect("renders").left
}

#[test]
fn parallel_paths_of_different_latency_arrive_together() {
    let click = "let i = instrument(|v| dc(1) * perc(v.gate, 0, 0.001)); tempo(120);";
    let track = "track(\"a\", i).play(\"~ c4 ~ ~\")";
    let at = |script: &str| {
        let out = render(&format!("{click}{script}"), 1.0);
        let top = peak(&out);
        (out.iter().position(|x| x.abs() > 0.3 * top).expect("sounds"), top)
    };
    let (plain, level) = at(&format!("{track};"));
    assert!((24_000..24_010).contains(&plain), "the latency of nothing: {plain}");
    // The limiter is late by its look-ahead; the render takes that off, and the dry track waits for it.
    let (limited, _) = at(&format!("{track}.fx(limiter(-1));"));
    assert!(limited.abs_diff(plain) <= 2, "{limited} against {plain}");
    let (both, sum) = at(&format!(
        "{track}.fx(limiter(-1) * 0.3); track(\"b\", i).play(\"~ c4 ~ ~\").gain(0.3);"
    ));
    assert!(both.abs_diff(plain) <= 2, "{both} against {plain}");
    assert!(sum > 0.4 * level.min(1.0), "two clicks in one place, not two: {sum} of {level}");
}

#[test]
fn swing_and_tempo_ramps_move_notes_to_their_frames() {
    let click = "let i = instrument(|v| dc(0.5) * perc(v.gate, 0, 0.002));";
    let onsets = |script: &str, seconds| {
        let out = render(&format!("{click}{script}"), seconds);
        let mut found: Vec<usize> = Vec::new();
        for (i, x) in out.iter().enumerate() {
            if x.abs() > 0.1 && found.last().is_none_or(|last| i > last + 2_000) {
                found.push(i);
            }
        }
        found
    };
    let straight = onsets("tempo(120); track(\"a\", i).play(\"c4*8\");", 1.9);
    let swung = onsets("tempo(120); swing(1.0 / 3); track(\"a\", i).play(\"c4*8\");", 1.9);
    assert_eq!(straight.len(), 8);
    assert!(straight[1].abs_diff(12_000) < 8 && straight[2].abs_diff(24_000) < 8, "{straight:?}");
    // A third of an eighth later: the triplet.
    assert!(swung[1].abs_diff(16_000) < 8 && swung[2].abs_diff(24_000) < 8, "{swung:?}");
    // From 60 to 120 bpm over 8 beats, beat b is reached after 8 ln(1 + b / 8) seconds.
    let ramp = onsets("tempo_ramp([[0, 60], [8, 120]]); track(\"a\", i).play(\"c4*4\");", 5.0);
    for (beat, frame) in ramp.iter().enumerate() {
        let want = 8.0 * (1.0 + beat as f64 / 8.0).ln() * RATE;
        assert!((*frame as f64 - want).abs() < 8.0, "beat {beat}: {frame} against {want}");
    }
    assert!(ramp.len() >= 6);
}
