//! Finding plugins: folders, a scan in a process of its own, a cache, and a catalogue to look names up in.

pub mod cache;
pub mod catalogue;
pub mod folders;
pub mod lookup;

mod child;

pub use catalogue::{Again, Catalogue, Options};
pub use child::{said, serve};
pub use lookup::Unknown;

use super::{Description, Format, PluginError, Setup, Summary, clap, ids, open, vst3};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a library turned out to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its plugins.
    pub plugins: Vec<Description>,
    /// What went wrong with plugins of it that are not among them.
    pub failed: Vec<String>,
}

/// Keeps a library loaded.
pub(crate) enum Hold {
    /// A CLAP library.
    Clap(#[expect(dead_code, reason = "held, not used")] clack_host::prelude::PluginEntry),
    /// A VST3 library.
    Vst3(#[expect(dead_code, reason = "held, not used")] std::sync::Arc<vst3::library::Library>),
}

/// Describes all plugins of a library by making one of each, in this process. The library stays loaded for as
/// long as what comes back beside the report.
fn library(path: &Path) -> Result<(Report, Hold), PluginError> {
    let format = Format::of(path).ok_or_else(|| {
        PluginError::load(path, "its name ends neither with .vst3 nor with .clap")
    })?;
    let hold = match format {
        Format::Clap => Hold::Clap(clap::load(path)?),
        _ => Hold::Vst3(vst3::library::Library::open(path)?),
    };
    let mut report = Report { plugins: Vec::new(), failed: Vec::new() };
    for id in ids(format, path)? {
        match inspect(format, path, &id) {
            Ok(description) => report.plugins.push(description),
            Err(error) => report.failed.push(error.to_string()),
        }
    }
    Ok((report, hold))
}

/// Makes, activates and takes apart one plugin.
fn inspect(format: Format, path: &Path, id: &str) -> Result<Description, PluginError> {
    let mut plugin = open(format, path, id)?;
    // Latency and tail of some are known only then. One that refuses this setup may take another.
    if let Ok(half) = plugin.activate(&Setup::new(48_000.0)) {
        drop(half);
        plugin.deactivate()?;
    }
    Ok(plugin.description().clone())
}
