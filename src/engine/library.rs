//! Audio files as nodes want them: decoded, at the session's rate, loaded once.

use super::rack::{Hosting, Problem, Rack};
use crate::io::file::{AudioFile, resample};
use crate::nodes::plugin::{Guest, Order};
use crate::nodes::table::{Assets, Sample};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Finds a path of a script on disk, or says why it may not be read.
pub type Locate = dyn Fn(&str) -> Result<PathBuf, String> + Send + Sync;

/// A cache of decoded files at one sample rate. Used on the control thread and on loaders.
pub struct Library {
    rate: u32,
    locate: Arc<Locate>,
    samples: Arc<Mutex<BTreeMap<PathBuf, (Stamp, Arc<Sample>)>>>,
    /// The files that this library was asked for.
    used: Mutex<BTreeSet<PathBuf>>,
    /// The plugins of what plays.
    rack: Arc<Rack>,
}

/// What tells one version of a file from another: when it was written, and its length.
type Stamp = (Option<SystemTime>, u64);

fn stamp(path: &Path) -> Stamp {
    path.metadata().map_or((None, 0), |meta| (meta.modified().ok(), meta.len()))
}

/// Endings of files that can be decoded.
const AUDIO: &[&str] = &["wav", "wave", "flac", "aiff", "aif", "mp3", "ogg", "oga"];

/// Whether the name of `path` is that of a file that can be decoded.
#[must_use]
pub fn is_audio(path: &Path) -> bool {
    let ending = path.extension().map(|x| x.to_string_lossy().to_lowercase());
    ending.is_some_and(|x| AUDIO.contains(&x.as_str()))
}

impl Library {
    /// A library at `rate` hertz that finds files with `locate`.
    #[must_use]
    pub fn new(rate: u32, locate: Box<Locate>) -> Library {
        let rack = Arc::new(Rack::new(Hosting::new(false)));
        let (locate, samples) = (locate.into(), Arc::default());
        Library { rate, locate, samples, used: Mutex::default(), rack }
    }

    /// The same with plugins of its own, hosted so: a render does not disturb what plays.
    #[must_use]
    pub fn hosting(&self, hosting: Hosting) -> Library {
        let (locate, samples) = (self.locate.clone(), self.samples.clone());
        let rack = Arc::new(Rack::new(hosting));
        Library { rate: self.rate, locate, samples, used: Mutex::default(), rack }
    }

    /// The plugins of what plays.
    #[must_use]
    pub fn rack(&self) -> &Rack {
        &self.rack
    }

    /// A library at the same rate that finds files with `locate`, and need not decode again what this one
    /// has, unless it was written anew; plugins are the same instances.
    #[must_use]
    pub fn again(&self, locate: Box<Locate>) -> Library {
        let (locate, samples) = (locate.into(), self.samples.clone());
        let rack = self.rack.clone();
        Library { rate: self.rate, locate, samples, used: Mutex::default(), rack }
    }

    /// A library at another rate, in hertz, that finds the same files.
    #[must_use]
    pub fn at(&self, rate: u32) -> Library {
        let (locate, samples) = (self.locate.clone(), Arc::default());
        let (used, rack) = (self.files().into_iter().collect(), self.rack.clone());
        Library { rate, locate, samples, used: Mutex::new(used), rack }
    }

    /// The files that it was asked for.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Where a path of the script is on disk.
    ///
    /// # Errors
    /// Why it may not be read.
    pub fn locate(&self, path: &str) -> Result<PathBuf, String> {
        (self.locate)(path)
    }

    fn load(&self, path: &Path) -> Result<Sample, String> {
        let file = AudioFile::read(path).map_err(|e| format!("{}: {}", e.what(), e.hint()))?;
        let root = file.root_key;
        let file = if file.rate == self.rate { file } else { resample(&file, self.rate) };
        let sustain_loop = file.loops.first().map(|l| (l.start as usize, l.end as usize));
        Ok(Sample { channels: file.channels, sustain_loop, root })
    }
}

impl Assets for Library {
    fn sample(&self, path: &str) -> Result<Arc<Sample>, String> {
        let real = (self.locate)(path)?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(real.clone());
        let now = stamp(&real);
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, sample)) = samples.get(&real)
            && *then == now
        {
            return Ok(sample.clone());
        }
        let sample = Arc::new(self.load(&real)?);
        samples.insert(real, (now, sample.clone()));
        Ok(sample)
    }

    fn text(&self, path: &str) -> Result<String, String> {
        let real = (self.locate)(path)?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(real.clone());
        std::fs::read_to_string(&real).map_err(|e| format!("\"{path}\" cannot be read: {e}"))
    }

    fn plugin(&self, order: &Order) -> Result<Option<Arc<dyn Guest>>, Problem> {
        let preset = match order.node.text("preset") {
            Some(path) => {
                let hint = || "a preset is looked for below the folder of the script".to_string();
                let real = (self.locate)(path).map_err(|why| (why, hint()))?;
                self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(real.clone());
                let version = format!("{:?}", stamp(&real));
                Some((real, version))
            }
            None => None,
        };
        self.rack.guest(order, preset)
    }

    fn folder(&self, path: &str) -> Result<Vec<String>, String> {
        let real = (self.locate)(path)?;
        let entries = std::fs::read_dir(&real)
            .map_err(|e| format!("cannot list \"{path}\": {e}; check that it is a folder"))?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|e| is_audio(&e.path()))
            .filter_map(|e| e.file_name().into_string().ok())
            .map(|name| format!("{}/{name}", path.trim_end_matches('/')))
            .collect();
        names.sort();
        Ok(names)
    }
}
