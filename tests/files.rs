//! Audio files: what is written reads back exactly, damage is reported, measurements are right.

#[path = "files/commands.rs"]
mod commands;
#[path = "files/damage.rs"]
mod damage;
#[path = "files/formats.rs"]
mod formats;
#[path = "files/measure.rs"]
mod measure;
#[path = "files/resampling.rs"]
mod resampling;
#[path = "files/writing.rs"]
mod writing;

use rhapsode::io::file::{AudioFile, Format, WriteOptions, create};
use std::path::Path;

/// A sine of `frequency` hertz with amplitude `amplitude`, `frames` frames long.
fn sine(frequency: f64, amplitude: f64, rate: u32, frames: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    (0..frames).map(|n| (amplitude * libm::sin(step * n as f64)) as f32).collect()
}

/// Reproducible white noise in -1.0..1.0 (a linear congruential generator).
fn noise(seed: u64, frames: usize) -> Vec<f32> {
    let mut state = seed;
    (0..frames)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f64 / f64::from(1 << 23) - 1.0) as f32
        })
        .collect()
}

fn slices(channels: &[Vec<f32>]) -> Vec<&[f32]> {
    channels.iter().map(Vec::as_slice).collect()
}

/// Writes `file` in blocks of 64 frames, as the renderer does.
fn write(path: &Path, file: &AudioFile, format: Format) {
    let options = WriteOptions { dither: false, ..options_for(file, format) };
    write_with(path, file, &options);
}

fn options_for(file: &AudioFile, format: Format) -> WriteOptions {
    let mut options = WriteOptions::new(format, file.rate, file.channels.len());
    options.loops = file.loops.clone();
    options.root_key = file.root_key;
    options
}

fn write_with(path: &Path, file: &AudioFile, options: &WriteOptions) {
    let mut writer = create(path, options).expect("create");
    for start in (0..file.frames()).step_by(64) {
        let end = file.frames().min(start + 64);
        let block: Vec<&[f32]> = file.channels.iter().map(|c| &c[start..end]).collect();
        writer.write(&block).expect("write");
    }
    let written = writer.finish().expect("finish");
    assert_eq!(written.frames, file.frames() as u64);
}

fn audio(rate: u32, channels: Vec<Vec<f32>>) -> AudioFile {
    AudioFile { rate, channels, loops: Vec::new(), root_key: None }
}

/// Names of the files in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Level in dBFS of the component at `frequency` hertz, by a Blackman-Harris-windowed Fourier sum.
fn level_at(signal: &[f32], rate: u32, frequency: f64) -> f64 {
    let n = signal.len() as f64;
    let (mut re, mut im, mut gain) = (0.0, 0.0, 0.0);
    for (i, &sample) in signal.iter().enumerate() {
        let x = std::f64::consts::TAU * i as f64 / n;
        let window = 0.35875 - 0.48829 * libm::cos(x) + 0.14128 * libm::cos(2.0 * x)
            - 0.01168 * libm::cos(3.0 * x);
        let angle = std::f64::consts::TAU * frequency / f64::from(rate) * i as f64;
        re += window * f64::from(sample) * libm::cos(angle);
        im += window * f64::from(sample) * libm::sin(angle);
        gain += window;
    }
    20.0 * libm::log10(2.0 * (re * re + im * im).sqrt() / gain)
}
