//! What goes wrong with plugins, and what to do about it.

use super::Format;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a plugin does not do what it is asked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PluginError {
    /// A format that is not hosted yet.
    Format(Format),
    /// The library cannot be loaded.
    Load {
        /// The library.
        path: PathBuf,
        /// What the system, or the library, says.
        reason: String,
    },
    /// The library has no plugin of that id.
    Absent {
        /// The library.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// The plugin refuses something that it must be able to do.
    Refused {
        /// Its name.
        name: String,
        /// What was asked of it.
        what: String,
    },
    /// A parameter, program or value that it does not have.
    Value {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A saved state that is not one, or one of another plugin.
    State(String),
    /// The audio half is still in use.
    Playing(String),
    /// The process in which the plugin ran is gone.
    Died {
        /// Its name, or its file's.
        name: String,
        /// What it did, as in "crashed (SIGSEGV)".
        how: String,
    },
}

impl PluginError {
    /// A library that cannot be loaded.
    pub(super) fn load(path: &Path, reason: impl fmt::Display) -> PluginError {
        PluginError::Load { path: path.into(), reason: reason.to_string() }
    }

    /// What to do about it, if anything can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            PluginError::Format(_) => Some("Use the VST3 or CLAP version of the plugin.".into()),
            PluginError::Load { .. } => Some(
                "Check that the file is a plugin for this system, and that what it needs is installed."
                    .into(),
            ),
            PluginError::Absent { path, .. } => {
                Some(format!("`rhapsode plugins list --path {}` shows what is there.", path.display()))
            }
            _ => None,
        }
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PluginError::Format(format) => write!(f, "{format} plugins are not hosted yet"),
            PluginError::Load { path, reason } => {
                write!(f, "{} cannot be loaded: {reason}", path.display())
            }
            PluginError::Absent { path, id } => {
                write!(f, "{} has no plugin with the id `{id}`", path.display())
            }
            PluginError::Refused { name, what } => write!(f, "the plugin `{name}` refuses {what}"),
            PluginError::Value { name, reason } => write!(f, "the plugin `{name}` {reason}"),
            PluginError::State(reason) => {
                write!(f, "the state of a plugin cannot be used: {reason}")
            }
            PluginError::Playing(name) => {
                write!(f, "the plugin `{name}` still plays: its audio half has not come back")
            }
            PluginError::Died { name, how } => write!(f, "the plugin `{name}` {how}"),
        }
    }
}

impl std::error::Error for PluginError {}
