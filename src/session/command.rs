//! What a script asks of the performance rather than of the piece.

use serde::{Deserialize, Serialize};

/// Runs once, after the edit that it came with is heard. Means nothing where nothing is performed: in `check`,
/// `plan` and `render`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Stops every track; effects ring out.
    Hush,
    /// Lets stopped tracks play again.
    Unhush,
    /// Silence at once: notes, tails, what waits.
    Panic,
    /// Mutes a track or bus, or unmutes it.
    Mute(String, bool),
    /// Solos a track or bus, or takes that back.
    Solo(String, bool),
    /// Takes all solos and mutes by hand back.
    Unsolo,
    /// Back to the music that sounded before.
    Undo,
    /// Forward again.
    Redo,
    /// Records the output into a file.
    Record(String),
    /// Records the output and every track and bus into a folder.
    Stems(String),
    /// Records what is played by hand into a MIDI file; notes begin on so many parts of a cycle, if any.
    RecordMidi(String, Option<u32>),
    /// Ends the recording.
    StopRecording,
    /// Maps the controller that is moved next to a parameter: its path, and the rest of the line for the script.
    Learn(String, String),
    /// Tells which controllers move which parameters.
    Maps,
    /// Saves the sound of what plays, without the music, into a file.
    SaveRig(String),
    /// Tells what the parameters of a plugin are: its path, or its key.
    Params(String),
    /// Saves the state of a plugin (path or key) into a file.
    SaveState(String, String),
    /// Starts a plugin (path or key) anew.
    Reload(String),
    /// Tells how it goes.
    Status,
    /// Tells what the edit kept, changed, added and removed.
    Plan,
    /// Shows a page of the manual.
    Help(String),
}
