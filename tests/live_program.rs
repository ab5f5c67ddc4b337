//! `rhapsode live` as a program, without a device: files that are saved while they play, as a recording hears them.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// A session that plays `song.rhai` of a folder of its own, in time and in silence.
struct Play {
    child: Child,
    said: BufReader<ChildStderr>,
    dir: tempfile::TempDir,
}

impl Play {
    fn new(files: &[(&str, &str)], prepare: impl FnOnce(&Path)) -> Play {
        Play::with(files, prepare, &[])
    }

    fn with(files: &[(&str, &str)], prepare: impl FnOnce(&Path), options: &[&str]) -> Play {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        prepare(dir.path());
        let live = ["live", "song.rhai", "--device", "null", "--quant", "now", "--for", "60"];
        let mut child = rhapsode(dir.path())
            .args(live)
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let said = BufReader::new(child.stderr.take().expect("piped"));
        Play { child, said, dir }
    }

    /// Reads what it says until that contains `word`.
    fn wait_for(&mut self, word: &str) -> String {
        let (mut all, begin) = (String::new(), Instant::now());
        while !all.contains(word) {
            let read = self.said.read_line(&mut all).expect("text");
            assert!(read > 0 && begin.elapsed() < Duration::from_secs(30), "no `{word}` in: {all}");
        }
        all
    }

    /// Saves a file as editors do: another one, renamed over it.
    fn save(&self, name: &str, write: impl FnOnce(&Path)) {
        let other = self.dir.path().join("other.tmp");
        write(&other);
        std::fs::rename(&other, self.dir.path().join(name)).expect("renamed");
    }

    fn save_text(&self, name: &str, text: &str) {
        self.save(name, |path| std::fs::write(path, text).expect("written"));
    }

    /// Sends code as an editor would.
    fn eval(&self, code: &str) {
        let mut command = rhapsode(self.dir.path());
        command.args(["eval", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        child.stdin.take().expect("piped").write_all(code.as_bytes()).expect("listens");
        let out = child.wait_with_output().expect("ends");
        assert!(out.status.success(), "{code}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// Ends the recording of `take.wav` and reads it: left and right.
    fn take(&self) -> [Vec<f32>; 2] {
        self.eval("stop_recording()");
        let file = self.dir.path().join("take.wav");
        let mut reader = hound::WavReader::open(file).expect("a WAV file");
        let samples: Vec<f32> = match reader.spec().sample_format {
            hound::SampleFormat::Float => reader.samples().map(|s| s.expect("whole")).collect(),
            hound::SampleFormat::Int => {
                let full = (1i64 << (reader.spec().bits_per_sample - 1)) as f32;
                reader.samples::<i32>().map(|s| s.expect("whole") as f32 / full).collect()
            }
        };
        [0, 1].map(|side| samples.iter().skip(side).step_by(2).copied().collect())
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rhapsode(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    command.current_dir(dir).env("XDG_RUNTIME_DIR", dir).env("XDG_STATE_HOME", dir);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Writes 50 ms of a constant level.
fn hit(path: &Path, level: f32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("made");
    (0..2400).for_each(|_| writer.write_sample(level).expect("written"));
    writer.finalize().expect("whole");
}

/// Level of `hz` in tenths of a second, by correlation.
fn levels(sound: &[f32], hz: f64) -> Vec<f64> {
    let level = |x: &[f32]| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, x) in x.iter().enumerate() {
            let angle = std::f64::consts::TAU * hz * i as f64 / 48_000.0;
            re += f64::from(*x) * libm::cos(angle);
            im += f64::from(*x) * libm::sin(angle);
        }
        libm::hypot(re, im) * 2.0 / x.len() as f64
    };
    sound.chunks_exact(4800).map(level).collect()
}

/// Whether `levels` are first about `before`, at the end about `after`, and change once.
fn turns(levels: &[f64], before: f64, after: f64) -> bool {
    let near = |x: f64, y: f64| (x - y).abs() < 0.02;
    let first = levels.iter().take_while(|x| near(**x, before)).count();
    let last = levels.iter().rev().take_while(|x| near(**x, after)).count();
    // An edit may fall into the middle of a tenth.
    first > 0 && last > 0 && first + last + 1 >= levels.len()
}

/// Longer than an edit takes, so that each state is heard for some tenths of a second.
const HEAR: Duration = Duration::from_millis(700);

#[test]
fn a_sample_replaced_on_disk_and_an_import_edited_are_heard_and_a_deleted_track_stops() {
    let head = "tempo(240); import \"lib\" as lib; import \"tones\" as tones;\n\
                track(\"hit\", sampler(\"hit.wav\", #{velocity: 0})).play(note(\"c3*10\")).pan(-1);\n";
    let tones =
        "track(\"one\", sine(lib::HZ) * 0.2).pan(1);\ntrack(\"two\", tones::low()).pan(1);\n";
    let song = format!("{head}{tones}");
    let files = [
        ("song.rhai", song.as_str()),
        ("lib.rhai", "export const HZ = 200;"),
        // A module that uses the other: both must hear of its edit.
        ("tones.rhai", "fn low() { import \"lib\" as lib; sine(lib::HZ / 2) * 0.2 }"),
    ];
    let mut play = Play::new(&files, |dir| hit(&dir.join("hit.wav"), 0.25));
    play.wait_for("Playing on");
    std::thread::sleep(HEAR);
    play.eval("record(\"take.wav\")");
    std::thread::sleep(HEAR);
    play.save("hit.wav", |path| hit(path, 0.5));
    play.wait_for("Swapped");
    std::thread::sleep(HEAR);
    play.save_text("lib.rhai", "export const HZ = 400;");
    play.wait_for("Swapped");
    std::thread::sleep(HEAR);
    play.save_text("song.rhai", head);
    play.wait_for("Swapped");
    std::thread::sleep(HEAR);
    let [left, right] = play.take();
    let peaks: Vec<f64> = left
        .chunks_exact(4800)
        .map(|x| f64::from(x.iter().fold(0.0f32, |m, x| m.max(x.abs()))))
        .collect();
    // Between two samples of a step its curve goes beyond them, so levels are compared with each other.
    assert!(
        (0.25..0.3).contains(&peaks[0]) && turns(&peaks, peaks[0], 2.0 * peaks[0]),
        "{peaks:?}"
    );
    // At the side a mono sound has 1.41 of its level.
    let level = 0.2 * std::f64::consts::SQRT_2;
    for (hz, who) in [(100.0, "the module's own use"), (400.0, "the script's")] {
        let found = levels(&right, hz);
        let gone = found.iter().rposition(|x| *x > 0.1).expect("heard");
        let (was, is) = if hz < 200.0 { (level, 0.0) } else { (0.0, level) };
        let heard = if hz < 200.0 { &found[..] } else { &found[..gone] };
        assert!(turns(heard, was, is), "{who}: {found:?}");
    }
    let end = &right[right.len() - 9600..];
    assert!(end.iter().all(|x| *x == 0.0), "a deleted track stops");
    assert!(peaks.last().is_some_and(|x| *x > 0.5), "and the other plays on");
}

#[test]
fn what_is_made_of_a_sample_that_is_replaced_is_made_again() {
    let song = "tempo(240); let s = sound_file(\"hit.wav\").slice(2)[0];\n\
                track(\"hit\", sampler(external(\"cat\", s), #{velocity: 0})).play(note(\"c3*10\"));\n";
    let mut play = Play::with(
        &[("song.rhai", song)],
        |dir| hit(&dir.join("hit.wav"), 0.25),
        &["--allow-external"],
    );
    play.wait_for("Playing on");
    std::thread::sleep(HEAR);
    play.eval("record(\"take.wav\")");
    std::thread::sleep(HEAR);
    play.save("hit.wav", |path| hit(path, 0.5));
    play.wait_for("Swapped");
    std::thread::sleep(HEAR);
    let [left, _] = play.take();
    let peak = |x: &[f32]| f64::from(x.iter().fold(0.0f32, |m, x| m.max(x.abs())));
    let peaks: Vec<f64> = left.chunks_exact(4800).map(peak).collect();
    assert!(peaks[0] > 0.2 && turns(&peaks, peaks[0], 2.0 * peaks[0]), "{peaks:?}");
}

#[test]
fn inputs_are_opened_for_the_first_music_or_as_the_user_says_and_missing_ones_are_told() {
    let song = ("song.rhai", "track(\"a\", audio_in(2));");
    let mut play = Play::new(&[song], |_| {});
    play.wait_for("null: its inputs are silent: it hears nothing");
    let mut play = Play::with(&[song], |_| {}, &["--inputs", "1"]);
    let told = play.wait_for("start again with `--inputs 2`");
    assert!(told.contains("channel 2 of `audio_in` is silent: one input is open"), "{told}");
    assert!(told.contains("song.rhai:1:12"), "{told}");
    // Once music was heard the device is left alone.
    let mut play = Play::new(&[("song.rhai", "track(\"a\", sine(100));")], |_| {});
    play.wait_for("Playing on");
    std::thread::sleep(HEAR);
    play.save_text("song.rhai", song.1);
    let told = play.wait_for("start again with `--inputs 2`");
    assert!(told.contains("channel 2 of `audio_in` is silent: no inputs are open"), "{told}");
}
