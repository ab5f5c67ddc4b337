//! The modules of the standard library: inside the program, or from a folder in its place.

use include_dir::{Dir, include_dir};
use std::path::PathBuf;

static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// Where the modules `std/...` come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stdlib {
    folder: Option<PathBuf>,
}

impl Stdlib {
    /// The modules inside the program.
    #[must_use]
    pub fn embedded() -> Stdlib {
        Stdlib::default()
    }

    /// The modules of `folder`.
    #[must_use]
    pub fn folder(folder: impl Into<PathBuf>) -> Stdlib {
        Stdlib { folder: Some(folder.into()) }
    }

    /// Names of all modules, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = match &self.folder {
            Some(folder) => std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|e| e.file_name().into_string().ok())
                .collect(),
            None => EMBEDDED.files().map(|f| f.path().display().to_string()).collect(),
        };
        names.retain(|n| n.ends_with(".rhai"));
        for name in &mut names {
            name.truncate(name.len() - ".rhai".len());
        }
        names.sort();
        names
    }

    /// Text of the module `name` (without `std/` and without ending).
    ///
    /// # Errors
    /// A message that lists the modules that exist.
    pub fn module(&self, name: &str) -> Result<String, String> {
        super::confined(&format!("std/{name}"))?;
        let file = format!("{}.rhai", name.trim_end_matches(".rhai"));
        let text = match &self.folder {
            Some(folder) => std::fs::read_to_string(folder.join(&file)).ok(),
            None => EMBEDDED.get_file(&file).and_then(|f| f.contents_utf8()).map(String::from),
        };
        text.ok_or_else(|| {
            let names = self.names();
            let near = crate::diag::nearest(name, names.iter().map(String::as_str));
            let near = near.map(|n| format!("did you mean \"std/{n}\"? ")).unwrap_or_default();
            format!(
                "the standard library has no module \"std/{name}\"; {near}It has: {}",
                names.join(", ")
            )
        })
    }
}
