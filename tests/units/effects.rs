//! Levels, shapers, panorama, combs and modulated delays.

use crate::listen::{db, rms, spectrum, tone};
use rhapsode::nodes::harness::{Feed, Setup};

fn sine(freq: f64) -> Feed {
    Feed::audio(tone(freq, 48_000.0))
}

#[test]
fn levels() {
    let level = |s: Setup| db(rms(&s.input(sine(1000.0)).build().lane(0, 48_000))) + 3.0103;
    assert!((level(Setup::new("gain").set("gain", 0.5)) + 6.0206).abs() < 1e-3);
    assert!((level(Setup::new("gain_db").set("gain_db", -12.0)) + 12.0).abs() < 1e-3);
}

#[test]
fn a_pan_keeps_the_power_and_a_balance_the_nearer_side() {
    for p in [-1.0f32, -0.3, 0.0, 0.5, 1.0] {
        let mut unit =
            Setup::new("pan").input(Feed::audio(|_| 1.0)).param("position", Feed::Const(p)).build();
        let out = unit.run(64);
        let (l, r) = (out[0][7].0[0], out[1][7].0[0]);
        assert!((l * l + r * r - 1.0).abs() < 1e-6, "{l} {r}");
        let angle = (f64::from(p) + 1.0) * core::f64::consts::FRAC_PI_4;
        assert!((f64::from(l) - angle.cos()).abs() < 1e-6);
        let ones = || Feed::audio(|_| 1.0);
        let stereo = Setup::new("pan").input(ones()).input(ones());
        let out = stereo.param("position", Feed::Const(p)).build().run(64);
        let (l, r) = (out[0][7].0[0], out[1][7].0[0]);
        assert!((l.max(r) - 1.0).abs() < 1e-6, "{l} {r}");
        if p == 1.0 {
            assert!(l.abs() < 1e-6);
        }
    }
}

#[test]
fn width_of_zero_is_mono() {
    let out = Setup::new("width")
        .input(Feed::audio(|_| 1.0))
        .input(Feed::audio(|_| 0.5))
        .set("width", 0.0)
        .build()
        .run(64);
    assert_eq!((out[0][3].0[0], out[1][3].0[0]), (0.75, 0.75));
}

#[test]
fn ladder_slope_and_song() {
    let gain = |freq: f64, resonance: f64| {
        let quiet = Feed::audio(move |n| tone(freq, 48_000.0)(n) * 0.01);
        let s = Setup::new("ladder").input(quiet).set("cutoff", 500.0).set("resonance", resonance);
        db(rms(&s.build().lane(0, 96_000)[48_000..])) + 43.0103
    };
    // Four poles: -12 dB at the corner, 24 dB an octave well above.
    assert!((gain(500.0, 0.0) + 12.04).abs() < 0.1, "{}", gain(500.0, 0.0));
    assert!((gain(4000.0, 0.0) - gain(2000.0, 0.0) + 24.0).abs() < 1.5);
    assert!(gain(20.0, 0.0).abs() < 0.1);
    // Sings at its cutoff when kicked.
    let kick = Feed::audio(|n| if n == 0 { 1.0 } else { 0.0 });
    let s = Setup::new("ladder").input(kick).set("cutoff", 1500.0).set("resonance", 1.0);
    let y = s.build().lane(0, 48_000 + 32_768);
    let spectrum = spectrum(&y[48_000..]);
    let peak = (1..spectrum.len()).max_by(|a, b| spectrum[*a].total_cmp(&spectrum[*b])).unwrap();
    let hz = peak as f64 * 48_000.0 / 32_768.0;
    assert!((hz / 1500.0 - 1.0).abs() < 0.02 && spectrum[peak] > 0.05, "{hz} {}", spectrum[peak]);
}

#[test]
fn first_order_filters() {
    let gain =
        |s: Setup, freq| db(rms(&s.input(sine(freq)).build().lane(0, 96_000)[48_000..])) + 3.0103;
    let low = || Setup::new("onepole").set("cutoff", 1000.0);
    assert!((gain(low(), 1000.0) + 3.01).abs() < 0.02);
    assert!((gain(low(), 4000.0) - gain(low(), 2000.0) + 5.7).abs() < 0.5);
    let block = Setup::new("dc_block").input(Feed::audio(|_| 1.0)).build().lane(0, 96_000);
    assert!(block[95_999].abs() < 1e-4 && block[0] > 0.99);
    assert!((gain(Setup::new("dc_block"), 5.0) + 3.01).abs() < 0.05);
    let step =
        Setup::new("lag").input(Feed::audio(|_| 1.0)).set("seconds", 0.1).build().lane(0, 9600);
    assert!((step[4800] - 0.632).abs() < 0.001, "{}", step[4800]);
}

#[test]
fn a_comb_rings_at_its_frequency() {
    let click = Feed::audio(|n| if n == 0 { 1.0 } else { 0.0 });
    for (freq, damp) in [(441.3, 0.0), (441.3, 0.3)] {
        let s = Setup::new("comb").set("freq", freq).set("feedback", 0.99).set("damp", damp);
        let s = s.input(Feed::audio(|n| if n == 0 { 1.0 } else { 0.0 }));
        let y = s.build().lane(0, 4096 + 65_536);
        let spectrum = spectrum(&y[4096..]);
        let bin = 48_000.0 / 65_536.0;
        let around = (300.0 / bin) as usize..(600.0 / bin) as usize;
        let peak = around.max_by(|a, b| spectrum[*a].total_cmp(&spectrum[*b])).unwrap();
        assert!((peak as f64 * bin / freq - 1.0).abs() < 0.004, "{} {damp}", peak as f64 * bin);
    }
    let s =
        Setup::new("comb").input(click).set("freq", 480.0).set("feedback", 0.5).set("damp", 0.0);
    let y = s.build().lane(0, 400);
    assert!((y[100] - 0.5).abs() < 1e-3 && (y[200] - 0.25).abs() < 1e-3, "{} {}", y[100], y[200]);
}

#[test]
fn shapers_keep_full_scale_and_add_harmonics() {
    let shape = |s: Setup| spectrum(&s.input(sine(750.0)).build().lane(0, 8192));
    let harmonic = |s: &[f64], h: usize| s[128 * h];
    let clean = shape(Setup::new("drive").set("amount", 0.0));
    assert!(db(harmonic(&clean, 3)) < -60.0);
    let fuzz = shape(Setup::new("drive").set("amount", 1.0));
    assert!(db(harmonic(&fuzz, 3)) > -10.0 && db(harmonic(&fuzz, 2)) < -80.0);
    let warm = shape(Setup::new("saturate").set("bias", 0.5));
    assert!(db(harmonic(&warm, 2)) > -30.0);
    let fold = shape(Setup::new("wavefold").set("amount", 1.0));
    assert!((5..15).any(|h| db(harmonic(&fold, h)) > -10.0));
    let peak = |s: Setup| {
        s.input(sine(750.0)).build().lane(0, 4800).iter().fold(0.0f32, |a, b| a.max(b.abs()))
    };
    assert!((peak(Setup::new("drive").set("amount", 0.7)) - 1.0).abs() < 1e-4);
}

#[test]
fn bitcrush_has_its_steps_and_holds() {
    let crush = Setup::new("bitcrush").input(sine(100.0)).set("bits", 3.0).set("downsample", 4.0);
    let y = crush.build().lane(0, 4800);
    assert!(y.iter().all(|y| (y * 4.0).fract() == 0.0));
    assert!(y.chunks(4).all(|c| c.iter().all(|y| *y == c[0])));
    let free = Setup::new("bitcrush").input(sine(100.0)).set("bits", 24.0).build().lane(0, 480);
    let off =
        (0..480).map(|n| (free[n] - tone(100.0, 48_000.0)(n as u64)).abs()).fold(0.0, f32::max);
    assert!(off < 1e-6, "{off}");
}

#[test]
fn ring_modulation_makes_sums_and_differences() {
    let s = Setup::new("ring_mod").input(sine(3000.0)).set("freq", 750.0).build().lane(0, 8192);
    let spectrum = spectrum(&s);
    let bin = |hz: f64| (hz / 48_000.0 * 8192.0) as usize;
    assert!(
        (spectrum[bin(3750.0)] - 0.5).abs() < 0.01 && (spectrum[bin(2250.0)] - 0.5).abs() < 0.01
    );
    assert!(spectrum[bin(3000.0)] < 1e-3);
}

#[test]
fn a_tremolo_reaches_its_depth() {
    for shape in ["sine", "tri", "square"] {
        let unit = Setup::new("tremolo").text("shape", shape).input(Feed::audio(|_| 1.0));
        let y = unit.set("rate", 4.0).set("depth", 0.8).build().lane(0, 12_000);
        assert!((y[0] - 1.0).abs() < 1e-5 && (y[6000] - 0.2).abs() < 1e-3, "{shape} {}", y[6000]);
        assert!(y.windows(2).all(|w| (w[1] - w[0]).abs() < 0.003), "{shape}");
    }
}

#[test]
fn vibrato_reaches_its_depth() {
    let unit = Setup::new("vibrato").input(sine(1000.0)).set("rate", 5.0).set("depth", 0.5);
    let y = unit.build().lane(0, 96_000);
    // Frequency from zero crossings, a few periods at a time.
    let crossings: Vec<f64> = (9600..95_999)
        .filter(|&n| y[n] <= 0.0 && y[n + 1] > 0.0)
        .map(|n| n as f64 + f64::from(y[n] / (y[n] - y[n + 1])))
        .collect();
    let freqs = crossings.windows(5).map(|w| 4.0 * 48_000.0 / (w[4] - w[0]));
    let (lo, hi) = freqs.fold((1e9f64, 0.0f64), |(l, h), f| (l.min(f), h.max(f)));
    let semitones = |f: f64| 12.0 * (f / 1000.0).log2();
    assert!((semitones(hi) - 0.5).abs() < 0.03 && (semitones(lo) + 0.5).abs() < 0.03, "{lo} {hi}");
}

#[test]
fn modulated_effects_are_wide_and_wet() {
    for name in ["chorus", "flanger", "phaser"] {
        let saw = || Feed::audio(|n| ((n % 109) as f32 / 54.5 - 1.0) * 0.3);
        let out = Setup::new(name).input(saw()).input(saw()).build().run(48_000);
        let difference: Vec<f32> =
            out[0].iter().zip(&out[1]).map(|(l, r)| l.0[0] - r.0[0]).collect();
        assert!(rms(&difference) > 0.01, "{name} is mono");
        let dry = Setup::new(name).input(saw()).input(saw()).set("mix", 0.0).build().run(4800);
        assert!((0..4800).all(|n| (dry[0][n].0[0] - saw_at(n)).abs() < 1e-5), "{name}");
    }
}

fn saw_at(n: usize) -> f32 {
    ((n % 109) as f32 / 54.5 - 1.0) * 0.3
}

#[test]
fn a_supersaw_is_as_loud_as_a_saw() {
    for mix in [0.0, 0.5, 1.0] {
        let y = Setup::new("supersaw").set("freq", 220.0).set("mix", mix).build().lane(0, 1 << 19);
        assert!((db(rms(&y)) + 4.77).abs() < 0.6, "{mix}: {}", db(rms(&y)));
    }
    let mut unit = Setup::new("supersaw").build();
    let x = unit.lane(0, 64);
    unit.unit().reset(0);
    assert_ne!(x, unit.lane(0, 64));
}
