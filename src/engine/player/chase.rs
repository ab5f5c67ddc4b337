//! What a song has said before the moment at which it is joined: levels, pedals and bends that still hold.

use super::voice::{controls, told};
use super::{OWN, Player};
use crate::pattern::{Event, Frac, Pattern, Span};
use crate::rt::job::Timed;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a pattern is what a MIDI file says, so that each of its controllers holds until the next.
fn is_song(pattern: &Pattern) -> bool {
    pattern.written().is_some_and(|w| w.starts_with("song(") || w.starts_with("take("))
}

impl Player {
    /// Says at the first frame what the songs' controllers and bends were last set to. Where the music went on all the
    /// time it changes nothing, for that is how they are.
    pub(super) fn chase(&mut self, send: &mut impl FnMut(Timed)) {
        let now = self.clock.beat(self.from) / self.clock.cycle();
        let Some(end) = Frac::from_f64(now).filter(|now| *now > Frac::ZERO) else { return };
        let lines = std::mem::take(&mut self.lines);
        for line in &lines {
            let mut last: BTreeMap<Option<u8>, Event> = BTreeMap::new();
            for pattern in line.patterns.iter().filter(|p| is_song(p)) {
                // What cannot be asked at once is not said again.
                let mut events = pattern.try_query(Span::new(Frac::ZERO, end)).unwrap_or_default();
                events.retain(Event::has_onset);
                events.sort_by_key(|e| e.whole_or_part().begin);
                for event in events {
                    if let (told, true) = told(&controls(&event.value)) {
                        last.insert(told.control.map(|(number, _)| number), event);
                    }
                }
            }
            for event in last.values() {
                let controls = controls(&event.value);
                self.tell(line, told(&controls).0, self.from, send);
                self.set_all(line, &controls, &BTreeSet::from(OWN), self.from, send);
            }
        }
        self.lines = lines;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::Clock;
    use crate::graph::compile;
    use crate::midi::{Event as Said, Kind, Message, Part, Song};
    use crate::rt::event::EventKind;
    use crate::world::{Memory, World};
    use std::sync::Arc;

    #[test]
    fn who_joins_a_song_hears_the_levels_that_hold() {
        let said = |tick, message| Said { tick, kind: Kind::Voice(0, message) };
        let events = vec![
            said(0, Message::NoteOn(60, 100)),
            said(100, Message::Control(7, 20)),
            said(200, Message::Control(7, 127)),
            said(300, Message::Bend(8191)),
            said(400, Message::Control(64, 127)),
            said(4000, Message::Control(64, 0)),
            said(4800, Message::NoteOff(60, 0)),
        ];
        let song = Song { parts: vec![Part { events, end: 4800 }], ..Song::new(480) };
        let world: Arc<dyn World> = Arc::new(Memory::new().with_bytes("song.mid", song.to_bytes()));
        let piece = crate::script::evaluate("song(\"song.mid\");", "s", &world);
        let session = piece.unwrap_or_else(|e| panic!("{e:?}")).session;
        let library = crate::engine::Library::new(48_000, Box::new(|p| Err(p.to_string())));
        let compiled = compile(&session, 48_000.0, &library).unwrap_or_else(|e| panic!("{e:?}"));
        let mut player = Player::new(&session, &compiled, 48_000.0, &library, None);
        // In the second bar, which begins at 2 s.
        player.resume(Clock::new(&session, 48_000.0), 100_000);
        let mut sent = Vec::new();
        player.fill(100_001, |event| sent.push((event.frame, event.kind)));
        let has = |kind: EventKind| assert!(sent.contains(&(100_000, kind)), "{kind:?} {sent:?}");
        has(EventKind::Control { number: 7, value: 1.0 });
        has(EventKind::Control { number: 64, value: 1.0 });
        has(EventKind::Bend { semitones: 2.0 });
        let params = sent
            .iter()
            .filter(|(_, kind)| matches!(kind, EventKind::Param { value, .. } if *value == 1.0));
        assert_eq!((params.count(), sent.len()), (1, 4), "{sent:?}");
    }
}
