//! Audio files as nodes want them: decoded, at the session's rate, loaded once.

use crate::io::file::{AudioFile, resample};
use crate::nodes::table::{Assets, Sample};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Finds a path of a script on disk, or says why it may not be read.
pub type Locate = dyn Fn(&str) -> Result<PathBuf, String> + Send + Sync;

/// A cache of decoded files at one sample rate. Used on the control thread and on loaders.
pub struct Library {
    rate: u32,
    locate: Box<Locate>,
    samples: Mutex<BTreeMap<PathBuf, Arc<Sample>>>,
}

/// Endings of files that can be decoded.
const AUDIO: &[&str] = &["wav", "wave", "flac", "aiff", "aif", "mp3", "ogg", "oga"];

impl Library {
    /// A library at `rate` hertz that finds files with `locate`.
    #[must_use]
    pub fn new(rate: u32, locate: Box<Locate>) -> Library {
        Library { rate, locate, samples: Mutex::default() }
    }

    fn load(&self, path: &std::path::Path) -> Result<Sample, String> {
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
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sample) = samples.get(&real) {
            return Ok(sample.clone());
        }
        let sample = Arc::new(self.load(&real)?);
        samples.insert(real, sample.clone());
        Ok(sample)
    }

    fn folder(&self, path: &str) -> Result<Vec<String>, String> {
        let real = (self.locate)(path)?;
        let entries = std::fs::read_dir(&real)
            .map_err(|e| format!("cannot list \"{path}\": {e}; check that it is a folder"))?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|e| {
                let ending = e.path().extension().map(|x| x.to_string_lossy().to_lowercase());
                ending.is_some_and(|x| AUDIO.contains(&x.as_str()))
            })
            .filter_map(|e| e.file_name().into_string().ok())
            .map(|name| format!("{}/{name}", path.trim_end_matches('/')))
            .collect();
        names.sort();
        Ok(names)
    }
}
