//! A folder with recordings, and scripts that play them.

use rhapsode::engine::offline::Tail;
use rhapsode::io::file::{Format, WriteOptions, create};
use rhapsode::{Length, Options, Piece, Runtime};
use std::path::Path;
use tempfile::TempDir;

/// Sample rate of all, in hertz.
pub const RATE: u32 = 48_000;

/// A folder with a recording called `loop.wav`.
pub struct Desk {
    /// The folder.
    pub folder: TempDir,
    /// The samples of the recording.
    pub sound: Vec<f32>,
}

/// Numbers from -0.5 to 0.5 without a pattern.
pub fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut x = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let next = |_| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..frames).map(next).collect()
}

/// Writes one channel as 32-bit float WAV.
pub fn write(path: &Path, sound: &[f32]) {
    let mut writer = create(path, &WriteOptions::new(Format::Wav32f, RATE, 1)).expect("creates");
    writer.write(&[sound]).expect("writes");
    writer.finish().expect("finishes");
}

impl Desk {
    /// Two seconds of noise.
    pub fn new() -> Desk {
        Desk::with(noise(1, 96_000))
    }

    /// This sound.
    pub fn with(sound: Vec<f32>) -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("loop.wav"), &sound);
        Desk { folder, sound }
    }

    /// A runtime that finds the recording.
    pub fn runtime(&self) -> Runtime {
        Runtime::new().base(self.folder.path()).rate(RATE)
    }

    /// What is wrong with a script, at the latest when it is compiled.
    pub fn wrong(&self, runtime: &Runtime, script: &str) -> String {
        let piece = match runtime.eval(script) {
            Err(errors) => return format!("{} {:?}", errors[0].message, errors[0].hint),
            Ok(piece) => piece,
        };
        let errors = piece.render(Options::default()).expect_err(script);
        assert!(errors[0].place.line > 0, "{errors:?}");
        errors[0].message.clone()
    }
}

/// The left channel of so many seconds of a piece.
pub fn heard(piece: &Piece, seconds: f64) -> Vec<f32> {
    let length = Length::Seconds(seconds);
    let options = Options { length, tail: Tail::None, ..Options::default() };
    let sound = piece.render(options).unwrap_or_else(|e| panic!("{e:#?}"));
    assert_eq!(sound.left, sound.right);
    sound.left
}

/// The left channel of so many seconds of a script.
pub fn play(runtime: &Runtime, script: &str, seconds: f64) -> Vec<f32> {
    heard(&runtime.eval(script).unwrap_or_else(|e| panic!("{script}\n{e:#?}")), seconds)
}

/// A track that plays one sound, at full velocity, once from the beginning.
pub fn once(prelude: &str, sound: &str) -> String {
    format!(
        "tempo(60); {prelude} track(\"a\", sampler({sound}, #{{play: \"one_shot\"}}))\
         .play(note(\"c4\").slow(4).velocity(1))"
    )
}

/// A track that plays sounds by number, one a second, at full velocity.
pub fn numbers(prelude: &str, sounds: &str, numbers: &str) -> String {
    format!(
        "tempo(60); {prelude} track(\"a\", sampler({sounds})).play(n(\"{numbers}\").velocity(1))"
    )
}
