//! A plugin in a process of its own, which may crash or hang without harm to the sound of the others.
//!
//! [`open`] starts this program (or another that calls [`serve`]) in a hidden mode. Its main thread opens the
//! plugin and does what is asked of it on a socket; its audio thread renders blocks out of memory that both
//! processes have, and waits for the next by a futex. To its user such a plugin is a [`Plugin`] like any other,
//! which besides may be [late](super::Outcome::Late) or [gone](super::Change::Died).
//!
//! So far this is for Linux. Elsewhere [`open`] opens the plugin in this process.

use super::{Format, Plugin, PluginError};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod futex;
#[cfg(target_os = "linux")]
mod half;
#[cfg(target_os = "linux")]
mod kept;
#[cfg(target_os = "linux")]
mod life;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod plain;
#[cfg(target_os = "linux")]
mod player;
#[cfg(target_os = "linux")]
mod region;
#[cfg(target_os = "linux")]
mod remote;
#[cfg(target_os = "linux")]
mod scheduling;
#[cfg(target_os = "linux")]
mod wire;

/// How plugins are run in processes of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The program that is started as `PROGRAM plugin-host FORMAT LIBRARY ID`, and which calls [`serve`] then.
    pub program: PathBuf,
    /// For how long the main thread waits for an answer; a plugin that takes longer is ended.
    pub limit: Duration,
    /// The part of a block's time (that of the setup's block) for which the audio thread waits when it plays
    /// live. What takes longer is [`Late`](super::Outcome::Late).
    pub share: f64,
    /// A plugin that has been late for so many blocks in a row is not waited for any more: whether it has answered is
    /// looked at once a block, so that the rest of the music is in time. Then it is heard again.
    pub misses: u32,
    /// A plugin that has not answered for so long is ended. A system under load may well leave a process out for many
    /// milliseconds, and what it plays is worth more than a process.
    pub hang: Duration,
    /// For how long a block may take when a file is rendered; a plugin that takes longer is ended.
    pub patience: Duration,
}

impl Options {
    /// The program that [serves](super::serve_by); 20 seconds for an answer, three quarters of a block's time for a block, four
    /// misses until it is not waited for, an end after a second; a minute for a block of a file.
    #[must_use]
    pub fn new() -> Options {
        Options {
            program: super::server().unwrap_or(Path::new("rhapsode")).into(),
            limit: Duration::from_secs(20),
            share: 0.75,
            misses: 4,
            hang: Duration::from_secs(1),
            patience: Duration::from_secs(60),
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

/// Opens a plugin, as [`super::open`] does, in a process of its own. That process ends when what is returned is
/// dropped, or this process ends.
///
/// # Errors
/// As for [`super::open`]; and if the process cannot be started, or the plugin crashes or hangs while it is
/// loaded.
pub fn open(
    options: &Options,
    format: Format,
    path: &Path,
    id: &str,
) -> Result<Box<dyn Plugin>, PluginError> {
    #[cfg(target_os = "linux")]
    return Ok(Box::new(remote::Remote::open(options, format, path, id)?));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = options;
        super::open(format, path, id)
    }
}

/// The child: opens the plugin on this thread and does as it is told, until its host is gone.
///
/// # Errors
/// If this process was not started by [`open`].
pub fn serve(format: Format, path: &Path, id: &str) -> Result<(), PluginError> {
    #[cfg(target_os = "linux")]
    return child::serve(format, path, id);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (format, id);
        Err(PluginError::load(path, "plugins have no processes of their own on this system yet"))
    }
}
