//! Which keys are held: by what the terminal says of it, or by how keys repeat.
//!
//! Most terminals tell of a key when it goes down, and again and again while it is held, but never when it is let go. So
//! a note ends a while after its key has gone down, and goes on as long as the key repeats. A key that is pressed anew
//! looks the same as one that repeats: what comes when a repeat is due is a repeat, everything else is played anew.
//! When the first repeat is due is learnt from the keys that were held.

use std::time::Duration;

/// When the first repeat is due, before any was seen: systems are set to something in between.
const DUE: (Duration, Duration) = (Duration::from_millis(340), Duration::from_millis(680));
/// How far from it a first repeat may be, once one was seen.
const NEAR: Duration = Duration::from_millis(50);
/// Repeats follow each other faster than this (slow systems: every 70 ms), or the key was let go.
const GAP: Duration = Duration::from_millis(120);
/// What comes faster than this is no finger: fast players strike a key again every 80 ms.
const ROLL: Duration = Duration::from_millis(75);
/// Keys that go down within this time are one chord. Only the last key of it repeats, and all are held by that.
const CHORD: Duration = Duration::from_millis(80);

/// How long a note sounds whose key does not repeat.
pub const TAP: Duration = Duration::from_millis(700);

/// A key that is held, as far as is known.
struct Note {
    /// Which key of the rows.
    place: u8,
    /// What it plays: a key of MIDI.
    key: u8,
    begun: Duration,
    /// When its key came last.
    last: Duration,
    /// When it ends by itself.
    until: Duration,
    /// When its first repeat came.
    first: Option<Duration>,
}

/// The keys that are held. Time is counted from anywhere.
pub struct Held {
    /// The terminal tells when keys are let go.
    told: bool,
    notes: Vec<Note>,
    /// Time from a key to its first repeat.
    delay: Option<Duration>,
}

/// What follows from a key that went down.
#[derive(Debug, PartialEq, Eq)]
pub enum Down {
    /// A note begins; one on the same key of MIDI ends first, if there is one.
    Begins(bool),
    /// It was held already.
    Goes,
}

impl Held {
    /// Nothing is held; whether the terminal tells when keys are let go.
    #[must_use]
    pub fn new(told: bool) -> Held {
        Held { told, notes: Vec::new(), delay: None }
    }

    /// The key at `place` is down, and plays `key`.
    pub fn down(&mut self, place: u8, key: u8, now: Duration) -> Down {
        let at = self.notes.iter().position(|n| n.place == place);
        if let Some(at) = at
            && (self.told || self.repeats(at, now))
        {
            return Down::Goes;
        }
        let sounds = self.notes.iter().any(|n| n.key == key);
        self.notes.retain(|n| n.place != place);
        let until = if self.told { Duration::MAX } else { now + self.tap() };
        self.notes.push(Note { place, key, begun: now, last: now, until, first: None });
        Down::Begins(sounds)
    }

    /// How long a note sounds whose key does not repeat.
    fn tap(&self) -> Duration {
        self.delay.map_or(TAP, |delay| delay + NEAR)
    }

    /// Whether what came now is a repeat of a note's key, which is held by it.
    fn repeats(&mut self, at: usize, now: Duration) -> bool {
        let Note { begun, first, .. } = self.notes[at];
        let last = std::mem::replace(&mut self.notes[at].last, now);
        let since = now.saturating_sub(begun);
        let (from, to) = self.delay.map_or(DUE, |d| (d.saturating_sub(NEAR), d + NEAR));
        match first {
            // Two in a row are sure to be repeats.
            Some(first) => self.delay = Some(first.saturating_sub(begun)),
            // The first repeat came so late that it was played anew: this is one too.
            None if now.saturating_sub(last) < ROLL => {}
            None if since < from || since > to => return false,
            None => self.notes[at].first = Some(now),
        }
        let chord = |n: &&mut Note| n.begun.abs_diff(begun) < CHORD;
        self.notes.iter_mut().filter(chord).for_each(|n| n.until = now + GAP);
        true
    }

    /// The key at `place` was let go: the key of MIDI that ends, if no other holds it.
    pub fn up(&mut self, place: u8) -> Option<u8> {
        let at = self.notes.iter().position(|n| n.place == place)?;
        let key = self.notes.remove(at).key;
        self.notes.iter().all(|n| n.key != key).then_some(key)
    }

    /// The keys of MIDI that end by themselves up to `now`.
    pub fn over(&mut self, now: Duration) -> Vec<u8> {
        let places: Vec<u8> =
            self.notes.iter().filter(|n| n.until <= now).map(|n| n.place).collect();
        places.into_iter().filter_map(|place| self.up(place)).collect()
    }

    /// All keys of MIDI that are held, which they are no more.
    pub fn drain(&mut self) -> Vec<u8> {
        let mut keys: Vec<u8> = self.notes.drain(..).map(|n| n.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// When a key ends that repeats as given, looked at each millisecond.
    fn ends(held: &mut Held, events: &[u64]) -> Option<u64> {
        assert_eq!(held.down(0, 60, ms(events[0])), Down::Begins(false));
        for now in events[0]..events[0] + 5000 {
            if events[1..].contains(&now) {
                assert_eq!(held.down(0, 60, ms(now)), Down::Goes, "{now} ms");
            }
            if held.over(ms(now)) == [60] {
                return Some(now);
            }
        }
        None
    }

    /// Held for so many ms from 0 on: first repeat after `delay`, then every `every`.
    fn typed(from: u64, delay: u64, every: u64, long: u64) -> Vec<u64> {
        let repeats = (0..).map(|i| delay + i * every).take_while(|t| *t < long);
        std::iter::once(from).chain(repeats.map(|t| from + t)).collect()
    }

    #[test]
    fn a_tap_ends_after_its_time_and_a_held_key_when_it_stops_repeating() {
        for (delay, every) in [(500, 33), (660, 40), (400, 25), (375, 70)] {
            let mut held = Held::new(false);
            assert_eq!(ends(&mut held, &[10]), Some(710), "nothing is known yet");
            let end = ends(&mut held, &typed(1000, delay, every, 2000)).expect("it ends");
            let late = end - 3000;
            assert!(late <= 120, "{delay}/{every}: let go at 3000, ended at {end}");
            // Now the delay is known.
            assert_eq!(ends(&mut held, &[9000]), Some(9000 + delay + 50));
        }
    }

    #[test]
    fn a_key_that_is_struck_again_is_played_again() {
        let mut held = Held::new(false);
        let again = Down::Begins(true);
        assert_eq!(held.down(3, 63, ms(0)), Down::Begins(false));
        assert_eq!(held.down(3, 63, ms(125)), again, "sixteenths");
        assert_eq!(held.down(3, 63, ms(375)), again, "eighths");
        held.over(ms(5000));
        ends(&mut held, &typed(6000, 500, 30, 900));
        // Quarters at 150 bpm: no repeat is due at 400 ms.
        assert_eq!(held.down(3, 63, ms(10_000)), Down::Begins(false));
        assert_eq!(held.down(3, 63, ms(10_400)), again);
    }

    #[test]
    fn a_machine_that_stalls_strikes_a_held_key_once_more_and_no_oftener() {
        let mut held = Held::new(false);
        assert_eq!(held.down(0, 60, ms(0)), Down::Begins(false));
        assert_eq!(held.over(ms(700)), [60]);
        assert_eq!(held.down(0, 60, ms(720)), Down::Begins(false));
        for now in (720..2000).step_by(30) {
            assert_eq!(held.down(0, 60, ms(now)), Down::Goes, "{now} ms");
            assert_eq!(held.over(ms(now + 29)), [0; 0]);
        }
    }

    #[test]
    fn a_chord_is_held_by_its_last_key() {
        let mut held = Held::new(false);
        for (place, at) in [(0, 0), (4, 15), (7, 30)] {
            held.down(place, 60 + place, ms(at));
        }
        for repeat in typed(30, 500, 30, 2000).into_iter().skip(1) {
            assert_eq!(held.over(ms(repeat)), [0; 0], "{repeat}");
            assert_eq!(held.down(7, 67, ms(repeat)), Down::Goes);
        }
        let mut ended = held.over(ms(2300));
        ended.sort_unstable();
        assert_eq!(ended, [60, 64, 67]);
        // What was pressed long before is not.
        held.down(0, 60, ms(5000));
        held.down(4, 64, ms(5300));
        held.down(4, 64, ms(5800));
        assert_eq!(held.over(ms(5830)), [60]);
    }

    #[test]
    fn where_releases_are_told_they_alone_end_notes() {
        let mut held = Held::new(true);
        assert_eq!(held.down(0, 60, ms(0)), Down::Begins(false));
        assert_eq!(held.down(0, 60, ms(100)), Down::Goes);
        assert_eq!(held.over(ms(1_000_000)), [0; 0]);
        assert_eq!(held.up(0), Some(60));
        assert_eq!(held.up(0), None);
    }

    #[test]
    fn two_keys_that_play_the_same_hold_it_both() {
        let mut held = Held::new(true);
        held.down(12, 60, ms(0));
        // The first of the upper row is struck on top of it.
        assert_eq!(held.down(40, 60, ms(5)), Down::Begins(true));
        assert_eq!(held.up(12), None);
        assert_eq!(held.up(40), Some(60));
        held.down(12, 60, ms(0));
        held.down(40, 60, ms(5));
        assert_eq!(held.drain(), [60]);
    }
}
