//! `rhapsode live` on a JACK server: what the device gets, bit for bit, and edits of the file while it plays.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test of live playing waits by the clock")]

#[allow(dead_code, reason = "each test uses a part of the server")]
#[path = "jack/server.rs"]
mod server;

use rhapsode::engine::{Length, Options, offline::Tail};
use rhapsode::runtime::Runtime;
use server::Server;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};

const SONG: &str = r#"
tempo(126);
let acid = instrument(|v| saw(v.freq) * 0.3 |> lowpass(400 + lfo("sine", 0.3) * 300) |> gain(adsr(v.gate, #{release: 0.2})));
track("acid", acid).play(note("c2 [eb2 g2] c3 bb2")).fx(delay(0.25, #{feedback: 0.4})).send("hall", 0.3);
track("bells", instrument(|v| sine(v.freq * 2) * v.gate * 0.2)).play(note("<c5 e5> g5*2")).pan(lfo("sine", 0.2).range(-0.5, 0.5));
bus("hall", reverb(#{decay: 2, mix: 1}));
master(gain(curve([[0, 0.6], [8, 0.9], [64, 0.4]])));
"#;

/// `rhapsode live` on the server, and what it says.
fn live(server: &Server, script: &Path, options: &[&str]) -> (Child, BufReader<ChildStderr>) {
    let mut child = server
        .command(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["live", script.to_str().expect("plain"), "--host", "jack"])
        .args(options)
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let said = BufReader::new(child.stderr.take().expect("piped"));
    (child, said)
}

/// Reads lines until one contains `word`.
fn wait_for(said: &mut BufReader<ChildStderr>, word: &str) -> String {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        let read = said.read_line(&mut line).expect("text");
        assert!(read > 0, "no `{word}` in: {all}");
        if line.contains(word) {
            return line;
        }
        all.push_str(&line);
    }
}

fn read(file: &Path) -> [Vec<f32>; 2] {
    let mut reader = hound::WavReader::open(file).expect("a WAV file");
    let samples: Vec<f32> = reader.samples::<f32>().map(|s| s.expect("whole")).collect();
    let channel = |c: usize| samples.iter().skip(c).step_by(2).copied().collect();
    [channel(0), channel(1)]
}

#[test]
fn the_device_gets_what_render_writes_for_a_minute() {
    let server = Server::start("live", 48_000, 256);
    let dir = tempfile::tempdir().expect("a folder");
    let (script, file) = (dir.path().join("song.rhai"), dir.path().join("out.wav"));
    std::fs::write(&script, SONG).expect("written");
    let mut recording = server.record(&file, 66.0);
    let (mut child, mut said) = live(&server, &script, &["--for", "63"]);
    wait_for(&mut said, "Playing on");
    assert!(child.wait().expect("ends").success());
    assert!(recording.wait().expect("ends").success());
    let options = Options { length: Length::Seconds(60.0), tail: Tail::None, ..Options::default() };
    let want = Runtime::new().eval(SONG).expect("evaluates").render(options).expect("renders");
    let [left, right] = read(&file);
    let first = |x: &[f32]| x.iter().position(|x| *x != 0.0).expect("sound");
    for (got, want, name) in [(&left, &want.left, "left"), (&right, &want.right, "right")] {
        let got = &got[first(got) - first(want)..][..want.len()];
        let bad = (0..want.len()).find(|&i| got[i].to_bits() != want[i].to_bits());
        assert_eq!(bad, None, "{name}: the first frame that differs");
    }
}

#[test]
fn a_saved_file_is_heard_a_broken_one_is_told_and_the_sound_never_stops() {
    let server = Server::start("edit", 48_000, 128);
    let dir = tempfile::tempdir().expect("a folder");
    let (script, module) = (dir.path().join("song.rhai"), dir.path().join("lib.rhai"));
    let file = dir.path().join("out.wav");
    let song = |hz: u32| {
        format!("import \"lib\" as lib; track(\"a\", sine({hz}) * lib::LEVEL).fx(lowpass(8000));")
    };
    std::fs::write(&module, "export const LEVEL = 0.25;").expect("written");
    std::fs::write(&script, song(200)).expect("written");
    let mut recording = server.record(&file, 6.0);
    let (mut child, mut said) = live(&server, &script, &["--for", "60", "--quant", "now"]);
    wait_for(&mut said, "Playing on");
    let pause = || std::thread::sleep(std::time::Duration::from_millis(700));
    pause();
    std::fs::write(&script, song(400)).expect("written");
    let line = wait_for(&mut said, "Swapped");
    assert!(line.contains("changed 1, added 0, removed 0"), "{line}");
    pause();
    std::fs::write(&script, "track(\"a\", sin(200)").expect("written");
    wait_for(&mut said, "song.rhai:1:");
    wait_for(&mut said, "Nothing was changed");
    // As editors save: another file, renamed over the old one.
    let other = dir.path().join("song.tmp");
    std::fs::write(&other, song(800)).expect("written");
    std::fs::rename(&other, &script).expect("renamed");
    wait_for(&mut said, "Swapped");
    pause();
    std::fs::write(&module, "export const LEVEL = 0.5;").expect("written");
    wait_for(&mut said, "Swapped");
    assert!(recording.wait().expect("ends").success());
    child.kill().expect("ends");
    child.wait().expect("ends");
    let [left, _] = read(&file);
    let sound: Vec<f32> = left.into_iter().skip_while(|x| *x == 0.0).collect();
    let crossings = |x: &[f32]| x.windows(2).filter(|w| w[0] <= 0.0 && w[1] > 0.0).count();
    let tenths: Vec<(usize, f32)> = sound
        .chunks_exact(4800)
        .map(|x| (crossings(x), x.iter().fold(0.0f32, |m, x| m.max(x.abs()))))
        .collect();
    assert!(tenths.iter().all(|t| t.1 > 0.2), "it never stops: {tenths:?}");
    let steady = [20, 40, 80].map(|hz| tenths.iter().any(|t| t.0.abs_diff(hz) <= 1));
    assert_eq!(steady, [true; 3], "{tenths:?}");
    let loud = tenths.last().expect("sound").1;
    assert!((loud - 0.5).abs() < 0.02, "{loud}");
    // A jump of the wave itself would be as large as the wave.
    let sharp = sound.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max);
    assert!(sharp < 0.02, "{sharp}");
}
