//! What a user may get wrong, and what is said about it: all of it at once, before anything is written.

use super::command::{Place, sound, text};

#[test]
fn what_is_not_there_is_told_with_what_is_like_it() {
    let place = Place::new();
    let said = place.bad(&[
        "nowhere",
        "-o",
        "x.wav",
        "--plugin",
        "ZamDely",
        "--preset",
        "no.vstpreset",
        "--plugin",
        "ZamVrb",
    ]);
    for part in ["`ZamDely`", "ZamDelay", "`ZamVrb`", "ZamVerb", "no.vstpreset", "3 errors"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let said = place.bad(&["nowhere.wav", "-o", "x.wav", "--plugin", "ZamDelay"]);
    assert!(said.contains("cannot read `nowhere.wav`"), "{said}");
    assert_eq!(place.names(""), ["in.wav"]);
}

#[test]
fn settings_that_mean_nothing_are_told_at_once_with_range_and_example() {
    let place = Place::new();
    std::fs::write(place.path("a.json"), r#"{"Gian": 1, "Mode": {"0": "Cold"}}"#).expect("writes");
    for format in ["vst3", "clap"] {
        let plugin = format!("{format}:Fixture Gain");
        let sets =
            ["Gian=3", "Gain=99 dB", "Mode=Cold", "Cutoff=loud", "Factor", "#77=1", "Gain=200%"];
        let mut args = vec!["in.wav", "-o", "x.wav", "--plugin", &plugin];
        sets.iter().for_each(|set| args.extend(["--set", set]));
        args.extend(["--automation", "a.json"]);
        let said = place.bad(&args);
        for part in [
            "no parameter `Gian`: did you mean Gain?",
            "cannot set `Gain` to `99 dB`: it goes from -60.00 dB to 12.00 dB",
            "does not understand `Cold` for `Mode`: it is one of Clean, Warm, Hot",
            "does not understand `loud` for `Cutoff`: it goes from 20.00 Hz to 20000.00 Hz, for example",
            "write NAME=VALUE",
            "no parameter #77: it has 7, from #0",
            "cannot set `Gain` to `200%`",
            "a.json: ",
            "9 errors",
        ] {
            assert!(said.contains(part), "{format}: {part} in {said}");
        }
    }
    let delay = ["in.wav", "-o", "x.wav", "--plugin", "ZamDelay"];
    let said = place.bad(&[&delay[..], &["--set", "Time=soon"]].concat());
    assert!(said.contains("does not understand `soon` for `Time`"), "{said}");
    std::fs::write(place.path("b.json"), "{\n  \"Time\": {\"x\": 1}\n}").expect("writes");
    let said = place.bad(&[&delay[..], &["--automation", "b.json"]].concat());
    assert!(said.contains("b.json:2:") && said.contains("`x` is no time"), "{said}");
    assert!(!place.path("x.wav").exists());
}

#[test]
fn values_are_understood_in_the_plugins_words_and_in_ours() {
    let place = Place::new();
    let one = |set: &str| place.good(&["--plugin", "ZamDelay", "--set", set]);
    let quarter = one("time=250 ms");
    for same in ["Time=250", "Time=0.25 s", "TIME=250ms"] {
        assert!(one(same) == quarter, "{same}");
    }
    assert!(one("Time=100 ms") != quarter);
    assert!(one("Invert=on") == one("Invert=1") && one("Invert=off") == one("Invert=0"));
    assert!(one("Invert=on") != one("Invert=off"));
    let half = place.good(&["--plugin", "Fixture Gain", "--set", "Factor=25%"]);
    assert!(half[0].iter().zip(&sound()[0]).all(|(y, x)| *y == x * 0.5));
}

#[test]
fn an_option_that_belongs_to_a_plugin_stands_behind_it() {
    let place = Place::new();
    let out = place.run(&["in.wav", "-o", "x.wav", "--set", "Gain=1", "--plugin", "Fixture Gain"]);
    assert_eq!(out.status.code(), Some(2));
    let said = text(&out.stderr);
    assert!(said.contains("--set stands before the --plugin that it is for"), "{said}");
    for args in [&["in.wav", "-o", "x.wav"][..], &["-o", "x.wav", "--plugin", "ZamDelay"]] {
        assert_eq!(place.run(args).status.code(), Some(2), "{args:?}");
    }
    let help = text(&place.run(&["--help"]).stdout);
    assert!(help.contains("stands behind its --plugin") && help.contains("--tail"), "{help}");
}
