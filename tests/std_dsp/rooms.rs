//! Parts of rooms, and the room itself: echoes, decay, levels, sides.

use crate::rig::*;

#[test]
fn an_all_pass_has_its_echoes() {
    let x = impulse("dsp(|x| d::allpass(x, 100, 0.6))", 2_000);
    let mut worst = 0.0f64;
    for (i, y) in x.iter().enumerate() {
        let wanted = match (i / 100, i % 100) {
            (0, 0) => -0.6,
            (k, 0) => 0.64 * 0.6f64.powi(k as i32 - 1),
            _ => 0.0,
        };
        worst = worst.max((f64::from(*y) - wanted).abs());
    }
    below("all-pass", worst, 1e-7);
}

/// Seconds in which the energy that is yet to come falls from -5 to -35 dB, twice (M. R. Schroeder, "New method of
/// measuring reverberation time", JASA 1965).
fn decay(x: &[f32]) -> f64 {
    let mut left: Vec<f64> = x
        .iter()
        .rev()
        .scan(0.0, |sum, y| {
            *sum += f64::from(*y) * f64::from(*y);
            Some(*sum)
        })
        .collect();
    left.reverse();
    let at = |level: f64| left.iter().position(|e| 10.0 * (e / left[0]).log10() < level);
    let (from, to) = (at(-5.0).expect("falls"), at(-35.0).expect("falls"));
    2.0 * (to - from) as f64 / RATE
}

#[test]
fn a_room_falls_by_sixty_decibels_in_its_decay() {
    for seconds in [0.5, 2.0, 5.0] {
        let effect = format!("d::reverb_fx(#{{decay: {seconds:?}, damp: 0.0, mix: 1.0}})");
        let x = impulse(&effect, (seconds * 1.5 * RATE) as usize);
        below(&format!("decay of {seconds} s"), (decay(&x) / seconds - 1.0).abs(), 0.001);
    }
}

#[test]
fn the_treble_of_a_room_falls_sooner() {
    let effect = |damp: f64| {
        format!("d::reverb_fx(#{{decay: 2.0, damp: {damp:?}, mix: 1.0}}) |> highpass(6000)")
    };
    let [open, damped] = [0.0, 0.5].map(|damp| decay(&impulse(&effect(damp), 144_000)));
    below("damped over open", damped / open, 0.25);
}

#[test]
fn a_room_is_as_loud_whatever_its_decay() {
    let x = noise(240_000);
    let levels = [0.5, 1.0, 4.0].map(|seconds| {
        let sound = format!("heard |> d::reverb_fx(#{{decay: {seconds:?}, damp: 0.0, mix: 1.0}})");
        db(rms(&hear(&sound, &x, 240_000)[144_000..]) / rms(&x))
    });
    for level in levels {
        below("beside the input, in decibels", level.abs(), 0.15);
    }
}

#[test]
fn the_sides_of_a_room_are_strangers_and_its_input_passes() {
    let x = noise(48_000);
    let [left, right] = render("heard |> d::reverb_fx(#{decay: 1.0, mix: 1.0})", &x, 48_000);
    let product: f64 =
        left.iter().zip(&right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let alike = product / (rms(&left) * rms(&right) * left.len() as f64);
    below("correlation", alike.abs(), 0.03);
    let dry = hear("heard |> d::reverb_fx(#{mix: 0.0})", &x, 48_000);
    below("dry", residue(&dry[..48_000], &x), -140.0);
}
