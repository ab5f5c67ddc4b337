//! Functions of the script that hear of what plugins change of themselves.

use crate::pattern::ValueFn;
use serde::Serialize;

/// A function that hears of what a plugin changes.
#[derive(Clone, Serialize)]
pub struct OnChange {
    /// Strip and path of the plugin, or its key.
    pub plugin: String,
    /// Is called with a map: `plugin`, `kind`, and what belongs to that. A text that it returns is told; a map may
    /// have `say`, a text, and `run`, code that joins what plays.
    #[serde(serialize_with = "text")]
    pub run: ValueFn,
}

fn text<S: serde::Serializer>(run: &ValueFn, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&run.text)
}

impl OnChange {
    /// Whether it hears of the plugin at `at`: strip and path.
    #[must_use]
    pub fn hears(&self, at: &str) -> bool {
        self.plugin == at || at.split_once('/').is_some_and(|(_, path)| path == self.plugin)
    }
}

impl PartialEq for OnChange {
    fn eq(&self, other: &OnChange) -> bool {
        (&self.plugin, &self.run.text) == (&other.plugin, &other.run.text)
    }
}

impl std::fmt::Debug for OnChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OnChange({}, {})", self.plugin, self.run.text)
    }
}
