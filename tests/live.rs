//! Playing live: what is heard is what `render` writes, and an edit changes nothing but what it edits.

#[path = "live/late.rs"]
mod late;
#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::{News, Quant};
use stage::{SONG, Stage, edited, peak, played, rendered, same};

#[test]
fn what_the_device_gets_is_what_render_writes() {
    let want = rendered(SONG, 6.0);
    for buffers in [vec![64], vec![256], vec![1, 37, 512, 1000, 64]] {
        let mut stage = Stage::with(SONG, &buffers);
        stage.play_to(6.5);
        // The limiter's latency is taken off a file.
        let late = stage.left.iter().position(|x| *x != 0.0).expect("sound")
            - want.0.iter().position(|x| *x != 0.0).expect("sound");
        same(&stage.left[late..], &want.0, "left");
        same(&stage.right[late..], &want.1, "right");
        assert_eq!(late, 240 + 33);
    }
}

#[test]
fn the_same_script_saved_again_changes_no_bit() {
    let mut before = Stage::new(SONG);
    before.play_to(5.0);
    for quant in [Quant::Now, Quant::Beats(0.25), Quant::Bar] {
        let mut after = Stage::new(SONG);
        for i in 1..30 {
            after.play_to(f64::from(i) * 0.13);
            after.edit(&format!("{SONG}\n// a comment"), quant);
        }
        after.play_to(5.0);
        let swaps = after.news.iter().filter(|n| matches!(n, News::Swapped { .. })).count();
        assert!(swaps >= 2, "{quant:?}: {swaps} swaps");
        same(&after.left, &before.left, "left");
        same(&after.right, &before.right, "right");
    }
}

/// The largest second difference: where it is large, there is a click.
fn sharpest(x: &[f32]) -> f32 {
    x.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max)
}

#[test]
fn what_an_edit_does_not_touch_keeps_its_bits() {
    let steady = "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) * 0.2 |> ladder(800))).play(note(\"c2*4\"))\
                  .fx(delay(0.1, #{feedback: 0.5})).pan(-1);";
    let song = |rest: &str| format!("{steady}\n{rest}");
    let first = song("track(\"b\", sine(300) * 0.2 |> lowpass(500)).pan(1);");
    let want = played(&first, 3.0);
    for rest in [
        "track(\"b\", sine(310) * 0.2 |> lowpass(900)).pan(1);",
        "track(\"b\", sine(300) * 0.2 |> highpass(90) |> lowpass(500) |> chorus()).pan(1);",
        "track(\"c\", noise() * 0.1).pan(1); track(\"b\", sine(300) * 0.2 |> lowpass(500)).pan(1);",
        "",
    ] {
        let (got, _) = edited(&first, &song(rest), 3.0);
        same(&got, &want, rest);
    }
}

#[test]
fn another_value_moves_there_and_begins_nothing_anew() {
    let song =
        |hz: f64, level: f64| format!("track(\"a\", sine({hz})).fx(lowpass(4000)).gain({level});");
    let (got, at) = edited(&song(200.0, 0.5), &song(260.0, 0.3), 2.0);
    let clean = sharpest(&got[..40_000]);
    assert!(sharpest(&got[at as usize - 200..]) < clean * 3.0, "no click");
    assert!((peak(&got[at as usize + 200..]) - 0.3).abs() < 0.01);
    // A note that is held through the edit hears it.
    let song = |cut: f64| {
        format!(
            "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) |> lowpass({cut}))).play(note(\"c2/4\"));"
        )
    };
    let (got, at) = edited(&song(8000.0), &song(100.0), 2.0);
    let (bright, dark) = (sharpest(&got[40_000..48_000]), sharpest(&got[at as usize + 4800..]));
    assert!(dark < bright * 0.1, "{dark} {bright}");
    assert!(peak(&got[at as usize + 4800..]) > 0.1, "it sounds on");
}

#[test]
fn an_effect_that_is_put_in_or_taken_out_does_not_click() {
    let plain = "track(\"a\", sine(200) * 0.5);";
    let clean = sharpest(&played(plain, 1.0)[4800..]);
    for effect in
        ["lowpass(150)", "drive(8)", "gain(0.2)", "delay(0.3)", "reverb()", "ladder(300, 0.6)"]
    {
        let rich = format!("track(\"a\", sine(200) * 0.5).fx({effect});");
        let own = sharpest(&played(&rich, 2.0)[9600..]);
        for (before, after) in [(plain, rich.as_str()), (rich.as_str(), plain)] {
            let (got, at) = edited(before, after, 2.0);
            let worst = sharpest(&got[at as usize - 500..]);
            assert!(worst < clean.max(own) * 2.0 + 5e-4, "{effect}: {worst}, clean {clean} {own}");
        }
    }
}

#[test]
fn a_kept_reverb_rings_through_edits_in_front_of_it() {
    let song = |fx: &str| {
        format!(
            "track(\"a\", instrument(|v| noise() * adsr(v.gate, #{{decay: 0.01, sustain: 0}}))).play(note(\"c3/8\")){fx}.fx(reverb(#{{decay: 4, mix: 1}}));"
        )
    };
    let want = played(&song(""), 2.5);
    let (got, at) = edited(&song(""), &song(".fx(lowpass(900) |> drive(2))"), 2.5);
    assert!(peak(&want[at as usize..]) > 0.001, "there is a tail");
    let apart = got.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-6, "{apart}");
}

#[test]
fn an_effect_put_around_a_playing_pattern_is_heard_and_no_note_begins_anew() {
    // The attack takes four seconds: the level tells for how long the note has been held.
    let song = |fx: &str| {
        format!(
            "track(\"a\", instrument(|v| adsr(v.gate, #{{attack: 4}}))).play(note(\"c3/8\")){fx};"
        )
    };
    let (plain, soft) = (song(""), song(".fx(gain(0.5))"));
    let want = played(&plain, 3.0);
    let (got, at) = edited(&plain, &soft, 3.0);
    let at = at as usize;
    assert!(want[at] > 0.2 && want[at + 48_000] > want[at] * 1.5, "it rises");
    same(&got[..at], &want, "before");
    let half: Vec<f32> = want.iter().map(|x| x * 0.5).collect();
    same(&got[at + 1200..], &half[at + 1200..], "through the effect");
    let (got, at) = edited(&soft, &plain, 3.0);
    same(&got[at as usize + 1200..], &want[at as usize + 1200..], "and without it again");
}

#[test]
fn what_is_removed_rings_out_and_what_is_removed_with_its_track_stops() {
    let song = |fx: &str| {
        format!(
            "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate))).play(note(\"c3*8\")){fx};"
        )
    };
    // The echoes of what was played before go on; what is played after has none.
    let echo = song(".fx(delay(0.31, #{feedback: 0.7, mix: 1}))");
    let (got, at) = edited(&echo, "track(\"b\", sine(100) * 0);", 4.0);
    let at = at as usize;
    assert!(peak(&got[at + 14_400..at + 28_800]) > 0.02, "echoes");
    let (got, at) = edited(&song(""), "track(\"b\", sine(100) * 0);", 2.0);
    let at = at as usize;
    assert!(peak(&got[at - 4800..at]) > 0.1);
    assert_eq!(peak(&got[at + 2400..]), 0.0, "it has stopped");
    assert!(sharpest(&got[at..at + 2400]) < 2.0 * sharpest(&got[at - 4800..at]));
}

#[test]
fn a_new_tempo_begins_at_the_very_beat() {
    let song = |bpm: u32| {
        format!(
            "tempo({bpm}); track(\"a\", instrument(|v| v.gate * 1.0)).play(note(\"c3*4\").gate(0.1));"
        )
    };
    let mut stage = Stage::new(&song(120));
    stage.play_to(3.0);
    let at = stage.edit(&song(90), Quant::Bar);
    assert_eq!(at, 192_000);
    stage.play_to(9.0);
    let sounds = |i: &usize| stage.left[*i] != 0.0 && (*i == 0 || stage.left[i - 1] == 0.0);
    let starts: Vec<usize> = (0..stage.left.len()).filter(sounds).collect();
    let first = starts[0];
    let want: Vec<usize> =
        (0..8).map(|k| k * 24_000).chain((0..7).map(|k| 192_000 + k * 32_000)).collect();
    let got: Vec<usize> = starts.iter().map(|s| s - first).take(want.len()).collect();
    assert_eq!(got, want);
}

#[test]
fn a_muted_track_runs_on_unheard() {
    let song = |more: &str| {
        format!(
            "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate))).play(note(\"c3*3\"))\
             .fx(delay(0.2, #{{feedback: 0.6}})){more}; track(\"b\", sine(90) * 0.1);"
        )
    };
    let mut stage = Stage::new(&song(""));
    stage.play_to(1.0);
    let off = stage.edit(&song(".mute()"), Quant::Now) as usize;
    stage.play_to(2.0);
    let on = stage.edit(&song(""), Quant::Now) as usize;
    stage.play_to(3.0);
    let alone = played("track(\"b\", sine(90) * 0.1);", 3.0);
    same(&stage.left[off + 1200..on], &alone[off + 1200..on], "muted");
    let loud = played(&song(""), 3.0);
    same(&stage.left[on + 1200..], &loud[on + 1200..], "it went on meanwhile");
    assert!(sharpest(&stage.left[off - 100..off + 1100]) < sharpest(&loud[..off]) * 1.1);
}

#[test]
fn row_07_a_held_note_of_a_removed_track_is_ended() {
    let note = "track(\"a\", instrument(|v| v.gate * 0.5)).play(note(\"c2/16\"))";
    let rest = "track(\"b\", sine(90) * 0);";
    // The fade is so long that the note would be heard if it were held.
    let song = format!("{note}.fade(4); {rest}");
    let (got, at) = edited(&song, rest, 3.0);
    let at = at as usize;
    assert!(got[at - 1] == 0.5 && peak(&got[at + 64..]) == 0.0, "{}", peak(&got[at + 64..]));
    // The same where the track stays and its pattern goes.
    let (got, at) =
        edited(&song, &format!("track(\"a\", instrument(|v| v.gate * 0.5)).fade(4); {rest}"), 3.0);
    assert!(got[at as usize - 1] == 0.5 && peak(&got[at as usize + 64..]) == 0.0);
}

#[test]
fn a_track_fades_for_as_long_as_it_says() {
    let song = |hz: u32, fade: &str| {
        format!("track(\"a\", sine({hz}) * 0.2 |> lowpass(2000)){fade}; track(\"b\", noise() * 0);")
    };
    let with = |kind: &str| song(100, ".fade(1)").replace("sine(100)", kind);
    let (got, at) = edited(&with("sine(100)"), &with("square(2000)"), 4.0);
    let at = at as usize;
    let level = |from: usize| peak(&got[from..from + 960]);
    let (before, after) = (level(at - 2000), level(at + 60_000));
    let middle = level(at + 24_000);
    assert!(before > 0.19 && after > 0.05, "{before} {after}");
    // Both are heard half-way, each at 0.7 of its level.
    assert!(middle > 0.75 * (before + after) * 0.7, "{middle} of {before} and {after}");
    assert!((before - level(at - 4000)).abs() < 1e-3, "nothing before the edit");
}

#[test]
fn silence_does_not_wait_behind_an_edit_and_the_end_is_a_fade() {
    let song =
        "track(\"a\", instrument(|v| saw(v.freq) * v.gate)).play(note(\"c3/8\")).fx(reverb());";
    let mut stage = Stage::new(song);
    stage.play_to(0.9);
    stage.edit(&format!("{song} track(\"b\", sine(9) * 0);"), Quant::Beats(2.0));
    // The edit has been sent ahead and waits for its beat at 1 s.
    stage.play_to(0.95);
    let from = stage.left.len();
    stage.live.panic();
    stage.play_to(0.98);
    assert!(peak(&stage.left[from - 256..from]) > 0.1);
    assert_eq!(peak(&stage.left[from + 64..]), 0.0);

    let mut stage = Stage::new("track(\"a\", sine(200) * 0.5);");
    stage.play_to(1.0);
    let from = stage.left.len();
    let clean = sharpest(&stage.left[from / 2..]);
    stage.live.end();
    stage.play_to(1.1);
    assert!(sharpest(&stage.left[from - 100..]) < 2.0 * clean);
    assert!(peak(&stage.left[from..from + 300]) > 0.3 && peak(&stage.left[from + 1100..]) == 0.0);
}

#[test]
fn a_key_finds_its_node_wherever_it_stands_and_a_guess_is_told() {
    let song = |fx: &str| {
        format!(
            "track(\"a\", instrument(|v| noise() * adsr(v.gate, #{{decay: 0.01, sustain: 0}}))).play(note(\"c3/8\")).fx({fx});"
        )
    };
    let long = "delay(0.3, #{feedback: 0.8, mix: 1})";
    // Two echoes change places: one lives on where it is, the other rings out and begins anew.
    let keyed =
        |a: &str, b: &str| song(&format!("{long}.key(\"{a}\") |> gain(1) |> {long}.key(\"{b}\")"));
    let swapped = |before: &str, after: &str| {
        let mut stage = Stage::new(before);
        stage.play_to(1.0);
        stage.edit(after, Quant::Now);
        stage.play_to(1.5);
        let news = stage.news.iter().find_map(|n| match n {
            News::Swapped { edit, .. } => Some(edit.clone()),
            News::Warning(_) | News::Told(_) => None,
        });
        news.expect("swapped")
    };
    let edit = swapped(&keyed("x", "y"), &keyed("x", "y"));
    assert!(edit.is_empty() && edit.guessed.is_empty(), "{edit}");
    let edit = swapped(&keyed("x", "y"), &keyed("y", "x"));
    assert_eq!((edit.kept, edit.added.len(), edit.removed.len()), (2, 2, 2), "{edit}");
    // Side by side they may change places as they like.
    let beside = |a: &str, b: &str| song(&format!("{long}.key(\"{a}\") + {long}.key(\"{b}\")"));
    let edit = swapped(&beside("x", "y"), &beside("y", "x"));
    assert!(edit.is_empty(), "{edit}");
    let got = |after: &str| {
        let mut stage = Stage::new(&beside("x", "y"));
        stage.play_to(0.5);
        stage.edit(after, Quant::Now);
        stage.play_to(2.0);
        stage.left
    };
    let (want, got) = (got(&beside("x", "y")), got(&beside("y", "x")));
    let apart = got.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(peak(&want[60_000..]) > 0.01 && apart < 1e-6, "the echoes go on: {apart}");
    let edit = swapped(&keyed("x", "y"), &song(&format!("{long}.key(\"y\")")));
    assert_eq!(edit.removed, ["a/x", "a/gain"], "{edit}");
    let edit = swapped(&song(&format!("{long} |> {long}")), &song(long));
    assert_eq!(edit.guessed, ["a/delay"]);
    assert!(edit.to_string().contains(".key(\"name\") tells them apart"), "{edit}");
}
