//! Formats that are read but not written: MP3, Ogg Vorbis and AIFF.

use super::*;
use rhapsode::io::file::{LoopKind, LoopPoint, Reader, resample};

/// A quarter of a second, 44.1 kHz: 1 kHz at -6 dBFS left, 3 kHz at -12 dBFS right, by `lame` and `oggenc`.
pub const MP3: &[u8] = include_bytes!("../fixtures/audio/tone.mp3");
pub const OGG: &[u8] = include_bytes!("../fixtures/audio/tone.ogg");

fn on_disk(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    // The name tells nothing: the content decides.
    let path = folder.path().join("tone.dat");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn lossy_files_decode_to_their_tones_at_their_length() {
    for (bytes, codec) in [(MP3, "mp3"), (OGG, "vorbis")] {
        let (_folder, path) = on_disk(bytes);
        assert_eq!(Reader::open(&path).unwrap().info().codec, codec);
        let file = AudioFile::read(&path).unwrap();
        assert_eq!((file.rate, file.channels.len()), (44_100, 2));
        // The encoder's delay and padding are cut off: the length is that of the original.
        assert_eq!(file.frames(), 11_025, "{codec}");
        for (channel, frequency, dbfs) in [(0, 1_000.0, -6.02), (1, 3_000.0, -12.04)] {
            let level = level_at(&file.channels[channel][1_000..10_000], 44_100, frequency);
            assert!((level - dbfs).abs() < 0.3, "{codec}: {level} dBFS at {frequency} Hz");
        }
        // No delay either: the sine starts at the first frame.
        let wanted = sine(1_000.0, 0.5, 44_100, 11_025);
        let error = file.channels[0][500..10_500]
            .iter()
            .zip(&wanted[500..])
            .fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(error < 0.05, "{codec}: error {error}");
    }
}

/// A chunk of an AIFF file: id, big-endian length, body, padding.
fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = [&id[..], &(body.len() as u32).to_be_bytes(), body].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// A 16-bit mono AIFF file of 1,000 frames at 44.1 kHz with root note 57 and a loop over frames 100 to 900.
pub fn aiff() -> Vec<u8> {
    let samples: Vec<u8> = (0..1_000_i16).flat_map(|n| (n * 16).to_be_bytes()).collect();
    let rate_44100 = [0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]; // 80-bit float
    let comm =
        [&1_u16.to_be_bytes()[..], &1_000_u32.to_be_bytes(), &16_u16.to_be_bytes(), &rate_44100]
            .concat();
    let marker = |id: u16, frame: u32, name: &str| {
        let mut bytes =
            [&id.to_be_bytes()[..], &frame.to_be_bytes(), &[name.len() as u8], name.as_bytes()]
                .concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    };
    let marks =
        [&2_u16.to_be_bytes()[..], &marker(7, 100, "begin"), &marker(9, 900, "stop")].concat();
    let sustain = [0, 1, 0, 7, 0, 9];
    let inst = [&[57, 0, 0, 127, 1, 127, 0, 0][..], &sustain, &[0; 6]].concat();
    let sound = [&[0; 8][..], &samples].concat();
    let chunks = [
        &b"AIFF"[..],
        &chunk(b"COMM", &comm),
        &chunk(b"MARK", &marks),
        &chunk(b"INST", &inst),
        &chunk(b"SSND", &sound),
    ]
    .concat();
    chunk(b"FORM", &chunks)
}

#[test]
fn aiff_files_bring_their_loop_and_root_key() {
    let (_folder, path) = on_disk(&aiff());
    let file = AudioFile::read(&path).unwrap();
    let wanted: Vec<f32> = (0..1_000).map(|n| (n * 16) as f32 / 32_768.0).collect();
    assert_eq!((file.rate, &file.channels), (44_100, &vec![wanted]));
    assert_eq!(file.root_key, Some(57));
    assert_eq!(
        file.loops,
        [LoopPoint { start: 100, end: 900, kind: LoopKind::Forward, count: None }]
    );
}

/// FNV-1a over the bytes of a file or of samples.
fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// The same samples give the same bits on every machine, in debug and release builds.
#[test]
fn written_bytes_and_resampled_bits_never_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let file =
        audio(44_100, vec![noise(1, 20_000), noise(2, 20_000).iter().map(|x| x * 0.01).collect()]);
    let mut digests = Vec::new();
    for format in Format::ALL {
        write_with(&path, &file, &options_for(&file, format));
        digests.push(digest(std::fs::read(&path).unwrap()));
    }
    for rate in [48_000, 44_101, 22_050] {
        let made = resample(&file, rate);
        digests
            .push(digest(made.channels.iter().flatten().flat_map(|x| x.to_bits().to_le_bytes())));
    }
    assert_eq!(digests, GOLDEN, "{digests:#x?}");
}

/// Of the four formats in their order, then of the rates.
const GOLDEN: [u64; 7] = [
    0x8692_4939_2bf0_f9e7,
    0xf734_9128_1487_d88f,
    0x3af8_d123_4506_07aa,
    0x776f_4030_1d25_2d8e,
    0x3bda_7e70_c505_14eb,
    0xdf7c_eaaa_7847_014d,
    0xcc01_ac82_8ce9_3593,
];
