//! Every example and piece, bit for bit: the hashes in `golden.txt` are those of every build, thread
//! count and block size. They are changed by hand, when the sound was meant to change.

use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options, Runtime};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Recorded samples that `setup/test.sh` installs.
const SAMPLES: &str = "/usr/share/sonic-pi/samples";

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
    let (mut h, mut peak) = (0xcbf2_9ce4_8422_2325, 0.0f32);
    while offline.advance() {
        h = hash(offline.frames(), h);
        peak = offline.frames().fold(peak, |p, (l, r)| p.max(l.abs()).max(r.abs()));
    }
    (h, peak)
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

#[test]
fn every_example_and_piece_has_its_samples() {
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
            let (hash, peak) = render(&path, samples, 2, Length::Script);
            assert!(peak > 0.01, "{} is silent", path.display());
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
