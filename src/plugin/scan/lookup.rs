//! Looking a plugin up by what a user writes: a name, `format:name`, an id, a path.

use super::{Catalogue, Summary};
use crate::plugin::Format;
use crate::plugin::words::nearest;
use std::fmt;
use std::path::Path;

/// That there is no such plugin, and what may have been meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// What was looked for.
    pub wanted: String,
    /// Names that are like it, the likeliest first.
    pub nearest: Vec<String>,
    /// Why it is out of use, if it is there.
    pub reason: Option<String>,
}

impl Unknown {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        if self.reason.is_some() {
            return "`rhapsode plugins scan` tries again what crashed, hung or could not be loaded.".into();
        }
        match self.nearest.as_slice() {
            [] => {
                "`rhapsode plugins list` shows all there are; VST3_PATH and CLAP_PATH add folders."
                    .into()
            }
            names => format!("Did you mean {}?", names.join(", ")),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "the plugin `{}` is out of use: {reason}", self.wanted),
            None => write!(f, "there is no plugin `{}`", self.wanted),
        }
    }
}

impl std::error::Error for Unknown {}

/// The format before the colon, if there is one, and the rest.
fn split(wanted: &str) -> (Option<Format>, &str) {
    let format = wanted.split_once(':').and_then(|(prefix, rest)| {
        let format = Format::ALL.into_iter().find(|f| f.prefix().eq_ignore_ascii_case(prefix))?;
        Some((Some(format), rest))
    });
    format.unwrap_or((None, wanted))
}

impl Catalogue {
    /// The plugin that is meant: by path, by id, or by name whatever the case. Of the same name in several formats
    /// it is the VST3, then the CLAP, unless `format:` stands before it.
    ///
    /// # Errors
    /// If there is none; the error knows what is like it.
    pub fn find(&self, wanted: &str) -> Result<&Summary, Unknown> {
        let (format, name) = split(wanted.trim());
        let all = || self.plugins.iter().filter(|p| format.is_none_or(|f| p.format == f));
        let path = std::path::absolute(name).unwrap_or_default();
        let by_path = || all().find(|p| p.path == path);
        let by_id = || all().find(|p| p.id.eq_ignore_ascii_case(name));
        let by_name = || all().find(|p| p.name.to_lowercase() == name.to_lowercase());
        by_path().or_else(by_id).or_else(by_name).ok_or_else(|| Unknown {
            wanted: wanted.into(),
            nearest: nearest(name, all().map(|p| p.name.as_str())),
            reason: self.reason(name, &path),
        })
    }

    /// Why a library of that name or path is out of use.
    fn reason(&self, name: &str, path: &Path) -> Option<String> {
        let out = self.quarantined.iter().chain(&self.failed).find(|(library, _)| {
            let stem = library.file_stem().unwrap_or_default().to_string_lossy();
            library == path || stem.to_lowercase() == name.to_lowercase()
        });
        out.map(|(library, reason)| format!("{}: {reason}", library.display()))
    }
}
