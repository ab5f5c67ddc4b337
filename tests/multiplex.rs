//! `multiplex`: each channel through its own effect, bit for bit, equally late; lists through functions.

use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options, Runtime, Sound};

fn play(script: &str) -> Sound {
    let piece = Runtime::new().eval(script).unwrap_or_else(|e| panic!("{script}\n{e:#?}"));
    let options = Options { length: Length::Seconds(0.25), tail: Tail::None, ..Options::default() };
    piece.render(options).unwrap_or_else(|e| panic!("{script}\n{e:#?}"))
}

/// A track of two channels that differ, through effects.
fn through(fx: &str) -> Sound {
    play(&format!(
        "track(\"a\", stack([saw(110) * 0.3 |> pan(-1), saw(165) * 0.2 |> pan(1)])).fx({fx})"
    ))
}

fn refused(script: &str, message: &str, hint: &str) {
    let errors = Runtime::new().eval(script).err().unwrap_or_else(|| panic!("{script} is wrong"));
    let (told, help) = (&errors[0].message, errors[0].hint.clone().unwrap_or_default());
    assert!(told.contains(message) && help.contains(hint), "{script}: {told}; {help}");
}

#[test]
fn each_channel_has_its_own_effect() {
    let (low, high) = (through("lowpass(500)"), through("highpass(900)"));
    assert!(low.left != high.left && low.right != high.right);
    for fx in [
        "multiplex([lowpass(500), highpass(900)])",
        "multiplex(|ch| if ch == 1 { lowpass(500) } else { highpass(900) })",
        "multiplex([lowpass(500) |> dry(), highpass(900)]).key(\"x\")",
    ] {
        if fx.contains("key") {
            refused(&format!("track(\"a\", saw(1)).fx({fx})"), "names one effect", "on the one");
            continue;
        }
        let both = through(fx);
        assert_eq!((both.left, both.right), (low.left.clone(), high.right.clone()), "{fx}");
    }
}

#[test]
fn a_mono_sound_becomes_stereo_and_effects_of_two_channels_keep_their_side() {
    let mono = |fx: &str| play(&format!("track(\"a\", saw(110) * 0.3).fx({fx})"));
    let both = mono("multiplex([lowpass(500), dry()])");
    assert_eq!(both.left, mono("lowpass(500)").left);
    assert_eq!(both.right, mono("dry()").right);
    let pans = mono("multiplex([pan(-0.5), pan(-0.5)])");
    let pan = mono("pan(-0.5)");
    assert_eq!((pans.left, pans.right), (pan.left, pan.right));
}

#[test]
fn channels_are_joined_equally_late() {
    // A limiter looks ahead, and does nothing to what is quiet.
    let (limited, mixed) = (through("limiter(-1)"), through("multiplex([limiter(-1), dry()])"));
    assert!(limited.left.iter().any(|x| *x != 0.0));
    assert_eq!(mixed, limited);
    let (one, other) = (
        through("limiter(-1) + limiter(-1)"),
        through("limiter(-1) + multiplex([dry(), limiter(-1)])"),
    );
    assert_eq!(one, other);
}

#[test]
fn voices_buses_and_the_master_have_channels_too() {
    let left = "instrument(|v| saw(v.freq) * 0.2 |> multiplex([lowpass(500), highpass(900)]))";
    let heard = play(&format!("track(\"a\", {left}).play(note(\"c2\"))"));
    let one = |fx: &str| {
        let voice = format!("instrument(|v| saw(v.freq) * 0.2 |> {fx} |> pan(0))");
        play(&format!("track(\"a\", {voice}).play(note(\"c2\"))"))
    };
    assert!(heard.left != heard.right && heard.left.iter().any(|x| *x != 0.0));
    assert!(one("lowpass(500)").left != one("highpass(900)").left);
    let master = |fx: &str| play(&format!("track(\"a\", saw(110) * 0.2); master({fx})"));
    let both = master("multiplex([lowpass(500), highpass(900)])");
    assert_eq!(both.left, master("lowpass(500)").left);
    assert_eq!(both.right, master("highpass(900)").right);
}

#[test]
fn lists_go_through_functions_and_effects() {
    let by_hand =
        play("track(\"a\", stack([saw(110) |> lowpass(300), saw(165) |> lowpass(300)]) * 0.2)");
    for list in [
        "multiplex([saw(110), saw(165)], |x| x |> lowpass(300))",
        "multiplex([saw(110), saw(165)], lowpass(300))",
        "multiplex([110, 165], |f| saw(f) |> lowpass(300))",
    ] {
        assert_eq!(play(&format!("track(\"a\", stack({list}) * 0.2)")), by_hand, "{list}");
    }
    let split = |fx: &str| play(&format!("track(\"a\", saw(110) * 0.2 |> split({fx}))"));
    assert_eq!(
        split("multiplex([500, 900], |x| lowpass(x))"),
        split("[lowpass(500), lowpass(900)]")
    );
    assert_eq!(
        split("multiplex([lowpass(500), lowpass(900)], gain(0.5))"),
        split("[lowpass(500) |> gain(0.5), lowpass(900) |> gain(0.5)]")
    );
}

#[test]
fn what_is_set_by_path_and_moved_reaches_one_channel() {
    let set = play(
        "track(\"a\", saw(110) * 0.3).fx(multiplex([lowpass(500), lowpass(700)])); \
         param(\"a/lowpass2.cutoff\").set(300);",
    );
    let plain = |cutoff: u32| play(&format!("track(\"a\", saw(110) * 0.3).fx(lowpass({cutoff}))"));
    assert_eq!((set.left, set.right), (plain(500).left, plain(300).right));
}

#[test]
fn mistakes_are_explained() {
    let three = "track(\"a\", saw(1) |> multiplex([dry(), dry(), dry()]))";
    refused(three, "takes two effects", "split([a, b, c])");
    refused("multiplex(|ch| 3)", "the function must return effects, not 3", "dry()");
    refused("multiplex([dry(), saw(1)])", "the list must hold effects, not a signal", "dry()");
    refused("multiplex(3)", "a list of two, not 3", "multiplex(|ch|");
    refused(
        "multiplex([1, 2], lowpass(100))",
        "signals or effects through the effect, not 1",
        "|x| lowpass(x)",
    );
}
