//! What every light unit must keep to.

use crate::listen::tone;
use rhapsode::nodes::harness::{Feed, Setup};
use rhapsode::nodes::{Class, Kind, Make, Ports, kinds};

/// Families that are tested here: units and maths.
fn units() -> impl Iterator<Item = &'static Kind> {
    kinds().filter(|k| matches!(k.make, Make::Unit(_) | Make::Math(..)))
}

/// A setup with the inputs that the kind's ports ask for.
fn fed(kind: &Kind, feed: impl Fn() -> Feed) -> Setup {
    let inputs = match kind.ports {
        Ports::Source(_) => 0,
        Ports::Stereo => 2,
        _ => 1,
    };
    (0..inputs).fold(Setup::new(kind.name), |s, _| s.input(feed()))
}

/// Wires by name.
fn wires(kind: &Kind) -> impl Iterator<Item = &'static str> {
    kind.params.iter().filter(|p| p.is_wire()).map(|p| p.name)
}

#[test]
fn wild_parameters_never_make_a_hole_in_the_sound() {
    let wild = [0.0, 1e9, -1e9, -1.0, 1e-30, 0.5, 24_000.0];
    for kind in units() {
        for name in wires(kind) {
            for value in wild {
                let feeds = [
                    Feed::Const(value),
                    Feed::control(move |n| if n.is_multiple_of(128) { value } else { 0.3 }),
                    Feed::audio(move |n| if n.is_multiple_of(7) { value } else { 0.3 }),
                ];
                for feed in feeds {
                    let setup = fed(kind, || Feed::audio(tone(440.0, 48_000.0))).param(name, feed);
                    let out = setup.build().run(640);
                    let finite = out.iter().flatten().all(|y| y.0.iter().all(|y| y.is_finite()));
                    assert!(finite, "{}: {name} = {value}", kind.name);
                }
            }
        }
    }
}

#[test]
fn wide_and_narrow_registers_give_the_same_bits() {
    for kind in units() {
        let fed = || fed(kind, || Feed::audio(tone(443.0, 48_000.0)));
        assert!(fed().build().run(2000) == fed().build().narrow().run(2000), "{}", kind.name);
        for name in wires(kind) {
            let moving = || {
                let feed = Feed::audio(|n| (n % 100) as f32 * 20.0);
                fed().param(name, feed).build()
            };
            assert!(moving().run(500) == moving().narrow().run(500), "{} {name}", kind.name);
        }
    }
}

#[test]
fn lanes_do_not_hear_each_other() {
    for kind in units() {
        let setup = |other: f32| {
            fed(kind, || {
                Feed::Audio(Box::new(move |n| {
                    let own = tone(443.0, 48_000.0)(n);
                    let mut lanes = [own * other; 8];
                    lanes[3] = own;
                    rhapsode::dsp::F8(lanes)
                }))
            })
        };
        assert_eq!(
            setup(0.0).build().lane(3, 500),
            setup(0.7).build().lane(3, 500),
            "{}",
            kind.name
        );
    }
}

#[test]
fn effects_decay_to_silence_without_denormals() {
    for kind in units().filter(|k| k.class == Class::Effect) {
        let burst = || Feed::audio(|n| if n < 1000 { tone(443.0, 48_000.0)(n) } else { 0.0 });
        let mut unit = fed(kind, burst).build();
        unit.run(48_000 * 20);
        for channel in unit.run(128) {
            for y in channel {
                assert!(y.0.iter().all(|y| !y.is_subnormal()), "{}: {y:?}", kind.name);
            }
        }
    }
}

#[test]
fn entries_are_complete() {
    for kind in units() {
        assert!(kind.summary.ends_with('.'), "{}", kind.name);
        assert!(kind.example.contains(kind.name), "{}: {}", kind.name, kind.example);
        for p in kind.params {
            assert!(p.doc.ends_with('.'), "{} {}", kind.name, p.name);
            assert!(p.default >= p.range.0 && p.default <= p.range.1, "{} {}", kind.name, p.name);
        }
    }
}
