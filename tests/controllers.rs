//! Controllers as a player turns them: messages go in at their frames, and the sound says what became of them.

#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::Quant;
use rhapsode::rt::Arrival;
use rhapsode::session::Port;
use rhapsode::units::Way;
use stage::{RATE, Stage, peak};

/// A controller of channel 1 of port 0, at once.
fn cc(stage: &mut Stage, number: u8, value: u8) {
    say(stage, [0xb0, number, value]);
}

fn say(stage: &mut Stage, bytes: [u8; 3]) {
    let frame = stage.left.len() as u64;
    stage.performer.hear(Arrival { frame, port: 0, bytes });
}

/// Plays on so many seconds; what was heard at the end of it.
fn now(stage: &mut Stage, seconds: f64) -> f32 {
    let to = stage.left.len() as f64 / RATE + seconds;
    stage.play_to(to);
    stage.left[stage.left.len() - 1]
}

/// A constant as sound: what `signal` is, is heard.
fn dc(signal: &str) -> String {
    format!("track(\"a\", sine(0, #{{phase: 0.25}}) * ({signal}));")
}

#[test]
fn a_controller_is_a_signal() {
    for (signal, message, want) in [
        ("cc(74)", [0xb0, 74, 127], 1.0),
        ("cc(74, #{channel: 3})", [0xb2, 74, 127], 1.0),
        ("cc(74, #{channel: 3, initial: 0.25})", [0xb0, 74, 127], 0.25),
        ("cc(74).range(0.2, 0.6)", [0xb0, 74, 0], 0.2),
        ("bend() * 0.5", [0xe0, 0, 0], -0.5),
        ("bend() * 0.5 + 0.1", [0xe0, 0, 64], 0.1),
        ("bend() * 0.5", [0xe0, 127, 127], 0.5),
        ("pressure()", [0xd0, 64, 0], 64.0 / 127.0),
        ("cc14(1)", [0xb0, 1, 64], 64.0 * 128.0 / 16_383.0),
    ] {
        let mut stage = Stage::new(&dc(signal));
        now(&mut stage, 0.1);
        say(&mut stage, message);
        let got = now(&mut stage, 0.4);
        assert!((got - want).abs() < 1e-4, "{signal}: {got} and not {want}");
    }
}

#[test]
fn a_level_in_decibels_can_be_a_controller() {
    let mut stage =
        Stage::new("track(\"a\", sine(0, #{phase: 0.25})).gain_db(cc(74).range(-40, -20));");
    assert!((now(&mut stage, 0.1) - 0.01).abs() < 1e-4);
    cc(&mut stage, 74, 127);
    assert!((now(&mut stage, 0.3) - 0.1).abs() < 1e-4);
}

#[test]
fn fourteen_bits_come_in_two_and_parameters_in_four_messages() {
    let mut stage = Stage::new(&dc("cc14(2) * 0.5 + nrpn(300) * 0.25 + rpn(5) * 0.125"));
    now(&mut stage, 0.05);
    for (number, value) in [
        (2, 100),
        (34, 77),
        (99, 2),
        (98, 44),
        (6, 12),
        (38, 34),
        (101, 0),
        (100, 5),
        (6, 127),
        (38, 127),
    ] {
        cc(&mut stage, number, value);
    }
    let want =
        (100.0 * 128.0 + 77.0) / 16_383.0 * 0.5 + (12.0 * 128.0 + 34.0) / 16_383.0 * 0.25 + 0.125;
    let got = now(&mut stage, 0.4);
    assert!((got - want).abs() < 1e-5, "{got} and not {want}");
}

#[test]
fn a_step_arrives_at_its_frame_and_is_smoothed() {
    let mut exact = Stage::new(&dc("cc(7, #{smooth: 0, exact: true})"));
    exact.play_to(0.1);
    let late = 1000;
    let at = exact.left.len() as u64 + late;
    for (i, value) in [127, 0, 64].iter().enumerate() {
        let frame = at + 7 * i as u64;
        exact.performer.hear(Arrival { frame, port: 0, bytes: [0xb0, 7, *value] });
    }
    exact.play_to(0.3);
    let first = exact.left.iter().position(|x| *x != 0.0).expect("it is heard");
    assert_eq!(first as u64, at, "at its very frame");
    let heard: Vec<f32> = exact.left[first - 1..first + 16].to_vec();
    let half = 64.0 / 127.0;
    let near = |x: f32, y: f32| (x - y).abs() < 1e-3;
    assert!(near(heard[0], 0.0) && heard[1..8].iter().all(|x| near(*x, 1.0)), "{heard:?}");
    assert!(heard[8..15].iter().all(|x| near(*x, 0.0)) && near(heard[15], half), "{heard:?}");
    // Smoothed: 63 % of the way after its time constant.
    let mut soft = Stage::new(&dc("cc(7, #{smooth: 0.02})"));
    soft.play_to(0.1);
    let at = soft.left.len();
    cc(&mut soft, 7, 127);
    soft.play_to(0.5);
    let there = soft.left[at + 960];
    assert!((there - 0.632).abs() < 0.03, "{there}");
    let steepest = soft.left.windows(2).map(|w| w[1] - w[0]).fold(0.0, f32::max);
    assert!(steepest < 0.002, "{steepest}");
}

#[test]
fn a_controller_keeps_its_value_over_edits_and_works_in_voices() {
    let song = |extra: &str| {
        format!(
            "track(\"a\", instrument(|v| sine(0, #{{phase: 0.25}}) * v.gate * cc(20))).play(note(\"c3/64\")).gain(0.5);{extra}"
        )
    };
    let mut stage = Stage::new(&song(""));
    assert_eq!(now(&mut stage, 0.2), 0.0);
    cc(&mut stage, 20, 127);
    assert!((now(&mut stage, 0.3) - 0.5).abs() < 1e-4);
    stage.edit(&song("track(\"b\", sine(0, #{phase: 0.25}) * cc(20) * 0.25);"), Quant::Now);
    // The new track hears where the controller is, without its having moved.
    let got = now(&mut stage, 0.5);
    assert!((got - 0.75).abs() < 1e-3, "{got}");
    let still = stage::rendered(&dc("cc(20, #{initial: 0.5})"), 0.1).0;
    assert!(still.iter().all(|x| (x - 0.5).abs() < 1e-6), "offline it stands where it begins");
}

#[test]
fn what_knobs_have_come_to_outlives_a_change_of_the_device() {
    let song = format!("{} map(5, \"a/gain\", 0, 1, #{{takeover: false}});", dc("cc(20)"));
    let mut stage = Stage::new(&song);
    now(&mut stage, 0.2);
    cc(&mut stage, 20, 127);
    cc(&mut stage, 5, 64);
    let before = now(&mut stage, 0.3);
    assert!((before - 64.0 / 127.0).abs() < 1e-3);
    let fresh = stage::fresh(&song).with_controls(Some(stage.live.into_controls()));
    let (_live, mut performer) = rhapsode::engine::live::Live::new(fresh, None);
    let mut out = vec![0.0; 512];
    performer.render(&mut out, 2);
    assert!((out[0] - before).abs() < 1e-3, "{}", out[0]);
}

#[test]
fn ports_are_told_apart() {
    let number = |name: &str| Port::named(name).number(Way::In).expect("a number");
    let (one, two) = (number("knobs one"), number("knobs two"));
    let mut stage = Stage::new(&dc(
        "cc(1, #{port: midi_in(\"knobs one\")}) * 0.25 + cc(1, #{port: \"knobs two\"}) * 0.5",
    ));
    stage.play_to(0.1);
    let frame = stage.left.len() as u64;
    stage.performer.hear(Arrival { frame, port: two, bytes: [0xb0, 1, 127] });
    assert!((now(&mut stage, 0.3) - 0.5).abs() < 1e-4);
    let frame = stage.left.len() as u64;
    stage.performer.hear(Arrival { frame, port: one, bytes: [0xb0, 1, 127] });
    assert!((now(&mut stage, 0.3) - 0.75).abs() < 1e-4);
}

/// A level that is mapped, by itself 0.5.
fn level(map: &str) -> String {
    format!("track(\"a\", sine(0, #{{phase: 0.25}})).fx(gain(0.5)); {map}")
}

#[test]
fn a_knob_takes_over_when_it_meets_the_value() {
    let song = level("map(74, \"a/gain.gain\", 0, 1);");
    let mut stage = Stage::new(&song);
    let turn = |stage: &mut Stage, value: u8| {
        cc(stage, 74, value);
        now(stage, 0.2)
    };
    let own = |x: f32| (x - 0.5).abs() < 1e-6;
    assert!(own(now(&mut stage, 0.1)));
    assert!(own(turn(&mut stage, 10)), "it has not met the value");
    assert!(own(turn(&mut stage, 40)));
    let met = turn(&mut stage, 70);
    assert!((met - 70.0 / 127.0).abs() < 1e-3, "it went past it: {met}");
    let held = turn(&mut stage, 20);
    assert!((held - 20.0 / 127.0).abs() < 1e-3, "{held}");
    assert!(stage.live.maps()[0].holds);
    // The same script again, and another effect: it is held as before.
    stage.edit(&format!("{song} // again"), Quant::Now);
    assert!((now(&mut stage, 0.3) - 20.0 / 127.0).abs() < 1e-3);
    stage.edit(&song.replace("gain(0.5)", "gain(0.5) |> lowpass(18000)"), Quant::Now);
    assert!((now(&mut stage, 0.3) - 20.0 / 127.0).abs() < 1e-3);
    // A number that is edited takes effect; the knob must meet it again.
    stage.edit(&song.replace("gain(0.5)", "gain(0.25)"), Quant::Now);
    assert!((now(&mut stage, 0.3) - 0.25).abs() < 1e-3);
    assert!(!stage.live.maps()[0].holds);
    assert!((turn(&mut stage, 25) - 0.25).abs() < 1e-3, "below it");
    assert!((turn(&mut stage, 33) - 33.0 / 127.0).abs() < 1e-3, "past it");
    // Nothing ever jumped.
    let steepest = stage.left.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    assert!(steepest < 0.01, "{steepest}");
}

#[test]
fn takeover_can_be_turned_off_and_curves_bend() {
    for (map, value, want) in [
        ("map(1, \"a/gain.gain\", 0, 1, #{takeover: false});", 127, 1.0),
        ("map(1, \"a/gain.gain\", 1, 0, #{takeover: false});", 127, 0.0),
        ("map(1, \"a/gain.gain\", 0.01, 1, \"exp\", #{takeover: false});", 0, 0.01),
        ("cc(1).map(\"a/gain.gain\", 0, 1, stepped(3), #{takeover: false});", 64, 0.5),
        ("map(cc(1, #{channel: 2}), \"a/gain.gain\", 0, 1, #{takeover: false});", 127, 0.5),
        ("map(1, \"a/gain\", 0, 1, #{takeover: false});", 0, 0.0),
        ("map(bend(), \"a/gain.gain\", 0, 1, #{takeover: false});", 0, 0.5),
    ] {
        let mut stage = Stage::new(&level(map));
        now(&mut stage, 0.1);
        cc(&mut stage, 1, value);
        let got = now(&mut stage, 0.3);
        assert!((got - want).abs() < 2e-3, "{map}: {got} and not {want}");
    }
    let mut stage =
        Stage::new(&level("map(1, \"a/gain.gain\", 0.01, 1, \"exp\", #{takeover: false});"));
    now(&mut stage, 0.1);
    cc(&mut stage, 1, 64);
    let want = 0.01 * libm::powf(100.0, 64.0 / 127.0);
    assert!((now(&mut stage, 0.3) - want).abs() < 1e-3);
}

#[test]
fn a_parameter_of_a_function_of_the_script_is_turned() {
    let of = |function: &str, map: &str| {
        format!("{function}\ntrack(\"a\", sine(0, #{{phase: 0.25}}) |> dsp(louder)); {map}")
    };
    let function = "/// level: 0.2..0.6 = 0.5\nfn louder(x, level) { x * level }";
    for (map, value, want) in [
        ("map(1, \"a/louder.level\", 0, 1, #{takeover: false});", 127, 1.0),
        ("map(1, \"a/louder.level\", #{takeover: false});", 127, 0.6),
        ("map(1, \"a/louder.level\", #{takeover: false});", 0, 0.2),
        ("", 127, 0.5),
    ] {
        let mut stage = Stage::new(&of(function, map));
        assert!((now(&mut stage, 0.1) - 0.5).abs() < 1e-3);
        cc(&mut stage, 1, value);
        let got = now(&mut stage, 0.3);
        assert!((got - want).abs() < 2e-3, "{map}: {got} and not {want}");
    }
}

#[test]
fn endless_encoders_turn_from_where_the_value_is() {
    for (turning, up, down) in
        [("twos_complement", 3, 125), ("binary_offset", 67, 61), ("sign_bit", 3, 67)]
    {
        let map = format!("map(1, \"a/gain.gain\", 0, 1, #{{turning: \"{turning}\"}});");
        let mut stage = Stage::new(&level(&map));
        now(&mut stage, 0.1);
        for (value, want) in
            [(up, 0.5 + 3.0 / 127.0), (up, 0.5 + 6.0 / 127.0), (down, 0.5 + 3.0 / 127.0)]
        {
            cc(&mut stage, 1, value);
            let got = now(&mut stage, 0.3);
            assert!((got - want).abs() < 1e-3, "{turning} {value}: {got} and not {want}");
        }
    }
}

#[test]
fn of_several_the_last_one_moved_holds_it_unless_its_priority_is_lower() {
    let map = |p: i32| {
        level(&format!(
            "map(1, \"a/gain.gain\", 0, 1, #{{takeover: false}}); map(2, \"a/gain.gain\", 0, 1, #{{takeover: false, priority: {p}}});"
        ))
    };
    for (priority, want) in [(0, 0.0), (1, 1.0), (-1, 0.0)] {
        let mut stage = Stage::new(&map(priority));
        now(&mut stage, 0.1);
        cc(&mut stage, 2, 127);
        assert!((now(&mut stage, 0.2) - 1.0).abs() < 1e-3);
        cc(&mut stage, 1, 0);
        assert!((now(&mut stage, 0.2) - want).abs() < 1e-3, "priority {priority}");
    }
    // One to many, and one that names a knob.
    let song = "let k = knob(\"both\", 0.5); track(\"a\", sine(0, #{phase: 0.25}) * k * 0.5); track(\"b\", sine(0, #{phase: 0.25}) * k * 0.25).gain(0.5); map(5, \"both\", 0, 1, #{takeover: false}); map(5, \"b/gain\", 0, 1, #{takeover: false});";
    let mut stage = Stage::new(song);
    assert!((now(&mut stage, 0.1) - 0.3125).abs() < 1e-4);
    cc(&mut stage, 5, 127);
    assert!((now(&mut stage, 0.3) - 0.75).abs() < 1e-3);
}

#[test]
fn a_mapped_signal_is_taken_over_and_a_mapped_parameter_can_be_played_by_patterns() {
    let mut stage = Stage::new(
        "track(\"a\", sine(0, #{phase: 0.25})).fx(gain(lfo(\"sine\", 4).range(0.2, 0.8))); map(1, \"a/gain.gain\", 0, 1, #{takeover: false});",
    );
    now(&mut stage, 0.3);
    assert!(peak(&stage.left) > 0.7);
    cc(&mut stage, 1, 64);
    now(&mut stage, 1.0);
    let end = &stage.left[stage.left.len() - 20_000..];
    assert!(end.iter().all(|x| (x - 64.0 / 127.0).abs() < 1e-3), "the lfo is not heard any more");
    let mut stage = Stage::new(
        "track(\"a\", instrument(|v| sine(0, #{phase: 0.25}) * v.gate)).play(note(\"c3 c3\").param(\"gain_db\", \"-12 -6\")).fx(gain_db(0)); map(1, \"a/gain_db.gain_db\", -20, 0);",
    );
    now(&mut stage, 1.9);
    assert!(
        stage.live.params().contains(&"a/gain_db.gain_db".to_string()),
        "{:?}",
        stage.live.params()
    );
    let (first, second) = (stage.left[24_000], stage.left[72_000]);
    assert!((first - 0.2512).abs() < 1e-2 && (second - 0.5012).abs() < 1e-2, "{first} {second}");
}

#[test]
fn the_controller_that_is_moved_is_learned() {
    let mut stage = Stage::new(&level(""));
    now(&mut stage, 0.1);
    cc(&mut stage, 9, 3);
    now(&mut stage, 0.1);
    stage.live.learn();
    now(&mut stage, 0.1);
    assert_eq!(stage.live.learned(), None, "what was moved before does not count");
    cc(&mut stage, 30, 3);
    now(&mut stage, 0.1);
    assert_eq!(stage.live.learned(), Some(rhapsode::units::Controller::Cc(30)));
    assert_eq!(stage.live.learned(), None);
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    for (map, wants) in [
        ("map(74, \"a/gian.gain\", 0, 1);", "did you mean `gain`?"),
        ("map(74, \"a/gain.gani\", 0, 1);", "did you mean `gain`?"),
        ("map(74, \"b/gain.gain\", 0, 1);", "did you mean \"a\"?"),
        ("map(740, \"a/gain.gain\");", "a number from 0 to 127"),
        ("map(sine(3), \"a/gain.gain\");", "`map` takes a controller"),
        ("map(74, \"a/gain.gain\", 0, 1, \"expo\");", "did you mean \"exp\"?"),
        ("map(74, \"a/gain.gain\", 0, 1, \"exp\");", "both ends must be above 0"),
        ("map(74, \"a/gain.gain\", 0);", "both ends"),
        ("map(74, \"brightness\");", "there is no knob called"),
        ("learn(\"a/gain.gani\");", "did you mean `gain`?"),
        ("track(\"b\", noise()).fx(curve_([[0,1]]));", "curve_"),
    ] {
        let error = rhapsode::runtime::Runtime::new()
            .eval(&level(map))
            .err()
            .unwrap_or_else(|| panic!("{map}"));
        let text = |d: &rhapsode::diag::Diagnostic| {
            format!("{} {}", d.message, d.hint.clone().unwrap_or_default())
        };
        let text: String = error.iter().map(text).collect();
        assert!(text.contains(wants), "{map}: {text}");
    }
    let maps = |text: &str| stage::piece(&level(text)).session().maps.len();
    let two = "map(1, \"a/gain\"); map(2, \"a/gain.gain\");";
    assert_eq!(maps(two), 2);
    assert_eq!(maps(&format!("{two} unmap(1);")), 1);
    assert_eq!(maps(&format!("{two} unmap(\"a/gain.gain\");")), 1);
    assert_eq!(maps(&format!("{two} unmap(1, \"a/gain.gain\");")), 2);
    assert_eq!(maps(&format!("{two} unmap();")), 0);
}

#[test]
fn motor_faders_are_told_where_the_value_is() {
    let song = level("map(74, \"a/gain.gain\", 0, 1, #{channel: 2, feedback: \"motors\"});");
    let mut stage = Stage::new(&song);
    let told = |stage: &mut Stage| {
        now(stage, 0.2);
        let mut all = Vec::new();
        stage.performer.take_outgoing(|m| all.push(m.bytes));
        all
    };
    assert_eq!(told(&mut stage), [[0xb1, 74, 64]], "where it is at first");
    assert!(told(&mut stage).is_empty(), "once");
    stage.edit(&song.replace("gain(0.5)", "gain(0.25)"), Quant::Now);
    assert_eq!(told(&mut stage), [[0xb1, 74, 32]]);
    // The motor has moved it there, so it takes over at once, and is not told what it says itself.
    say(&mut stage, [0xb1, 74, 33]);
    assert!(told(&mut stage).is_empty());
    assert!((now(&mut stage, 0.1) - 33.0 / 127.0).abs() < 1e-3);
}
