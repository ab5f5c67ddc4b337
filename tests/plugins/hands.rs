//! A plugin that is played by hand: notes at their frames, bends of all notes and of one, controllers as they are.

use super::reload::Set;
use super::reload::stage::peak;
use rhapsode::rt::Arrival;
use rhapsode::session::{Port, Way};

fn hear(set: &mut Set, name: &str, frame: u64, bytes: [u8; 3]) {
    let port = Port::named(name).number(Way::In).expect("a number");
    set.stage.performer.hear(Arrival { frame, port, bytes });
}

fn set(options: &str, port: &str) -> Set {
    Set::apart(&format!(
        r#"track("k", plugin("Fixture Sine", #{{sandbox: false}}).set("Level", 1)).midi_in("{port}"{options});"#
    ))
}

/// Frequency by zeros that are crossed upwards, in hertz.
fn pitch(x: &[f32]) -> f64 {
    let ups: Vec<usize> = (1..x.len()).filter(|&i| x[i - 1] < 0.0 && x[i] >= 0.0).collect();
    (ups.len() - 1) as f64 * 48_000.0 / (ups[ups.len() - 1] - ups[0]) as f64
}

#[test]
fn keys_play_a_plugin_at_their_frames() {
    let mut set = set("", "plugin keys one");
    hear(&mut set, "plugin keys one", 1000, [0x90, 69, 127]);
    // The plugin has bound this controller to its level itself.
    hear(&mut set, "plugin keys one", 5000, [0xb0, 7, 32]);
    hear(&mut set, "plugin keys one", 9000, [0x80, 69, 0]);
    set.play_to(0.3);
    let left = &set.stage.left;
    assert_eq!(peak(&left[..=1000]), 0.0);
    assert!(left[1001] > 0.0 && (pitch(&left[1000..9000]) - 440.0).abs() < 0.5);
    assert!(peak(&left[1000..5000]) > 0.99, "{}", peak(&left[1000..5000]));
    let softer = peak(&left[5100..9000]);
    assert!((softer - 32.0 / 127.0).abs() < 0.01, "{softer}");
    assert_eq!(peak(&left[9000..]), 0.0);
}

#[test]
fn a_note_of_mpe_is_bent_alone() {
    let mut set = set(", #{mpe: true}", "plugin keys two");
    // Channel 2 is bent by a quarter of 48 semitones; channel 3 is not.
    hear(&mut set, "plugin keys two", 0, [0xe1, 0, 80]);
    hear(&mut set, "plugin keys two", 0, [0x91, 57, 127]);
    hear(&mut set, "plugin keys two", 14_400, [0x81, 57, 0]);
    hear(&mut set, "plugin keys two", 14_400, [0x92, 57, 127]);
    hear(&mut set, "plugin keys two", 28_800, [0x82, 57, 0]);
    set.play_to(0.7);
    let left = &set.stage.left;
    let bent = 220.0 * libm::exp2(1.0);
    assert!((pitch(&left[100..14_300]) - bent).abs() < 1.0, "{}", pitch(&left[100..14_300]));
    assert!((pitch(&left[14_500..28_700]) - 220.0).abs() < 0.5);
    assert_eq!(peak(&left[28_800..]), 0.0);
}
