//! Writes a song as a Standard MIDI File.

use super::song::{Division, Event, Kind, Message, Part, Song};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{
    Format, Fps, Header, MetaMessage, MidiMessage, PitchBend, Timing, TrackEvent, TrackEventKind,
};

impl Song {
    /// The bytes of a file of format 1, or 0 if it has one track and says so. Events are put in the order of their
    /// ticks; those of one tick stay in the order in which they are.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let format = if self.format == 0 && self.parts.len() == 1 {
            Format::SingleTrack
        } else {
            Format::Parallel
        };
        let timing = match self.division {
            Division::Quarter(ticks) => Timing::Metrical(u15::from(ticks & 0x7fff)),
            Division::Second(ticks) => timecode(ticks),
        };
        let sorted: Vec<(Vec<&Event>, u64)> =
            self.parts.iter().map(|p| (in_order(p), p.end)).collect();
        let tracks: Vec<Vec<TrackEvent>> = sorted.iter().map(|(e, end)| track(e, *end)).collect();
        let mut bytes = Vec::new();
        // Memory can always be written to; the limits of the format are beyond what a song has.
        let _ = midly::write_std(&Header::new(format, timing), &tracks, &mut bytes);
        bytes
    }
}

fn timecode(ticks: f64) -> Timing {
    let of = |fps: Fps, rate: f64| (fps, ticks / rate);
    let all = [
        of(Fps::Fps24, 24.0),
        of(Fps::Fps25, 25.0),
        of(Fps::Fps29, 30_000.0 / 1001.0),
        of(Fps::Fps30, 30.0),
    ];
    let whole = |sub: f64| (sub - sub.round()).abs() < 1e-6 && (1.0..=255.0).contains(&sub);
    let fit = all.iter().find(|(_, sub)| whole(*sub)).unwrap_or(&all[3]);
    Timing::Timecode(fit.0, fit.1.round().clamp(1.0, 255.0) as u8)
}

fn in_order(part: &Part) -> Vec<&Event> {
    let mut events: Vec<&Event> = part.events.iter().collect();
    events.sort_by_key(|e| e.tick);
    events
}

fn track<'a>(events: &[&'a Event], end: u64) -> Vec<TrackEvent<'a>> {
    let mut at = 0;
    let mut step = |tick: u64| {
        let delta = tick.saturating_sub(at);
        at = at.max(tick);
        u28::from(u32::try_from(delta).unwrap_or(u32::MAX).min(0x0fff_ffff))
    };
    let mut out: Vec<TrackEvent> =
        events.iter().map(|e| TrackEvent { delta: step(e.tick), kind: kind(&e.kind) }).collect();
    out.push(TrackEvent { delta: step(end), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    out
}

fn kind(kind: &Kind) -> TrackEventKind<'_> {
    match kind {
        Kind::Voice(channel, message) => {
            TrackEventKind::Midi { channel: u4::from(channel & 15), message: voice(*message) }
        }
        Kind::Tempo(micros) => {
            TrackEventKind::Meta(MetaMessage::Tempo(u24::from((*micros).clamp(1, 0x00ff_ffff))))
        }
        Kind::Meter(beats, unit) => {
            let unit = unit.max(&1).trailing_zeros() as u8;
            TrackEventKind::Meta(MetaMessage::TimeSignature(*beats, unit, 24, 8))
        }
        Kind::Name(name) => TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes())),
        Kind::Text(text) => TrackEventKind::Meta(MetaMessage::Text(text.as_bytes())),
        Kind::SysEx(data) => TrackEventKind::SysEx(data),
    }
}

fn voice(message: Message) -> MidiMessage {
    let seven = |x: u8| u7::from(x & 127);
    match message {
        Message::NoteOn(key, vel) => MidiMessage::NoteOn { key: seven(key), vel: seven(vel) },
        Message::NoteOff(key, vel) => MidiMessage::NoteOff { key: seven(key), vel: seven(vel) },
        Message::KeyPressure(key, value) => {
            MidiMessage::Aftertouch { key: seven(key), vel: seven(value) }
        }
        Message::Pressure(value) => MidiMessage::ChannelAftertouch { vel: seven(value) },
        Message::Control(number, value) => {
            MidiMessage::Controller { controller: seven(number), value: seven(value) }
        }
        Message::Program(number) => MidiMessage::ProgramChange { program: seven(number) },
        Message::Bend(value) => MidiMessage::PitchBend { bend: PitchBend::from_int(value) },
    }
}
