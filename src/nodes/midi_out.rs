//! Instruments outside of the program: notes become MIDI messages.

use super::table::{Class, Kind, Make, OutRate, Param, ParamKind, Ports, ProcCx};
use crate::rt::midi::Outgoing;
use crate::rt::voices::PAN_SLOT;
use crate::rt::{Block, Buffer, EventKind, Processor, Status};
use crate::session::{Port, Way};

/// Seconds by which messages can be sent early.
pub const EARLIEST: f64 = 0.5;

/// The kinds of this file.
pub const KINDS: &[Kind] = &[Kind {
    name: "midi_out",
    aliases: &[],
    class: Class::Instrument,
    summary: "Plays an instrument outside of the program over MIDI.",
    details: "Makes no sound itself (`audio_in` brings it back). `port` is part of the name of a port that \
              there is, in any case; with `virtual` it is the name of one that is made for others to connect \
              to. Patterns set `bend` (-1..1), `pressure` (0..1), `program` (0..127) and the controllers `cc0` \
              to `cc127` (0..1) of a note by name: `.param(\"cc74\", \"0.2 0.8\")`. Messages leave at the \
              frame at which other tracks sound, less `latency`: say there how long the instrument takes \
              until it sounds. Muted, stopped or taken away, its notes are ended; offline it plays nothing. \
              Messages are those of \"MIDI 1.0 Detailed Specification\" (MIDI Manufacturers Association, 1996).",
    ports: Ports::Source(1),
    params: &[
        Param::other("port", ParamKind::Text, "", "Part of the name of the port."),
        Param::number("channel", "", (1.0, 16.0), 1.0, "Its channel.").fixed(),
        Param::number(
            "latency",
            "s",
            (-EARLIEST, EARLIEST),
            0.0,
            "How much earlier messages are sent; later if it is negative.",
        )
        .fixed(),
        Param::number("program", "", (-1.0, 127.0), -1.0, "The sound it is set to; -1 leaves it.")
            .fixed(),
        Param::number("bend", "semitones", (0.0, 96.0), 2.0, "What a full bend is worth to it.")
            .fixed(),
        Param::other("virtual", ParamKind::Flag, "", "The port is made for others to connect to."),
    ],
    rate: OutRate::Audio,
    make: Make::Processor(|cx| Ok(Box::new(MidiOut::new(cx)?))),
    example: "track(\"hardware\", midi_out(\"synth\", 1)).play(note(\"c3 e3 g3\"))",
}];

/// Parameters that a single note can have, in the order of their slots in [`EventKind::NoteParam`].
#[must_use]
pub fn note_params() -> Vec<String> {
    let named = ["bend", "pressure", "program"].into_iter().map(String::from);
    named.chain((0..128).map(|number| format!("cc{number}"))).collect()
}

/// Notes that can be held at once; more end the oldest.
const HELD: usize = 128;
/// Messages of a block; more are dropped.
const QUEUE: usize = 1024;

struct MidiOut {
    port: u8,
    /// 0..16.
    channel: u8,
    /// Semitones of a full bend.
    bend: f32,
    /// A program to begin with.
    program: Option<u8>,
    /// Notes that patterns and keyboards hold, and their keys.
    held: Vec<(u32, u8)>,
    /// Keys of messages that are passed on.
    passed: u128,
    queue: Vec<Outgoing>,
    /// The frame of what is written now.
    frame: u64,
}

impl MidiOut {
    fn new(cx: &ProcCx) -> Result<MidiOut, String> {
        let (name, own) = (cx.settings.text("port").to_string(), cx.settings.flag("virtual"));
        if name.is_empty() {
            return Err("`midi_out` needs the name of a port, or a part of it; \
                        `rhapsode midi` lists those that there are"
                .into());
        }
        let port = Port { name, own }.number(Way::Out);
        let program = cx.settings.number("program");
        Ok(MidiOut {
            port: port.ok_or("more MIDI ports have been named than can be open at once")?,
            channel: (cx.settings.number("channel") as u8).saturating_sub(1) & 15,
            bend: cx.settings.number("bend") as f32,
            program: (program >= 0.0).then_some(program as u8),
            held: Vec::with_capacity(HELD),
            passed: 0,
            queue: Vec::with_capacity(QUEUE),
            frame: 0,
        })
    }

    fn write(&mut self, status: u8, a: u8, b: u8) {
        if self.queue.len() < self.queue.capacity() {
            let bytes = [status | self.channel, a & 127, b & 127];
            self.queue.push(Outgoing { frame: self.frame, port: self.port, bytes });
        }
    }

    fn begin(&mut self, id: u32, key: u8, velocity: f32) {
        if let Some(at) = self.held.iter().position(|&(_, k)| k == key) {
            // The key is struck again: its end is that of the new note.
            self.held.remove(at);
            self.write(0x80, key, 64);
        } else if self.held.len() == HELD {
            let (_, oldest) = self.held.remove(0);
            self.write(0x80, oldest, 64);
        }
        self.held.push((id, key));
        self.write(0x90, key, ((velocity * 127.0).round() as u8).clamp(1, 127));
    }

    fn end(&mut self, id: u32) {
        if let Some(at) = self.held.iter().position(|&(held, _)| held == id) {
            let (_, key) = self.held.remove(at);
            self.write(0x80, key, 64);
        }
    }

    fn set(&mut self, slot: u16, value: f32) {
        match slot {
            0 => self.bend_to(value),
            1 => self.write(0xd0, seven(value), 0),
            2 => self.write(0xc0, value.clamp(0.0, 127.0) as u8, 0),
            3..=130 => self.write(0xb0, (slot - 3) as u8, seven(value)),
            PAN_SLOT => self.write(0xb0, 10, seven(value * 0.5 + 0.5)),
            _ => {}
        }
    }

    /// -1..1.
    fn bend_to(&mut self, value: f32) {
        let bits = (8192.0 + value.clamp(-1.0, 1.0) * 8192.0).round().clamp(0.0, 16_383.0) as u16;
        self.write(0xe0, (bits & 127) as u8, (bits >> 7) as u8);
    }

    /// Passes a message on, on its own channel.
    fn pass(&mut self, [status, a, b]: [u8; 3]) {
        match status & 0xf0 {
            0x90 if b > 0 => self.passed |= 1 << (a & 127),
            0x80 | 0x90 => self.passed &= !(1 << (a & 127)),
            _ => {}
        }
        self.write(status & 0xf0, a, b);
    }

    /// Ends all notes.
    fn silence(&mut self) {
        while let Some((_, key)) = self.held.pop() {
            self.write(0x80, key, 64);
        }
        while self.passed != 0 {
            let key = self.passed.trailing_zeros() as u8;
            self.passed &= self.passed - 1;
            self.write(0x80, key, 64);
        }
    }

    fn event(&mut self, kind: EventKind) {
        match kind {
            EventKind::NoteOn { id, key, velocity } => {
                self.begin(id, key.round().clamp(0.0, 127.0) as u8, velocity);
            }
            EventKind::NoteOff { id } => self.end(id),
            EventKind::NoteParam { slot, value, .. } => self.set(slot, value),
            EventKind::Bend { semitones } => self.bend_to(semitones / self.bend.max(1e-3)),
            EventKind::Control { number, value } => self.write(0xb0, number, seven(value)),
            EventKind::Midi { bytes } => self.pass(bytes),
            EventKind::AllNotesOff => self.silence(),
            EventKind::Panic => self.reset(),
            EventKind::Param { .. } => {}
        }
    }
}

fn seven(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 127.0).round() as u8
}

impl Processor for MidiOut {
    fn process(&mut self, block: &mut Block) -> Status {
        // What nobody took: offline.
        self.queue.clear();
        block.outs.iter_mut().for_each(|out| **out = Buffer::SILENCE);
        self.frame = block.meta.frame;
        if let Some(program) = self.program.take() {
            self.write(0xc0, program, 0);
        }
        for event in block.events {
            self.frame = block.meta.frame + u64::from(event.offset);
            self.event(event.kind);
        }
        Status::Silent
    }

    fn reset(&mut self) {
        self.silence();
        // All notes off, all sound off: also what is held by a pedal, and tails.
        self.write(0xb0, 123, 0);
        self.write(0xb0, 120, 0);
    }

    fn sends(&self) -> bool {
        true
    }

    fn drain_outgoing(&mut self, f: &mut dyn FnMut(Outgoing)) {
        self.queue.drain(..).for_each(f);
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
