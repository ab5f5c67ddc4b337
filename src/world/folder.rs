//! The world of a script on disk: its folder, and folders that the user allowed.

use super::{Observer, Plugins, Stdlib, World, refusal};
use crate::session::plugin::{Description, Format, Summary};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Files below the folder of the main script, and below folders that were allowed.
pub struct Folder {
    base: PathBuf,
    allowed: Vec<PathBuf>,
    external: bool,
    arguments: BTreeMap<String, String>,
    stdlib: Stdlib,
    /// The scripts that there are, if they are not those on disk.
    scripts: Option<BTreeMap<String, String>>,
    seed: Option<u64>,
    plugins: Option<Arc<dyn Plugins>>,
    rate: f64,
    observer: Observer,
    print: Box<dyn Fn(&str) + Send + Sync>,
}

impl Folder {
    /// The world below `base`. What scripts print goes to standard error.
    #[must_use]
    pub fn new(base: impl Into<PathBuf>) -> Folder {
        let base: PathBuf = base.into();
        Folder {
            base: if base.as_os_str().is_empty() { PathBuf::from(".") } else { base },
            allowed: Vec::new(),
            external: false,
            arguments: BTreeMap::new(),
            stdlib: Stdlib::embedded(),
            scripts: None,
            seed: None,
            plugins: None,
            rate: 48_000.0,
            observer: Observer::default(),
            print: Box::new(|text| eprintln!("{text}")),
        }
    }

    /// The world of the script at `path`: that of the folder in which it is.
    #[must_use]
    pub fn of_script(path: &Path) -> Folder {
        Folder::new(path.parent().unwrap_or(Path::new(".")))
    }

    /// The same with files below `folder` allowed too, wherever it is.
    #[must_use]
    pub fn allow(mut self, folder: impl Into<PathBuf>) -> Folder {
        self.allowed.push(folder.into());
        self
    }

    /// The same, in which scripts may have programs run for their sounds, or not: they may not before.
    #[must_use]
    pub fn allow_external(mut self, external: bool) -> Folder {
        self.external = external;
        self
    }

    /// The same with an argument set.
    #[must_use]
    pub fn argument(mut self, name: &str, value: &str) -> Folder {
        self.arguments.insert(name.to_string(), value.to_string());
        self
    }

    /// The same with another standard library.
    #[must_use]
    pub fn stdlib(mut self, stdlib: Stdlib) -> Folder {
        self.stdlib = stdlib;
        self
    }

    /// The same with these scripts, by their names as imports have them, and no others.
    #[must_use]
    pub fn scripts(mut self, scripts: BTreeMap<String, String>) -> Folder {
        self.scripts = Some(scripts);
        self
    }

    /// The same with a seed that wins over the script's.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Folder {
        self.seed = Some(seed);
        self
    }

    /// The same with the plugins that can be found so.
    #[must_use]
    pub fn catalogue(mut self, plugins: Arc<dyn Plugins>) -> Folder {
        self.plugins = Some(plugins);
        self
    }

    /// The same at another sample rate, in hertz.
    #[must_use]
    pub fn sample_rate(mut self, rate: f64) -> Folder {
        self.rate = rate;
        self
    }

    /// The same with somebody who is told how far the sounds are that are made for a script.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Folder {
        self.observer = observer;
        self
    }

    /// Who is told how far the sounds are.
    #[must_use]
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The same with another place to print to.
    #[must_use]
    pub fn on_print(mut self, print: impl Fn(&str) + Send + Sync + 'static) -> Folder {
        self.print = Box::new(print);
        self
    }

    /// Where `path` of a script is on disk, with all links followed.
    ///
    /// # Errors
    /// A message that shows the path: it does not exist, or it leaves the allowed folders.
    pub fn locate(&self, path: &str) -> Result<PathBuf, String> {
        let climbs = Path::new(path).components().any(|c| c == Component::ParentDir);
        if climbs && self.allowed.is_empty() {
            return Err(refusal(path));
        }
        let full = self.base.join(path);
        let roots = || std::iter::once(&self.base).chain(&self.allowed);
        let Ok(real) = full.canonicalize() else {
            // Whether a file outside exists is not told.
            let inside = !climbs && roots().any(|root| full.starts_with(root));
            return Err(if inside { self.missing(path) } else { refusal(path) });
        };
        let inside = roots().any(|r| r.canonicalize().is_ok_and(|root| real.starts_with(root)));
        if inside { Ok(real) } else { Err(refusal(path)) }
    }

    fn missing(&self, path: &str) -> String {
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let names: Vec<String> = std::fs::read_dir(self.base.join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| folder.join(e.file_name()).to_str().map(String::from))
            .collect();
        let near = crate::diag::nearest(path, names.iter().map(String::as_str));
        let near = near.map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default();
        format!("there is no file \"{path}\" in {}{near}", self.base.display())
    }
}

impl World for Folder {
    fn script(&self, path: &str) -> Result<String, String> {
        if let Some(scripts) = &self.scripts {
            let found = scripts.get(path).or_else(|| scripts.get(path.trim_end_matches(".rhai")));
            return found.cloned().ok_or_else(|| format!("there is no script \"{path}\""));
        }
        if let Some(name) = path.strip_prefix("std/") {
            return self.stdlib.module(name);
        }
        let file = format!("{}.rhai", path.trim_end_matches(".rhai"));
        let real = self.locate(&file)?;
        std::fs::read_to_string(real).map_err(|e| format!("cannot read \"{file}\": {e}"))
    }

    fn asset(&self, path: &str) -> Result<(), String> {
        self.locate(path).map(|_| ())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.locate(path)?).map_err(|e| format!("\"{path}\": {e}"))
    }

    fn destination(&self, path: &str) -> Result<PathBuf, String> {
        super::confined(path)?;
        let full = self.base.join(path);
        let (Some(name), Some(folder)) = (full.file_name(), full.parent()) else {
            return Err(format!("\"{path}\" is not the name of a file"));
        };
        let inside = |folder: &Path| {
            let (real, root) = (folder.canonicalize().ok()?, self.base.canonicalize().ok()?);
            real.starts_with(root).then_some(real)
        };
        // A link in the way may lead elsewhere.
        match (folder.is_dir(), inside(folder)) {
            (true, Some(real)) => Ok(real.join(name)),
            (true, None) => Err(refusal(path)),
            (false, _) => Err(format!("the folder of \"{path}\" is not there; make it first")),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(self.locate(path)?)
            .map_err(|e| format!("cannot list \"{path}\": {e}"))?;
        let mut names: Vec<String> =
            entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
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

    fn plugin(&self, wanted: &str) -> Result<Arc<Description>, (String, String)> {
        let Some(plugins) = &self.plugins else {
            let hint = "This program hosts no plugins.".to_string();
            return Err((format!("the plugin `{wanted}` is not installed"), hint));
        };
        let found = plugins.find(wanted);
        // A library beside the script, or in a folder that was allowed.
        match Format::of(Path::new(wanted)) {
            Some(_) if found.is_err() => match self.locate(wanted) {
                Ok(library) => plugins.library(&library),
                Err(why) => Err((why, String::new())),
            },
            _ => found,
        }
    }

    fn external(&self) -> bool {
        self.external
    }

    fn plugins(&self) -> Vec<Summary> {
        self.plugins.as_ref().map_or_else(Vec::new, |plugins| plugins.all())
    }

    fn sample_rate(&self) -> f64 {
        self.rate
    }

    fn print(&self, text: &str) {
        (self.print)(text);
    }
}
