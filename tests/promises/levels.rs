//! Rows 10 to 13: what is not a number, too loud or too small, while music plays.

use crate::memory::cpu;
use crate::stage::{Stage, peak};
use rhapsode::engine::live::{News, Quant};

fn warnings(stage: &Stage) -> Vec<String> {
    let told = stage.news.iter().filter_map(|n| match n {
        News::Warning(warning) => Some(warning.message.clone()),
        News::Swapped { .. } | News::Told(_) => None,
    });
    told.collect()
}

/// A product that is too large for a number, and one that is none.
const INFINITE: &str = "(sine(330) * 1e30) * (sine(330) * 1e30)";
const NONE: &str = "((sine(330) * 1e30) * 1e30 - (sine(330) * 1e30) * 1e30)";

/// It is on one track while the other plays: what the device gets is the other.
#[test]
fn row_10_what_is_not_a_number_is_silenced_in_its_block_and_named_once() {
    let good = "track(\"good\", sine(220) * 0.2);";
    for bad in [INFINITE, NONE] {
        let bad = format!("track(\"bad\", {bad});");
        let mut stage = Stage::new(good);
        stage.play_to(0.5);
        stage.edit(&format!("{good}{bad}"), Quant::Now);
        stage.play_to(2.0);
        let finite = stage.left.iter().chain(&stage.right).all(|x| x.is_finite());
        assert!(finite && peak(&stage.left) < 0.25, "{}", peak(&stage.left));
        assert!(peak(&stage.left[72_000..]) > 0.1, "the other track plays on");
        let told = warnings(&stage);
        assert!(told[0].contains("`sine` put out something that is not a number"), "{told:?}");
        // It does not fill the terminal, block by block.
        assert!(told.len() <= 3, "{} warnings", told.len());
    }
}

/// A node that has swallowed what is not a number is as new in the next block.
#[test]
fn row_10_the_state_of_the_node_is_reset() {
    let song = |more: &str| {
        format!(
            "track(\"a\", sine(220) * 0.2{more}).fx(lowpass(900) |> delay(0.1, #{{feedback: 0.6}}));"
        )
    };
    let mut stage = Stage::new(&song(""));
    stage.play_to(0.5);
    stage.edit(&song(&format!(" + {INFINITE}")), Quant::Now);
    stage.play_to(1.0);
    let back = stage.edit(&song(""), Quant::Now) as usize;
    stage.play_to(2.0);
    let after = &stage.left[back + 4800..];
    assert!(after.iter().all(|x| x.is_finite()) && peak(after) > 0.1, "{}", peak(after));
}

#[test]
fn row_11_feedback_above_1_is_held_by_the_ceiling() {
    let song = |level: f64| {
        format!(
            "track(\"a\", sine(220) * 0.5).send(\"loop\", 1);\
             bus(\"loop\", lowpass(3000)).send(\"loop\", {level});"
        )
    };
    let mut stage = Stage::new(&song(0.2));
    stage.play_to(0.5);
    stage.edit(&song(3.0), Quant::Now);
    stage.play_to(6.0);
    let all: Vec<f32> = stage.left.iter().chain(&stage.right).copied().collect();
    assert!(all.iter().all(|x| x.is_finite() && x.abs() <= 1.0), "{}", peak(&all));
    assert!(peak(&stage.left[96_000..]) > 0.5, "it is as loud as it may be");
    assert!(stage.live.limited() > 0);
    // Turned down, it comes back.
    let at = stage.edit(&song(0.2), Quant::Now) as usize;
    stage.play_to(16.0);
    let end = &stage.left[at.max(stage.left.len() - 48_000)..];
    assert!(end.iter().all(|x| x.is_finite()) && peak(end) > 0.2, "{}", peak(end));
}

#[test]
fn row_12_60_db_too_much_never_exceed_the_ceiling() {
    let song = |fx: &str| format!("track(\"a\", saw(110) * 0.9 + noise() * 0.5){fx};");
    let mut stage = Stage::new(&song(""));
    stage.play_to(0.5);
    stage.edit(&song(".fx(gain_db(30) |> gain_db(30))"), Quant::Now);
    stage.play_to(2.0);
    stage.edit(&song(".fx(gain(16) |> gain(16) |> drive(24))"), Quant::Now);
    stage.play_to(3.0);
    for side in [&stage.left, &stage.right] {
        assert!(side.iter().all(|x| x.is_finite() && x.abs() <= 1.0), "{}", peak(side));
    }
    assert!(peak(&stage.left[48_000..]) > 0.9, "it is there");
    assert!(stage.live.limited() > 0, "and counted");
}

/// Median CPU seconds of a tenth of a second of sound, from one second to another.
fn cost(stage: &mut Stage, from: u32, to: u32) -> f64 {
    stage.play_to(f64::from(from));
    let mut times: Vec<f64> = (1..=(to - from) * 10)
        .map(|tenth| {
            let start = cpu();
            stage.play_to(f64::from(from) + f64::from(tenth) * 0.1);
            cpu() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
fn row_13_a_tail_that_decays_into_denormals_costs_no_more_than_sound() {
    // Loud for two seconds; then a hiss so small that its products are denormal keeps all from sleeping.
    let fx =
        "lowpass(300) |> ladder(500) |> delay(0.05, #{feedback: 0.3}) |> reverb(#{decay: 0.3})";
    let song = format!(
        "track(\"a\", noise() * curve([[0, 0.5], [4, 0.5], [4.01, 1e-39], [999, 1e-39]])).fx({fx});\
         track(\"b\", instrument(|v| saw(v.freq) * adsr(v.gate)))\
         .play(note(\"c3/64\").gate(0.02)).fx({fx});"
    );
    let mut stage = Stage::new(&song);
    let loud = cost(&mut stage, 0, 2);
    stage.play_to(10.0);
    let small = cost(&mut stage, 10, 14);
    assert!(small < loud * 1.6, "{small} s for the tail, {loud} s for the sound");
    let end = &stage.left[stage.left.len() - 4800..];
    assert!(peak(end) < 1e-20, "it has decayed: {}", peak(end));
}
