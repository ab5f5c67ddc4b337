//! Hosted plugins: one trait in two halves for every format, and a folder a format behind it.
//!
//! A [`Description`] is plain data. A [`Plugin`] is the half of an instance that stays on the thread on which it
//! was opened; an [`AudioHalf`] is made by [`Plugin::activate`] and goes to the audio thread. Thread classes are
//! types: a `Plugin` is not `Send`, an `AudioHalf` is.

pub mod automation;
pub mod chain;
pub mod clap;
pub mod curve;
mod describe;
pub mod error;
pub mod event;
pub mod instance;
pub mod parking;
pub mod played;
pub mod preset;
pub mod sandbox;
pub mod scan;
pub mod state;
#[expect(non_upper_case_globals, reason = "the standard's names in patterns")]
pub mod vst3;
pub mod words;

mod buffers;
mod mailbox;

pub use automation::Automation;
pub use curve::Curve;
pub use error::PluginError;
pub use event::{Event, EventKind, Expression, Sent, Transport};
pub use instance::{AudioHalf, Change, Outcome, Plugin, Setup};
pub use parking::Parking;
pub use played::{Home, Joined, Moved, Mover, Played};
pub use state::State;

pub use crate::session::plugin::{Bus, Description, Format, Parameter, Summary, Tail};

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The frames of the largest block that a plugin is ever given; those of the house's blocks.
pub const BLOCK: usize = crate::dsp::unit::BLOCK;

/// The program that serves, once it is known.
static SERVER: OnceLock<PathBuf> = OnceLock::new();

/// Says which program scans libraries and runs plugins in processes of their own: one that calls [`scan::serve`] when
/// it is started as `PROGRAM plugin-scan ..` and [`sandbox::serve`] as `PROGRAM plugin-host ..`, as `rhapsode` does.
/// An embedding program may name itself or `rhapsode`; the first call counts.
pub fn serve_by(program: PathBuf) {
    // Who comes second finds it done.
    let _ = SERVER.set(program);
}

/// The program that serves. Without one `rhapsode` scans, and plugins run in this process.
#[must_use]
pub fn server() -> Option<&'static Path> {
    SERVER.get().map(PathBuf::as_path)
}

/// Loads a plugin into this process: the one that has `id`, or the first of the library if `id` is empty. The
/// thread that calls is the plugin's main thread from then on.
///
/// # Errors
/// If the library cannot be loaded, has no such plugin, or the plugin refuses to start.
pub fn open(format: Format, path: &Path, id: &str) -> Result<Box<dyn Plugin>, PluginError> {
    // Many plugins pass things to themselves by globals while they are made.
    static ONE: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    match format {
        Format::Clap => Ok(Box::new(clap::Hosted::open(path, id)?)),
        Format::Vst3 => Ok(Box::new(vst3::Hosted::open(path, id)?)),
        Format::Lv2 | Format::Ladspa => Err(PluginError::Format(format)),
    }
}

/// The ids of the plugins of a library, in its order.
///
/// # Errors
/// If the library cannot be loaded.
pub fn ids(format: Format, path: &Path) -> Result<Vec<String>, PluginError> {
    match format {
        Format::Clap => clap::ids(path),
        Format::Vst3 => vst3::ids(path),
        Format::Lv2 | Format::Ladspa => Err(PluginError::Format(format)),
    }
}
