//! Embedding: evaluate scripts, get diagnostics as values, render or pull blocks, from a Rust program.

mod installed;
mod piece;

pub use installed::Installed;
pub use piece::{Piece, Sound};

use crate::diag::Diagnostic;
use crate::world::{Folder, Observer, Plugins};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Evaluates scripts against a folder, with arguments, at a sample rate.
///
/// ```
/// use rhapsode::{Options, Runtime};
///
/// # fn main() -> Result<(), Vec<rhapsode::diag::Diagnostic>> {
/// let piece = Runtime::new().eval("length_bars(1); track(\"a\", sine(220) * 0.2);")?;
/// let sound = piece.render(Options::default())?;
/// assert!(sound.left.len() >= 96_000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Runtime {
    base: PathBuf,
    allowed: Vec<PathBuf>,
    external: bool,
    arguments: Vec<(String, String)>,
    seed: Option<u64>,
    rate: Option<u32>,
    plugins: Option<Arc<dyn Plugins>>,
    observer: Observer,
}

impl Runtime {
    /// A runtime at 48 kHz whose scripts find files below the current folder.
    #[must_use]
    pub fn new() -> Runtime {
        Runtime::default()
    }

    /// The same with files below `folder` instead.
    #[must_use]
    pub fn base(mut self, folder: impl Into<PathBuf>) -> Runtime {
        self.base = folder.into();
        self
    }

    /// The same with files below `folder` too.
    #[must_use]
    pub fn allow(mut self, folder: impl Into<PathBuf>) -> Runtime {
        self.allowed.push(folder.into());
        self
    }

    /// The same, whose scripts may have programs run for their sounds (`external`): with the rights of this process, so
    /// only for scripts that are trusted.
    #[must_use]
    pub fn allow_external(mut self) -> Runtime {
        self.external = true;
        self
    }

    /// The same with the argument that scripts get with `arg(name, default)`.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Runtime {
        self.arguments.push((name.to_string(), value.to_string()));
        self
    }

    /// The same with a seed that wins over the scripts'.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Runtime {
        self.seed = Some(seed);
        self
    }

    /// The same with other plugins than those of the standard folders.
    #[must_use]
    pub fn plugins(mut self, plugins: Arc<dyn Plugins>) -> Runtime {
        self.plugins = Some(plugins);
        self
    }

    /// The same with somebody who is told how far the bounces of scripts are, and may end them.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Runtime {
        self.observer = observer;
        self
    }

    /// The same at another sample rate, in hertz.
    #[must_use]
    pub fn rate(mut self, hertz: u32) -> Runtime {
        self.rate = Some(hertz);
        self
    }

    /// Evaluates a script.
    ///
    /// # Errors
    /// Everything that is wrong with it, with places.
    pub fn eval(&self, source: &str) -> Result<Piece, Vec<Diagnostic>> {
        self.eval_named(source, "script")
    }

    /// Evaluates a script that is to follow `before`: sounds that are loaded and plugins that are open are kept.
    ///
    /// # Errors
    /// Everything that is wrong with it, with places.
    pub fn eval_after(&self, source: &str, before: &Piece) -> Result<Piece, Vec<Diagnostic>> {
        let rate = self.rate.unwrap_or(48_000);
        Piece::again(source, "script", self.folder(rate), rate, Some(before.library()))
    }

    /// Evaluates the script in the file `path`, relative to whose folder it finds others.
    ///
    /// # Errors
    /// The file cannot be read, or everything that is wrong with the script.
    pub fn load(&self, path: &Path) -> Result<Piece, Vec<Diagnostic>> {
        let name = path.display().to_string();
        let source = std::fs::read_to_string(path).map_err(|e| {
            vec![
                Diagnostic::error(format!("cannot read {name}: {e}"), Default::default())
                    .hint("check the path; a script's name usually ends in .rhai"),
            ]
        })?;
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Runtime { base, ..self.clone() }.eval_named(&source, &name)
    }

    fn eval_named(&self, source: &str, name: &str) -> Result<Piece, Vec<Diagnostic>> {
        let rate = self.rate.unwrap_or(48_000);
        Piece::evaluate(source, name, self.folder(rate), rate)
    }

    /// The world of its scripts.
    fn folder(&self, rate: u32) -> Folder {
        let plugins = self.plugins.clone().unwrap_or_else(|| Installed::shared());
        let mut folder = Folder::new(&self.base).sample_rate(f64::from(rate)).catalogue(plugins);
        folder = folder.allow_external(self.external).observed(self.observer.clone());
        for allowed in &self.allowed {
            folder = folder.allow(allowed);
        }
        for (name, value) in &self.arguments {
            folder = folder.argument(name, value);
        }
        if let Some(seed) = self.seed {
            folder = folder.seed(seed);
        }
        folder
    }
}
