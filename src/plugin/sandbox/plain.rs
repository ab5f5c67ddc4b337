//! Events and the transport as they lie in shared memory: numbers alone, of which any bits are valid.

use crate::plugin::{Event, EventKind, Expression, Transport};

/// An event. What is not needed is 0.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct PlainEvent {
    offset: u32,
    kind: u8,
    channel: u8,
    dimension: u8,
    unused: u8,
    /// Name of a note, index of a parameter, or three bytes of MIDI.
    number: i32,
    key: f32,
    value: f64,
}

const DIMENSIONS: [Expression; 7] = [
    Expression::Volume,
    Expression::Pan,
    Expression::Tuning,
    Expression::Vibrato,
    Expression::Expression,
    Expression::Brightness,
    Expression::Pressure,
];

impl From<&Event> for PlainEvent {
    fn from(event: &Event) -> PlainEvent {
        let plain = PlainEvent { offset: event.offset, ..PlainEvent::default() };
        match event.kind {
            EventKind::NoteOn { id, channel, key, velocity } => {
                PlainEvent { kind: 1, number: id, channel, key, value: velocity.into(), ..plain }
            }
            EventKind::NoteOff { id, channel, key, velocity } => {
                PlainEvent { kind: 2, number: id, channel, key, value: velocity.into(), ..plain }
            }
            EventKind::Choke { id, channel, key } => {
                PlainEvent { kind: 3, number: id, channel, key, ..plain }
            }
            EventKind::Expression { id, channel, key, dimension, value } => {
                let dimension = DIMENSIONS.iter().position(|d| *d == dimension).unwrap_or(0) as u8;
                PlainEvent { kind: 4, number: id, channel, key, dimension, value, ..plain }
            }
            EventKind::Parameter { index, value } => {
                PlainEvent { kind: 5, number: index.cast_signed(), value, ..plain }
            }
            EventKind::Midi { bytes: [a, b, c] } => {
                PlainEvent { kind: 6, number: i32::from_le_bytes([a, b, c, 0]), ..plain }
            }
        }
    }
}

impl PlainEvent {
    /// The event, if it is one.
    pub fn event(&self) -> Option<Event> {
        let &PlainEvent { offset, channel, number: id, key, value, .. } = self;
        let kind = match self.kind {
            1 => EventKind::NoteOn { id, channel, key, velocity: value as f32 },
            2 => EventKind::NoteOff { id, channel, key, velocity: value as f32 },
            3 => EventKind::Choke { id, channel, key },
            4 => {
                let dimension = *DIMENSIONS.get(usize::from(self.dimension))?;
                EventKind::Expression { id, channel, key, dimension, value }
            }
            5 => EventKind::Parameter { index: id.cast_unsigned(), value },
            6 => {
                let [a, b, c, _] = id.to_le_bytes();
                EventKind::Midi { bytes: [a, b, c] }
            }
            _ => return None,
        };
        Some(Event { offset, kind })
    }
}

/// A transport.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct PlainTransport {
    /// Playing, recording, in a cycle.
    flags: u32,
    bar: i32,
    cycle: [f64; 2],
    tempo: f64,
    meter: [u32; 2],
    frame: i64,
    beat: f64,
    bar_beat: f64,
}

impl From<&Transport> for PlainTransport {
    fn from(time: &Transport) -> PlainTransport {
        let on = [time.playing, time.recording, time.cycle.is_some()];
        PlainTransport {
            flags: on.iter().rev().fold(0, |flags, on| flags << 1 | u32::from(*on)),
            bar: time.bar,
            cycle: time.cycle.unwrap_or_default(),
            tempo: time.tempo,
            meter: time.meter.map(u32::from),
            frame: time.frame,
            beat: time.beat,
            bar_beat: time.bar_beat,
        }
    }
}

impl From<PlainTransport> for Transport {
    fn from(plain: PlainTransport) -> Transport {
        Transport {
            playing: plain.flags & 1 != 0,
            recording: plain.flags & 2 != 0,
            cycle: (plain.flags & 4 != 0).then_some(plain.cycle),
            tempo: plain.tempo,
            meter: plain.meter.map(|n| n as u16),
            frame: plain.frame,
            beat: plain.beat,
            bar_beat: plain.bar_beat,
            bar: plain.bar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_transports_come_back_as_they_were() {
        let (id, channel, key) = (-7, 15, 60.25);
        let mut kinds = vec![
            EventKind::NoteOn { id, channel, key, velocity: 0.1 },
            EventKind::NoteOff { id, channel, key, velocity: 0.3 },
            EventKind::Choke { id, channel, key },
            EventKind::Parameter { index: u32::MAX, value: 0.1 },
            EventKind::Midi { bytes: [0xb0, 255, 3] },
        ];
        kinds.extend(DIMENSIONS.map(|dimension| EventKind::Expression {
            id,
            channel,
            key,
            dimension,
            value: -0.7,
        }));
        for (kind, offset) in kinds.into_iter().zip(0..) {
            let event = Event { offset, kind };
            assert_eq!(PlainEvent::from(&event).event(), Some(event));
        }
        let nonsense = [(0, 0), (7, 0), (255, 0), (4, 7)];
        for (kind, dimension) in nonsense {
            assert_eq!(PlainEvent { kind, dimension, ..PlainEvent::default() }.event(), None);
        }
        let (meter, frame) = ([7, 8], -9);
        for (playing, cycle) in [(true, None), (false, Some([1.0, 2.5]))] {
            let recording = !playing;
            let (beat, bar_beat, bar, tempo) = (0.5, 0.25, -3, 99.5);
            let time =
                Transport { playing, recording, cycle, tempo, meter, frame, beat, bar_beat, bar };
            assert_eq!(Transport::from(PlainTransport::from(&time)), time);
        }
    }
}
