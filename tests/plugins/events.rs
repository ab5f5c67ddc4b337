//! Notes, expressions and MIDI, in and out.

use super::built::library;
use super::rig::{FORMATS, RATE, fixture, index, named, render};
use rhapsode::plugin::{Event, EventKind, Expression, Setup, Transport};

#[test]
fn a_midi_effect_sends_at_the_frames_of_what_it_got() {
    for format in FORMATS {
        let mut transposer = fixture("Fixture Transposer", format);
        let semitones = index(&*transposer, "Semitones");
        transposer.set(semitones, 7.0).unwrap();
        let mut half = transposer.activate(&Setup::new(RATE)).unwrap();
        let (id, channel, velocity) = (5, 3, 0.5);
        let events = [
            Event { offset: 9, kind: EventKind::NoteOn { id, channel, key: 60.0, velocity } },
            Event { offset: 33, kind: EventKind::NoteOff { id, channel, key: 60.0, velocity } },
        ];
        half.process(64, &events, &Transport::default());
        let sent = [
            Event { offset: 9, kind: EventKind::NoteOn { id, channel, key: 67.0, velocity } },
            Event { offset: 33, kind: EventKind::NoteOff { id, channel, key: 67.0, velocity } },
        ];
        assert_eq!(half.sent().events(), sent, "{format}");
        half.process(64, &[], &Transport::default());
        assert!(half.sent().events().is_empty());
    }
}

#[test]
fn a_note_is_bent_by_its_expression() {
    for format in FORMATS {
        let mut sine = fixture("Fixture Sine", format);
        let mut half = sine.activate(&Setup::new(RATE)).unwrap();
        let (id, channel, key) = (1, 0, 69.0);
        let dimension = Expression::Tuning;
        let bend = EventKind::Expression { id, channel, key, dimension, value: 12.0 };
        let events = [(0, EventKind::NoteOn { id, channel, key, velocity: 1.0 }), (4800, bend)];
        let out = &render(half.as_mut(), &[], &[], 9600, &events)[0];
        let ups = |sound: &[f32]| sound.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!(ups(&out[..4800]).abs_diff(44) <= 1, "{format}: {}", ups(&out[..4800]));
        assert!(ups(&out[4800..]).abs_diff(88) <= 1, "{format}: {}", ups(&out[4800..]));
    }
}

#[test]
fn a_midi_controller_moves_what_the_plugin_maps_it_to() {
    for format in FORMATS {
        let mut sine = fixture("Fixture Sine", format);
        let mut half = sine.activate(&Setup::new(RATE)).unwrap();
        let events = [
            (0, EventKind::NoteOn { id: -1, channel: 0, key: 69.0, velocity: 1.0 }),
            (64, EventKind::Midi { bytes: [0xb0, 7, 0] }),
            (128, EventKind::Midi { bytes: [0xb0, 7, 127] }),
        ];
        let out = &render(half.as_mut(), &[], &[], 192, &events)[0];
        let peak = |part: &[f32]| part.iter().fold(0f32, |a, x| a.max(x.abs()));
        assert!((peak(&out[..64]) - 0.5).abs() < 0.01, "{format}");
        assert_eq!(peak(&out[64..128]), 0.0, "{format}");
        assert!(peak(&out[128..]) > 0.9, "{format}");
    }
}

/// Row 19: what a plugin sends unsorted or outside its block is put right or dropped, and counted; so is what it
/// is given.
#[test]
fn events_out_of_order_or_outside_the_block_are_sorted_or_dropped_and_counted() {
    for format in FORMATS {
        let path = library("unsorted", format);
        let mut unsorted = named(&path, format, "Fixture Unsorted");
        let mut half = unsorted.activate(&Setup::new(RATE)).unwrap();
        let on = |offset| {
            let kind = EventKind::NoteOn { id: 1, channel: 0, key: 60.0, velocity: 1.0 };
            Event { offset, kind }
        };
        half.process(64, &[on(0)], &Transport::default());
        let offsets: Vec<u32> = half.sent().events().iter().map(|e| e.offset).collect();
        assert_eq!(offsets, [3, 17, 40], "{format}");
        assert_eq!((half.sent().dropped(), half.sent().moved()), (2, 2), "{format}");
        half.process(64, &[on(50), on(64), on(4), on(u32::MAX)], &Transport::default());
        assert_eq!(half.dropped(), 2, "{format}");
        assert_eq!(half.sent().events().len(), 6, "{format}");
    }
}
