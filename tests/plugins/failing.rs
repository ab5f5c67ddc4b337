//! Plugins that crash and hang while they play: the music goes on, they are named, and started anew as they were.

use super::reload::Set;
use super::reload::stage::peak;
use rhapsode::plugin::Change;
use std::time::{Duration, Instant};

/// Plays in real time, so that a process has the time that it would have.
fn play(set: &mut Set, seconds: f64) {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        set.stage.step();
        std::thread::park_timeout(Duration::from_millis(4));
    }
}

/// What was told of the plugin at `at`, once it has died.
fn epitaph(set: &mut Set, at: &str) -> String {
    let library = set.now.shared_library();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        for news in library.rack().news() {
            if let Change::Died(why) = news.change {
                assert_eq!(news.at, at);
                return why;
            }
        }
        set.stage.step();
        std::thread::park_timeout(Duration::from_millis(4));
    }
    panic!("nothing was told of {at}");
}

/// Rows 14 and 15: sound goes on dry in the same block, without a click, and what sounds beside it is not touched;
/// an edit starts the plugin anew with what it was set to.
fn fails(name: &str, said: &str) {
    let song = |level: f64, rest: &str| {
        format!(
            r#"track("a", sine(200) * {level} |> plugin("{name}").key("bad")).pan(-1); track("b", sine(300) * 0.1).pan(1);{rest}"#
        )
    };
    let mut set = Set::apart(&song(0.3, ""));
    play(&mut set, 0.3);
    set.edit_apart(&song(0.8, ""));
    let why = epitaph(&mut set, "a/bad");
    assert!(why.contains(name) && why.contains(said), "{why}");
    play(&mut set, 0.3);
    let (left, right) = (&set.stage.left, &set.stage.right);
    assert!(left.iter().chain(right).all(|x| x.is_finite()));
    assert!((peak(&left[left.len() - 2_400..]) - 0.8).abs() < 0.02, "dry sound goes on");
    let steep = left[2_400..].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    // A sine of 0.8 at 200 Hz moves by 0.021 a frame at most.
    assert!(steep < 0.06, "a click of {steep}");
    let other = peak(&right[right.len() - 2_400..]);
    assert!((other - 0.1 * std::f32::consts::SQRT_2).abs() < 1e-3, "the other track: {other}");
    // The next edit starts it anew.
    let before = set.stage.left.len();
    set.edit_apart(&song(0.3, " // again"));
    play(&mut set, 0.5);
    let library = set.now.shared_library();
    assert!(library.rack().values("a/bad").is_ok(), "it lives");
    assert!((peak(&set.stage.left[before + 9_600..]) - 0.3).abs() < 0.02);
}

#[test]
fn a_crash_is_bypassed_and_named() {
    fails("Fixture Crash", "SIGSEGV");
}

#[test]
fn a_hang_is_cut_and_named() {
    fails("Fixture Hang", "");
}

/// A file is not rendered without its plugin: the render says so, and what was written is whole.
#[test]
fn a_render_says_that_a_plugin_has_died() {
    let there = super::scripts::piece(
        r#"track("a", sine(200) * ramp(0, 1, 2) |> plugin("Fixture Crash"));"#,
    );
    let options = rhapsode::Options {
        length: rhapsode::Length::Seconds(1.5),
        ..rhapsode::Options::default()
    };
    let mut offline = there.start(options).expect("compiles");
    while offline.advance() {}
    let said = offline.failed().expect("it has failed");
    assert!(said.message.contains("Fixture Crash"), "{said:?}");
}

/// With what it was set to last: state that a plugin has by itself comes back with it.
#[test]
fn a_reload_keeps_what_was_set() {
    let song = r#"track("a", sine(200) * 0.2).fx(plugin("Fixture Gain").set("Gain", -12).set("Mode", "Hot").key("g"));"#;
    let mut set = Set::apart(song);
    play(&mut set, 0.3);
    let library = set.now.shared_library();
    let rack = library.rack();
    let before = rack.values("a/g").unwrap();
    rack.retire("a/g").unwrap();
    set.edit_apart(&format!("{song} "));
    play(&mut set, 0.3);
    assert_eq!(rack.values("a/g").unwrap(), before);
    // While the machine is busy it may be late, and is passed by.
    let level = 0.2 * libm::pow(10.0, -0.6) as f32;
    let last = |set: &Set| peak(&set.stage.left[set.stage.left.len() - 2_400..]);
    let begin = Instant::now();
    while (last(&set) - level).abs() > 1e-3 {
        assert!(begin.elapsed() < Duration::from_secs(20), "{} instead of {level}", last(&set));
        play(&mut set, 0.1);
    }
}
