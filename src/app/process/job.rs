//! What a worker of `process` is asked to do, and what it says of it: JSON, a line each.

use crate::app::output::OutputArgs;
use crate::io::file::Format;
use crate::plugin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One sound through a chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// What goes in.
    pub source: Source,
    /// The file to write.
    pub output: PathBuf,
    /// What it will be called once it is complete.
    pub name: PathBuf,
    /// The chain.
    pub links: Vec<LinkJob>,
    /// What follows the sound.
    pub tail: Tail,
    /// 64-bit samples where a plugin can.
    pub double: bool,
    /// Sample rate of the file to write; that of the sound if nothing is said.
    pub rate: Option<u32>,
    /// How it is written.
    pub file: FileJob,
}

/// What goes into a chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Source {
    /// A sound file.
    Sound(PathBuf),
    /// A MIDI file, played at so many frames a second.
    Midi(PathBuf, u32),
}

impl Source {
    /// The file.
    pub fn path(&self) -> &PathBuf {
        match self {
            Source::Sound(path) | Source::Midi(path, _) => path,
        }
    }
}

/// `--tail`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Tail {
    /// Until it has decayed.
    Auto,
    /// This many seconds.
    Seconds(f64),
}

/// A plugin of the chain, and what is done to it before it plays, in this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkJob {
    /// Its format.
    pub format: plugin::Format,
    /// Its library.
    pub path: PathBuf,
    /// Its id.
    pub id: String,
    /// What the user calls it.
    pub name: String,
    /// What is done to it.
    pub settings: Vec<Setting>,
}

/// What is done to a plugin before it plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Setting {
    /// `--set`: a parameter and its value.
    Set(String),
    /// `--preset` and `--state`.
    Preset(PathBuf),
    /// `--program`: a name, or a number from 0.
    Program(String),
    /// `--automation`: what is in the file.
    Automation(PathBuf, String),
    /// `--sidechain`.
    Sidechain(PathBuf),
    /// `--save`: where what it is set to goes.
    Save(PathBuf),
}

/// [`OutputArgs`] as data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileJob {
    format: String,
    normalize: Option<f64>,
    lufs: Option<f64>,
    no_dither: bool,
}

impl FileJob {
    /// What `args` say, with the format that was found for a file.
    pub fn of(args: &OutputArgs, format: Format) -> FileJob {
        let OutputArgs { normalize, lufs, no_dither, .. } = *args;
        FileJob { format: format.name().into(), normalize, lufs, no_dither }
    }

    /// The same as arguments.
    pub fn args(&self) -> OutputArgs {
        let FileJob { normalize, lufs, no_dither, .. } = *self;
        OutputArgs { format: self.format.parse().ok(), normalize, lufs, no_dither }
    }
}

/// What a worker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Word {
    /// A plugin, by its place in the chain, is made ready.
    Opening(usize),
    /// A plugin is given a chunk of sound.
    At(usize),
    /// So many seconds are written; the largest sample since the last time, linear.
    Written(f64, f32),
    /// The chain cannot be set up as it is asked for, whatever the file.
    Wrong(Vec<Problem>),
    /// This file failed.
    Failed(Problem),
    /// It was told to stop.
    Stopped,
    /// The file is complete.
    Done(Done),
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Frames of the file.
    pub frames: u64,
    /// Its sample rate.
    pub rate: u32,
    /// Its channels.
    pub channels: usize,
    /// Frames of latency that were taken off, at the rate of the sound.
    pub latency: u64,
    /// Its largest sample before normalisation, linear.
    pub peak: f32,
    /// What the user should know.
    pub warnings: Vec<String>,
}
