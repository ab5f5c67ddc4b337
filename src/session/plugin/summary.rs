//! A plugin in short, as lists have it.

use super::{Bus, Description, Format};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A plugin in a line of a list; a [`Description`] has the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its format.
    pub format: Format,
    /// The library or bundle that it is in.
    pub path: PathBuf,
    /// Its id in the format.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// What it is, in the words of its format.
    pub categories: Vec<String>,
    /// It plays notes.
    pub instrument: bool,
    /// It takes notes or MIDI.
    pub midi_in: bool,
    /// It sends notes or MIDI.
    pub midi_out: bool,
    /// Channels of each audio input.
    pub inputs: Vec<usize>,
    /// Channels of each audio output.
    pub outputs: Vec<usize>,
    /// Number of its parameters.
    pub parameters: usize,
}

impl Summary {
    /// The line of a description.
    #[must_use]
    pub fn of(d: &Description) -> Summary {
        let channels = |buses: &[Bus]| buses.iter().map(|bus| bus.channels).collect();
        Summary {
            format: d.format,
            path: d.path.clone(),
            id: d.id.clone(),
            name: d.name.clone(),
            vendor: d.vendor.clone(),
            version: d.version.clone(),
            categories: d.categories.clone(),
            instrument: d.instrument(),
            midi_in: d.midi_in,
            midi_out: d.midi_out,
            inputs: channels(&d.inputs),
            outputs: channels(&d.outputs),
            parameters: d.parameters.len(),
        }
    }
}
