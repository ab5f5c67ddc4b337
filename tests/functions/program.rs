//! The program: `--no-jit` gives the same file, a wrong function is refused where it stands.

use rhapsode::io::file::AudioFile;
use std::path::Path;
use std::process::{Command, Output};

fn rhapsode(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rhapsode")).args(args).output().expect("it runs")
}

fn render(to: &Path, more: &[&str]) -> Vec<u8> {
    let file = to.to_str().expect("a path");
    let args =
        ["render", "examples/own_dsp.rhai", "-o", file, "--bars", "1", "--tail", "none", "-q"];
    let done = rhapsode(&[&args[..], more].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(to).expect("written")
}

#[test]
fn interpreted_functions_give_the_same_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let machine = render(&folder.path().join("a.wav"), &[]);
    assert!(machine.iter().any(|byte| *byte != 0) && machine.len() > 100_000);
    assert!(render(&folder.path().join("b.wav"), &["--no-jit"]) == machine, "the bits differ");
}

#[test]
fn check_says_where_a_function_cannot_be_compiled() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wrong.rhai");
    let text = "fn f(x) {\n    let y = lowpas(x, 800);\n    y\n}\ntrack(\"a\", noise()).fx(dsp(f));\ntrack(\"b\", noise()).fx(dsp(|x| x + \"a\"));\n";
    std::fs::write(&path, text).expect("written");
    let done = rhapsode(&["check", path.to_str().expect("a path")]);
    let said = String::from_utf8_lossy(&[done.stderr, done.stdout].concat()).to_string();
    assert!(!done.status.success());
    for wanted in ["2:13", "there is no function `lowpas`", "6:", "a text"] {
        assert!(said.contains(wanted), "not `{wanted}`: {said}");
    }
}

#[test]
fn what_is_next_to_nothing_is_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_string();
    let text = "track(\"a\", dsp(|t| { this.z = (this.z ?? 1e-307) * 0.5; this.z * 1e306 }));";
    std::fs::write(path("tiny.rhai"), text).expect("written");
    for (to, how) in [("a.wav", &[][..]), ("b.wav", &["--no-jit"])] {
        let (script, to) = (path("tiny.rhai"), path(to));
        let args = ["render", &script, "-o", &to, "--bars", "1", "--tail", "none", "-q"];
        let done = rhapsode(&[&args[..], how].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let sound = AudioFile::read(Path::new(&to)).expect("a sound");
        let heard = &sound.channels[0];
        assert!((heard[0] - 0.05).abs() < 1e-5 && (heard[1] - 0.025).abs() < 1e-5);
        assert!(heard[2..].iter().all(|x| *x == 0.0), "{how:?}: {:?}", &heard[..8]);
    }
}
