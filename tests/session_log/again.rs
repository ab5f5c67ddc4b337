//! Renders a log and compares it with a recording.

use std::path::Path;
use std::process::Command;

/// Renders `log` into `file`; what was told.
pub fn render(dir: &Path, log: &str, file: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    let args = ["render", log, "-o", file, "--format", "wav32f"];
    let out = command.args(args).current_dir(dir).output().expect("runs");
    let told = String::from_utf8_lossy(&out.stderr).to_string();
    assert!(out.status.success(), "{told}");
    told
}

/// The bits of the samples of a file, frame by frame.
fn frames(path: &Path) -> Vec<[u32; 2]> {
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    assert_eq!(reader.spec().sample_format, hound::SampleFormat::Float);
    let samples: Vec<u32> = reader.samples::<f32>().map(|s| s.expect("whole").to_bits()).collect();
    samples.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect()
}

/// The recording, which began at some block, is a part of the render, bit for bit; its frames.
pub fn same_as_recorded(dir: &Path, recorded: &str, rendered: &str) -> usize {
    let (recorded, rendered) = (frames(&dir.join(recorded)), frames(&dir.join(rendered)));
    let sound = recorded.iter().position(|frame| *frame != [0, 0]).expect("there is sound");
    let probe = &recorded[sound..(sound + 2000).min(recorded.len())];
    let begin = rendered.windows(probe.len()).position(|w| w == probe);
    let begin = begin.expect("its first sound is in the render") - sound;
    let both = recorded.len().min(rendered.len() - begin);
    let differs = (0..both).find(|&i| recorded[i] != rendered[begin + i]);
    assert_eq!(differs, None, "of {both} frames from {begin} on");
    both
}
