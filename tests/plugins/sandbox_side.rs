//! The host's audio side of a plugin in another process: no memory, and no system call but the futex and the clock.

use super::built::library;
use super::counting::calls;
use super::rig::{FORMATS, RATE, fixture, index, sandboxed};
use rhapsode::plugin::{Event, EventKind, Outcome, Setup, Transport};

#[test]
fn blocks_in_another_process_make_no_memory() {
    assert_eq!(calls(|| drop(std::hint::black_box(Box::new(1)))), 2, "the counter counts");
    for format in FORMATS {
        for (name, parameter) in [("Fixture Gain", "Factor"), ("Fixture Transposer", "Semitones")] {
            let id = fixture(name, format).description().id.clone();
            let mut plugin = sandboxed(&library("good", format), format, &id);
            let index = index(&*plugin, parameter);
            let mut half = plugin.activate(&Setup::new(RATE)).unwrap();
            let kinds = [
                EventKind::NoteOn { id: 1, channel: 0, key: 60.0, velocity: 0.5 },
                EventKind::Parameter { index, value: 0.25 },
            ];
            let events: Vec<Event> = (0..1500)
                .map(|i| Event { offset: (i * 7) % 70, kind: kinds[i as usize % 2] })
                .collect();
            let time = Transport::default();
            let made = calls(|| {
                for frames in [64, 1, 33, 64] {
                    assert_ne!(half.process(frames, &events, &time), Outcome::Failed);
                }
                half.reset();
                half.process(64, &[], &time);
            });
            assert_eq!(made, 0, "{format} {name}");
            assert!(half.dropped() > 0, "{format} {name}: too many events are counted");
        }
    }
}

/// Nor do blocks in which it crashes or hangs.
#[test]
fn blocks_that_fail_make_no_memory() {
    for (name, outcome) in [("crash-process", Outcome::Failed), ("hang", Outcome::Late)] {
        for format in FORMATS {
            let mut options = super::rig::patient();
            // A crash is waited for; a hang is not.
            options.share = if name == "hang" { 6.0 } else { 4000.0 };
            let path = library(name, format);
            let mut plugin = rhapsode::plugin::sandbox::open(&options, format, &path, "").unwrap();
            let mut half = plugin.activate(&Setup::new(RATE)).unwrap();
            half.input(0, 0).fill(0.75);
            let mut first = None;
            let made = calls(|| {
                first = Some(half.process(64, &[], &Transport::default()));
                for _ in 0..20 {
                    half.process(64, &[], &Transport::default());
                }
            });
            assert_eq!((first, made), (Some(outcome), 0), "{format} {name}");
        }
    }
}
