//! Envelopes and control signals.

use rhapsode::dsp::F8;
use rhapsode::nodes::harness::{Feed, Setup};

/// A gate that is 1 in `on..off`; both at multiples of 64.
fn gate(on: u64, off: u64) -> Feed {
    Feed::Control(Box::new(move |n| F8::splat(if n >= on && n < off { 1.0 } else { 0.0 })))
}

/// The same as `gate`, as a wire that is constant in each range.
fn adsr(on: u64, off: u64) -> Setup {
    Setup::new("adsr")
        .param("gate", gate(on, off))
        .set("attack", 0.1)
        .set("decay", 0.2)
        .set("sustain", 0.5)
        .set("release", 0.3)
}

#[test]
fn an_adsr_keeps_its_times_to_the_frame() {
    let mut unit = adsr(640, 64_000).build();
    let y = unit.lane(4, 96_000);
    assert!(y[..=640].iter().all(|y| *y == 0.0));
    assert!(y[641] > 0.0);
    // Attack of 4800 frames: 1 at its end, and not before.
    let top = 640 + 4800;
    assert!((y[top] - 1.0).abs() < 1e-6 && y[top - 1] < 0.9999, "{} {}", y[top - 1], y[top]);
    assert!(y[640..top].windows(2).all(|w| w[0] < w[1]));
    // Half way is above half: the curve of a capacitor.
    assert!((y[640 + 2400] - 0.6457).abs() < 1e-3, "{}", y[640 + 2400]);
    let low = top + 9600;
    assert!(y[low - 1] > 0.5 && y[low] == 0.5 && y[60_000] == 0.5, "{} {}", y[low - 1], y[low]);
    assert_eq!(y[64_000], 0.5);
    assert!(y[64_001] < 0.5);
    let end = 64_000 + 14_400;
    assert!(y[end - 1] > 0.0 && y[end] == 0.0, "{} {}", y[end - 1], y[end]);
    let steps = y.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    assert!(steps < 0.0006, "a jump of {steps}");
    assert_eq!(unit.unit().sounding(), Some(0));
}

#[test]
fn an_adsr_sounds_until_its_release_is_over() {
    let mut unit = adsr(0, 6400).build();
    unit.run(64);
    assert_eq!(unit.unit().sounding(), Some(0xff));
    unit.run(6400 + 14_400 - 128);
    assert_eq!(unit.unit().sounding(), Some(0xff));
    unit.run(128);
    assert_eq!(unit.unit().sounding(), Some(0));
}

#[test]
fn an_adsr_starts_again_from_where_it_is() {
    let twice = |n: u64| F8::splat(if !(6400..9600).contains(&n) { 1.0 } else { 0.0 });
    let mut unit = adsr(0, 0).param("gate", Feed::Control(Box::new(twice))).build();
    let y = unit.lane(0, 20_000);
    assert!(y[9600] > 0.1 && y[9601] > y[9600], "{} {}", y[9600], y[9601]);
    assert!((y[9600] - y[9599]).abs() < 0.001);
    assert!((y[14_400] - 1.0).abs() < 1e-6);
    // A new voice begins at 0.
    unit.unit().reset(0);
    assert_eq!(unit.lane(0, 64)[0], 0.0);
}

#[test]
fn an_adsr_does_not_mind_how_blocks_are_split() {
    let whole = adsr(640, 6400).build().run(30_000);
    let split = adsr(640, 6400).build().split(&[3, 30, 31]).run(30_000);
    assert!(whole == split);
    // And times of zero jump.
    let zero = adsr(0, 64).set("attack", 0.0).set("decay", 0.0).set("release", 0.0);
    let y = zero.build().lane(0, 128);
    assert_eq!((y[0], y[63], y[64]), (0.5, 0.5, 0.0));
}

#[test]
fn perc_and_ar() {
    let env = |name: &str| {
        let unit = Setup::new(name).param("gate", gate(0, 48_000)).set("attack", 0.01);
        unit.set("release", 0.1).build()
    };
    let mut unit = env("perc");
    let y = unit.lane(0, 9600);
    assert!((y[480] - 1.0).abs() < 1e-6 && y[480 + 4799] > 0.0 && y[480 + 4800] == 0.0);
    assert_eq!(unit.unit().sounding(), Some(0), "ends though the gate is held");
    let y = env("ar").lane(0, 60_000);
    assert!((y[480] - 1.0).abs() < 1e-6 && y[47_999] == 1.0 && y[52_799] > 0.0 && y[52_800] == 0.0);
}

/// The value of a control kind at `beat`, rendered from the start (120 bpm, 24,000 frames a beat).
fn at_beats(setup: Setup, beats: &[f64]) -> Vec<f32> {
    let y = setup.build().lane(1, 24_000 * 9);
    beats.iter().map(|b| y[(b * 24_000.0) as usize]).collect()
}

#[test]
fn an_lfo_is_exact_at_beats() {
    // 24,000 = 375 blocks of 64, so quarters of four beats fall on blocks.
    let lfo = |shape: &str| Setup::new("lfo").text("shape", shape).set("rate", 0.25);
    let quarters = [0.0, 1.0, 2.0, 3.0, 4.0];
    let near = |shape: &str, want: [f32; 5]| {
        let got = at_beats(lfo(shape), &quarters);
        let off = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-6, "{shape}: {got:?}");
    };
    near("sine", [0.5, 1.0, 0.5, 0.0, 0.5]);
    near("cosine", [1.0, 0.5, 0.0, 0.5, 1.0]);
    near("tri", [0.0, 0.5, 1.0, 0.5, 0.0]);
    near("saw", [0.0, 0.25, 0.5, 0.75, 0.0]);
    near("isaw", [1.0, 0.75, 0.5, 0.25, 1.0]);
    near("square", [1.0, 1.0, 0.0, 0.0, 1.0]);
    let late = at_beats(lfo("saw").set("phase", 0.25), &[0.0, 1.0]);
    assert_eq!(late, [0.25, 0.5]);
    let hz = Setup::new("lfo_hz").text("shape", "saw").set("freq", 0.5);
    assert_eq!(at_beats(hz, &[0.0, 1.0, 2.0]), [0.0, 0.25, 0.5]);
}

#[test]
fn an_lfo_whose_rate_moves_has_no_jumps() {
    let rate = Feed::control(|n| 1.0 + (n % 48_000) as f32 / 48_000.0);
    let y = Setup::new("lfo").param("rate", rate).build().lane(0, 200_000);
    assert!(y.windows(2).all(|w| (w[1] - w[0]).abs() < 0.001));
}

#[test]
fn random_and_perlin_are_functions_of_time_and_seed() {
    for name in ["random", "perlin"] {
        let from_start = Setup::new(name).set("rate", 2.0).build().lane(0, 100_000);
        let again = Setup::new(name).set("rate", 2.0).build().split(&[5, 9]).lane(0, 100_000);
        let off = from_start.iter().zip(&again).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 0.02 || name == "random", "{name} {off}");
        let other = Setup::new(name).set("rate", 2.0).seed(2).build().lane(0, 100_000);
        assert_ne!(from_start, other);
        let (lo, hi) = from_start.iter().fold((1.0f32, 0.0f32), |(l, h), x| (l.min(*x), h.max(*x)));
        assert!((0.0..=1.0).contains(&lo) && hi <= 1.0 && hi - lo > 0.3, "{name} {lo} {hi}");
    }
    let y = Setup::new("random").set("rate", 1.0).build().lane(0, 24_000 * 8);
    for beat in 0..7 {
        // Holds through the beat, but for the block in which it changes.
        let part = &y[beat * 24_000 + 64..(beat + 1) * 24_000 - 64];
        assert!(part.iter().all(|x| *x == part[0]));
        assert_ne!(y[beat * 24_000 + 100], y[(beat + 1) * 24_000 + 100]);
    }
    let smooth = Setup::new("perlin").set("rate", 1.0).build().lane(0, 24_000 * 8);
    assert!(smooth.windows(2).all(|w| (w[1] - w[0]).abs() < 0.0002));
}

#[test]
fn ramps_and_curves_pass_their_points() {
    let ramp = Setup::new("ramp").set("from", 100.0).set("to", 500.0).set("beats", 4.0);
    assert_eq!(at_beats(ramp, &[0.0, 1.0, 2.0, 4.0, 8.0]), [100.0, 200.0, 300.0, 500.0, 500.0]);
    let curve = |shape: &str| {
        let points = [0.0, 100.0, 4.0, 1600.0, 6.0, 400.0];
        at_beats(
            Setup::new("curve").list("points", &points).text("shape", shape),
            &[0., 2., 4., 5., 8.],
        )
    };
    assert_eq!(curve("lin"), [100.0, 850.0, 1600.0, 1000.0, 400.0]);
    let got = curve("exp");
    for (a, b) in got.iter().zip([100.0f32, 400.0, 1600.0, 800.0, 400.0]) {
        assert!((a / b - 1.0).abs() < 1e-4, "{got:?}");
    }
    assert_eq!(curve("step"), [100.0, 100.0, 1600.0, 1600.0, 400.0]);
    assert_eq!(curve("smooth"), [100.0, 850.0, 1600.0, 1000.0, 400.0]);
}

#[test]
fn smooth_and_sample_hold() {
    let jump = || Feed::control(|n| if n >= 6400 { 1.0 } else { 0.0 });
    let y = Setup::new("smooth").input(jump()).set("seconds", 0.1).build().lane(0, 20_000);
    assert!((y[6400 + 4800] - 0.632).abs() < 0.01, "{}", y[11_200]);
    let jump = Feed::audio(|n| if n >= 6400 { 1.0 } else { 0.0 });
    let y = Setup::new("smooth").input(jump).set("seconds", 0.1).build().lane(0, 20_000);
    assert!((y[6400 + 4800] - 0.632).abs() < 0.001, "{}", y[11_200]);
    let line = Feed::control(|n| n as f32 / 24_000.0);
    let y = Setup::new("sample_hold").input(line).set("rate", 1.0).build().lane(0, 24_000 * 4);
    assert_eq!([y[100], y[23_000], y[24_100], y[47_000]], [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn range_maps_an_lfo_exactly() {
    let range = |x: f32| {
        let maths = Setup::new("range").input(Feed::Const(x)).set("lo", 300.0).set("hi", 3000.0);
        maths.build().lane(0, 64)[5]
    };
    assert_eq!([range(0.0), range(0.5), range(1.0)], [300.0, 1650.0, 3000.0]);
    let even = |x: f32| {
        let maths =
            Setup::new("exp_range").input(Feed::Const(x)).set("lo", 100.0).set("hi", 1600.0);
        maths.build().lane(0, 64)[5]
    };
    for (x, want) in [(0.0, 100.0f32), (0.5, 400.0), (1.0, 1600.0)] {
        assert!((even(x) / want - 1.0).abs() < 1e-5, "{}", even(x));
    }
}

#[test]
fn maths_is_right() {
    let eval = |name: &str, x: f32, params: &[(&str, f64)]| {
        let setup = Setup::new(name).input(Feed::audio(move |_| x));
        params.iter().fold(setup, |s, (n, v)| s.set(n, *v)).build().lane(0, 64)[9]
    };
    let near = |got: f32, want: f32| {
        assert!((got - want).abs() <= want.abs() * 1e-5 + 1e-6, "{got} {want}")
    };
    near(eval("add", 2.0, &[("b", 3.0)]), 5.0);
    near(eval("sub", 2.0, &[("b", 3.0)]), -1.0);
    near(eval("mul", 2.0, &[("b", 3.0)]), 6.0);
    near(eval("div", 3.0, &[("b", 2.0)]), 1.5);
    near(eval("div", 3.0, &[("b", 0.0)]), 0.0);
    near(eval("pow", -2.0, &[("exponent", 3.0)]), -8.0);
    near(eval("pow", -2.0, &[("exponent", 2.0)]), 4.0);
    near(eval("pow", 0.0, &[("exponent", 2.0)]), 0.0);
    near(eval("pow", 9.0, &[("exponent", 0.5)]), 3.0);
    near(eval("exp", 1.0, &[]), core::f32::consts::E);
    near(eval("log", 10.0, &[]), core::f32::consts::LN_10);
    near(eval("sqrt", 2.0, &[]), core::f32::consts::SQRT_2);
    near(eval("floor", -1.5, &[]), -2.0);
    near(eval("fract", -1.25, &[]), 0.75);
    near(eval("sin", 1.0, &[]), 0.841_471);
    near(eval("cos", 1.0, &[]), 0.540_302_3);
    near(eval("tanh", 0.5, &[]), 0.462_117_16);
    near(eval("clamp", 3.0, &[("lo", -1.0), ("hi", 1.0)]), 1.0);
    near(eval("quantize", 260.0, &[("step", 100.0)]), 300.0);
    near(eval("select", 0.5, &[("a", 7.0), ("b", 8.0)]), 7.0);
    near(eval("lt", 0.5, &[("b", 1.0)]), 1.0);
    near(eval("gt", 0.5, &[("b", 1.0)]), 0.0);
    near(eval("mtof", 69.0, &[]), 440.0);
    near(eval("mtof", 60.0, &[]), 261.625_58);
    near(eval("dbtoa", -20.0, &[]), 0.1);
}
