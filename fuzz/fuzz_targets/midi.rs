//! MIDI files of any bytes: read in bounded time, told what is damaged, written and read again the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rhapsode::midi::Song;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((song, damage)) = Song::parse(bytes) {
        assert!(damage.iter().all(|d| d.offset <= bytes.len()));
        assert!(song.seconds().is_finite());
        let notes = song.notes();
        assert!(notes.iter().all(|n| n.begin < n.end));
        let (again, _) = Song::parse(&song.to_bytes()).expect("what was written");
        assert_eq!(again.notes().len(), notes.len());
    }
});
