//! Ctrl-C: long work sees it and ends cleanly. A process of its own, because the flag stays set.

#![allow(clippy::disallowed_methods, reason = "tests wait, and measure with the platform's maths")]
#![cfg(unix)]

use rhapsode::app::files::{ConvertArgs, convert};
use rhapsode::app::interrupt::{interrupted, watch};
use rhapsode::io::file::{FileError, Format, WriteOptions, create};
use std::process::{Command, id};
use std::time::{Duration, Instant};

#[test]
fn ctrl_c_sets_the_flag_and_convert_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let mut writer = create(&input, &WriteOptions::new(Format::Wav16, 44_100, 1)).unwrap();
    writer.write(&[&[0.5; 44_100]]).unwrap();
    writer.finish().unwrap();
    let args = ConvertArgs { input, output: output.clone(), ..ConvertArgs::default() };

    watch();
    watch(); // a second call changes nothing
    assert!(!interrupted());
    convert(&args).unwrap();
    std::fs::write(&output, b"old").unwrap();

    assert!(Command::new("kill").args(["-INT", &id().to_string()]).status().unwrap().success());
    let started = Instant::now();
    while !interrupted() {
        assert!(started.elapsed() < Duration::from_secs(5), "the signal was not seen");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(matches!(convert(&args), Err(FileError::Interrupted { .. })));
    assert_eq!(std::fs::read(&output).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
