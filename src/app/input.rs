//! What every command that reads a script takes: the script, its arguments, the folders it may read.

pub mod written;

use super::progress::observer;
use crate::diag::Diagnostic;
use crate::engine::Library;
use crate::runtime::{Installed, Piece};
use crate::script::{Evaluated, evaluate};
use crate::units::Place;
use crate::world::{Folder, Observer, Stdlib, World};
use std::path::PathBuf;
use std::sync::Arc;

/// A script and its world.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ScriptArgs {
    /// The script to read, a MIDI file, or the log of a live set (`.rhailog`)
    #[arg(value_name = "SCRIPT")]
    pub script: PathBuf,
    /// Sets an argument that the script asks for with arg(name, default)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Lets the script read files below this folder too
    #[arg(long, value_name = "FOLDER")]
    pub allow: Vec<PathBuf>,
    /// Lets the script run programs for its sounds: external(..)
    #[arg(long)]
    pub allow_external: bool,
    /// Takes the standard library from this folder
    #[arg(long, value_name = "FOLDER")]
    pub stdlib: Option<PathBuf>,
    /// Seed of all randomness, instead of the script's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The text itself, if a command has written it; the path then only says where its folder is.
    #[arg(skip)]
    pub text: Option<String>,
    /// Who is told how far the sounds are that are rendered while the script is loaded.
    #[arg(skip)]
    pub observer: Observer,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_string(), value.trim().to_string()))
        }
        _ => Err("it must look like NAME=VALUE".to_string()),
    }
}

impl ScriptArgs {
    /// The world that the script is evaluated against, at `rate` hertz.
    #[must_use]
    pub fn world(&self, rate: f64) -> Folder {
        let mut world =
            Folder::of_script(&self.script).sample_rate(rate).catalogue(Installed::shared());
        for (name, value) in &self.set {
            world = world.argument(name, value);
        }
        for folder in &self.allow {
            world = world.allow(folder);
        }
        world = world.allow_external(self.allow_external).observed(self.observer.clone());
        if let Some(folder) = &self.stdlib {
            world = world.stdlib(Stdlib::folder(folder));
        }
        if let Some(seed) = self.seed {
            world = world.seed(seed);
        }
        world
    }

    /// Reads and evaluates the script.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn evaluate(&self, rate: f64) -> Result<Evaluated, Vec<Diagnostic>> {
        let (name, text) = self.read()?;
        let world: Arc<dyn World> = Arc::new(self.world(rate));
        evaluate(&text, &name, &world)
    }

    /// Reads and evaluates the script, to be rendered at `rate` hertz.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self, rate: u32) -> Result<Piece, Vec<Diagnostic>> {
        let (name, text) = self.read()?;
        Piece::evaluate(&text, &name, self.world(f64::from(rate)), rate)
    }

    /// The same; shows how far the bounces of the script are while they are rendered, unless `quiet`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load_shown(&self, rate: u32, quiet: bool) -> Result<Piece, Vec<Diagnostic>> {
        ScriptArgs { observer: observer(quiet), ..self.clone() }.load(rate)
    }

    /// Evaluates `text`, called `name`, as if it stood in the folder of the script (or the current one); audio
    /// files of `before` are not loaded again.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn perform(
        &self,
        text: &str,
        name: &str,
        rate: u32,
        before: Option<&Library>,
    ) -> Result<Piece, Vec<Diagnostic>> {
        Piece::again(text, name, self.world(f64::from(rate)), rate, before)
    }

    /// The name of the file in its folder, if it is a MIDI file rather than a script.
    #[must_use]
    pub fn midi(&self) -> Option<String> {
        let ending = self.script.extension()?.to_str()?.to_ascii_lowercase();
        let file = self.script.file_name()?.to_str()?.to_string();
        matches!(ending.as_str(), "mid" | "midi" | "smf" | "kar").then_some(file)
    }

    /// Whether it is the log of a live set.
    #[must_use]
    pub fn is_log(&self) -> bool {
        self.script.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("rhailog"))
    }

    /// Name and text of the script. A MIDI file is one that plays it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<(String, String), Vec<Diagnostic>> {
        let name = self.script.display().to_string();
        if let Some(text) = &self.text {
            return Ok((name, text.clone()));
        }
        if let Some(file) = self.midi() {
            return Ok((name, written::song(&file, None)));
        }
        let text = std::fs::read_to_string(&self.script).map_err(|why| {
            let error = Diagnostic::error(format!("cannot read {name}: {why}"), Place::default());
            vec![error.hint("the script is a text file, usually called `something.rhai`")]
        })?;
        Ok((name, text))
    }
}
