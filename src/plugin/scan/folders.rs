//! Where plugins are: the folders that each format names for each system, and the files in them.

use crate::plugin::{Format, vst3};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A plugin file or bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The file or bundle.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// When it was last changed, in nanoseconds since 1970; of the newer of a bundle and its library.
    pub modified: u64,
    /// Bytes of the library.
    pub size: u64,
}

/// The folders of a format on this system: those of the variable (`VST3_PATH`, `CLAP_PATH`) first.
#[must_use]
pub fn standard(format: Format) -> Vec<PathBuf> {
    let variable = match format {
        Format::Vst3 => "VST3_PATH",
        Format::Clap => "CLAP_PATH",
        Format::Lv2 => "LV2_PATH",
        Format::Ladspa => "LADSPA_PATH",
    };
    let named = std::env::var_os(variable).unwrap_or_default();
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty()).collect();
    folders.extend(of_the_system(format));
    folders
}

#[cfg(windows)]
fn of_the_system(format: Format) -> Vec<PathBuf> {
    let name = format.prefix().to_uppercase();
    let below = |variable: &str, inner: &str| {
        std::env::var_os(variable).map(|folder| PathBuf::from(folder).join(inner).join(&name))
    };
    let all = [below("COMMONPROGRAMFILES", ""), below("LOCALAPPDATA", "Programs/Common")];
    all.into_iter().flatten().collect()
}

#[cfg(target_os = "macos")]
fn of_the_system(format: Format) -> Vec<PathBuf> {
    let inner = Path::new("Library/Audio/Plug-Ins").join(format.prefix().to_uppercase());
    let home = std::env::home_dir().map(|home| home.join(&inner));
    home.into_iter().chain([Path::new("/").join(&inner)]).collect()
}

#[cfg(not(any(windows, target_os = "macos")))]
fn of_the_system(format: Format) -> Vec<PathBuf> {
    let name = format.prefix();
    let home = std::env::home_dir().map(|home| home.join(format!(".{name}")));
    let system = ["/usr/lib", "/usr/local/lib"].map(|lib| Path::new(lib).join(name));
    home.into_iter().chain(system).collect()
}

/// All plugins below `paths` (files, bundles or folders), in the order of their paths, each once.
#[must_use]
pub fn files(paths: &[PathBuf]) -> Vec<Found> {
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for path in paths {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        walk(&path, 8, &mut found, &mut seen);
    }
    found.into_iter().collect()
}

/// `seen` has the real paths, so that links to what was found already, or in circles, end.
fn walk(path: &Path, depth: usize, found: &mut BTreeSet<Found>, seen: &mut BTreeSet<PathBuf>) {
    let Ok(real) = path.canonicalize() else { return };
    if depth == 0 || !seen.insert(real) {
        return;
    }
    if let Some(format) = Format::of(path) {
        found.extend(look(path, format));
        return;
    }
    let Ok(folder) = std::fs::read_dir(path) else { return };
    let mut inside: Vec<OsString> = folder.flatten().map(|entry| entry.file_name()).collect();
    inside.sort();
    for name in inside {
        let inner = path.join(name);
        if inner.is_dir() || Format::of(&inner).is_some() {
            walk(&inner, depth - 1, found, seen);
        }
    }
}

/// What the file system says of a plugin; nothing if it is gone.
fn look(path: &Path, format: Format) -> Option<Found> {
    let library = match format {
        Format::Vst3 => vst3::library::file(path),
        _ => path.into(),
    };
    let time = |path: &Path| {
        let modified = path.metadata().and_then(|m| m.modified()).ok()?;
        let since = modified.duration_since(UNIX_EPOCH).ok()?;
        Some(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    };
    let modified = time(path).max(time(&library))?;
    let size = library.metadata().map_or(0, |m| m.len());
    Some(Found { path: path.into(), format, modified, size })
}
