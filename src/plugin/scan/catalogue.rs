//! All plugins of this machine: what the cache knows, and what is new or changed scanned.

use super::cache::{self, Entry, Index, State};
use super::folders::{self, Found};
use super::{Summary, child};
use crate::plugin::{Description, Format, PluginError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What is scanned although the cache knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Nothing: only what is new or has changed.
    New,
    /// What failed, crashed or hung too.
    Failed,
    /// Everything.
    All,
}

/// How to look for plugins.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that scans when it is called with `plugin-scan LIBRARY ANSWER`: the one that
    /// [serves](crate::plugin::serve_by).
    pub program: PathBuf,
    /// Files, bundles and folders to look at; the standard ones if there are none.
    pub paths: Vec<PathBuf>,
    /// The folder of the cache.
    pub cache: PathBuf,
    /// How long the scan of a library may take.
    pub limit: Duration,
    /// What to scan again.
    pub again: Again,
}

impl Options {
    /// The standard folders, scanned by this program, 20 seconds a library.
    #[must_use]
    pub fn new() -> Options {
        Options {
            program: crate::plugin::server().unwrap_or(Path::new("rhapsode")).into(),
            paths: Vec::new(),
            cache: cache::folder(),
            limit: Duration::from_secs(20),
            again: Again::New,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

/// Plugins that were found, and libraries that are out of use.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// Plugins by name, whatever the case; then by format and path.
    pub plugins: Vec<Summary>,
    /// Libraries that crashed or hung, with what they did.
    pub quarantined: Vec<(PathBuf, String)>,
    /// Libraries and plugins that cannot be loaded, with the reason.
    pub failed: Vec<(PathBuf, String)>,
    /// Where the descriptions are.
    cache: PathBuf,
}

impl Catalogue {
    /// Looks at the folders and scans what has to be, each library in a process of its own, as many at once as
    /// there are processors. `progress` hears of each library that is about to be scanned, and of how many there
    /// are; it is called from several threads.
    #[must_use]
    pub fn update(options: &Options, progress: &(dyn Fn(&Path, usize) + Sync)) -> Catalogue {
        let paths = match options.paths.as_slice() {
            [] => Format::ALL.into_iter().flat_map(folders::standard).collect(),
            paths => paths.to_vec(),
        };
        let files = folders::files(&paths);
        let mut index = cache::read(&options.cache);
        let due: Vec<&Found> = files
            .iter()
            .filter(|found| {
                let known = index.libraries.get(&found.path).filter(|entry| entry.fits(found));
                known.is_none_or(|entry| match options.again {
                    Again::New => false,
                    Again::Failed => !matches!(entry.state, State::Good { .. }),
                    Again::All => true,
                })
            })
            .collect();
        if !due.is_empty() {
            index.libraries.extend(scan(options, &due, progress));
            index.libraries.retain(|path, _| path.exists());
            // Without a cache all is scanned again the next time, which is no more than slow.
            let _ = cache::write(&options.cache, &index);
        }
        Catalogue::of(&index, &files, options.cache.clone())
    }

    fn of(index: &Index, files: &[Found], cache: PathBuf) -> Catalogue {
        let (plugins, quarantined, failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = Catalogue { plugins, quarantined, failed, cache };
        for found in files {
            let path = found.path.clone();
            match index.libraries.get(&found.path).map(|entry| &entry.state) {
                Some(State::Good { plugins, failed }) => {
                    all.plugins.extend(plugins.iter().cloned());
                    all.failed.extend(failed.iter().map(|reason| (path.clone(), reason.clone())));
                }
                Some(State::Failed(reason)) => all.failed.push((path, reason.clone())),
                Some(State::Quarantined(reason)) => all.quarantined.push((path, reason.clone())),
                None => {}
            }
        }
        all.plugins.sort_by_cached_key(|p| (p.name.to_lowercase(), p.format, p.path.clone()));
        all
    }

    /// All that is known of a plugin of this catalogue.
    ///
    /// # Errors
    /// If the cache has been emptied since.
    pub fn describe(&self, plugin: &Summary) -> Result<Description, PluginError> {
        let known = cache::read_details(&self.cache, &plugin.path).unwrap_or_default();
        known.into_iter().find(|d| d.id == plugin.id).ok_or_else(|| {
            PluginError::load(&plugin.path, "its description is no longer cached: scan again")
        })
    }
}

/// Scans libraries side by side, and keeps their descriptions.
fn scan(
    options: &Options,
    due: &[&Found],
    progress: &(dyn Fn(&Path, usize) + Sync),
) -> Vec<(PathBuf, Entry)> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(found) = due.get(next.fetch_add(1, Ordering::Relaxed)) {
            progress(&found.path, due.len());
            let (state, plugins) = child::scan(&options.program, &found.path, options.limit);
            if !plugins.is_empty() {
                // As for the index.
                let _ = cache::write_details(&options.cache, &found.path, &plugins);
            }
            let entry = (found.path.clone(), Entry::of(found, state));
            done.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(due.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
