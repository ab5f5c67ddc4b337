//! A disk that is full and a process that is killed, for real: the test binary runs itself as a child.

use super::stage::{SONG, Stage, same};
use super::{master, read, stems};
use rhapsode::engine::live::News;
use rhapsode::io::record::Recording;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RATE: f64 = 48_000.0;

/// This binary again, as what `role` does with `task` and `path`.
fn child(task: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().expect("runs"))
        .args(["--exact", "faults::role", "--ignored", "--nocapture"])
        .env("RHAPSODE_TEST_ROLE", task)
        .env("RHAPSODE_TEST_PATH", path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

#[test]
#[ignore = "what the other tests start"]
fn role() {
    let path = std::env::var_os("RHAPSODE_TEST_PATH").map(std::path::PathBuf::from);
    let (Ok(task), Some(path)) = (std::env::var("RHAPSODE_TEST_ROLE"), path) else { return };
    let what = if path.extension().is_some() { master(&path) } else { stems(&path) };
    match task.as_str() {
        "fill" => fill(&what),
        "play" => play(&what),
        other => panic!("what is {other}?"),
    }
}

/// Bytes that a file can have before the disk is full: 1.5 s of a 32-bit WAV file.
const FULL: u64 = 600_000;

/// From now on no file of this process gets longer, as if the disk were full.
fn fill_disk() {
    let limit = libc::rlimit { rlim_cur: FULL, rlim_max: FULL };
    // SAFETY: plain calls. The signal would end the process; without it, writing fails.
    unsafe {
        assert_ne!(libc::signal(libc::SIGXFSZ, libc::SIG_IGN), libc::SIG_ERR);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
}

/// Records until the disk is full, and on.
fn fill(what: &Recording) {
    fill_disk();
    let mut stage = Stage::new(SONG);
    stage.live.record(what).expect("starts");
    // How it went when the failure was first told.
    let mut progress = None;
    for step in 1..=40 {
        stage.play_to(f64::from(step) * 0.125);
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(5));
            let now = stage.live.recording().expect("it goes on");
            progress = progress.or(now.error.is_some().then_some(now));
        }
    }
    let progress = progress.expect("it has failed");
    let recorded = stage.live.stop_recording().expect("it was recording");
    assert_eq!((recorded.lost_frames, recorded.warnings.len()), (0, 0));

    // The sound went on.
    let mut undisturbed = Stage::new(SONG);
    undisturbed.play_to(5.0);
    same(&stage.left, &undisturbed.left, "left");
    same(&stage.right, &undisturbed.right, "right");

    // What is said is what is there.
    let said: Vec<_> = stage.news.iter().filter_map(warning).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    let (file, frames) = &recorded.files[0];
    let seconds = *frames as f64 / RATE;
    assert!(seconds > 0.8, "{seconds} s are safe");
    for part in [file.to_str().expect("plain"), "File too large", &format!("{seconds:.1} s")] {
        assert!(said[0].contains(part), "no `{part}` in: {}", said[0]);
    }
    assert_eq!(progress.error.as_deref(), Some(said[0].as_str()));
    assert!((progress.seconds - seconds).abs() < 0.01, "{progress:?}, {seconds} s");
    for (file, frames) in &recorded.files {
        let sound = read(file);
        assert_eq!(sound.frames() as u64, *frames, "{}", file.display());
    }
    if file.extension().is_some_and(|e| e == "wav") {
        let sound = read(file);
        same(&sound.channels[0], &stage.left, "what is safe, left");
        same(&sound.channels[1], &stage.right, "what is safe, right");
    }
}

fn warning(news: &News) -> Option<String> {
    match news {
        News::Warning(warning) => Some(warning.message.clone()),
        News::Swapped { .. } | News::Told(_) => None,
    }
}

#[test]
fn row_32_a_full_disk_ends_the_recording_and_not_the_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["take.wav", "take.flac", "stems"] {
        let mut child = child("fill", &folder.path().join(name));
        let mut said = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).lines().map_while(Result::ok).for_each(|line| said += &(line + "\n"));
        assert!(child.wait().expect("ends").success(), "{name}: {said}");
    }
    assert_eq!(std::fs::read_dir(folder.path().join("stems")).expect("is there").count(), 4);
}

/// Records at the pace of a device, saying how many frames that has got.
fn play(what: &Recording) {
    let mut stage = Stage::with(SONG, &[480]);
    stage.live.record(what).expect("starts");
    let begin = Instant::now();
    loop {
        stage.step();
        let due = Duration::from_secs_f64(stage.left.len() as f64 / RATE);
        std::thread::sleep((begin + due).saturating_duration_since(Instant::now()));
        println!("@{}", stage.left.len());
        std::io::stdout().flush().expect("somebody listens");
    }
}

/// Lets a child record to `path` for `seconds`, kills it, and says how many frames it had played.
fn killed_after(seconds: f64, path: &Path) -> u64 {
    let mut child = child("play", path);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut told = 0;
    let mut killed = false;
    // What it had said by then is still in the pipe.
    while let Some(Ok(line)) = lines.next() {
        if let Some((_, frames)) = line.split_once('@') {
            told = frames.parse().expect("a number");
        }
        if !killed && told as f64 >= seconds * RATE {
            child.kill().expect("kill -9");
            killed = true;
        }
    }
    child.wait().expect("ended");
    told
}

fn info(file: &Path) -> String {
    let rhapsode = env!("CARGO_BIN_EXE_rhapsode");
    let output = Command::new(rhapsode).arg("info").arg(file).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn row_33_kill_9_costs_half_a_second_at_most() {
    let folder = tempfile::tempdir().expect("a folder");
    let most = (0.5 * RATE) as u64;
    let mut want = Stage::new(SONG);
    want.play_to(4.0);
    for (i, seconds) in [0.6, 1.05, 1.33].into_iter().enumerate() {
        let file = folder.path().join(format!("{i}.wav"));
        let played = killed_after(seconds, &file);
        let wav = hound::WavReader::open(&file).expect("a valid header");
        let frames = u64::from(wav.duration());
        assert!(frames + most >= played, "{frames} of {played} frames after {seconds} s");
        assert!(info(&file).contains("48000 Hz"), "{}", info(&file));
        let sound = read(&file);
        assert_eq!(sound.frames() as u64, frames);
        same(&sound.channels[0], &want.left, "left");
        same(&sound.channels[1], &want.right, "right");

        let file = folder.path().join(format!("{i}.flac"));
        let played = killed_after(seconds, &file);
        let frames = read(&file).frames() as u64;
        assert!(frames + most >= played, "flac: {frames} of {played} frames after {seconds} s");
        assert!(info(&file).contains("48000 Hz"), "{}", info(&file));
    }
    let stems = folder.path().join("stems");
    let played = killed_after(0.9, &stems);
    for name in ["master", "acid", "bells", "hall"] {
        let frames = read(&stems.join(format!("{name}.wav"))).frames() as u64;
        assert!(frames + most >= played, "{name}: {frames} of {played} frames");
    }
}
