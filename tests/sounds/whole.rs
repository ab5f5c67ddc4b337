//! What functions of the script make of whole sounds.

use crate::desk::*;

fn is(heard: &[f32], wanted: &[f32]) {
    let same = heard.iter().zip(wanted).position(|(a, b)| (a - b).abs() > 1e-6);
    assert_eq!(same, None, "the first other frame of {}", wanted.len());
    assert!(heard[wanted.len() + 3..].iter().all(|x| *x == 0.0), "silent after {}", wanted.len());
}

fn made(desk: &Desk, call: &str, seconds: f64) -> Vec<f32> {
    let prelude = "let s = sound_file(\"loop.wav\");";
    play(&desk.runtime(), &once(prelude, call), seconds)
}

#[test]
fn a_sound_is_turned_round_in_place_or_into_another() {
    let desk = Desk::new();
    let back: Vec<f32> = desk.sound.iter().rev().copied().collect();
    let place = "process_buffer(s, |x| { let n = x.len(); for i in 0..n / 2 { let a = x[i]; x[i] = x[n - 1 - i]; x[n - 1 - i] = a; } })";
    is(&made(&desk, place, 2.5), &back);
    let other = "s.process_buffer(|x, y| { let n = x.len(); for i in 0..n { y[i] = x[-1 - i]; } })";
    is(&made(&desk, other, 2.5), &back);
    is(&made(&desk, &format!("{other}.slice(2)[0]"), 2.5), &back[..48_000]);
}

#[test]
fn a_sound_is_normalised_by_what_is_still_to_come() {
    let desk = Desk::new();
    let call = "process_buffer(s, |x, level| { let m = 0.0; for v in x { m = max(m, abs(v)); } for i in 0..x.len() { x[i] = x[i] * level / m; } }, #{level: 0.25})";
    let peak = desk.sound.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let wanted: Vec<f32> =
        desk.sound.iter().map(|x| (f64::from(*x) * 0.25 / f64::from(peak)) as f32).collect();
    is(&made(&desk, call, 2.5), &wanted);
}

#[test]
fn a_sound_becomes_longer() {
    let desk = Desk::new();
    let call =
        "process_buffer(s, |x, y| { for i in 0..y.len() { y[i] = x[i / 2]; } }, #{length: 2})";
    let wanted: Vec<f32> = desk.sound.iter().flat_map(|x| [*x, *x]).collect();
    is(&made(&desk, call, 4.5), &wanted);
}

#[test]
fn both_channels_are_seen_together() {
    let desk = Desk::new();
    // One channel is given as both.
    let call = "process_buffer(s, |left, right| { for i in 0..left.len() { let m = left[i] + right[i]; left[i] = m * 0.25; right[i] = m * 0.25; } })";
    let wanted: Vec<f32> = desk.sound.iter().map(|x| x * 0.5).collect();
    is(&made(&desk, call, 2.5), &wanted);
}

#[test]
fn what_goes_wrong_is_said() {
    let desk = Desk::new();
    let script = |call: &str| once("let s = sound_file(\"loop.wav\");", call);
    for (call, said) in [
        ("process_buffer(s, |x| { x[x.len()] = 1.0; })", "outside of its array"),
        ("process_buffer(s, |x| { loop { } })", "too many turns"),
        ("process_buffer(s, |x| { x[0] = x[0] / 0.0; })", "not a number"),
        ("process_buffer(s, |t| t)", "whole sounds is given `x`"),
        ("process_buffer(5, |x| x)", "takes a sound and a function"),
        ("process_buffer(s, |x| { let i = 0.5; x[i] = 1.0; })", "a whole number is wanted"),
    ] {
        let wrong = desk.wrong(&desk.runtime(), &script(call));
        assert!(wrong.contains(said), "{call}: {wrong}");
    }
}
