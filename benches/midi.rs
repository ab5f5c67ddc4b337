//! How long a large MIDI file takes: to be read, and to become a piece.

use criterion::{Criterion, criterion_group, criterion_main};
use rhapsode::midi::{Event, Kind, Message, Part, Song};
use rhapsode::script::evaluate;
use rhapsode::world::{Memory, World};
use std::hint::black_box;
use std::sync::Arc;

/// Ten minutes at 120 beats a minute: 16 channels, on a track each, and 100,000 events: notes, pedal, volume, bend.
fn song() -> Song {
    let (ticks, beats, per_channel) = (480u64, 1200u64, 6250u64);
    let part = |channel: u8| {
        let mut events =
            vec![Event { tick: 0, kind: Kind::Voice(channel, Message::Program(channel * 7)) }];
        for i in 1..per_channel {
            let tick = i * ticks * beats / per_channel;
            let (key, x) = (36 + (i * 7 % 48) as u8, (i % 128) as u8);
            let message = match i % 10 {
                0 => Message::Control(64, if i % 20 == 0 { 127 } else { 0 }),
                1 => Message::Control(7, 64 + x / 2),
                2 => Message::Bend(i16::from(x) * 64),
                3 => Message::Control(10, x),
                n if n % 2 == 0 => Message::NoteOn(key, 60 + x / 4),
                _ => Message::NoteOff(36 + ((i - 1) * 7 % 48) as u8, 0),
            };
            events.push(Event { tick, kind: Kind::Voice(channel, message) });
        }
        Part { events, end: ticks * beats }
    };
    Song { parts: (0..16).map(part).collect(), ..Song::new(480) }
}

fn files(c: &mut Criterion) {
    let bytes = song().to_bytes();
    let (song, damage) = Song::parse(&bytes).expect("a song");
    assert!(damage.is_empty());
    assert_eq!(song.parts.iter().map(|p| p.events.len()).sum::<usize>(), 100_000);
    assert!((song.seconds() - 600.0).abs() < 1.0);
    c.bench_function("100,000 events, read", |b| b.iter(|| black_box(Song::parse(&bytes))));
    c.bench_function("100,000 events, notes by channel and program", |b| {
        b.iter(|| black_box(song.lines()));
    });
    c.bench_function("100,000 events, written", |b| b.iter(|| black_box(song.to_bytes())));
    let world: Arc<dyn World> = Arc::new(Memory::new().with_bytes("song.mid", bytes.clone()));
    c.bench_function("100,000 events, song(..) evaluated", |b| {
        b.iter(|| black_box(evaluate("song(\"song.mid\");", "bench", &world)).expect("a piece"));
    });
    if let Ok(path) = std::env::var("RHAPSODE_BENCH_MIDI") {
        std::fs::write(path, &bytes).expect("written");
    }
}

criterion_group!(benches, files);
criterion_main!(benches);
