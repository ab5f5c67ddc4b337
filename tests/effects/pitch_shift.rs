//! The pitch shifter: the right frequency, its level, and little else.

use crate::listen::*;
use crate::rig::Rig;

#[test]
fn a_tone_moves_to_the_right_frequency_and_stays_clean() {
    for freq in [110.0, 440.0, 1234.0] {
        for semitones in [-12.0, -5.0, 0.3, 4.0, 7.0, 12.0, 24.0] {
            let mut rig = Rig::new("pitch_shift", 1, &[("semitones", semitones)]);
            let out = &rig.run(&[sine(freq, 0.5, 96_000)])[0][24_000..];
            let wanted = freq * libm::exp2(semitones / 12.0);
            let level = db(tone(out, wanted) / 0.5);
            // Power elsewhere: all of it, less what is within a few hertz of the tone.
            let all = rms(out) * std::f64::consts::SQRT_2 / 0.5;
            println!("{freq} Hz, {semitones}: {level:.2} dB, all {:.2} dB", db(all));
            assert!(level.abs() < 0.5, "{freq} Hz by {semitones}: {level} dB at {wanted} Hz");
            assert!(db(all).abs() < 0.5, "{freq} Hz by {semitones}: {} dB in all", db(all));
            assert!(tone(out, freq) < 0.02 || semitones.abs() < 1.0, "the old tone is gone");
        }
    }
}

#[test]
fn with_nothing_to_shift_it_is_only_late() {
    let mut rig = Rig::new("pitch_shift", 2, &[("semitones", 0.0)]);
    let late = rig.latency();
    assert_eq!(late, 1024);
    let x = [noise(1, 9600), noise(2, 9600)];
    let out = rig.run(&x);
    assert_eq!(out[0][late..], x[0][..9600 - late]);
    assert_eq!(out[1][late..], x[1][..9600 - late]);
}

#[test]
fn voices_with_overtones_do_not_click() {
    let voice: Vec<f32> = (0..96_000)
        .map(|i| {
            let t = i as f64 / 480.0 * 1.37;
            (1..=5).map(|k| libm::sin(std::f64::consts::TAU * k as f64 * t) / k as f64).sum::<f64>()
                as f32
                * 0.3
        })
        .collect();
    for semitones in [-7.0, 5.0] {
        let mut rig = Rig::new("pitch_shift", 1, &[("semitones", semitones)]);
        let out = &rig.run(std::slice::from_ref(&voice))[0][9600..];
        let ratio = libm::exp2(semitones / 12.0) as f32;
        assert!(step(out) < step(&voice) * ratio * 1.1, "{} {}", step(out), step(&voice));
    }
}
