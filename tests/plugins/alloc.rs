//! The host's part of a block neither allocates nor frees (plugins have allocators of their own).

use super::counting::calls;
use super::rig::{FORMATS, RATE, fixture, index};
use rhapsode::plugin::{Event, EventKind, Expression, Setup, Transport};

/// A block full of all that can happen.
fn crowd(parameter: u32) -> Vec<Event> {
    let (id, channel, key) = (3, 0, 60.25);
    let kinds = [
        EventKind::NoteOn { id, channel, key, velocity: 0.5 },
        EventKind::Parameter { index: parameter, value: 0.25 },
        EventKind::Midi { bytes: [0xb0, 7, 99] },
        EventKind::Expression { id, channel, key, dimension: Expression::Tuning, value: 1.0 },
        EventKind::NoteOff { id, channel, key, velocity: 0.0 },
    ];
    let all = (0..1500).map(|i| Event { offset: (i * 7) % 70, kind: kinds[i as usize % 5] });
    all.collect()
}

#[test]
fn blocks_make_no_memory() {
    assert_eq!(calls(|| drop(std::hint::black_box(Box::new(1)))), 2, "the counter counts");
    for format in FORMATS {
        for (name, parameter) in [
            ("Fixture Gain", "Factor"),
            ("Fixture Sine", "Level"),
            ("Fixture Transposer", "Semitones"),
        ] {
            let mut plugin = fixture(name, format);
            let parameter = index(&*plugin, parameter);
            let mut half = plugin.activate(&Setup { double: true, ..Setup::new(RATE) }).unwrap();
            let (events, time) = (crowd(parameter), Transport::default());
            plugin.set_normalised(parameter, 0.5).unwrap();
            let made = calls(|| {
                for frames in [64, 1, 33, 64] {
                    half.process(frames, &events, &time);
                }
                half.reset();
                half.process(64, &[], &time);
            });
            assert_eq!(made, 0, "{format} {name}");
            assert!(half.dropped() > 0, "{format} {name}: too many events are counted");
        }
    }
}
