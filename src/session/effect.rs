//! MIDI effects: functions of the script through which what comes in goes before it plays a track.

use super::Port;
use crate::pattern::ValueFn;
use serde::Serialize;

/// A function that what comes in on a port goes through.
#[derive(Clone, Serialize)]
pub struct MidiEffect {
    /// Where it comes in.
    pub port: Port,
    /// What is made of a message; see [`MidiEffect::output`] for where that goes.
    #[serde(serialize_with = "text")]
    pub run: ValueFn,
    /// How often in a beat it is also called without a message; 0 is never.
    pub ticks: f64,
}

fn text<S: serde::Serializer>(run: &ValueFn, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&run.text)
}

impl PartialEq for MidiEffect {
    fn eq(&self, other: &MidiEffect) -> bool {
        (&self.port, &self.run.text, self.ticks) == (&other.port, &other.run.text, other.ticks)
    }
}

impl std::fmt::Debug for MidiEffect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MidiEffect({:?}, {})", self.port, self.run.text)
    }
}

impl MidiEffect {
    /// The port whose messages are the effect's: what tracks listen to that listen to `port`.
    #[must_use]
    pub fn output(port: &Port) -> Port {
        // No name of a device begins so.
        Port { name: format!("\u{1}{}", port.name), own: port.own }
    }
}
