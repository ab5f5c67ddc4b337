//! MIDI files of any bytes: read in bounded time, told what is damaged, written and read again the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rhapsode::midi::{Change, Song};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((song, damage)) = Song::parse(bytes) {
        assert!(damage.iter().all(|d| d.offset <= bytes.len()));
        assert!(song.seconds().is_finite());
        let notes = song.notes();
        assert!(notes.iter().all(|n| n.begin < n.end));
        let (again, _) = Song::parse(&song.to_bytes()).expect("what was written");
        assert_eq!(again.notes().len(), notes.len());
        // What makes a piece of it.
        let lines = song.lines();
        assert_eq!(lines.iter().map(|l| l.notes.len()).sum::<usize>(), notes.len());
        for channel in 0..16 {
            for (_, change) in song.changes(channel) {
                match change {
                    Change::Control(_, value) => assert!((0.0..=1.0).contains(&value)),
                    Change::Bend(bend, _) => assert!((-1.0..=1.0).contains(&bend)),
                }
            }
        }
        // Put together and taken apart: what is played stays.
        let (joined, split) = (song.joined(), song.split());
        assert_eq!(split.joined().notes().len(), joined.notes().len());
    }
});
