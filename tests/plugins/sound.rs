//! What comes out of plugins, sample by sample.

use super::rig::{FORMATS, RATE, fixture, index, noise, render, through};
use rhapsode::plugin::{EventKind, PluginError, Setup};

#[test]
fn a_gain_multiplies_exactly() {
    for format in FORMATS {
        for double in [false, true] {
            let mut gain = fixture("Fixture Gain", format);
            let factor = index(&*gain, "Factor");
            gain.set(factor, 0.75).unwrap();
            let setup = Setup { double, ..Setup::new(RATE) };
            let (left, right) = (noise(1000, 1), noise(1000, 2));
            let out = through(&mut *gain, &setup, &left, &right);
            for (out, dry) in out.iter().zip([&left, &right]) {
                let wet: Vec<f32> = dry.iter().map(|x| x * 0.75).collect();
                assert_eq!(*out, wet, "{format}, double {double}");
            }
            let peak = index(&*gain, "Peak");
            if format == rhapsode::plugin::Format::Clap {
                assert!(gain.value(peak) > 0.3, "the meter moved: {}", gain.value(peak));
            }
        }
    }
}

#[test]
fn parameters_move_at_their_frames() {
    for format in FORMATS {
        let mut gain = fixture("Fixture Gain", format);
        let factor = index(&*gain, "Factor");
        let mut half = gain.activate(&Setup::new(RATE)).unwrap();
        let ones = vec![1.0; 256];
        let at = [(17, 0.25), (18, 0.5), (63, 0.125), (64, 0.75), (200, 0.0)];
        let events = at.map(|(at, value)| (at, EventKind::Parameter { index: factor, value }));
        let inputs = [ones.clone(), ones];
        let out = render(half.as_mut(), &[2], &inputs, 256, &events);
        let mut now = 1.0;
        for (frame, y) in out[0].iter().enumerate() {
            if let Some((_, value)) = at.iter().find(|(at, _)| *at == frame) {
                now = value * 2.0;
            }
            assert_eq!(f64::from(*y), now, "{format}, frame {frame}");
        }
        drop(half);
        gain.poll();
        assert_eq!(gain.value(factor), 0.0, "{format}: the controller has heard of it");
    }
}

#[test]
fn what_is_set_while_it_plays_comes_with_the_next_block() {
    for format in FORMATS {
        let mut gain = fixture("Fixture Gain", format);
        let factor = index(&*gain, "Factor");
        let mut half = gain.activate(&Setup::new(RATE)).unwrap();
        let inputs = vec![vec![1.0; 64]; 2];
        assert_eq!(render(half.as_mut(), &[2], &inputs, 64, &[])[0], [1.0; 64]);
        gain.set(factor, 0.5).unwrap();
        assert_eq!(render(half.as_mut(), &[2], &inputs, 64, &[])[0], [0.5; 64]);
        assert!(matches!(gain.activate(&Setup::new(RATE)), Err(PluginError::Playing(_))));
        assert!(matches!(gain.deactivate(), Err(PluginError::Playing(_))));
        drop(half);
        gain.deactivate().unwrap();
        gain.activate(&Setup::new(44_100.0)).unwrap();
        assert_eq!(gain.value(factor), 0.5, "{format}: kept at another rate");
    }
}

/// The frequency by the zeros that the sound crosses upwards.
fn hertz(sound: &[f32]) -> f64 {
    let ups: Vec<f64> = (1..sound.len())
        .filter(|&i| sound[i - 1] < 0.0 && sound[i] >= 0.0)
        .map(|i| {
            let (a, b) = (f64::from(sound[i - 1]), f64::from(sound[i]));
            i as f64 - b / (b - a)
        })
        .collect();
    (ups.len() - 1) as f64 * RATE / (ups[ups.len() - 1] - ups[0])
}

#[test]
fn an_instrument_plays_its_notes_at_their_frames() {
    for format in FORMATS {
        let mut sine = fixture("Fixture Sine", format);
        let mut half = sine.activate(&Setup::new(RATE)).unwrap();
        let (id, channel) = (7, 0);
        let events = [
            (100, EventKind::NoteOn { id, channel, key: 69.0, velocity: 1.0 }),
            (24_100, EventKind::NoteOff { id, channel, key: 69.0, velocity: 0.0 }),
            (30_000, EventKind::NoteOn { id, channel, key: 60.5, velocity: 1.0 }),
        ];
        let out = &render(half.as_mut(), &[], &[], 54_000, &events)[0];
        assert!(out[..=100].iter().all(|x| *x == 0.0) && out[101] > 0.0, "{format}");
        assert!((hertz(&out[100..24_100]) - 440.0).abs() < 0.01, "{format}");
        assert!(out[24_100..30_000].iter().all(|x| *x == 0.0), "{format}");
        let quarter = 440.0 * libm::exp2((60.5 - 69.0) / 12.0);
        assert!(
            (hertz(&out[30_000..]) - quarter).abs() < 0.01,
            "{format}: {}",
            hertz(&out[30_000..])
        );
        half.reset();
        assert_eq!(render(half.as_mut(), &[], &[], 64, &[])[0], [0.0; 64], "{format}");
    }
}

#[test]
fn a_side_chain_ducks() {
    for format in FORMATS {
        let mut ducker = fixture("Fixture Ducker", format);
        let mut half = ducker.activate(&Setup::new(RATE)).unwrap();
        let (left, right) = (noise(640, 3), noise(640, 4));
        let side: Vec<f32> = (0..640).map(|i| if i % 100 < 50 { 0.0 } else { 0.75 }).collect();
        let inputs = [left.clone(), right, side.clone()];
        let out = render(half.as_mut(), &[2, 1], &inputs, 640, &[]);
        for i in 0..640 {
            assert_eq!(out[0][i], left[i] * (1.0 - side[i]), "{format}, frame {i}");
        }
    }
}

#[test]
fn an_audio_half_may_outlive_its_plugin() {
    for format in FORMATS {
        let mut gain = fixture("Fixture Gain", format);
        let mut half = gain.activate(&Setup::new(RATE)).unwrap();
        drop(gain);
        let inputs = vec![vec![0.5; 128]; 2];
        assert_eq!(render(half.as_mut(), &[2], &inputs, 128, &[])[0], [0.5; 128], "{format}");
    }
}
