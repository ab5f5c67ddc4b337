//! The command line as a user meets it: files, exit codes, messages.

#![allow(clippy::disallowed_methods, reason = "a test waits before it interrupts")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn rhapsode(args: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    command.args(args).current_dir(dir).output().expect("starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder of its own with the script `song.rhai`.
fn folder(script: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("makes a folder");
    std::fs::write(dir.path().join("song.rhai"), script).expect("writes");
    let path = dir.path().to_path_buf();
    (dir, path)
}

const SONG: &str = "tempo(120); length_bars(1);\n\
    track(\"a\", sine(440) * 0.25).send(\"space\", 0.3);\n\
    track(\"b\", instrument(|v| saw(v.freq) * 0.1)).play(\"c3 e3\");\n\
    bus(\"space\", reverb(#{decay: 0.5}));";

fn samples(path: &Path) -> (hound::WavSpec, usize) {
    let reader = hound::WavReader::open(path).expect("a WAV file");
    (reader.spec(), reader.duration() as usize)
}

#[test]
fn render_writes_every_format_with_length_rate_and_no_leftovers() {
    let (_keep, dir) = folder(SONG);
    for (format, bits) in [("wav16", 16), ("wav24", 24), ("wav32f", 32)] {
        let out = rhapsode(
            &["render", "song.rhai", "-o", "x.wav", "--format", format, "--tail", "none"],
            &dir,
        );
        assert!(out.status.success(), "{}", text(&out.stderr));
        let (spec, frames) = samples(&dir.join("x.wav"));
        assert_eq!((spec.bits_per_sample, spec.sample_rate, frames), (bits, 48_000, 96_000));
    }
    let out = rhapsode(
        &[
            "render",
            "song.rhai",
            "-o",
            "x.flac",
            "--rate",
            "44100",
            "--seconds",
            "0.5",
            "--tail",
            "1",
        ],
        &dir,
    );
    assert!(out.status.success(), "{}", text(&out.stderr));
    let info = rhapsode(&["info", "x.flac", "--json"], &dir);
    let info = text(&info.stdout);
    assert!(info.contains("44100") && info.contains("66150"), "{info}");
    let names: Vec<_> =
        std::fs::read_dir(&dir).expect("lists").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn stems_add_up_to_the_mix() {
    let (_keep, dir) = folder(SONG);
    let args = [
        "render",
        "song.rhai",
        "-o",
        "x.wav",
        "--format",
        "wav32f",
        "--tail",
        "none",
        "--stems",
        "stems",
    ];
    let out = rhapsode(&args, &dir);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let read = |path: PathBuf| -> Vec<f32> {
        hound::WavReader::open(path)
            .expect("opens")
            .samples::<f32>()
            .map(|x| x.expect("reads"))
            .collect()
    };
    let mix = read(dir.join("x.wav"));
    let parts: Vec<Vec<f32>> =
        ["a", "b", "space"].iter().map(|n| read(dir.join(format!("stems/{n}.wav")))).collect();
    let worst = (0..mix.len())
        .map(|i| (mix[i] - parts.iter().map(|p| p[i]).sum::<f32>()).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-5, "{worst}");
    assert!(mix.iter().any(|x| x.abs() > 0.1));
}

#[test]
fn mistakes_have_exit_codes_and_leave_no_file() {
    let (_keep, dir) = folder("track(\"a\", lowpas(3));\ntrack(\"b\", sine(440).gian(3));");
    let out = rhapsode(&["render", "song.rhai", "-o", "x.wav"], &dir);
    assert_eq!(out.status.code(), Some(1));
    let message = text(&out.stderr);
    assert!(
        message.contains("lowpass") && message.contains("gain") && message.contains("song.rhai:1"),
        "{message}"
    );
    assert!(!dir.join("x.wav").exists());
    assert_eq!(rhapsode(&["check", "song.rhai"], &dir).status.code(), Some(1));
    assert_eq!(rhapsode(&["render"], &dir).status.code(), Some(2));
    assert_eq!(rhapsode(&["render", "song.rhai", "--tail", "long"], &dir).status.code(), Some(2));
    assert_eq!(rhapsode(&["render", "nowhere.rhai"], &dir).status.code(), Some(1));
}

#[test]
fn the_tail_ends_when_the_sound_has_decayed() {
    let (_keep, dir) = folder(SONG);
    assert!(rhapsode(&["render", "song.rhai", "-o", "x.wav"], &dir).status.success());
    let (_, frames) = samples(&dir.join("x.wav"));
    // A reverb of 0.5 s to -60 dB has decayed to -80 dB, and half a second more, well before 3 s.
    assert!(frames > 96_000 + 24_000 && frames < 96_000 + 144_000, "{frames}");
}

#[test]
fn arguments_reach_the_script_and_the_plan_prints() {
    let (_keep, dir) =
        folder("length_bars(1); track(\"a\", sine(arg(\"pitch\", 440.0)) * 0.1 |> lowpass(900));");
    let plan = rhapsode(&["plan", "song.rhai", "--set", "pitch=123"], &dir);
    let plan = text(&plan.stdout);
    assert!(plan.contains("lowpass") && plan.contains("123"), "{plan}");
    let dot = text(&rhapsode(&["plan", "song.rhai", "--dot"], &dir).stdout);
    assert!(dot.starts_with("digraph") && dot.contains("sine"), "{dot}");
    let session = text(&rhapsode(&["plan", "song.rhai", "--session"], &dir).stdout);
    assert!(session.contains("\"tracks\""), "{session}");
    let doc = text(&rhapsode(&["doc", "lowpass"], &dir).stdout);
    assert!(doc.contains("cutoff") && doc.contains("Hz"), "{doc}");
    assert!(text(&rhapsode(&["completions", "bash"], &dir).stdout).contains("rhapsode"));
}

#[test]
fn what_is_not_a_number_is_silenced_and_named() {
    let script = "length_bars(1);\ntrack(\"bad\", sine(440).mul(1e38).mul(1e38));\ntrack(\"good\", sine(220) * 0.2);";
    let (_keep, dir) = folder(script);
    let out = rhapsode(
        &["render", "song.rhai", "-o", "x.wav", "--format", "wav32f", "--tail", "none"],
        &dir,
    );
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("not a number"), "{}", text(&out.stderr));
    let mut reader = hound::WavReader::open(dir.join("x.wav")).expect("opens");
    let peak = reader.samples::<f32>().map(|x| x.expect("reads").abs()).fold(0.0, f32::max);
    assert!((0.19..0.21).contains(&peak), "only the good track sounds: {peak}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_valid_file() {
    let (_keep, dir) = folder("length_bars(20000); track(\"a\", sine(440) * 0.1);");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["render", "song.rhai", "-o", "x.wav", "-q"])
        .current_dir(&dir)
        .spawn()
        .expect("starts");
    std::thread::sleep(std::time::Duration::from_millis(700));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("kills").success());
    assert!(child.wait().expect("ends").success());
    let (_, frames) = samples(&dir.join("x.wav"));
    assert!(frames > 48_000, "{frames}");
}

#[test]
fn a_prompt_takes_entries_from_a_pipe() {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["repl", "--quant", "now", "--device", "null"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .env("XDG_STATE_HOME", std::env::temp_dir())
        .spawn()
        .expect("starts");
    let entries = "tempo(130)\nfn cut() {\n  900\n}\ntrack(\"a\", sine(200)).fx(lowpass(cut()))\n\
                   fn cut() { 700 }\ntrak(\"b\")\n:undo\n?lowpass\nhush()\n:show\n:nope\n\
                   let slow = lfo(\"sine\", 1).range(300, 900)\ntrack(\"a\", sine(200)).fx(lowpass(slow))\n:show\n";
    child.stdin.take().expect("piped").write_all(entries.as_bytes()).expect("listens");
    let out = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    for part in [
        "there is no function `trak`",
        "did you mean `track`?",
        "A 12 dB/octave low-pass filter.",
        "tempo(130);\nfn cut() {\n  900\n}\ntrack(\"a\", sine(200)).fx(lowpass(cut()));",
        "there is no command `:nope`",
        // What a track uses comes before it, though it was there first.
        "}\nlet slow = lfo(\"sine\", 1).range(300, 900);\ntrack(\"a\", sine(200)).fx(lowpass(slow));",
    ] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    assert!(!said.contains("is not defined"), "{said}");
}

#[test]
fn commands_at_the_prompt_act_on_what_plays() {
    use std::io::Write;
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rhapsode"))
        .args(["repl", "--quant", "now", "--device", "null"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .env("XDG_STATE_HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .spawn()
        .expect("starts");
    let entries = "track(\"a\", sine(200) * 0.5)\ntrack(\"b\", sine(300) * 0.25)\n:wait 0.3\nrecord(\"take.wav\")\n\
                   :wait 0.3\nsolo(\"b\")\n:wait 0.4\nstatus()\nunsolo(); mute(\"b\")\n:wait 0.4\nstop_recording()\n\
                   undo()\n:show\nredo()\n:status\nmute(\"c\")\nplan()\nrecord(\"../x.wav\")\nhush()\n:wait 0.2\n:status\n\
                   help(\"solo\")\n:save saved.rhai\n";
    child.stdin.take().expect("piped").write_all(entries.as_bytes()).expect("listens");
    let out = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    for part in [
        "Recording into take.wav",
        "solo b",
        "Recorded 1.",
        "\ntrack(\"a\", sine(200) * 0.5);\n",
        "muted b",
        "there is no track or bus called \"c\"",
        "The last edit kept",
        "\"../x.wav\" leaves the folder",
        "stopped a b",
        "Silences all but the soloed tracks",
    ] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    let saved = std::fs::read_to_string(dir.path().join("saved.rhai")).expect("saved");
    assert_eq!(saved, "track(\"a\", sine(200) * 0.5);\ntrack(\"b\", sine(300) * 0.25);\n");
    // Both, then `b` alone, then `a` alone.
    let mut take = hound::WavReader::open(dir.path().join("take.wav")).expect("recorded");
    let left: Vec<f32> = take.samples::<f32>().step_by(2).map(|s| s.expect("whole")).collect();
    let peak = |from: usize, to: usize| left[from..to].iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let all = left.len();
    assert!(peak(0, 4800) > 0.6, "{}", peak(0, 4800));
    assert!((peak(all / 2 - 2400, all / 2) - 0.25).abs() < 0.01 || all < 40_000);
    assert!((peak(all - 9600, all) - 0.5).abs() < 0.01);
    assert!(dir.path().join("rhapsode/history").exists(), "what was entered is kept");
}

#[test]
fn a_plan_says_what_a_reload_would_do() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("written");
    };
    write("old.rhai", "track(\"a\", sine(200) |> lowpass(900)); track(\"b\", noise() * 0.1);");
    write(
        "new.rhai",
        "track(\"a\", sine(300) |> drive(2) |> lowpass(900)); track(\"c\", saw(50));",
    );
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
        command
            .current_dir(dir.path())
            .args(["plan", "new.rhai", "--against", "old.rhai"])
            .args(more);
        String::from_utf8(command.output().expect("runs").stdout).expect("text")
    };
    let plan = run(&[]);
    for part in ["changed 1", "  + a/drive", "  + c/saw", "  - b/noise"] {
        assert!(plan.contains(part), "no `{part}` in:\n{plan}");
    }
    assert!(!plan.contains("a/lowpass"), "{plan}");
    let json: serde_json::Value = serde_json::from_str(&run(&["--json"])).expect("JSON");
    assert_eq!(json["changed"], 1);
}
