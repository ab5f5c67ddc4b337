//! The commands `info` and `convert`, and the output that renders share with them.

use super::*;
use clap::Parser;
use rhapsode::app::files::{ConvertArgs, InfoArgs, convert, info};
use rhapsode::app::output::Output;
use rhapsode::app::progress::{Progress, clock};
use rhapsode::io::file::{FileError, LoopKind, LoopPoint, Target};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    convert: ConvertArgs,
}

/// Runs `convert` with the arguments of a command line; `IN` and `OUT` stand for the files.
fn run(line: &str, input: &Path, output: &Path) -> Result<(), FileError> {
    let words = std::iter::once("convert").chain(line.split_whitespace()).map(|word| match word {
        "IN" => input.as_os_str().to_owned(),
        "OUT" => output.as_os_str().to_owned(),
        other => other.into(),
    });
    convert(&Line::try_parse_from(words).expect("arguments").convert).map(drop)
}

#[test]
fn convert_changes_rate_channels_and_level() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.wav"), folder.path().join("out.flac"));
    let left = sine(1_000.0, 0.5, 44_100, 44_100);
    let right = vec![0.0; 44_100];
    write(&input, &audio(44_100, vec![left, right]), Format::Wav32f);

    run("IN OUT --rate 48000 --channels mono --gain-db -6.0206", &input, &output).unwrap();
    let made = AudioFile::read(&output).unwrap();
    assert_eq!((made.rate, made.channels.len(), made.frames()), (48_000, 1, 48_000));
    // Half of 0.5, and half again.
    let level = level_at(&made.channels[0][4_000..44_000], 48_000, 1_000.0);
    assert!((level - 20.0 * libm::log10(0.125)).abs() < 0.01, "{level} dBFS");

    run("IN OUT --normalize=-3", &input, &output).unwrap();
    let peak =
        AudioFile::read(&output).unwrap().channels[0].iter().fold(0.0_f32, |p, x| p.max(x.abs()));
    assert!((20.0 * libm::log10(f64::from(peak)) + 3.0).abs() < 0.002, "{peak}");
    assert_eq!(names_in(folder.path()), ["in.wav", "out.flac"], "no intermediate file is left");
}

#[test]
fn convert_without_a_change_of_samples_is_lossless_and_keeps_loops() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let grid = |x: f32| (x * 32_767.0).trunc() / 32_768.0;
    let mut file = audio(44_100, vec![noise(1, 10_000).into_iter().map(grid).collect()]);
    file.root_key = Some(72);
    file.loops = vec![LoopPoint { start: 10, end: 9_000, kind: LoopKind::Forward, count: None }];
    write(&input, &file, Format::Wav16);
    run("IN OUT --format wav16", &input, &output).unwrap();
    assert_eq!(AudioFile::read(&output).unwrap(), file);
    // In place too.
    run("IN OUT --format wav24", &input, &input).unwrap();
    assert_eq!(AudioFile::read(&input).unwrap(), file);
}

#[test]
fn a_failed_convert_leaves_the_output_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    write(&input, &audio(44_100, vec![noise(1, 100_000)]), Format::Wav16);
    let bytes = std::fs::read(&input).unwrap();
    std::fs::write(&input, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(&output, b"old").unwrap();
    for line in ["IN OUT", "IN OUT --lufs -14"] {
        assert!(matches!(run(line, &input, &output), Err(FileError::Malformed { .. })));
        assert_eq!(std::fs::read(&output).unwrap(), b"old");
        assert_eq!(names_in(folder.path()), ["in.wav", "out.wav"]);
    }
}

#[test]
fn info_describes_files_as_text_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    let tone = sine(1_000.0, 0.5, 48_000, 96_000);
    let mut file = audio(48_000, vec![tone.clone(), tone]);
    file.root_key = Some(60);
    file.loops = vec![LoopPoint { start: 0, end: 48_000, kind: LoopKind::Forward, count: None }];
    write(&path, &file, Format::Wav24);

    let mut text = Vec::new();
    info(&InfoArgs { files: vec![path.clone()], json: false }, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for part in [
        "tone.wav",
        "pcm_s24le, 24 bits",
        "48000 Hz",
        "0:02 (2.000 s, 96000 frames)",
        "-6.02 dBFS",
        "-9.03 dBFS",
        "root key    60",
        "frames 0 to 48000",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }

    let missing = folder.path().join("missing.wav");
    let mut json = Vec::new();
    let failures =
        info(&InfoArgs { files: vec![missing, path], json: true }, &mut json).unwrap_err();
    assert!(failures.len() == 1 && failures[0].to_string().contains("missing.wav"));
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json[0]["rate"], 48_000);
    assert_eq!(json[0]["bits"], 24);
    assert_eq!(json[0]["frames"], 96_000);
    assert_eq!(json[0]["loops"][0]["end"], 48_000);
    let lufs = json[0]["integrated_lufs"].as_f64().unwrap();
    assert!((lufs + 6.02).abs() < 0.1, "{lufs}");
}

#[test]
fn an_output_finished_early_is_valid_and_normalised() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let options = WriteOptions::new(Format::Wav16, 48_000, 1);
    let mut output = Output::create(&path, options, Some(Target::Peak(-1.0))).unwrap();
    for block in sine(440.0, 0.1, 48_000, 30_000).chunks(64) {
        output.write(&[block]).unwrap();
    }
    let finished = output.finish().unwrap();
    assert_eq!((finished.written.frames, finished.written.clipped), (30_000, 0));
    assert!((finished.gain.unwrap().db - 19.0).abs() < 0.01);
    assert!((finished.peak - 0.1).abs() < 1e-4);
    assert_eq!(AudioFile::read(&path).unwrap().frames(), 30_000);
    assert_eq!(names_in(folder.path()), ["x.wav"]);
}

#[test]
fn clipping_and_a_missed_loudness_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let finish = |samples: &[f32], target| {
        let options = WriteOptions::new(Format::Wav24, 48_000, 1);
        let mut output = Output::create(&path, options, target).unwrap();
        output.write(&[samples]).unwrap();
        output.finish().unwrap().warnings()
    };
    let mut tone = sine(1_000.0, 0.9, 48_000, 48_000);
    assert!(finish(&tone, None).is_empty());
    let quiet = finish(&tone, Some(Target::Lufs { lufs: 0.0, ceiling_dbtp: -1.0 }));
    assert!(quiet.len() == 1 && quiet[0].contains("LU below"), "{quiet:?}");
    tone[7] = 1.5;
    tone[9] = -1.5;
    let clipped = finish(&tone, None);
    assert!(clipped.len() == 1 && clipped[0].starts_with("2 samples"), "{clipped:?}");
}

#[test]
fn progress_tells_position_speed_and_peak() {
    let mut progress = Progress::new(200.0, true);
    progress.update(65.0, 0.5);
    progress.update(66.0, 0.25);
    let text = progress.text();
    assert!(
        text.starts_with("1:06 / 3:20  ")
            && text.contains("x  ")
            && text.ends_with("peak -6.0 dBFS"),
        "{text}"
    );
    assert_eq!((clock(0.0).as_str(), clock(3_599.9).as_str()), ("0:00", "59:59"));
}
