//! The command in a folder of its own, and the sounds that it reads and writes.

use super::built::root;
use super::rig::noise;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// A folder with `in.wav`, a second of stereo noise.
pub struct Place(tempfile::TempDir);

pub const FRAMES: usize = 24_000;

/// The cache of a scan of the real plugins and of our own, made once.
fn cache() -> &'static Path {
    static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process-cache");
        let out = program(&cache).arg("plugins").output().expect("starts");
        assert!(out.status.success(), "{}", text(&out.stderr));
        cache
    });
    &CACHE
}

fn program(cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhapsode"));
    let good = root().join("good");
    command.env("RHAPSODE_CACHE", cache).env("VST3_PATH", &good).env("CLAP_PATH", &good);
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Noise of two channels.
pub fn sound() -> Vec<Vec<f32>> {
    vec![noise(FRAMES, 1), noise(FRAMES, 2)]
}

impl Place {
    pub fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("makes a folder"));
        place.put("in.wav", &sound());
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a sound as 32-bit floats.
    pub fn put(&self, name: &str, channels: &[Vec<f32>]) {
        let spec = hound::WavSpec {
            channels: channels.len() as u16,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes a folder");
        let mut file = hound::WavWriter::create(path, spec).expect("creates");
        for frame in 0..channels[0].len() {
            channels.iter().for_each(|c| file.write_sample(c[frame]).expect("writes"));
        }
        file.finalize().expect("completes");
    }

    /// The channels of a file of 32-bit floats.
    pub fn get(&self, name: &str) -> Vec<Vec<f32>> {
        let file = hound::WavReader::open(self.path(name)).expect("a WAV file");
        let channels = usize::from(file.spec().channels);
        let samples: Vec<f32> = file.into_samples().map(|x| x.expect("reads")).collect();
        (0..channels).map(|c| samples.iter().skip(c).step_by(channels).copied().collect()).collect()
    }

    /// `process`, to be run here.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = program(cache());
        command.current_dir(self.0.path()).arg("process").args(args);
        command
    }

    /// Runs `process` here.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("starts")
    }

    /// Runs `process in.wav -o out.wav`, which must succeed, and gives the samples.
    pub fn good(&self, args: &[&str]) -> Vec<Vec<f32>> {
        let out = self.run(&[&["in.wav", "-o", "out.wav", "--format", "wav32f"], args].concat());
        assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
        self.get("out.wav")
    }

    /// The message of a call that must fail with exit code 1.
    pub fn bad(&self, args: &[&str]) -> String {
        let out = self.run(args);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
        said
    }

    /// Names of all that is in a folder here, also of what is hidden.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let all = std::fs::read_dir(self.path(folder)).expect("lists").flatten();
        let mut names: Vec<String> =
            all.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}
