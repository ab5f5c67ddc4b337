//! Round trips, dither, temporary names, killed writers and size limits.

use super::*;
use rhapsode::io::file::{FileError, LoopKind, LoopPoint, Quantizer};

/// Noise on the grid of `bits`-bit integers, with both extremes in it.
fn on_grid(bits: u32, channels: usize, frames: usize) -> AudioFile {
    let scale = f64::from(1_u32 << (bits - 1));
    let mut made: Vec<Vec<f32>> = (0..channels)
        .map(|c| {
            let white = noise(c as u64 + 1, frames);
            white.iter().map(|x| ((f64::from(*x) * scale).floor() / scale) as f32).collect()
        })
        .collect();
    made[0][0] = -1.0;
    made[0][1] = ((scale - 1.0) / scale) as f32;
    audio(44_100, made)
}

#[test]
fn integer_formats_read_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for (format, bits) in [(Format::Wav16, 16), (Format::Wav24, 24), (Format::Flac, 24)] {
        for channels in [1, 2, 5] {
            // A length that is no multiple of any block.
            let file = on_grid(bits, channels, 30_011);
            let path = folder.path().join(format!("x.{}", format.extension()));
            write(&path, &file, format);
            assert_eq!(AudioFile::read(&path).unwrap(), file, "{format}, {channels} channels");
        }
    }
}

#[test]
fn float_files_read_back_bit_for_bit_above_full_scale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let loud = noise(7, 10_000).iter().map(|x| x * 3.0).collect();
    let file = audio(96_000, vec![loud, noise(8, 10_000)]);
    write(&path, &file, Format::Wav32f);
    assert_eq!(AudioFile::read(&path).unwrap(), file);
}

#[test]
fn flac_is_smaller_than_wav_and_tiny_files_survive() {
    let folder = tempfile::tempdir().unwrap();
    let (wav, flac) = (folder.path().join("x.wav"), folder.path().join("x.flac"));
    let tone = sine(220.0, 0.25, 48_000, 96_000);
    let file = audio(48_000, vec![tone.clone(), tone]);
    write(&wav, &file, Format::Wav24);
    write(&flac, &file, Format::Flac);
    let size = |path: &Path| path.metadata().unwrap().len();
    assert!(size(&flac) * 10 < size(&wav) * 8, "{} of {} bytes", size(&flac), size(&wav));

    for frames in [1, 2, 31, 63] {
        let file = audio(48_000, vec![on_grid(24, 1, 64).channels[0][..frames].to_vec()]);
        write(&flac, &file, Format::Flac);
        assert_eq!(AudioFile::read(&flac).unwrap(), file, "{frames} frames");
    }
}

#[test]
fn loops_and_root_key_survive_in_wav() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    // An odd number of data bytes: the sampler chunk must come after a pad byte.
    let mut file = on_grid(24, 1, 4_001);
    file.root_key = Some(48);
    file.loops = vec![
        LoopPoint { start: 100, end: 2_000, kind: LoopKind::Forward, count: None },
        LoopPoint { start: 2_000, end: 4_001, kind: LoopKind::PingPong, count: Some(3) },
    ];
    write(&path, &file, Format::Wav24);
    assert_eq!(AudioFile::read(&path).unwrap(), file);
}

#[test]
fn a_killed_writer_leaves_a_readable_file() {
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("song.{}", format.extension()));
        let file = on_grid(16, 2, 44_100 * 3 + 17);
        let options = WriteOptions { dither: false, ..WriteOptions::new(format, 44_100, 2) };
        let mut writer = create(&path, &options).unwrap();
        writer.write(&slices(&file.channels)).unwrap();
        // What a kill leaves behind: the bytes on disk, and no code that runs.
        std::mem::forget(writer);

        let left = names_in(folder.path());
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(left[0].starts_with("song.partial-"), "{left:?}");
        let saved = AudioFile::read(&folder.path().join(&left[0])).unwrap();
        assert!(saved.frames() + 22_050 >= file.frames(), "{format}: {} frames", saved.frames());
        for (saved, made) in saved.channels.iter().zip(&file.channels) {
            assert_eq!(saved[..], made[..saved.len()], "{format}");
        }
    }
}

#[test]
fn the_name_appears_only_when_finished_and_a_dropped_writer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let path = folder.path().join("take.wav");
        std::fs::write(&path, b"the old take").unwrap();
        let mut writer = create(&path, &WriteOptions::new(format, 8_000, 1)).unwrap();
        writer.write(&[&[0.5; 9_000]]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"the old take");
        assert_eq!(names_in(folder.path()).len(), 2);
        drop(writer);
        assert_eq!(names_in(folder.path()), ["take.wav"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"the old take");

        let writer = create(&path, &WriteOptions::new(format, 8_000, 1)).unwrap();
        writer.finish().unwrap();
        assert_ne!(std::fs::read(&path).unwrap(), b"the old take");
        assert_eq!(names_in(folder.path()), ["take.wav"]);
    }
}

#[cfg(unix)]
#[test]
fn written_files_have_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, b"").unwrap();
    let path = folder.path().join("x.wav");
    write(&path, &on_grid(16, 1, 10), Format::Wav16);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn dither_is_repeatable_decorrelates_and_keeps_silence() {
    let render = || {
        let mut quantizer = Quantizer::new(16, Some(1));
        // A tenth of a step: without dither it would vanish.
        sine(1_000.0, 0.1 / 32_768.0, 48_000, 48_000)
            .into_iter()
            .map(|x| quantizer.quantize(x))
            .collect::<Vec<_>>()
    };
    let first = render();
    assert_eq!(first, render());
    let signal: Vec<f32> = first.iter().map(|&x| x as f32 / 32_768.0).collect();
    let expected = 20.0 * libm::log10(0.1 / 32_768.0);
    let level = level_at(&signal, 48_000, 1_000.0);
    assert!((level - expected).abs() < 1.0, "{level} dBFS, expected {expected}");
    assert!(
        level_at(&signal, 48_000, 3_000.0) < expected - 12.0,
        "the error must not be a harmonic"
    );

    let mut plain = Quantizer::new(16, None);
    assert_eq!(plain.quantize((0.4 / 32_768.0) as f32), 0);
    let mut dithered = Quantizer::new(16, Some(1));
    assert!((0..1_000).all(|_| dithered.quantize(0.0) == 0));
    assert_eq!(
        (dithered.quantize(2.0), dithered.quantize(-2.0), dithered.clipped()),
        (32_767, -32_768, 2)
    );
    assert_eq!(dithered.quantize(f32::NAN), 0);
}

#[test]
fn what_cannot_be_written_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |path: &Path, options: &WriteOptions| match create(path, options) {
        Ok(_) => panic!("{} was created", path.display()),
        Err(error) => error,
    };
    let stereo = WriteOptions::new(Format::Wav16, 48_000, 2);
    assert!(matches!(
        refuse(&folder.path().join("no/such/x.wav"), &stereo),
        FileError::Write { .. }
    ));
    assert!(matches!(refuse(folder.path(), &stereo), FileError::Unsupported { .. }));
    let flac = WriteOptions::new(Format::Flac, 705_600, 2);
    assert!(matches!(refuse(&folder.path().join("x.flac"), &flac), FileError::Unsupported { .. }));
    let flac = WriteOptions::new(Format::Flac, 48_000, 9);
    assert!(matches!(refuse(&folder.path().join("x.flac"), &flac), FileError::Unsupported { .. }));
    assert!(names_in(folder.path()).is_empty());
    // 24-bit stereo at 48 kHz: 4 GiB are 248 minutes.
    assert_eq!(Format::Wav24.max_frames(2) / 48_000 / 60, 248);
}

#[test]
fn format_names_and_extensions() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert!("wav8".parse::<Format>().unwrap_err().contains("wav32f"));
    assert_eq!(Format::from_path(Path::new("a/b.WAV")).unwrap(), Format::Wav24);
    assert_eq!(Format::from_path(Path::new("b.flac")).unwrap(), Format::Flac);
    assert!(Format::from_path(Path::new("b.mp3")).unwrap_err().to_string().contains(".mp3"));
    assert!(Format::from_path(Path::new("b")).is_err());
}

/// Writes into the folder of `RHAPSODE_FULL_DISK` until no more fits; run by the next test in a
/// process whose files cannot grow beyond 1 MiB.
#[test]
#[ignore = "fills its disk; run by a_full_disk_keeps_what_was_written"]
fn fill_the_disk() {
    let folder = std::env::var_os("RHAPSODE_FULL_DISK").expect("set by the other test");
    for format in Format::ALL {
        let path = Path::new(&folder).join(format!("take.{}", format.extension()));
        let mut writer = create(&path, &WriteOptions::new(format, 44_100, 1)).unwrap();
        let block = noise(1, 44_100);
        let refused = (0..100).find_map(|_| writer.write(&[&block]).err()).expect("a full disk");
        assert!(matches!(refused, FileError::Write { .. }), "{refused}");
        let Err(FileError::Incomplete { kept, .. }) = writer.finish() else {
            panic!("{format} cannot be complete");
        };
        assert!(!path.exists());
        let saved = AudioFile::read(&kept).unwrap_or_else(|e| panic!("{format}: {e}"));
        assert!(saved.frames() > 200_000, "{format}: {} frames", saved.frames());
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = "trap '' XFSZ; ulimit -f 1024 || exit 1; exec \"$0\" --exact writing::fill_the_disk --ignored";
    let output = std::process::Command::new("bash")
        .args(["-c", run])
        .arg(std::env::current_exe().unwrap())
        .env("RHAPSODE_FULL_DISK", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
