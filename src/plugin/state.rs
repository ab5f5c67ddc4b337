//! What was saved of a plugin: its own bytes and its parameters, as one file that says whose they are.

use super::{Format, PluginError};
use serde::{Deserialize, Serialize};

/// Everything that makes a plugin sound as it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Format of the plugin.
    pub format: Format,
    /// Id of the plugin.
    pub id: String,
    /// What the plugin saved of itself; empty if it saves nothing.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// What its controller saved of itself (VST3).
    #[serde(skip)]
    pub controller: Vec<u8>,
    /// Plain values of its open parameters by their ids: all there is of a plugin that saves nothing, and what
    /// a placeholder shows of one that is missing.
    pub values: Vec<(u32, f64)>,
    /// Plain values that were set after all that was saved, by the parameters' ids, of a plugin that is gone and
    /// cannot save itself any more. They are set once the rest is restored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<(u32, f64)>,
}

/// The first line of a file.
const MAGIC: &[u8] = b"rhapsode plugin state 1\n";

impl State {
    /// The bytes of a file: a line that says what it is, then three parts, each after its length.
    ///
    /// # Panics
    /// Never: the header has nothing that JSON cannot hold.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = serde_json::to_vec(self).expect("names and numbers are JSON");
        let mut file = MAGIC.to_vec();
        for part in [&header, &self.bytes, &self.controller] {
            file.extend((part.len() as u64).to_le_bytes());
            file.extend(part);
        }
        file
    }

    /// Whether bytes begin as a file does, of whatever version.
    #[must_use]
    pub fn is(file: &[u8]) -> bool {
        file.starts_with(&MAGIC[..MAGIC.len() - 2])
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If it is no such file, is cut off, or is from a newer version.
    pub fn from_bytes(file: &[u8]) -> Result<State, PluginError> {
        let wrong = |reason: &str| PluginError::State(reason.into());
        let Some(mut rest) = file.strip_prefix(MAGIC) else {
            let newer = State::is(file);
            return Err(wrong(if newer {
                "it was saved by a newer version of Rhapsode"
            } else {
                "the file does not begin as one does"
            }));
        };
        let mut part = || -> Option<Vec<u8>> {
            let (length, after) = rest.split_first_chunk::<8>()?;
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (part, after) = after.split_at_checked(length)?;
            rest = after;
            Some(part.to_vec())
        };
        let cut = || wrong("the file is cut off");
        let header = part().ok_or_else(cut)?;
        let (bytes, controller) = (part().ok_or_else(cut)?, part().ok_or_else(cut)?);
        let state: State = serde_json::from_slice(&header).map_err(|e| wrong(&e.to_string()))?;
        Ok(State { bytes, controller, ..state })
    }

    /// That the state is one of the plugin `id`.
    pub(super) fn belongs(&self, format: Format, id: &str) -> Result<(), PluginError> {
        if (self.format, self.id.as_str()) == (format, id) {
            return Ok(());
        }
        let of = format!("it is of `{}:{}`, not of `{format}:{id}`", self.format, self.id);
        Err(PluginError::State(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_back_whole_or_not_at_all() {
        let state = State {
            format: Format::Clap,
            id: "org.x".into(),
            bytes: vec![0, 10, 255],
            controller: vec![7],
            values: vec![(3, 0.1), (9, -60.0)],
            since: vec![(9, -12.0)],
        };
        let file = state.to_bytes();
        assert_eq!(State::from_bytes(&file), Ok(state));
        for end in 0..file.len() {
            assert!(State::from_bytes(&file[..end]).is_err(), "{end} bytes");
        }
        let mut newer = file.clone();
        newer[MAGIC.len() - 2] = b'2';
        let said = State::from_bytes(&newer).unwrap_err().to_string();
        assert!(said.contains("newer version"), "{said}");
    }
}
