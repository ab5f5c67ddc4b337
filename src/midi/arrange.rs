//! Songs taken apart and put together: joined tracks, a track for each channel.

use super::song::{Event, Kind, Part, Song};
use std::collections::BTreeMap;

impl Song {
    /// All tracks as one, in the order of time; at one tick in the order of the tracks. The song is of format 0
    /// then. Of the names only the first stays.
    #[must_use]
    pub fn joined(&self) -> Song {
        let end = self.end();
        let mut events: Vec<Event> = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            let named = |e: &&Event| index == 0 || !matches!(e.kind, Kind::Name(_));
            events.extend(part.events.iter().filter(named).cloned());
        }
        events.sort_by_key(|e| e.tick);
        Song { format: 0, division: self.division, parts: vec![Part { events, end }] }
    }

    /// A track for what is said to nobody or to all, and one for each channel that is told anything.
    #[must_use]
    pub fn split(&self) -> Song {
        let Song { parts, division, .. } = self.joined();
        let (mut head, mut channels) = (Vec::new(), BTreeMap::<u8, Vec<Event>>::new());
        let end = self.end();
        for event in parts.into_iter().flat_map(|p| p.events) {
            match event.kind {
                Kind::Voice(channel, _) => channels.entry(channel).or_default().push(event),
                _ => head.push(event),
            }
        }
        let named = |(channel, events): (u8, Vec<Event>)| {
            let name = Kind::Name(format!("Channel {}", channel + 1));
            [vec![Event { tick: 0, kind: name }], events].concat()
        };
        let all = std::iter::once(head).chain(channels.into_iter().map(named));
        let parts = all.map(|events| Part { events, end }).collect();
        Song { format: 1, division, parts }
    }
}
