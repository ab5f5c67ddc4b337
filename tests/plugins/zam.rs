//! Real plugins: both formats of the same plugin must give the same samples.

use super::rig::{RATE, index, noise, through, zam};
use rhapsode::plugin::{Format, Setup};

/// Both formats with the same settings on the same noise; the largest difference, and the peak.
fn compare(name: &str, settings: &[(&str, f64)]) -> (f32, f32) {
    let (left, right) = (noise(48_000, 1), noise(48_000, 2));
    let [a, b] = [Format::Vst3, Format::Clap].map(|format| {
        let mut plugin = zam(name, format);
        for (parameter, value) in settings {
            let index = index(&*plugin, parameter);
            plugin.set(index, *value).unwrap();
        }
        through(&mut *plugin, &Setup::new(RATE), &left, &right)
    });
    let pairs = || a.iter().flatten().zip(b.iter().flatten());
    let apart = pairs().map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
    (apart, pairs().map(|(x, _)| x.abs()).fold(0.0, f32::max))
}

#[test]
fn zam_delay_gives_the_same_bits_in_both_formats() {
    let settings =
        [("Time", 250.0), ("Feedback", 0.5), ("Dry/Wet", 0.4), ("LPF", 3000.0), ("Invert", 1.0)];
    let (apart, peak) = compare("ZamDelay", &settings);
    assert!(apart == 0.0 && peak > 0.1, "{apart} of {peak}");
}

#[test]
fn other_plugins_give_the_same_bits_in_both_formats() {
    for name in ["ZaMultiCompX2", "ZaMaximX2", "ZamCompX2", "ZamGEQ31", "ZamGateX2", "ZamEQ2"] {
        let (apart, peak) = compare(name, &[]);
        assert!(apart == 0.0 && peak > 0.01, "{name}: {apart} of {peak}");
    }
}

/// The text that a user writes sets the same value in both formats, and is written back with it.
#[test]
fn texts_set_real_parameters() {
    for format in [Format::Vst3, Format::Clap] {
        let mut delay = zam("ZamDelay", format);
        let time = index(&*delay, "Time");
        let plain = delay.parse(time, "250 ms").expect("a time");
        delay.set(time, plain).unwrap();
        assert!((delay.value(time) - 250.0).abs() < 1e-3, "{format}: {}", delay.value(time));
        assert!(delay.text(time, 250.0).starts_with("250"), "{}", delay.text(time, 250.0));
    }
}
