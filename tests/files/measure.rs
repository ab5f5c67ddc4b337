//! Level, loudness and normalisation.

use super::*;
use rhapsode::io::file::{Loudness, Meter, Target, apply_gain, gain_for};

fn measure(file: &AudioFile) -> Loudness {
    let mut meter = Meter::new(file.rate, file.channels.len());
    for start in (0..file.frames()).step_by(1_000) {
        let end = file.frames().min(start + 1_000);
        let block: Vec<&[f32]> = file.channels.iter().map(|c| &c[start..end]).collect();
        meter.add(&block);
    }
    meter.loudness()
}

fn stereo_sine(dbfs: f64, seconds: usize) -> AudioFile {
    let tone = sine(1_000.0, libm::pow(10.0, dbfs / 20.0), 48_000, 48_000 * seconds);
    audio(48_000, vec![tone.clone(), tone])
}

/// EBU Tech 3341, test cases 1 and 2.
#[test]
fn the_ebu_test_signals_read_as_they_should() {
    for dbfs in [-23.0, -33.0] {
        let loudness = measure(&stereo_sine(dbfs, 20));
        assert!((loudness.integrated_lufs - dbfs).abs() < 0.1, "{loudness:?}");
        assert!((loudness.peak_dbfs - dbfs).abs() < 0.01, "{loudness:?}");
        assert!((loudness.true_peak_dbtp - dbfs).abs() < 0.2, "{loudness:?}");
        assert!((loudness.rms_dbfs - (dbfs - 3.0103)).abs() < 0.01, "{loudness:?}");
        assert!(loudness.range_lu < 0.1, "{loudness:?}");
    }
}

/// EBU Tech 3341, test case 15: a quarter of the sample rate, sampled at 45 degrees, peaks between the samples.
#[test]
fn true_peaks_between_samples_are_seen() {
    let frame =
        |n: usize| libm::sin(std::f64::consts::FRAC_PI_2 * n as f64 + std::f64::consts::FRAC_PI_4);
    let tone: Vec<f32> = (0..48_000).map(|n| (0.5 * frame(n)) as f32).collect();
    let loudness = measure(&audio(48_000, vec![tone]));
    assert!((loudness.peak_dbfs + 9.03).abs() < 0.01, "{loudness:?}");
    assert!((loudness.true_peak_dbtp + 6.02).abs() < 0.4, "{loudness:?}");
}

#[test]
fn silence_has_no_level_and_gets_no_gain() {
    let loudness = measure(&audio(48_000, vec![vec![0.0; 96_000]]));
    assert_eq!(loudness.peak_dbfs, f64::NEG_INFINITY);
    assert_eq!(loudness.integrated_lufs, f64::NEG_INFINITY);
    for target in [Target::Peak(-1.0), Target::Lufs { lufs: -14.0, ceiling_dbtp: -1.0 }] {
        assert_eq!(gain_for(&loudness, target).db, 0.0);
    }
}

#[test]
fn a_file_normalised_to_a_loudness_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.wav"), folder.path().join("to.wav"));
    let file = stereo_sine(-30.0, 10);
    write(&from, &file, Format::Wav32f);
    let gain = gain_for(&measure(&file), Target::Lufs { lufs: -14.0, ceiling_dbtp: -1.0 });
    assert!((gain.db - 16.0).abs() < 0.1 && gain.short_db == 0.0, "{gain:?}");
    apply_gain(&from, &to, &WriteOptions::new(Format::Wav24, 48_000, 2), gain.db).unwrap();
    let loudness = measure(&AudioFile::read(&to).unwrap());
    assert!((loudness.integrated_lufs + 14.0).abs() < 0.01, "{loudness:?}");
}

#[test]
fn a_loudness_beyond_the_true_peak_ceiling_is_not_forced() {
    let mut file = stereo_sine(-30.0, 5);
    file.channels[0][1_000] = 0.5;
    let loudness = measure(&file);
    let gain = gain_for(&loudness, Target::Lufs { lufs: -14.0, ceiling_dbtp: -1.0 });
    assert!(loudness.true_peak_dbtp + gain.db <= -1.0, "{gain:?}");
    assert!((loudness.integrated_lufs + gain.db + gain.short_db + 14.0).abs() < 0.01, "{gain:?}");
}
