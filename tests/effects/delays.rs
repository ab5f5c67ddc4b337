//! Echoes: exact frames, feedback, bouncing, gliding times.

use crate::listen::*;
use crate::rig::Rig;

#[test]
fn a_delay_repeats_at_the_exact_frame_with_the_exact_level() {
    let options = [("time", 0.1), ("feedback", 0.5), ("mix", 0.5), ("damp", 0.0)];
    let mut rig = Rig::new("delay", 1, &options);
    let out = &rig.run(&[impulse(10, 1.0, frames(0.5))])[0];
    for (i, &y) in out.iter().enumerate() {
        let want = match i {
            10 => 0.5,
            4810 => 0.5,
            9610 => 0.25,
            14410 => 0.125,
            19210 => 0.0625,
            24010 => 0.03125,
            _ => 0.0,
        };
        assert!((y - want).abs() < 1e-6, "frame {i}: {y}, not {want}");
    }
}

#[test]
fn a_delay_shorter_than_a_block_is_exact_too() {
    let options = [("time", 7.0 / 48_000.0), ("feedback", 0.9), ("mix", 1.0), ("damp", 0.0)];
    let mut rig = Rig::new("delay", 1, &options);
    let out = &rig.run(&[impulse(0, 1.0, 640)])[0];
    let mut level = 1.0f32;
    for i in 0..640 {
        let want = if i > 0 && i % 7 == 0 { level } else { 0.0 };
        assert!((out[i] - want).abs() < 1e-5, "frame {i}: {}, not {want}", out[i]);
        if want > 0.0 {
            level *= 0.9;
        }
    }
}

#[test]
fn a_delay_in_beats_follows_the_tempo() {
    let mut rig = Rig::new("delay", 1, &[("time_beats", 0.5), ("mix", 1.0), ("damp", 0.0)]);
    let out = &rig.run(&[impulse(0, 1.0, frames(0.4))])[0];
    assert_eq!(out.iter().position(|y| *y > 0.9), Some(12_000), "half a beat at 120 bpm");
}

#[test]
fn a_jump_of_the_time_glides_without_a_click() {
    let tone = sine(220.0, 0.5, frames(2.0));
    let options = [("time", 0.2), ("feedback", 0.0), ("mix", 1.0), ("damp", 0.0)];
    let mut rig = Rig::new("delay", 1, &options);
    let mut out = rig.run(&[tone[..48_000].to_vec()]).remove(0);
    rig.set("time", 0.1);
    out.extend(rig.run(&[tone[48_000..].to_vec()]).remove(0));
    let steepest = step(&sine(330.0, 0.5, 4800)) * 1.02;
    assert!(step(&out[10_000..]) <= steepest, "{} above {steepest}", step(&out[10_000..]));
    // A tenth of a second at half a frame a frame: settled again, and exact, after 0.2 s.
    for i in 80_000..90_000 {
        assert!((out[i] - tone[i - 4800]).abs() < 1e-6, "frame {i}");
    }
}

#[test]
fn damping_takes_treble_from_the_repeats_but_not_from_the_first() {
    let options = [("time", 0.05), ("feedback", 0.8), ("mix", 1.0), ("damp", 1.0)];
    let mut rig = Rig::new("delay", 1, &options);
    let mut burst = noise(3, 2000);
    burst.resize(frames(0.3), 0.0);
    let out = &rig.run(&[burst])[0];
    let bright = |x: &[f32]| step(x) / peak(x);
    let (first, second) = (&out[2400..4400], &out[4800..6800]);
    assert!(bright(first) > 1.5 && bright(second) < 0.3, "{} {}", bright(first), bright(second));
}

#[test]
fn pingpong_comes_from_the_left_then_from_the_right() {
    let options = [("time", 0.1), ("feedback", 0.5), ("mix", 1.0), ("damp", 0.0)];
    let mut rig = Rig::new("pingpong", 2, &options);
    let out = rig.run(&[impulse(0, 1.0, frames(0.5)), impulse(0, 1.0, frames(0.5))]);
    let at = |c: usize, i: usize| out[c][i];
    assert_eq!((at(0, 4800), at(1, 4800)), (1.0, 0.0));
    assert_eq!((at(0, 9600), at(1, 9600)), (0.0, 0.5));
    assert_eq!((at(0, 14_400), at(1, 14_400)), (0.25, 0.0));
}

#[test]
fn wild_parameters_stay_finite_and_bounded() {
    let options = [("time", -3.0), ("feedback", 40.0), ("mix", 9.0), ("damp", -4.0)];
    let mut rig = Rig::new("delay", 1, &options);
    let mut out = rig.run(&[noise(5, 9600)]).remove(0);
    for wild in [f64::NAN, f64::INFINITY, 1e30] {
        for name in ["time", "feedback", "mix", "damp", "time_beats"] {
            rig.set(name, wild);
        }
        out.extend(rig.run(&[noise(6, 9600)]).remove(0));
    }
    assert!(out.iter().all(|y| y.is_finite()) && peak(&out) < 200.0, "{}", peak(&out));
}

#[test]
fn a_reset_forgets_the_echoes() {
    let mut rig = Rig::new("delay", 1, &[("time", 0.1), ("mix", 1.0)]);
    rig.run(&[noise(1, 9600)]);
    rig.reset();
    assert_eq!(peak(&rig.run(&[silence(9600)])[0]), 0.0);
}
