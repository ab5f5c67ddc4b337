//! What an edit leaves alone, and row 5: equalities over the samples that a device gets.

use crate::stage::{SONG, Stage, edited, peak, played, same};
use rhapsode::engine::live::{News, Quant};

#[test]
fn row_05_the_same_script_saved_again_changes_no_bit_at_odd_buffers() {
    let mut before = Stage::with(SONG, &[64]);
    before.play_to(4.0);
    let mut after = Stage::with(SONG, &[1, 37, 512, 1000, 64]);
    for i in 1..40 {
        after.play_to(f64::from(i) * 0.09);
        after.edit(SONG, Quant::Now);
    }
    after.play_to(4.0);
    let swaps = after.news.iter().filter(|n| matches!(n, News::Swapped { .. })).count();
    assert!(swaps > 20, "{swaps} swaps");
    same(&after.left, &before.left, "left");
    same(&after.right, &before.right, "right");
}

#[test]
fn a_constant_through_a_swap_of_an_unchanged_track_keeps_its_bits() {
    let song = |rest: &str| format!("track(\"dc\", constant(0.3)).pan(-1); {rest}");
    let first = song("track(\"b\", sine(300) * 0.2).pan(1);");
    let want = played(&first, 2.0);
    assert!(want[4800] != 0.0 && want[4800..].iter().all(|x| *x == want[4800]), "a constant");
    for rest in [
        "track(\"b\", sine(300) * 0.2).pan(1); // a comment",
        "track(\"b\", sine(310) * 0.1 |> lowpass(500)).pan(1);",
        "track(\"c\", noise() * 0.1).pan(1);",
        "tempo(90);",
    ] {
        let (got, _) = edited(&first, &song(rest), 2.0);
        same(&got, &want, rest);
    }
}

#[test]
fn an_impulse_in_a_kept_reverb_rings_as_if_nothing_was_edited() {
    let song = |front: &str| {
        format!(
            "track(\"a\", instrument(|v| noise() * adsr(v.gate, #{{attack: 0, decay: 0.002, sustain: 0}})))\
             .play(note(\"c3/16\")).fx({front}reverb(#{{decay: 4, mix: 1}}));"
        )
    };
    let want = played(&song(""), 3.0);
    let fronts = ["", "lowpass(900) |> ", "gain(0.1) |> ", "drive(2) |> delay(0.2) |> ", ""];
    let mut stage = Stage::new(&song(""));
    for (i, front) in fronts.iter().enumerate() {
        stage.play_to(0.5 + 0.4 * i as f64);
        stage.edit(&song(front), Quant::Now);
    }
    stage.play_to(3.0);
    let swaps = stage.news.iter().filter(|n| matches!(n, News::Swapped { .. })).count();
    assert_eq!(swaps, fronts.len());
    let loud = peak(&want);
    assert!(peak(&want[120_000..]) > loud * 1e-3, "there is a tail");
    let apart = stage.left.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart <= loud * 1e-6, "{apart} of {loud} is more than -120 dB");
}

#[test]
fn untouched_tracks_keep_their_bits_through_edits_of_every_sort() {
    let kept = "track(\"keys\", instrument(|v| saw(v.freq) * adsr(v.gate) * 0.2 |> ladder(800)))\
                .play(note(\"c2*4 [e2 g2]\")).fx(chorus() |> delay(0.1, #{feedback: 0.5})).pan(-1);\
                track(\"hiss\", noise() * 0.05 |> bandpass(700)).pan(-1);";
    let others = [
        "track(\"b\", sine(300) * 0.2).pan(1);",
        "track(\"b\", instrument(|v| sine(v.freq) * adsr(v.gate) * 0.2)).play(note(\"c4*3\")).pan(1);",
        "track(\"b\", square(90) * 0.1).fx(reverb()).pan(1); track(\"c\", noise() * 0.1).pan(1);",
        "",
        "track(\"c\", saw(50) * 0.1 |> highpass(400)).pan(1).mute();",
    ];
    let song = |n: usize| format!("{kept}{}", others[n % others.len()]);
    let want = played(&song(0), 5.0);
    let mut stage = Stage::new(&song(0));
    for i in 1..30 {
        stage.play_to(0.16 * i as f64);
        stage.edit(&song(i), Quant::Now);
    }
    stage.play_to(5.0);
    same(&stage.left, &want, "left");
}
