//! Plugins that misbehave, as far as a host in one process can bear it.

use super::built::library;
use super::rig::{FORMATS, RATE, named, noise, through};
use rhapsode::plugin::Setup;
use std::time::Instant;

/// Row 20: a plugin with 100,000 parameters loads, in bounded time.
#[test]
fn a_hundred_thousand_parameters_load() {
    for format in FORMATS {
        let path = library("many", format);
        let begin = Instant::now();
        let mut many = named(&path, format, "Fixture Many");
        assert_eq!(many.description().parameters.len(), 100_000);
        many.set(99_999, 0.25).unwrap();
        many.set(0, 0.5).unwrap();
        let (left, right) = (noise(128, 1), noise(128, 2));
        let out = through(&mut *many, &Setup::new(RATE), &left, &right);
        assert_eq!(out[0][5], left[5] * 0.5, "{format}");
        assert_eq!(many.value(99_999), 0.25);
        let state = many.save().unwrap();
        assert_eq!(state.values.len(), 100_000);
        let took = begin.elapsed();
        assert!(took.as_secs_f64() < 10.0, "{format}: {took:?}");
    }
}

#[test]
fn a_fixed_layout_is_followed() {
    for format in FORMATS {
        let mut refuses = named(&library("refuses", format), format, "Fixture Refuses");
        let mut half = refuses.activate(&Setup::new(RATE)).unwrap();
        half.input(0, 0).fill(0.25);
        assert!(half.input(0, 1).is_empty() && half.input(1, 0).is_empty());
        half.process(64, &[], &Default::default());
        assert_eq!((half.output(0, 0)[9], half.output(0, 1)[9]), (0.25, -0.25));
    }
}

/// Row 16, the fixture: what is not a number comes out as such, for the engine to replace; a reset ends it.
#[test]
fn what_is_not_a_number_ends_with_a_reset() {
    for format in FORMATS {
        let mut nan = named(&library("nan", format), format, "Fixture NaN");
        let mut half = nan.activate(&Setup::new(RATE)).unwrap();
        half.input(0, 0).fill(0.75);
        half.process(64, &[], &Default::default());
        assert!(half.output(0, 0).iter().all(|x| x.is_nan()), "{format}");
        half.input(0, 0).fill(0.25);
        half.reset();
        half.process(64, &[], &Default::default());
        assert_eq!(half.output(0, 0), [0.25; 64], "{format}");
    }
}
