//! Recording while playing: what the device got, bit for bit, and strips that line up with it, through edits,
//! slow disks, full disks and sudden death.
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[cfg(target_os = "linux")]
#[path = "record/faults.rs"]
mod faults;
#[path = "live/stage.rs"]
mod stage;

use rhapsode::engine::live::Quant;
use rhapsode::io::file::{AudioFile, Format};
use rhapsode::io::record::{Recorder, Recording, Sound};
use rhapsode::rt::{Buffer, Ramp};
use stage::{SONG, Stage, same};
use std::path::Path;

fn read(path: &Path) -> AudioFile {
    AudioFile::read(path).unwrap_or_else(|e| panic!("{e}"))
}

fn master(path: &Path) -> Recording {
    Recording { master: Some(path.to_path_buf()), ..Recording::default() }
}

fn stems(path: &Path) -> Recording {
    Recording { stems: Some(path.to_path_buf()), ..Recording::default() }
}

#[test]
fn the_master_is_what_the_device_got() {
    let folder = tempfile::tempdir().expect("a folder");
    for buffers in [vec![64], vec![256], vec![1, 37, 512, 1000, 64]] {
        let mut stage = Stage::with(SONG, &buffers);
        stage.play_to(0.7);
        let files = stage.live.record(&master(&folder.path().join("take.wav"))).expect("starts");
        stage.play_to(2.3);
        let recorded = stage.live.stop_recording().expect("it was recording");
        stage.play_to(2.6);
        assert_eq!((recorded.lost_frames, recorded.files.len()), (0, 1));
        let (file, frames) = &recorded.files[0];
        assert_eq!(*file, files[0]);
        let sound = read(file);
        assert_eq!((sound.rate, sound.channels.len()), (48_000, 2));
        assert_eq!(sound.frames() as u64, *frames);
        let from = recorded.from as usize;
        assert!((33_600..33_600 + 1100).contains(&from), "the next block: {from}");
        assert!(sound.frames() as f64 > 1.5 * 48_000.0, "{} frames", sound.frames());
        same(&sound.channels[0], &stage.left[from..], "left");
        same(&sound.channels[1], &stage.right[from..], "right");
    }
    // None was overwritten.
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .expect("readable")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["take-2.wav", "take-3.wav", "take.wav"]);
}

#[test]
fn the_ending_or_the_format_says_how_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let formats = [
        ("a.wav", None, 0.0),
        ("b.wav", Some(Format::Wav24), 1.0 / 8_388_608.0),
        ("c.flac", None, 1.0 / 8_388_608.0),
    ];
    for (name, format, step) in formats {
        let mut stage = Stage::new(SONG);
        let path = folder.path().join(name);
        stage.live.record(&Recording { format, ..master(&path) }).expect("starts");
        stage.play_to(1.5);
        let recorded = stage.live.stop_recording().expect("it was recording");
        let sound = read(&path);
        assert_eq!(sound.frames() as u64, recorded.files[0].1, "{name}");
        let apart = |(a, b): (&f32, &f32)| (a - b).abs();
        let worst = sound.channels[0].iter().zip(&stage.left).map(apart).fold(0.0, f32::max);
        assert!(worst <= step, "{name}: {worst}");
    }
    let mut stage = Stage::new(SONG);
    let error = stage.live.record(&master(&folder.path().join("take.mp3"))).expect_err("refused");
    assert!(error.to_string().contains(".wav or .flac"), "{error}");
    let error =
        stage.live.record(&master(&folder.path().join("no/take.wav"))).expect_err("refused");
    assert!(error.to_string().contains("create the folder first"), "{error}");
    assert!(stage.live.recording().is_none());
}

/// Two tracks and a bus whose sum is the master, as nothing stands in it.
fn dry(rest: &str) -> String {
    format!(
        "track(\"a\", instrument(|v| saw(v.freq) * adsr(v.gate) * 0.1)).play(note(\"c2*4\")).send(\"hall\", 0.3);
         bus(\"hall\", delay(0.11, #{{mix: 1}}));\n{rest}"
    )
}

#[test]
fn the_stems_add_up_to_the_master_through_edits() {
    let folder = tempfile::tempdir().expect("a folder");
    let b = "track(\"b:1\", sine(330) * 0.1).pan(0.4);";
    let c = "track(\"c\", sine(440) * 0.1);";
    let mut stage = Stage::new(&dry(b));
    stage.play_to(0.5);
    let files = stage.live.record(&stems(&folder.path().join("stems"))).expect("starts");
    let names = |files: &mut dyn Iterator<Item = &Path>| -> Vec<String> {
        files.map(|f| f.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(&mut files.iter().map(|f| &**f)), ["master", "a", "b_1", "hall"]);
    stage.play_to(1.0);
    let gone = stage.edit(&dry(c), Quant::Now);
    stage.play_to(2.0);
    let back = stage.edit(&dry(b), Quant::Now);
    stage.play_to(2.5);
    let muted = stage.edit(&dry(&b.replace(';', ".mute();")), Quant::Now);
    stage.play_to(3.0);
    let recorded = stage.live.stop_recording().expect("it was recording");
    assert_eq!(
        names(&mut recorded.files.iter().map(|f| &*f.0)),
        ["master", "a", "b_1", "hall", "c"]
    );
    let sounds: Vec<AudioFile> = recorded.files.iter().map(|(file, _)| read(file)).collect();
    let frames = sounds[0].frames();
    assert!(sounds.iter().all(|s| s.frames() == frames), "all are as long");
    for channel in 0..2 {
        for i in 0..frames {
            let sum: f32 = sounds[1..].iter().map(|s| s.channels[channel][i]).sum();
            let apart = (sum - sounds[0].channels[channel][i]).abs();
            assert!(apart < 1e-6, "frame {i}, channel {channel}: {apart}");
        }
    }
    // What came late begins with silence, what ended goes on in silence, and comes back in the same file.
    let at = |frame: u64| (frame - recorded.from) as usize;
    let peak = |x: &[f32]| x.iter().fold(0.0, |m: f32, x| m.max(x.abs()));
    let (b, c) = (&sounds[2].channels[0], &sounds[4].channels[0]);
    assert_eq!(peak(&c[..at(gone)]), 0.0);
    assert!(peak(&c[at(gone) + 2000..at(back)]) > 0.09);
    assert!(peak(&b[..at(gone)]) > 0.05);
    assert!(peak(&b[at(gone)..at(gone) + 900]) > 0.01, "its fade is in it");
    assert_eq!(peak(&b[at(gone) + 2000..at(back)]), 0.0);
    assert!(peak(&b[at(back) + 2000..at(muted)]) > 0.05);
    assert_eq!(peak(&b[at(muted) + 2000..]), 0.0);
}

#[test]
fn stems_line_up_whatever_the_latency() {
    // A click each half second; the limiters make one track and the master late.
    let click = |name: &str, fx: &str| {
        format!(
            "track(\"{name}\", instrument(|v| v.gate * 0.5)).play(note(\"c3*4\").gate(0.1)){fx};"
        )
    };
    let song =
        format!("{}{}master(limiter(-1));", click("plain", ""), click("late", ".fx(limiter(-1))"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::new(&song);
    stage.live.record(&stems(folder.path())).expect("starts");
    stage.play_to(1.4);
    let recorded = stage.live.stop_recording().expect("it was recording");
    let first = |name: &str| {
        let (file, _) = recorded.files.iter().find(|f| f.0.ends_with(name)).expect("it is there");
        read(file).channels[0].iter().position(|x| *x != 0.0).expect("a click")
    };
    let at = first("master.wav");
    assert!(at > 200, "the master is late: {at}");
    assert_eq!((first("plain.wav"), first("late.wav")), (at, at));
}

#[test]
fn a_second_take_begins_where_the_first_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("take.wav");
    let mut stage = Stage::new(SONG);
    stage.live.record(&master(&path)).expect("starts");
    let error = stage.live.record(&master(&path)).expect_err("one at a time");
    assert!(error.to_string().contains("stop_recording()"), "{error}");
    stage.play_to(0.5);
    let first = stage.live.stop_recording().expect("it was recording");
    assert!(stage.live.stop_recording().is_none());
    stage.live.record(&master(&path)).expect("starts");
    stage.play_to(1.0);
    let second = stage.live.stop_recording().expect("it was recording");
    assert_eq!(second.from, first.from + first.files[0].1);
    assert_eq!(second.files[0].0, folder.path().join("take-2.wav"));
    // Dropping it completes the file as well.
    stage.live.record(&master(&path)).expect("starts");
    stage.play_to(1.5);
    drop(stage);
    assert!(read(&folder.path().join("take-3.wav")).frames() > 22_000);
}

#[test]
fn a_recording_does_not_wait_for_a_device_that_has_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::new(SONG);
    for take in 0..4 {
        stage.live.record(&master(&folder.path().join("take.wav"))).expect("starts");
        let recorded = stage.live.stop_recording().expect("it was recording");
        assert_eq!(recorded.files[0].1, 0, "take {take}");
        let wav = hound::WavReader::open(&recorded.files[0].0).expect("a header");
        assert_eq!(wav.duration(), 0);
    }
    let error = stage.live.record(&master(&folder.path().join("take.wav"))).expect_err("no room");
    assert!(error.to_string().contains("wait until it plays"), "{error}");
    stage.play_to(0.1);
    stage.live.record(&master(&folder.path().join("take.wav"))).expect("there is room again");
}

#[test]
fn the_meters_say_the_peaks_in_the_order_of_the_script() {
    let song = |b: &str| {
        format!(
            "track(\"b\", sine(300) * 0.5){b}; track(\"a\", sine(200) * 0.25).pan(-1).send(\"echo\", 0.5);
             bus(\"echo\", gain(0.5)); master(gain(0.5));"
        )
    };
    let mut stage = Stage::new(&song(""));
    stage.play_to(0.5);
    let names = |stage: &mut Stage| -> Vec<String> {
        stage.live.take_meters().into_iter().map(|m| m.name).collect()
    };
    assert_eq!(names(&mut stage), ["b", "a", "echo", "master"]);
    assert!(stage.live.take_meters().iter().all(|m| m.peak == [0.0; 2]), "since they were asked");
    stage.play_to(1.0);
    let from = stage.left.len() - 12_000;
    let meters = stage.live.take_meters();
    let close = |i: usize, want: [f32; 2]| {
        let got = meters[i].peak;
        let near = (0..2).all(|c| (got[c] - want[c]).abs() < 0.003);
        assert!(near, "{}: {got:?}, not {want:?}", meters[i].name);
    };
    close(0, [0.5, 0.5]);
    let left = 0.25 * std::f32::consts::SQRT_2;
    close(1, [left, 0.0]);
    close(2, [left * 0.25, 0.0]);
    let peak = |x: &[f32]| x.iter().fold(0.0, |m: f32, x| m.max(x.abs()));
    close(3, [peak(&stage.left[from..]), peak(&stage.right[from..])]);
    // A strip that is muted stays in its place.
    stage.edit(&song(".mute()"), Quant::Now);
    stage.play_to(2.0);
    stage.live.take_meters();
    stage.play_to(2.2);
    let meters = stage.live.take_meters();
    assert_eq!((meters[0].name.as_str(), meters[0].peak), ("b", [0.0; 2]));
    assert!(meters[1].peak[0] > 0.3);
}

#[test]
fn what_a_slow_disk_loses_is_counted_and_silent_and_time_stays_right() {
    // At this rate the ring holds some 50 blocks, which are written faster than the writer looks at it.
    const RATE: u32 = 640;
    let folder = tempfile::tempdir().expect("a folder");
    let what = stems(&folder.path().join("stems"));
    let (recorder, mut tape) =
        Recorder::start(&what, RATE, &[(1, "a".into())]).expect("makes the files");
    let block = |n: u64| Buffer(std::array::from_fn(|i| (n * 64 + i as u64) as f32 + 1.0));
    let strip = Buffer([0.5; 64]);
    let heard = Some((&strip, Ramp::constant(1.0)));
    let (first, blocks) = (1000, 400);
    for n in 0..blocks {
        // After a while, the disk is awake again.
        if n == 390 {
            while recorder.progress().seconds == 0.0 {
                std::thread::yield_now();
            }
        }
        let sound = Sound { slot: 1, early: 0, channels: [heard, None] };
        tape.write(first + n * 64, &[block(n), block(n)], [sound].into_iter());
    }
    let recorded = recorder.stop().expect("it was recording");
    assert!(tape.is_over());
    assert_eq!((recorded.from, recorded.seconds), (first, 40.0));
    let lost = recorded.lost_frames;
    assert!((64 * 50..64 * 390).contains(&lost), "{lost} frames");
    assert!(recorded.warnings.iter().any(|w| w.message.contains("too slow")), "it is said");
    let (master, a) = (read(&recorded.files[0].0), read(&recorded.files[1].0));
    assert_eq!((master.frames() as u64, a.frames() as u64), (blocks * 64, blocks * 64));
    let mut silent = 0;
    for i in 0..master.frames() {
        let (m, s) = (master.channels[0][i], [a.channels[0][i], a.channels[1][i]]);
        if m == 0.0 {
            silent += 1;
            assert_eq!(s, [0.0; 2], "frame {i}");
        } else {
            assert_eq!((m, s), (i as f32 + 1.0, [0.5, 0.0]), "frame {i}");
        }
    }
    assert_eq!(silent, lost);
    assert_eq!(master.channels[0].last(), Some(&(blocks as f32 * 64.0)), "it is awake again");
}
