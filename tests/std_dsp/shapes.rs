//! Shapes, steps and followers of levels, against what they say they do.

use crate::rig::*;

#[test]
fn folding_reflects_at_one() {
    let x: Vec<f32> = (0..9_600).map(|i| i as f32 / 4_800.0 - 1.0).collect();
    let y = hear("heard |> d::fold_fx(#{drive: 5.0})", &x, 9_600);
    let reflect = |x: f64| {
        let x = (x + 1.0).rem_euclid(4.0);
        if x < 2.0 { x - 1.0 } else { 3.0 - x }
    };
    let wrong = x.iter().zip(&y).map(|(x, y)| (reflect(f64::from(*x) * 5.0) - f64::from(*y)).abs());
    below("fold", wrong.fold(0.0, f64::max), 1e-7);
    alike("dsp(|x| d::fold_sine(x, 3.1))", "wavefold(0.3)", -140.0);
}

#[test]
fn crushing_is_that_of_the_node() {
    for (bits, hold) in [("8.0", "1.0"), ("4.5", "4.0"), ("6.0", "2.5")] {
        let part = format!("d::crush_fx(#{{bits: {bits}, hold: {hold}}})");
        alike(&part, &format!("bitcrush({bits}, {hold})"), -140.0);
    }
}

#[test]
fn a_slew_moves_by_its_rates() {
    let mut x = vec![1.0; 24_000];
    x.resize(48_000, 0.0);
    let y = hear("heard |> dsp(|x| d::slew(x, 4.0, 10.0))", &x, 48_000);
    let wanted = |i: usize| {
        if i < 24_000 {
            (4.0 * (i + 1) as f64 / RATE).min(1.0)
        } else {
            (1.0 - 10.0 * (i - 23_999) as f64 / RATE).max(0.0)
        }
    };
    let wrong = y.iter().enumerate().map(|(i, y)| (f64::from(*y) - wanted(i)).abs());
    below("slew", wrong.fold(0.0, f64::max), 1e-7);
}

#[test]
fn what_is_sampled_is_held() {
    let x = noise(4_800);
    let sound = "heard |> dsp(|x, trigger| d::sample_hold(x, trigger), \
                 #{trigger: signal(|t| sin(TAU * t * 100.0 + 1.0), #{audio: true})})";
    let y = hear(sound, &x, 4_800);
    let high = |i: usize| (std::f64::consts::TAU * i as f64 / 480.0 + 1.0).sin() > 0.0;
    let mut held = x[0];
    for i in 1..4_800 {
        if high(i) && !high(i - 1) {
            held = x[i];
        }
        assert_eq!(y[i], held, "frame {i}");
    }
}

#[test]
fn followers_go_63_percent_of_the_way_in_their_time() {
    let mut x = vec![-0.8; 24_000];
    x.resize(48_000, 0.0);
    let on = |part: &str| hear(&format!("heard |> dsp(|x| {part})"), &x, 48_000);
    let part = |frames: f64, seconds: f64| (-frames / (seconds * RATE)).exp();
    let y = on("d::follow_peak(x, 0.01, 0.1)");
    below("attack", (f64::from(y[479]) - 0.8 * (1.0 - part(480.0, 0.01))).abs(), 1e-7);
    below("release", (f64::from(y[28_799]) - 0.8 * part(4_800.0, 0.1)).abs(), 1e-7);
    let y = on("d::smooth(x, 0.05)");
    below("smooth", (f64::from(y[2_399]) + 0.8 * (1.0 - part(2_400.0, 0.05))).abs(), 1e-7);
    let y = hear("heard |> dsp(|x| d::follow_rms(x, 0.1))", &sine(1_000.0, 48_000), 48_000);
    below("of a sine", (f64::from(y[47_999]) - 0.5f64.sqrt()).abs(), 5e-5);
}
