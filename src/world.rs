//! What a script can see of the outside: files below its folder, arguments, a seed, a place to print.
//!
//! Everything goes through [`World`], so that tests, the REPL, a live file and a render share one way of
//! evaluating and a script can be shown any world at all.

mod folder;
mod memory;
mod observer;
mod stdlib;

use crate::session::plugin::{Description, Summary};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use folder::Folder;
pub use memory::Memory;
pub use observer::Observer;
pub use stdlib::Stdlib;

/// Finds the plugins of a machine. On any thread but the audio thread.
pub trait Plugins: Send + Sync {
    /// The plugin that is called `wanted`: by name, `format:name`, id or path.
    ///
    /// # Errors
    /// That it is not there, and what may have been meant.
    fn find(&self, wanted: &str) -> Result<Arc<Description>, (String, String)>;

    /// The first plugin of a library.
    ///
    /// # Errors
    /// Why it cannot be used, and what to do.
    fn library(&self, path: &Path) -> Result<Arc<Description>, (String, String)>;

    /// All of them, by name.
    fn all(&self) -> Vec<Summary>;
}

/// The outside as a script sees it. Called on the control thread, and on the thread that evaluates.
pub trait World: Send + Sync {
    /// Text of the script at `path`: a path relative to the main script (what a module
    /// imports is looked for beside the module first), or `std/name` for a module of
    /// the standard library; the ending `.rhai` may be left out.
    ///
    /// # Errors
    /// A message that shows the path, and says what is wrong and what to do.
    fn script(&self, path: &str) -> Result<String, String>;

    /// Whether `path` names a file or folder that may be read (a sample, an impulse response).
    ///
    /// # Errors
    /// A message that shows the path, and says what is wrong and what to do.
    fn asset(&self, path: &str) -> Result<(), String>;

    /// The bytes of the file `path` (a MIDI file).
    ///
    /// # Errors
    /// A message that shows the path, and says what is wrong and what to do.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// Where the file `path`, which need not be there yet, is to be written: below the folder of the script.
    ///
    /// # Errors
    /// A message that shows the path, and says what is wrong and what to do.
    fn destination(&self, path: &str) -> Result<PathBuf, String> {
        Err(format!("\"{path}\" cannot be written: this script has no folder"))
    }

    /// Names of the files in the folder `path`, sorted.
    ///
    /// # Errors
    /// A message that shows the path, and says what is wrong and what to do.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;

    /// The plugin that a script calls `wanted`: by name, `format:name`, id or path.
    ///
    /// # Errors
    /// That it is not there, and what may have been meant.
    fn plugin(&self, wanted: &str) -> Result<Arc<Description>, (String, String)> {
        let hint = "This program hosts no plugins.".to_string();
        Err((format!("the plugin `{wanted}` is not installed"), hint))
    }

    /// Whether scripts may have programs run for their sounds.
    fn external(&self) -> bool {
        false
    }

    /// All plugins there are, by name.
    fn plugins(&self) -> Vec<Summary> {
        Vec::new()
    }

    /// What the user set for `arg(name, default)`, as text.
    fn argument(&self, _name: &str) -> Option<String> {
        None
    }

    /// Names of all arguments that the user set, so that one that no script asks for can be named.
    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }

    /// The seed, if the user gave one; it wins over the script's.
    fn seed(&self) -> Option<u64> {
        None
    }

    /// Sample rate in hertz, for `sample_rate` in scripts.
    fn sample_rate(&self) -> f64 {
        48_000.0
    }

    /// What the script prints.
    fn print(&self, _text: &str) {}
}

/// Why `path` may not be read, if it leaves the folder that it is relative to.
///
/// # Errors
/// A message that shows the path and names the option that allows it.
pub(crate) fn confined(path: &str) -> Result<(), String> {
    use std::path::{Component, Path};
    let out = Path::new(path)
        .components()
        .any(|c| matches!(c, Component::ParentDir | Component::RootDir | Component::Prefix(_)));
    if out || path.starts_with('\\') { Err(refusal(path)) } else { Ok(()) }
}

/// The message for a path that leaves the allowed folders.
pub(crate) fn refusal(path: &str) -> String {
    format!(
        "\"{path}\" leaves the folder of the script, which is not allowed; \
         copy the file there, or allow its folder with --allow FOLDER"
    )
}

/// The message for a command line in a script that may run none.
pub(crate) fn no_programs(command: &str) -> String {
    format!(
        "`{command}` would run a program, which scripts may not do; \
         if you trust this script, allow it with --allow-external"
    )
}
