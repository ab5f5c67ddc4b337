//! Preset files: `.vstpreset`, our own states, and what a plugin loads by itself.

mod vstpreset;

pub use vstpreset::{Damage, VstPreset};

use super::{Format, Plugin, PluginError, State};
use std::io::{Read, Write};
use std::path::Path;

/// Bytes of the largest file that is read: 256 MiB.
const LARGEST: u64 = 1 << 28;

/// Loads a preset file into a plugin that does not play, by what is in it: a `.vstpreset`, a state that
/// [`save`] or [`State::to_bytes`] wrote, or else a file that the plugin itself can load (CLAP's preset-load).
///
/// # Errors
/// If the file cannot be read, is damaged, is of another plugin or of no kind that is known here.
pub fn load(plugin: &mut dyn Plugin, path: &Path) -> Result<(), PluginError> {
    let named = |reason: String| PluginError::State(format!("`{}`: {reason}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| named(e.to_string()))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| named(e.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(named("it has more than 256 MiB".into()));
    }
    let loaded = match from_bytes(plugin, &bytes) {
        Some(loaded) => loaded,
        None => plugin.load_file(path),
    };
    loaded.map_err(|error| match error {
        PluginError::State(reason) => named(reason),
        other => other,
    })
}

/// Loads the bytes of a `.vstpreset` or of a state; none if they are neither.
///
/// # Errors
/// As for [`load`].
pub fn from_bytes(plugin: &mut dyn Plugin, bytes: &[u8]) -> Option<Result<(), PluginError>> {
    if State::is(bytes) {
        return Some(State::from_bytes(bytes).and_then(|state| plugin.restore(&state)));
    }
    VstPreset::is(bytes).then(|| {
        let preset = VstPreset::from_bytes(bytes);
        let preset = preset.map_err(|damage| PluginError::State(damage.to_string()))?;
        plugin.restore(&preset.state(plugin.description())?)
    })
}

/// Saves what a plugin is set to: as a `.vstpreset` if the name ends so, else as a state of our own. The file is
/// written whole or not at all.
///
/// # Errors
/// If the plugin refuses, is no VST3 but the name wants one, or the file cannot be written.
pub fn save(plugin: &mut dyn Plugin, path: &Path) -> Result<(), PluginError> {
    let wrong = |reason: String| PluginError::State(format!("`{}`: {reason}", path.display()));
    let state = plugin.save()?;
    let bytes = if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("vstpreset")) {
        if state.format != Format::Vst3 {
            let why = format!("{} is a {} plugin", plugin.description().name, state.format);
            return Err(wrong(format!("{why}: save it as `.state`")));
        }
        VstPreset::of(&state, plugin.description()).to_bytes()
    } else {
        state.to_bytes()
    };
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // Temporary files are private; this one becomes an ordinary file (less the umask).
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|e| wrong(e.to_string()))?;
    let written = file.write_all(&bytes).and_then(|()| file.as_file().sync_all());
    written.map_err(|e| wrong(e.to_string()))?;
    file.persist(path).map(drop).map_err(|e| wrong(e.error.to_string()))
}
