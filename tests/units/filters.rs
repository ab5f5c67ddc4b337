//! Filters.

use crate::listen::{db, rms, tone};
use rhapsode::nodes::harness::{Feed, Setup};

/// Gain in dB at `freq` after one second.
fn response(setup: Setup, freq: f64) -> f64 {
    let out = setup.input(Feed::audio(tone(freq, 48_000.0))).build().lane(5, 96_000);
    db(rms(&out[48_000..])) + 3.0103
}

fn near(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() < within, "{got} dB, not {want}");
}

#[test]
fn corners_and_slopes() {
    let low = || Setup::new("lowpass").set("cutoff", 1000.0);
    near(response(low(), 1000.0), -3.01, 0.02);
    near(response(low(), 20.0), 0.0, 0.01);
    near(response(low(), 4000.0) - response(low(), 2000.0), -12.3, 0.8);
    near(response(low().set("q", 8.0), 1000.0), 18.06, 0.05);
    let high = || Setup::new("highpass").set("cutoff", 1000.0);
    near(response(high(), 1000.0), -3.01, 0.02);
    near(response(high(), 15_000.0), 0.0, 0.05);
    near(response(high(), 250.0) - response(high(), 125.0), 12.0, 0.3);
    let band = || Setup::new("bandpass").set("cutoff", 1000.0).set("q", 5.0);
    near(response(band(), 1000.0), 0.0, 0.02);
    near(response(band(), 1000.0 * 1.10499), -3.01, 0.1);
    near(response(band(), 100.0) - response(band(), 50.0), 6.0, 0.3);
    assert!(response(Setup::new("notch").set("cutoff", 1000.0), 1000.0) < -60.0);
    near(response(Setup::new("notch").set("cutoff", 1000.0), 50.0), 0.0, 0.05);
    for freq in [100.0, 1000.0, 8000.0] {
        near(response(Setup::new("allpass").set("cutoff", 1000.0), freq), 0.0, 0.01);
    }
}

#[test]
fn boosts() {
    for gain in [-9.0, 6.0] {
        let peak = || Setup::new("peak").set("cutoff", 1000.0).set("q", 1.0).set("gain_db", gain);
        near(response(peak(), 1000.0), gain, 0.02);
        near(response(peak(), 30.0), 0.0, 0.05);
        let low = || Setup::new("low_shelf").set("cutoff", 500.0).set("gain_db", gain);
        near(response(low(), 20.0), gain, 0.05);
        near(response(low(), 500.0), gain / 2.0, 0.05);
        near(response(low(), 15_000.0), 0.0, 0.05);
        let high = || Setup::new("high_shelf").set("cutoff", 2000.0).set("gain_db", gain);
        near(response(high(), 20.0), 0.0, 0.05);
        near(response(high(), 2000.0), gain / 2.0, 0.05);
        near(response(high(), 20_000.0), gain, 0.1);
    }
}
