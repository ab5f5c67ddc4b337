//! Audio files as nodes want them: decoded, at the session's rate, loaded once; and what is made of them.

mod derived;
mod external;
mod onsets;
mod rendered;
mod whole;

use super::rack::{Hosting, Problem, Rack};
use crate::diag::Diagnostic;
use crate::io::file::{AudioFile, resample};
use crate::nodes::plugin::{Guest, Order};
use crate::nodes::table::{Assets, Sample};
use crate::session::Recipe;
use crate::world::Observer;
use derived::Derived;
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
    derived: Arc<Mutex<Derived>>,
    /// Sounds that took long to make, by the texts of their recipes: kept as long as the piece is.
    held: Arc<Mutex<BTreeMap<String, Arc<Sample>>>>,
    /// Whether programs may be run for sounds.
    external: bool,
    /// Who is told how far a sound is.
    observer: Observer,
    /// The files that this library was asked for.
    used: Mutex<BTreeSet<PathBuf>>,
    /// What is worth knowing about sounds that were made.
    told: Mutex<Vec<Diagnostic>>,
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
        Library {
            rate,
            locate: locate.into(),
            samples: Arc::default(),
            derived: Arc::default(),
            held: Arc::default(),
            external: false,
            observer: Observer::default(),
            used: Mutex::default(),
            told: Mutex::default(),
            rack,
        }
    }

    /// The same with plugins of its own, hosted so: a render does not disturb what plays.
    #[must_use]
    pub fn hosting(&self, hosting: Hosting) -> Library {
        let (rack, held) = (Arc::new(Rack::new(hosting)), self.held.clone());
        Library { rack, held, ..self.sharing(self.locate.clone()) }
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
        self.sharing(locate.into())
    }

    fn sharing(&self, locate: Arc<Locate>) -> Library {
        Library {
            rate: self.rate,
            locate,
            samples: self.samples.clone(),
            derived: self.derived.clone(),
            held: Arc::default(),
            external: self.external,
            observer: self.observer.clone(),
            used: Mutex::default(),
            told: Mutex::default(),
            rack: self.rack.clone(),
        }
    }

    /// The same, in which programs may be run for sounds, or not: they may not before.
    #[must_use]
    pub fn allow_external(self, external: bool) -> Library {
        Library { external, ..self }
    }

    /// The same with somebody who is told how far a sound is that is rendered.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Library {
        Library { observer, ..self }
    }

    /// A library at another rate, in hertz, that finds the same files.
    #[must_use]
    pub fn at(&self, rate: u32) -> Library {
        let (samples, derived) = (Arc::default(), Arc::default());
        let used = Mutex::new(self.files().into_iter().collect());
        Library { rate, samples, derived, used, ..self.sharing(self.locate.clone()) }
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

    /// The files behind the text of a recipe, as far as they are there.
    #[must_use]
    pub fn behind(&self, text: &str) -> Vec<PathBuf> {
        let recipe = Recipe::parse(text);
        let names: BTreeSet<&str> = recipe.files().into_iter().collect();
        let named = names.into_iter().filter_map(|path| self.locate(path).ok());
        named.chain(self.beneath(&recipe)).collect()
    }

    fn load(&self, path: &Path) -> Result<Sample, String> {
        AudioFile::read(path)
            .map(|file| self.sound(file))
            .map_err(|e| format!("{}: {}", e.what(), e.hint()))
    }

    /// A decoded file at the rate of the session.
    fn sound(&self, file: AudioFile) -> Sample {
        let root = file.root_key;
        let file = if file.rate == self.rate { file } else { resample(&file, self.rate) };
        let sustain_loop = file.loops.first().map(|l| (l.start as usize, l.end as usize));
        Sample { channels: file.channels, sustain_loop, root }
    }

    /// The file at a path of the script.
    fn file(&self, path: &str) -> Result<Arc<Sample>, String> {
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
}

impl Assets for Library {
    fn sample(&self, text: &str) -> Result<Arc<Sample>, String> {
        self.derive(&Recipe::parse(text))
    }

    fn warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
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
        if let Recipe::Onsets { of, sensitivity } = Recipe::parse(path) {
            return self.at_onsets(*of, sensitivity);
        }
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
