//! Every example and piece, bit for bit: the hashes in `golden.txt` are those of every build, thread
//! count and block size. They are changed by hand, when the sound was meant to change.

use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options, Runtime};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Recorded samples that `setup/test.sh` installs.
const SAMPLES: &str = "/usr/share/sonic-pi/samples";

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over the bits of the samples.
fn hash(frames: impl Iterator<Item = (f32, f32)>, from: u64) -> u64 {
    frames.fold(from, |h, (l, r)| {
        let bits = u64::from(l.to_bits()) << 32 | u64::from(r.to_bits());
        (h ^ bits).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn scripts(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there").flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "rhai")).collect();
    found.sort();
    found
}

fn render(path: &Path, samples: bool, threads: usize, length: Length) -> (u64, f32) {
    let runtime = if samples { Runtime::new().allow(SAMPLES) } else { Runtime::new() };
    let runtime = if samples { runtime } else { runtime.set("samples", "nowhere") };
    let piece = runtime.load(path).unwrap_or_else(|e| panic!("{}: {e:#?}", path.display()));
    let options = Options { threads, length, tail: Tail::Auto(-80.0), ..Options::default() };
    let mut offline = piece.start(options).unwrap_or_else(|e| panic!("{}: {e:#?}", path.display()));
    let (mut h, mut peak) = (START, 0.0f32);
    while offline.advance() {
        h = hash(offline.frames(), h);
        peak = offline.frames().fold(peak, |p, (l, r)| p.max(l.abs()).max(r.abs()));
    }
    (h, peak)
}

/// What a program writes of a script.
fn written(program: &Path, path: &Path, samples: bool, options: &[&str]) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.wav");
    let where_from = if samples { ["--allow", SAMPLES] } else { ["--set", "samples=nowhere"] };
    let takes = takes_samples(path).then_some(where_from);
    let out = Command::new(program)
        .args(["render", "--quiet", "--format", "wav32f", "-o"])
        .args([&file, path])
        .args(takes.into_iter().flatten())
        .args(options)
        .output()
        .expect("runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut reader = hound::WavReader::open(&file).expect("a WAV file");
    let samples: Vec<f32> = reader.samples().map(|sample| sample.expect("whole")).collect();
    hash(samples.chunks_exact(2).map(|frame| (frame[0], frame[1])), START)
}

fn golden() -> BTreeMap<String, String> {
    let text = include_str!("golden.txt");
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    lines
        .filter_map(|l| l.split_once("  "))
        .map(|(hash, name)| (name.to_string(), hash.to_string()))
        .collect()
}

/// Whether the piece asks where recorded samples are.
fn takes_samples(path: &Path) -> bool {
    std::fs::read_to_string(path).expect("readable").contains("arg(\"samples\"")
}

/// Compares what `render` makes of every script, without and with recorded samples if it takes any.
fn compare(render: impl Fn(&Path, bool) -> u64) {
    let known = golden();
    let (mut wrong, mut seen) = (String::new(), 0);
    for path in scripts("examples").into_iter().chain(scripts("scripts")) {
        for samples in [false, true] {
            if samples && !takes_samples(&path) {
                continue;
            }
            assert!(
                !samples || Path::new(SAMPLES).is_dir(),
                "install sonic-pi-samples: sh setup/test.sh"
            );
            let hash = render(&path, samples);
            let name = format!("{}{}", path.display(), if samples { " with samples" } else { "" });
            let hash = format!("{hash:016x}");
            if known.get(&name) != Some(&hash) {
                wrong.push_str(&format!("{hash}  {name}\n"));
            }
            seen += 1;
        }
    }
    assert!(wrong.is_empty(), "these are not the samples of golden.txt:\n{wrong}");
    assert_eq!(seen, known.len(), "golden.txt names every script, and no other");
}

#[test]
fn every_example_and_piece_has_its_samples() {
    compare(|path, samples| {
        let (hash, peak) = render(path, samples, 2, Length::Script);
        assert!(peak > 0.01, "{} is silent", path.display());
        hash
    });
}

/// Debug builds keep to the base instruction set; the program that people use has wide registers, and the same bits.
#[test]
#[ignore = "builds the program as it is released, which takes minutes: setup/test.sh runs it"]
fn the_released_program_writes_the_same_samples() {
    let cargo = Command::new(env!("CARGO")).args(["build", "--release", "--quiet"]).status();
    assert!(cargo.expect("runs").success(), "it builds");
    // Beside the folder of this test, which is `debug/deps`.
    let test = std::env::current_exe().expect("is known");
    let target = test.ancestors().nth(3).expect("the folder of all builds");
    let program = target.join("release").join(format!("rhapsode{}", std::env::consts::EXE_SUFFIX));
    compare(|path, samples| written(&program, path, samples, &["--threads", "2"]));
    for path in scripts("scripts") {
        let bars =
            |threads| written(&program, &path, false, &["--bars", "12", "--threads", threads]);
        assert_eq!(bars("1"), bars("3"), "{}", path.display());
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    for path in scripts("scripts") {
        let one = render(&path, false, 1, Length::Bars(12.0));
        for threads in [2, 3] {
            assert_eq!(
                render(&path, false, threads, Length::Bars(12.0)),
                one,
                "{}",
                path.display()
            );
        }
    }
}
