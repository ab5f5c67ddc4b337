//! What the performer has muted, soloed and stopped by hand, apart from what the script says.

use super::Session;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Outlives edits of the script: a track that was muted by hand stays muted when the script is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mixer {
    /// Tracks and buses whose mute is not the script's.
    pub mutes: BTreeMap<String, bool>,
    /// Tracks and buses whose solo is not the script's.
    pub solos: BTreeMap<String, bool>,
    /// Tracks whose patterns are not played; what sounds by itself is muted.
    pub stopped: BTreeSet<String>,
}

impl Mixer {
    /// Whether the music is as the script says.
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        self.mutes.is_empty() && self.solos.is_empty() && self.stopped.is_empty()
    }

    /// The session as it is to be heard.
    #[must_use]
    pub fn apply(&self, session: &Session) -> Session {
        let mut session = session.clone();
        for track in session.tracks.iter_mut().filter(|t| self.stopped.contains(&t.name)) {
            // What is played falls silent by itself; what sounds by itself must be silenced.
            track.strip.mute |= track.plays.is_empty();
            track.plays.clear();
        }
        let tracks = session.tracks.iter_mut().map(|t| (&t.name, &mut t.strip));
        for (name, strip) in tracks.chain(session.buses.iter_mut().map(|b| (&b.name, &mut b.strip)))
        {
            strip.mute = self.mutes.get(name).copied().unwrap_or(strip.mute);
            strip.solo = self.solos.get(name).copied().unwrap_or(strip.solo);
        }
        session
    }
}
