//! What earlier scans have found: an index that is read at once, and a file a library with all the rest.

use super::Summary;
use super::folders::Found;
use crate::plugin::Description;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Names the shape of what is written here; another one is not read, and all is scanned again.
const SHAPE: u32 = 1;

/// What became of a library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It can be used.
    Good {
        /// Its plugins.
        plugins: Vec<Summary>,
        /// What went wrong with others of it.
        failed: Vec<String>,
    },
    /// It cannot be loaded.
    Failed(String),
    /// It crashed or hung, and is not loaded again until it changes or is asked for.
    Quarantined(String),
}

/// A library as it was when it was scanned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    modified: u64,
    size: u64,
    /// What became of it.
    pub state: State,
}

impl Entry {
    /// The entry of a file.
    #[must_use]
    pub fn of(found: &Found, state: State) -> Entry {
        Entry { modified: found.modified, size: found.size, state }
    }

    /// Whether the file is as it was.
    #[must_use]
    pub fn fits(&self, found: &Found) -> bool {
        (self.modified, self.size) == (found.modified, found.size)
    }
}

/// All libraries that were ever scanned, by path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Index {
    shape: u32,
    /// The version of the program that wrote it.
    program: String,
    /// What is known.
    pub libraries: BTreeMap<PathBuf, Entry>,
}

/// The folder of the cache: `$RHAPSODE_CACHE`, or `rhapsode` where the system keeps caches.
#[must_use]
pub fn folder() -> PathBuf {
    use etcetera::BaseStrategy;
    let own = std::env::var_os("RHAPSODE_CACHE").filter(|v| !v.is_empty()).map(PathBuf::from);
    let system = || {
        let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
        Some(strategy.cache_dir().join("rhapsode"))
    };
    own.or_else(system).unwrap_or_else(|| std::env::temp_dir().join("rhapsode"))
}

/// The index in `folder`; an empty one if there is none, or none of this version.
#[must_use]
pub fn read(folder: &Path) -> Index {
    let text = std::fs::read(folder.join("plugins.json")).unwrap_or_default();
    let index: Option<Index> = serde_json::from_slice(&text).ok();
    let ours = |i: &Index| i.shape == SHAPE && i.program == env!("CARGO_PKG_VERSION");
    let fresh = Index {
        shape: SHAPE,
        program: env!("CARGO_PKG_VERSION").into(),
        libraries: BTreeMap::new(),
    };
    index.filter(ours).unwrap_or(fresh)
}

/// Writes the index.
///
/// # Errors
/// If the folder cannot be written; then the next call of the program scans again.
pub fn write(folder: &Path, index: &Index) -> std::io::Result<()> {
    put(&folder.join("plugins.json"), &serde_json::to_vec(index)?)
}

/// Writes the descriptions of a library.
///
/// # Errors
/// If the folder cannot be written.
pub fn write_details(
    folder: &Path,
    library: &Path,
    plugins: &[Description],
) -> std::io::Result<()> {
    put(&details(folder, library), &serde_json::to_vec(plugins)?)
}

/// The descriptions of a library, if they are there.
#[must_use]
pub fn read_details(folder: &Path, library: &Path) -> Option<Vec<Description>> {
    serde_json::from_slice(&std::fs::read(details(folder, library)).ok()?).ok()
}

/// The file of a library: its name, and the hash of its path (FNV-1a), since names are not unique.
fn details(folder: &Path, library: &Path) -> PathBuf {
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    let hash = library.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    folder.join("plugins").join(format!("{name}-{hash:016x}.json"))
}

/// Writes a file beside its place and moves it there, so that nobody reads half of one.
fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
