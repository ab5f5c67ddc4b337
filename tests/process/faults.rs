//! Plugins that crash, hang or give no numbers: what becomes of their file, and of the others.

use super::built::library;
use super::command::{Place, text};
use rhapsode::plugin::Format;
use std::time::Instant;

/// Three files of which the second is loud, which the faulty fixtures do not bear.
fn takes() -> Place {
    let place = Place::new();
    for (name, level) in [("a", 0.25), ("b", 0.75), ("c", 0.125)] {
        place.put(&format!("takes/{name}.wav"), &vec![vec![level; 9000]; 2]);
    }
    place
}

#[test]
fn a_crash_costs_its_own_file_only() {
    for format in [Format::Vst3, Format::Clap] {
        let place = takes();
        let crash = library("crash-process", format);
        let crash = crash.to_str().expect("a name");
        let chain = ["--plugin", "Fixture Gain", "--plugin", crash];
        let said = place.bad(&[&["takes", "-o", "out", "--jobs", "2"][..], &chain].concat());
        for part in ["takes/b.wav", "Fixture Crash", "crashed at 0:00 (SIGSEGV)"] {
            assert!(said.contains(part), "{format}: {part} in {said}");
        }
        assert!(!said.contains("takes/a.wav:"), "{said}");
        assert_eq!(place.names("out"), ["a.wav", "c.wav"], "{format}: and nothing else is left");
    }
}

#[test]
fn a_plugin_that_hangs_is_cut_off() {
    let place = takes();
    let hang = library("hang", Format::Clap);
    let hang = hang.to_str().expect("a name");
    let begin = Instant::now();
    let args = ["takes", "-o", "out", "--limit", "1.5", "--json", "--plugin", hang];
    let out = place.run(&args);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    assert!(
        said.contains("Fixture Hang") && said.contains("hangs at 0:00: no answer in 1.5s"),
        "{said}"
    );
    assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
    assert_eq!(place.names("out"), ["a.wav", "c.wav"]);
    let lines = text(&out.stdout);
    let error = lines.lines().find(|line| line.contains("\"error\"")).expect("a line of it");
    assert!(error.contains("takes/b.wav") && lines.lines().count() == 3, "{lines}");
}

#[test]
fn what_is_no_number_becomes_silence_and_is_told() {
    let place = takes();
    let nan = library("nan", Format::Vst3);
    let out = place.run(&["takes", "-o", "out", "--plugin", nan.to_str().expect("a name")]);
    let said = text(&out.stderr);
    assert!(out.status.success(), "{said}");
    assert!(said.contains("141 blocks of Fixture NaN had samples that were no numbers"), "{said}");
    assert_eq!(place.names("out"), ["a.wav", "b.wav", "c.wav"]);
}

#[test]
fn a_library_that_crashes_when_it_is_loaded_is_out_of_use() {
    let place = takes();
    let crash = library("crash-load", Format::Clap);
    let said = place.bad(&["in.wav", "-o", "x.wav", "--plugin", crash.to_str().expect("a name")]);
    assert!(said.contains("out of use") && said.contains("crashes when it is loaded"), "{said}");
}

/// Ctrl-C leaves what is complete, and no part of what is not.
#[test]
fn what_is_interrupted_is_not_there() {
    let place = Place::new();
    place.put("long.wav", &vec![vec![0.25; 48_000 * 60]; 2]);
    let mut command = place.command(&["long.wav", "-o", "out/", "--plugin", "ZamVerb"]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
    let begin = Instant::now();
    while !place.path("out").exists() && begin.elapsed().as_secs() < 20 {
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    std::thread::park_timeout(std::time::Duration::from_millis(300));
    let pid = i32::try_from(child.id()).expect("a process");
    // SAFETY: a signal to a process that was just started and has not been waited for.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(1));
    assert_eq!(place.names("out"), Vec::<String>::new());
}
