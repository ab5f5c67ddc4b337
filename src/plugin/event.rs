//! What a plugin is told and tells within a block: notes, expressions, parameter points, the transport.

/// A dimension of a sounding note that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expression {
    /// Gain, 0..4 (1 leaves it).
    Volume,
    /// 0 (left)..1 (right).
    Pan,
    /// Semitones, -120..120.
    Tuning,
    /// 0..1.
    Vibrato,
    /// 0..1.
    Expression,
    /// 0..1.
    Brightness,
    /// 0..1.
    Pressure,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note begins.
    NoteOn {
        /// Names the note until its end; below 0 if it has no name.
        id: i32,
        /// MIDI channel, 0..15.
        channel: u8,
        /// MIDI note number; a fraction is a tuning.
        key: f32,
        /// 0..1.
        velocity: f32,
    },
    /// A note ends.
    NoteOff {
        /// The name of the note; below 0 for what sounds on the key.
        id: i32,
        /// MIDI channel, 0..15.
        channel: u8,
        /// MIDI note number.
        key: f32,
        /// Release velocity, 0..1.
        velocity: f32,
    },
    /// A note is cut off at once.
    Choke {
        /// The name of the note; below 0 for what sounds on the key.
        id: i32,
        /// MIDI channel, 0..15.
        channel: u8,
        /// MIDI note number.
        key: f32,
    },
    /// A sounding note is moved in one dimension.
    Expression {
        /// The name of the note.
        id: i32,
        /// MIDI channel, 0..15.
        channel: u8,
        /// MIDI note number.
        key: f32,
        /// Which.
        dimension: Expression,
        /// How far, in the unit of the dimension.
        value: f64,
    },
    /// A parameter gets a value from this frame on.
    Parameter {
        /// Its index in the description.
        index: u32,
        /// Normalised, 0..1; a [`Curve`](super::Curve) has it from a plain value.
        value: f64,
    },
    /// A short MIDI message, for what the events above do not say: controllers, bends, pressure.
    Midi {
        /// Status and data.
        bytes: [u8; 3],
    },
}

/// Something that happens at a frame of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Offset in the block in frames.
    pub offset: u32,
    /// What.
    pub kind: EventKind,
}

/// Where the music is at the first frame of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Time goes on.
    pub playing: bool,
    /// What is played is recorded.
    pub recording: bool,
    /// Beginning and end of the loop in beats (quarter notes), if one is on.
    pub cycle: Option<[f64; 2]>,
    /// Beats a minute.
    pub tempo: f64,
    /// Beats of a bar and what is a beat, as in 6/8.
    pub meter: [u16; 2],
    /// Frames since the beginning.
    pub frame: i64,
    /// Quarter notes since the beginning.
    pub beat: f64,
    /// Quarter notes at the beginning of this bar.
    pub bar_beat: f64,
    /// Bars before this one.
    pub bar: i32,
}

impl Transport {
    /// The same so many frames later within a block.
    pub(super) fn later(&self, frames: usize, rate: f64) -> Transport {
        if !self.playing {
            return *self;
        }
        let beats = frames as f64 / rate * self.tempo / 60.0;
        Transport { frame: self.frame + frames as i64, beat: self.beat + beats, ..*self }
    }
}

impl Default for Transport {
    fn default() -> Transport {
        Transport {
            playing: false,
            recording: false,
            cycle: None,
            tempo: 120.0,
            meter: [4, 4],
            frame: 0,
            beat: 0.0,
            bar_beat: 0.0,
            bar: 0,
        }
    }
}

/// Most events of a block, each way; what is above is dropped and counted.
pub const MOST: usize = 1024;

/// What a plugin has sent in a block, in order: what it sent outside the block was dropped.
#[derive(Debug)]
pub struct Sent {
    events: Vec<Event>,
    dropped: u64,
    moved: u64,
}

impl Sent {
    /// An empty list that never grows.
    #[must_use]
    pub fn new() -> Sent {
        Sent { events: Vec::with_capacity(MOST), dropped: 0, moved: 0 }
    }

    /// The events of the last block by their offsets.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many events were dropped since the plugin was activated: outside the block, or too many.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many events came in the wrong order since the plugin was activated, and were put right.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// Empties the list for the next block. Audio thread.
    pub fn clear(&mut self) {
        self.events.clear();
    }

    /// Takes an event of a block of `frames` frames. Audio thread.
    pub fn push(&mut self, event: Event, frames: usize) {
        if event.offset as usize >= frames.max(1) || self.events.len() == MOST {
            self.dropped += 1;
            return;
        }
        let late = self.events.iter().rev().take_while(|e| e.offset > event.offset).count();
        self.moved += u64::from(late > 0);
        self.events.insert(self.events.len() - late, event);
    }

    /// Takes an event of a run of `frames` frames that begins at the frame `start` of the block. Audio thread.
    pub(super) fn push_in(&mut self, event: Event, start: usize, frames: usize) {
        // What is outside its run stays outside, rather than in somebody else's.
        let inside = (event.offset as usize) < frames.max(1);
        let offset = if inside { event.offset + start as u32 } else { u32::MAX };
        self.push(Event { offset, ..event }, start + frames);
    }

    /// Where a run that begins at the frame `start` ends: at the next point of a parameter, since many plugins
    /// hear of points only where a run begins, or at the end of the block.
    pub(super) fn run_end(&self, start: usize, frames: usize) -> usize {
        let point =
            |e: &&Event| e.offset as usize > start && matches!(e.kind, EventKind::Parameter { .. });
        self.events.iter().find(point).map_or(frames, |e| e.offset as usize)
    }

    /// The events of a run, as if the block began with it.
    pub(super) fn run(&self, start: usize, end: usize) -> impl Iterator<Item = Event> {
        let inside = move |e: &&Event| (start..end.max(1)).contains(&(e.offset as usize));
        let moved = move |e: &Event| Event { offset: e.offset - start as u32, ..*e };
        self.events.iter().filter(inside).map(moved)
    }

    /// Takes over what another process has counted of its own list. Audio thread.
    #[cfg(target_os = "linux")]
    pub(super) fn counted(&mut self, dropped: u64, moved: u64) {
        (self.dropped, self.moved) = (dropped, moved);
    }

    /// Takes what the host gives after what is there already, which is late: it is at the first frame. Audio
    /// thread.
    #[cfg(target_os = "linux")]
    pub(super) fn add(&mut self, events: &[Event], frames: usize) {
        self.events.iter_mut().for_each(|event| event.offset = 0);
        events.iter().for_each(|&event| self.push(event, frames));
    }

    /// Takes what the host gives: all of it if it is in order and in the block, what is right of it if not.
    pub(super) fn fill(&mut self, events: &[Event], frames: usize) {
        self.clear();
        events.iter().for_each(|&event| self.push(event, frames));
    }
}

impl Default for Sent {
    fn default() -> Sent {
        Sent::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unsorted_or_outside_is_put_right_and_counted() {
        let at = |offset, byte| Event { offset, kind: EventKind::Midi { bytes: [byte, 0, 0] } };
        let mut sent = Sent::new();
        let all = [at(9, 1), at(3, 2), at(9, 3), at(64, 4), at(0, 5)];
        all.into_iter().for_each(|e| sent.push(e, 64));
        assert_eq!(sent.events(), [at(0, 5), at(3, 2), at(9, 1), at(9, 3)]);
        assert_eq!((sent.dropped(), sent.moved()), (1, 2));
        (0..2000).for_each(|_| sent.push(at(5, 0), 64));
        assert_eq!((sent.events().len(), sent.dropped()), (MOST, 1 + 2000 - (MOST as u64 - 4)));
    }
}
