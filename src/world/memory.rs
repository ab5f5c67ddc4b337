//! A world in memory, for tests and for programs that bring their own files.

use super::{Stdlib, World, confined};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// Scripts and the names of assets, held in memory.
#[derive(Debug, Default)]
pub struct Memory {
    scripts: BTreeMap<String, String>,
    assets: BTreeSet<String>,
    bytes: BTreeMap<String, Vec<u8>>,
    arguments: BTreeMap<String, String>,
    stdlib: Stdlib,
    seed: Option<u64>,
    external: bool,
    printed: Mutex<Vec<String>>,
}

impl Memory {
    /// An empty world with the standard library.
    #[must_use]
    pub fn new() -> Memory {
        Memory::default()
    }

    /// The same with a script at `path` (which ends in `.rhai`).
    #[must_use]
    pub fn with_script(mut self, path: &str, text: &str) -> Memory {
        self.scripts.insert(path.to_string(), text.to_string());
        self
    }

    /// The same with an asset that exists.
    #[must_use]
    pub fn with_asset(mut self, path: &str) -> Memory {
        self.assets.insert(path.to_string());
        self
    }

    /// The same with a file at `path` that can be read.
    #[must_use]
    pub fn with_bytes(mut self, path: &str, bytes: Vec<u8>) -> Memory {
        self.bytes.insert(path.to_string(), bytes);
        self.with_asset(path)
    }

    /// The same with an argument set.
    #[must_use]
    pub fn with_argument(mut self, name: &str, value: &str) -> Memory {
        self.arguments.insert(name.to_string(), value.to_string());
        self
    }

    /// The same with a seed that wins over the script's.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Memory {
        self.seed = Some(seed);
        self
    }

    /// The same, in which scripts may have programs run for their sounds.
    #[must_use]
    pub fn with_external(mut self) -> Memory {
        self.external = true;
        self
    }

    /// What was printed so far.
    #[must_use]
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().map(|lines| lines.clone()).unwrap_or_default()
    }
}

impl World for Memory {
    fn script(&self, path: &str) -> Result<String, String> {
        if let Some(name) = path.strip_prefix("std/") {
            return self.stdlib.module(name);
        }
        confined(path)?;
        let file = format!("{}.rhai", path.trim_end_matches(".rhai"));
        self.scripts.get(&file).cloned().ok_or_else(|| format!("there is no script \"{file}\""))
    }

    fn asset(&self, path: &str) -> Result<(), String> {
        confined(path)?;
        let inside = format!("{}/", path.trim_end_matches('/'));
        let known = self.assets.iter().any(|a| a == path || a.starts_with(&inside));
        if known { Ok(()) } else { Err(format!("there is no file \"{path}\"")) }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.asset(path)?;
        Ok(self.bytes.get(path).cloned().unwrap_or_default())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.asset(path)?;
        let inside = format!("{}/", path.trim_end_matches('/'));
        Ok(self
            .assets
            .iter()
            .filter_map(|a| a.strip_prefix(&inside))
            .filter(|name| !name.contains('/'))
            .map(String::from)
            .collect())
    }

    fn argument(&self, name: &str) -> Option<String> {
        self.arguments.get(name).cloned()
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.keys().cloned().collect()
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }

    fn external(&self) -> bool {
        self.external
    }

    fn print(&self, text: &str) {
        if let Ok(mut lines) = self.printed.lock() {
            lines.push(text.to_string());
        }
    }
}
