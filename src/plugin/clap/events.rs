//! Events to and from a CLAP plugin: our notes, points and transport in its words, its own in ours.

use super::Boxes;
use crate::plugin::{Event, EventKind, Expression, Parameter, Sent, Transport};
use clack_extensions::note_ports::{NoteDialect, NoteDialects};
use clack_host::events::EventFlags;
use clack_host::events::event_types::*;
use clack_host::events::io::{OutputEventBuffer, TryPushError};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};
use std::sync::Arc;

/// Which note: port 0, a channel, a key, a name.
fn note(id: i32, channel: u8, key: f32) -> Pckn {
    Pckn::from_raw(0, i16::from(channel), key.round() as i16, id.max(-1))
}

/// Seven bits of 0..1.
fn seven(x: f32) -> u8 {
    (x * 127.0).round().max(0.0).min(127.0) as u8
}

/// Our numbers of note expressions in the order of CLAP's.
const DIMENSIONS: [(Expression, NoteExpressionType); 7] = [
    (Expression::Volume, NoteExpressionType::Volume),
    (Expression::Pan, NoteExpressionType::Pan),
    (Expression::Tuning, NoteExpressionType::Tuning),
    (Expression::Vibrato, NoteExpressionType::Vibrato),
    (Expression::Expression, NoteExpressionType::Expression),
    (Expression::Brightness, NoteExpressionType::Brightness),
    (Expression::Pressure, NoteExpressionType::Pressure),
];

fn dimension(ours: Expression) -> NoteExpressionType {
    let found = DIMENSIONS.iter().find(|(a, _)| *a == ours);
    found.map_or(NoteExpressionType::Volume, |(_, theirs)| *theirs)
}

/// Writes an event of ours into the plugin's list. Audio thread.
pub fn write(list: &mut EventBuffer, event: &Event, parameters: &[Known], dialects: NoteDialects) {
    let time = event.offset;
    let clap = dialects.supports(NoteDialect::Clap);
    match event.kind {
        EventKind::NoteOn { id, channel, key, velocity } if clap => {
            let which = note(id, channel, key);
            list.push(&NoteOnEvent::new(time, which, f64::from(velocity)));
            let beside = f64::from(key - key.round());
            if beside != 0.0 {
                let tuning = NoteExpressionType::Tuning;
                list.push(&NoteExpressionEvent::new(time, which, tuning, beside));
            }
        }
        EventKind::NoteOff { id, channel, key, velocity } if clap => {
            list.push(&NoteOffEvent::new(time, note(id, channel, key), f64::from(velocity)));
        }
        EventKind::Choke { id, channel, key } if clap => {
            list.push(&NoteChokeEvent::new(time, note(id, channel, key)));
        }
        EventKind::Expression { id, channel, key, dimension: ours, value } if clap => {
            let which = note(id, channel, key);
            list.push(&NoteExpressionEvent::new(time, which, dimension(ours), value));
        }
        EventKind::NoteOn { channel, key, velocity, .. } => {
            let bytes = [0x90 | channel & 15, key.round() as u8 & 127, seven(velocity).max(1)];
            list.push(&MidiEvent::new(time, 0, bytes));
        }
        EventKind::NoteOff { channel, key, velocity, .. } => {
            let bytes = [0x80 | channel & 15, key.round() as u8 & 127, seven(velocity)];
            list.push(&MidiEvent::new(time, 0, bytes));
        }
        EventKind::Choke { channel, key, .. } => {
            let bytes = [0x80 | channel & 15, key.round() as u8 & 127, 0];
            list.push(&MidiEvent::new(time, 0, bytes));
        }
        EventKind::Midi { bytes } if dialects.supports(NoteDialect::Midi) => {
            list.push(&MidiEvent::new(time, 0, bytes));
        }
        EventKind::Parameter { index, value } => {
            if let Some(known) = parameters.get(index as usize) {
                set(list, time, known, known.plain(value));
            }
        }
        EventKind::Expression { .. } | EventKind::Midi { .. } => {}
    }
}

/// Writes a plain value into the plugin's list. Audio thread.
pub fn set(list: &mut EventBuffer, time: u32, known: &Known, plain: f64) {
    if let Some(id) = known.id {
        list.push(&ParamValueEvent::new(time, id, Pckn::match_all(), plain));
    }
}

/// What the audio half knows of a parameter.
pub struct Known {
    id: Option<ClapId>,
    lowest: f64,
    highest: f64,
}

impl Known {
    /// From the description.
    pub fn of(parameter: &Parameter) -> Known {
        let (lowest, highest) = (parameter.lowest, parameter.highest);
        Known { id: ClapId::from_raw(parameter.id), lowest, highest }
    }

    fn plain(&self, value: f64) -> f64 {
        self.lowest + value.max(0.0).min(1.0) * (self.highest - self.lowest)
    }
}

/// Takes what the plugin sends in a block.
pub struct Collector {
    /// Events for us.
    pub sent: Sent,
    /// Where the run begins in the block.
    pub start: usize,
    /// Frames of the run.
    pub frames: usize,
    /// Where values go that it has changed.
    pub boxes: Arc<Boxes>,
}

impl OutputEventBuffer for Collector {
    fn try_push(&mut self, event: &UnknownEvent) -> Result<(), TryPushError> {
        let offset = event.header().time();
        let kind = match event.as_core_event() {
            Some(CoreEventSpace::NoteOn(e)) => {
                let (id, channel, key) = named(&e.pckn());
                EventKind::NoteOn { id, channel, key, velocity: e.velocity() as f32 }
            }
            Some(CoreEventSpace::NoteOff(e)) => {
                let (id, channel, key) = named(&e.pckn());
                EventKind::NoteOff { id, channel, key, velocity: e.velocity() as f32 }
            }
            Some(CoreEventSpace::NoteChoke(e)) => {
                let (id, channel, key) = named(&e.pckn());
                EventKind::Choke { id, channel, key }
            }
            Some(CoreEventSpace::NoteExpression(e)) => {
                let (id, channel, key) = named(&e.pckn());
                let found = DIMENSIONS.iter().find(|(_, t)| Some(*t) == e.expression_type());
                let Some(&(dimension, _)) = found else { return Ok(()) };
                EventKind::Expression { id, channel, key, dimension, value: e.value() }
            }
            Some(CoreEventSpace::Midi(e)) => EventKind::Midi { bytes: e.data() },
            Some(CoreEventSpace::ParamValue(e)) => {
                if let Some(index) = self.index(e.param_id()) {
                    self.boxes.to_main.put(index, e.value());
                }
                return Ok(());
            }
            Some(CoreEventSpace::ParamGestureBegin(e)) => {
                if let Some(index) = self.index(e.param_id()) {
                    self.boxes.gestures.put(index, 1.0);
                }
                return Ok(());
            }
            Some(CoreEventSpace::ParamGestureEnd(e)) => {
                if let Some(index) = self.index(e.param_id()) {
                    self.boxes.gestures.put(index, 0.0);
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.sent.push_in(Event { offset, kind }, self.start, self.frames);
        Ok(())
    }
}

impl Collector {
    fn index(&self, id: Option<ClapId>) -> Option<u32> {
        self.boxes.index(id?.get())
    }
}

/// Name, channel and key of a note that the plugin names.
fn named(pckn: &Pckn) -> (i32, u8, f32) {
    let (channel, key) = (pckn.raw_channel(), pckn.raw_key());
    (pckn.raw_note_id(), channel.clamp(0, 15) as u8, f32::from(key.clamp(0, 127)))
}

/// The transport as the plugin reads it.
pub fn transport(t: &Transport, rate: f64) -> TransportEvent {
    let mut flags = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_SECONDS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE;
    flags.set(TransportFlags::IS_PLAYING, t.playing);
    flags.set(TransportFlags::IS_RECORDING, t.recording);
    flags.set(TransportFlags::IS_LOOP_ACTIVE, t.cycle.is_some());
    let [start, end] = t.cycle.unwrap_or_default();
    let seconds = |beat: f64| SecondsTime::from_float(beat * 60.0 / t.tempo);
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(t.beat),
        song_pos_seconds: SecondsTime::from_float(t.frame as f64 / rate),
        tempo: t.tempo,
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(start),
        loop_end_beats: BeatTime::from_float(end),
        loop_start_seconds: seconds(start),
        loop_end_seconds: seconds(end),
        bar_start: BeatTime::from_float(t.bar_beat),
        bar_number: t.bar,
        time_signature_numerator: t.meter[0],
        time_signature_denominator: t.meter[1],
    }
}
