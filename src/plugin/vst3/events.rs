//! Events to and from a VST3 plugin, MIDI controllers as parameters, and the transport.

use super::lists::{Changes, Events};
use super::parts::Parts;
use crate::plugin::{EventKind, Expression, Transport};
use vst3::Steinberg::Vst::Event_::EventTypes_::*;
use vst3::Steinberg::Vst::NoteExpressionTypeIDs_::*;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

/// Controllers that can be mapped on each channel: 0..127, pressure, bend, program.
const NUMBERS: usize = 131;

/// Which parameter a MIDI controller moves, as the plugin says.
pub struct MidiMap(Box<[ParamID]>);

impl MidiMap {
    /// Asks the plugin about all channels. Main thread.
    pub fn read(parts: &Parts) -> MidiMap {
        let Some(mapping) = parts.controller.cast::<IMidiMapping>() else {
            return MidiMap(Box::default());
        };
        let all = (0..16 * NUMBERS).map(|at| {
            let (channel, number) = ((at / NUMBERS) as i16, (at % NUMBERS) as i16);
            let mut id = kNoParamId;
            // SAFETY: main thread; our place.
            let said = unsafe { mapping.getMidiControllerAssignment(0, channel, number, &mut id) };
            if said == kResultOk { id } else { kNoParamId }
        });
        MidiMap(all.collect())
    }

    fn get(&self, channel: u8, number: usize) -> Option<ParamID> {
        let id = *self.0.get(usize::from(channel) * NUMBERS + number)?;
        (id != kNoParamId).then_some(id)
    }
}

fn event(offset: u32, kind: Event_::EventTypes) -> Event {
    // SAFETY: a structure of numbers, whose zeros are good.
    let mut event: Event = unsafe { std::mem::zeroed() };
    event.sampleOffset = offset as i32;
    event.flags = Event_::EventFlags_::kIsLive as u16;
    event.r#type = kind as u16;
    event
}

fn on(offset: u32, id: i32, channel: u8, key: f32, velocity: f32) -> Event {
    let mut made = event(offset, kNoteOnEvent);
    made.__field0.noteOn = NoteOnEvent {
        channel: i16::from(channel),
        pitch: key.round() as i16,
        tuning: (key - key.round()) * 100.0,
        velocity,
        length: 0,
        noteId: id,
    };
    made
}

fn off(offset: u32, id: i32, channel: u8, key: f32, velocity: f32) -> Event {
    let mut made = event(offset, kNoteOffEvent);
    made.__field0.noteOff = NoteOffEvent {
        channel: i16::from(channel),
        pitch: key.round() as i16,
        velocity,
        noteId: id,
        tuning: 0.0,
    };
    made
}

fn pressure(offset: u32, id: i32, channel: u8, key: f32, value: f32) -> Event {
    let mut made = event(offset, kPolyPressureEvent);
    made.__field0.polyPressure = PolyPressureEvent {
        channel: i16::from(channel),
        pitch: key.round() as i16,
        pressure: value,
        noteId: id,
    };
    made
}

/// Adds what is no parameter to the lists of a block; whether there was room. Audio thread.
pub fn write(
    events: &Events,
    changes: &Changes,
    map: &MidiMap,
    offset: u32,
    kind: EventKind,
) -> bool {
    match kind {
        EventKind::NoteOn { id, channel, key, velocity } => {
            events.add(on(offset, id, channel, key, velocity))
        }
        EventKind::NoteOff { id, channel, key, velocity } => {
            events.add(off(offset, id, channel, key, velocity))
        }
        EventKind::Choke { id, channel, key } => events.add(off(offset, id, channel, key, 0.0)),
        EventKind::Expression { id, channel, key, dimension, value } => {
            let (number, value) = match dimension {
                Expression::Volume => (kVolumeTypeID, value / 4.0),
                Expression::Pan => (kPanTypeID, value),
                Expression::Tuning => (kTuningTypeID, value / 240.0 + 0.5),
                Expression::Vibrato => (kVibratoTypeID, value),
                Expression::Expression => (kExpressionTypeID, value),
                Expression::Brightness => (kBrightnessTypeID, value),
                Expression::Pressure => {
                    return events.add(pressure(offset, id, channel, key, value as f32));
                }
            };
            let mut made = event(offset, kNoteExpressionValueEvent);
            let value = value.max(0.0).min(1.0);
            made.__field0.noteExpressionValue =
                NoteExpressionValueEvent { typeId: number, noteId: id, value };
            events.add(made)
        }
        EventKind::Midi { bytes } => midi(events, changes, map, offset, bytes),
        EventKind::Parameter { .. } => true,
    }
}

fn midi(events: &Events, changes: &Changes, map: &MidiMap, offset: u32, bytes: [u8; 3]) -> bool {
    let (channel, key) = (bytes[0] & 15, f32::from(bytes[1]));
    let seven = f32::from(bytes[2]) / 127.0;
    let (number, value) = match bytes[0] & 0xf0 {
        0x90 if bytes[2] > 0 => return events.add(on(offset, -1, channel, key, seven)),
        0x80 | 0x90 => return events.add(off(offset, -1, channel, key, seven)),
        0xa0 => return events.add(pressure(offset, -1, channel, key, seven)),
        0xb0 => (usize::from(bytes[1] & 127), f64::from(bytes[2]) / 127.0),
        0xc0 => (130, f64::from(bytes[1]) / 127.0),
        0xd0 => (128, f64::from(bytes[1]) / 127.0),
        0xe0 => {
            (129, f64::from(u16::from(bytes[1]) | u16::from(bytes[2]) << 7) / f64::from(0x3fff))
        }
        _ => return true,
    };
    map.get(channel, number).is_none_or(|id| changes.add(id, offset as i32, value))
}

/// An event of the plugin as one of ours, with its offset. Audio thread.
pub fn read(event: &Event) -> Option<(u32, EventKind)> {
    let channel = |c: i16| c.clamp(0, 15) as u8;
    // SAFETY: the type says which part of the union is there.
    let kind = unsafe {
        match event.r#type as Event_::EventTypes {
            kNoteOnEvent => {
                let e = event.__field0.noteOn;
                let key = f32::from(e.pitch) + e.tuning / 100.0;
                let (id, channel, velocity) = (e.noteId, channel(e.channel), e.velocity);
                EventKind::NoteOn { id, channel, key, velocity }
            }
            kNoteOffEvent => {
                let e = event.__field0.noteOff;
                let (id, channel, velocity) = (e.noteId, channel(e.channel), e.velocity);
                EventKind::NoteOff { id, channel, key: f32::from(e.pitch), velocity }
            }
            kPolyPressureEvent => {
                let e = event.__field0.polyPressure;
                let pressure = (e.pressure * 127.0).max(0.0).min(127.0) as u8;
                let key = e.pitch.clamp(0, 127) as u8;
                EventKind::Midi { bytes: [0xa0 | channel(e.channel), key, pressure] }
            }
            kLegacyMIDICCOutEvent => {
                let e = event.__field0.midiCCOut;
                let (channel, value) = (e.channel as u8 & 15, e.value as u8 & 127);
                let bytes = match e.controlNumber {
                    number @ 0..=127 => [0xb0 | channel, number, value],
                    128 => [0xd0 | channel, value, 0],
                    129 => [0xe0 | channel, value, e.value2 as u8 & 127],
                    130 => [0xc0 | channel, value, 0],
                    _ => return None,
                };
                EventKind::Midi { bytes }
            }
            _ => return None,
        }
    };
    // What is before the block is as far outside as what is after it.
    Some((event.sampleOffset as u32, kind))
}

/// The transport as the plugin reads it.
pub fn context(t: &Transport, rate: f64, steady: i64) -> ProcessContext {
    use ProcessContext_::StatesAndFlags_::*;
    let flags = [
        (t.playing, kPlaying),
        (t.recording, kRecording),
        (t.cycle.is_some(), kCycleActive),
        (t.cycle.is_some(), kCycleValid),
        (true, kTempoValid | kTimeSigValid | kProjectTimeMusicValid),
        (true, kBarPositionValid | kContTimeValid),
    ];
    let flags = flags.iter().filter(|(is, _)| *is).fold(0, |all, (_, flag)| all | flag);
    let [start, end] = t.cycle.unwrap_or_default();
    // SAFETY: a structure of numbers, whose zeros are good.
    let mut context: ProcessContext = unsafe { std::mem::zeroed() };
    context.state = flags;
    context.sampleRate = rate;
    context.projectTimeSamples = t.frame;
    context.continousTimeSamples = steady;
    context.projectTimeMusic = t.beat;
    context.barPositionMusic = t.bar_beat;
    (context.cycleStartMusic, context.cycleEndMusic) = (start, end);
    context.tempo = t.tempo;
    context.timeSigNumerator = i32::from(t.meter[0]);
    context.timeSigDenominator = i32::from(t.meter[1]);
    context
}
