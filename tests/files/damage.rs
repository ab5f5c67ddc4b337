//! Malformed, truncated and hostile files: a typed error or some audio, never a panic.

use super::*;
use proptest::prelude::*;
use rhapsode::io::file::{FileError, Reader};
use std::sync::LazyLock;

/// A small valid file of a format, as bytes.
fn sample_bytes(format: Format) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let mut file = audio(22_050, vec![noise(1, 3_000), sine(440.0, 0.5, 22_050, 3_000)]);
    file.root_key = Some(60);
    write(&path, &file, format);
    std::fs::read(&path).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<AudioFile, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    AudioFile::read(&path)
}

fn u16_at(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn what_is_no_audio_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let missing = AudioFile::read(&folder.path().join("nothing.wav")).unwrap_err();
    assert!(
        matches!(missing, FileError::Read { .. }) && missing.to_string().contains("nothing.wav")
    );
    assert!(matches!(AudioFile::read(folder.path()), Err(FileError::Unsupported { .. })));
    for bytes in [&b""[..], b"x", b"RIFF", b"let t = track(\"a\");", &[0; 5_000], &[0xff; 5_000]] {
        let error = read_bytes(bytes).unwrap_err();
        assert!(error.to_string().contains('x') && !error.hint().is_empty(), "{error}");
    }
}

#[test]
fn a_truncated_file_is_reported_at_its_end() {
    for format in [Format::Wav16, Format::Wav24, Format::Wav32f, Format::Flac] {
        let bytes = sample_bytes(format);
        let cut = bytes.len() * 2 / 3;
        let error = read_bytes(&bytes[..cut]).unwrap_err();
        assert!(matches!(error, FileError::Malformed { .. }), "{format}: {error}");
        let offset = error.offset().expect("an offset");
        assert!(
            offset <= cut as u64 && offset > cut as u64 / 3,
            "{format}: byte {offset} of {cut}"
        );
    }
}

#[test]
fn absurd_headers_are_refused() {
    let mut bytes = sample_bytes(Format::Wav16);
    assert_eq!(&bytes[12..16], b"fmt ");
    u16_at(&mut bytes, 22, u16::MAX); // channels
    assert!(read_bytes(&bytes).is_err());
    let mut bytes = sample_bytes(Format::Wav16);
    u16_at(&mut bytes, 22, 0);
    assert!(read_bytes(&bytes).is_err());
    let mut bytes = sample_bytes(Format::Wav16);
    bytes[24..28].fill(0); // rate
    assert!(read_bytes(&bytes).is_err());
    bytes[24..28].fill(0xff);
    assert!(read_bytes(&bytes).is_err());
}

/// Programs that write to a pipe cannot know the length and leave the largest one in the header;
/// programs that are killed leave none.
#[test]
fn a_wav_file_whose_length_was_never_filled_in_is_read_to_its_end() {
    let mut bytes = sample_bytes(Format::Wav16);
    let expected = read_bytes(&bytes).unwrap();
    let smpl = bytes.windows(4).position(|four| four == b"smpl").unwrap();
    assert_eq!(&bytes[36..40], b"data");
    for length in [0xff, 0] {
        bytes[4..8].fill(length);
        bytes[40..44].fill(length);
        assert_eq!(read_bytes(&bytes[..smpl]).unwrap().channels, expected.channels);
    }
}

/// A thousand-fold compressed hour: 24 bytes a second of silence.
#[test]
fn a_decompression_bomb_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.flac");
    let options = WriteOptions::new(Format::Flac, 8_000, 8);
    let mut writer = create(&path, &options).unwrap();
    let silence = vec![0.0; 1 << 20];
    for _ in 0..33 {
        writer.write(&[silence.as_slice(); 8]).unwrap();
    }
    writer.finish().unwrap();
    let error = AudioFile::read(&path).unwrap_err();
    assert!(matches!(error, FileError::TooLarge { .. }), "{error}");
    assert!(Reader::open(&path).is_ok(), "as a stream it can still be read");
}

#[test]
fn samples_that_are_not_finite_become_silence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let file = audio(8_000, vec![vec![0.5, f32::NAN, f32::INFINITY, -0.5]]);
    write(&path, &file, Format::Wav32f);
    assert_eq!(AudioFile::read(&path).unwrap().channels, [[0.5, 0.0, 0.0, -0.5]]);
}

/// A decoded file is whole: every channel as long as the others, every sample finite, loops inside.
fn check(result: Result<AudioFile, FileError>) {
    match result {
        Ok(file) => {
            assert!(file.rate > 0 && file.frames() > 0);
            assert!(file.channels.iter().all(|c| c.len() == file.frames()));
            assert!(file.channels.iter().flatten().all(|x| x.is_finite()));
            assert!(file.loops.iter().all(|l| l.start < l.end && l.end <= file.frames() as u64));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A valid file of every format that can be read.
fn valid_files() -> &'static [Vec<u8>] {
    static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        let written = Format::ALL.into_iter().map(sample_bytes);
        written.chain([formats::MP3.to_vec(), formats::OGG.to_vec(), formats::aiff()]).collect()
    });
    &FILES
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn truncation_never_panics(bytes in prop::sample::select(valid_files()), cut in 0.0_f64..1.0) {
        check(read_bytes(&bytes[..(bytes.len() as f64 * cut) as usize]));
    }

    #[test]
    fn flipped_bits_never_panic(
        bytes in prop::sample::select(valid_files()),
        flips in prop::collection::vec((0.0_f64..1.0, 0_u8..8), 1..8),
        header_only in any::<bool>(),
    ) {
        let mut bytes = bytes;
        let reach = if header_only { 100.min(bytes.len()) } else { bytes.len() };
        for (place, bit) in flips {
            bytes[(reach as f64 * place) as usize] ^= 1 << bit;
        }
        check(read_bytes(&bytes));
    }

    #[test]
    fn noise_behind_a_known_header_never_panics(
        magic in prop::sample::select(vec![
            &b"RIFF\xff\xff\xff\x7fWAVEfmt "[..], b"RIFF\x10\0\0\0WAVEsmpl\xff\xff\xff\xff", b"fLaC\0\0\0\x22",
            b"FORM\0\0\xff\xffAIFFCOMM\0\0\0\x12", b"FORM\0\0\xff\xffAIFCMARK", b"OggS\0\x02", b"\xff\xfb\x90\x64", b"ID3\x04\0\0",
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        check(read_bytes(&[magic, &noise[..]].concat()));
    }
}
