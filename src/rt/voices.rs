//! Polyphony: notes on voices, voices in lanes, eight to a program.
//!
//! Events of a block are given to voices first; then each group of eight is rendered in ranges that are
//! split at its own events, so that every note begins and ends at its exact frame.

mod group;
mod notes;

pub use self::notes::SOFT;
use self::notes::{Action, Allocation, Voice, allocate};
use super::block::{Block, Buffer};
use super::event::{Event, EventKind};
use super::processor::{Processor, Status};
use super::program::{Pool, Program};
use super::update::Tune;
use crate::dsp::controls::Board;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{BLOCK, Meta, Mishap, Source};
use crate::dsp::{F8, wide};
use std::any::Any;

/// Scalars at the head of a voice program: frequency, gate, velocity, note; then its parameters.
pub mod input {
    /// Frequency in hertz, a ramp.
    pub const FREQ: u16 = 0;
    /// 1 while the note is held, else 0.
    pub const GATE: u16 = 1;
    /// 0..1.
    pub const VELOCITY: u16 = 2;
    /// MIDI note number.
    pub const NOTE: u16 = 3;
    /// First of the named parameters.
    pub const PARAMS: u16 = 4;
}

/// Slot of [`EventKind::NoteParam`] for the panorama of a note, -1..1, which every instrument that was
/// built for it has.
pub const PAN_SLOT: u16 = u16::MAX;

/// Slot of [`EventKind::NoteParam`] for the bend of a single note, in semitones, which every instrument has.
pub const BEND_SLOT: u16 = u16::MAX - 1;

/// How an instrument uses its voices.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceConfig {
    /// Notes that can sound at once.
    pub voices: usize,
    /// Semitones that a full pitch bend is worth.
    pub bend: f32,
    /// Seconds from one pitch to the next.
    pub glide: f32,
    /// One voice, last note first.
    pub mono: bool,
    /// With `mono`: overlapping notes do not retrigger.
    pub legato: bool,
    /// Defaults of the named parameters, in slot order.
    pub params: Vec<f32>,
    /// Output wires of the voice, one a channel.
    pub outs: Vec<Source>,
}

/// Frames of the fade that ends a voice which is cut (about 3 ms).
const CUT: usize = 2 * BLOCK;

/// An instrument of up to 256 voices. Audio out: 1 or 2 channels x 64 frames.
pub struct Voices {
    config: VoiceConfig,
    groups: Vec<Program>,
    voices: Vec<Voice>,
    pool: Pool,
    allocation: Allocation,
    actions: Vec<(u32, usize, Action)>,
    acc: Vec<[F8; BLOCK]>,
    grace: usize,
    /// Scalars that an edit has changed; they move over the next range.
    tuned: Vec<u16>,
}

/// Constants of an instrument that one edit can move softly; more of them jump.
const TUNED: usize = 256;

impl Voices {
    /// An instrument whose groups are `groups` (each of 8 lanes), sharing `pool`.
    #[must_use]
    pub fn new(config: VoiceConfig, groups: Vec<Program>, pool: Pool) -> Voices {
        let count = config.voices.clamp(1, groups.len().max(1) * LANES);
        let grace = groups.first().map_or(0, Program::tail);
        let mut voices = Voices {
            voices: vec![Voice::default(); count],
            allocation: Allocation::new(&config),
            actions: Vec::with_capacity(1024),
            acc: vec![[F8::ZERO; BLOCK]; config.outs.len().max(1)],
            config,
            groups,
            pool,
            grace,
            tuned: Vec::with_capacity(TUNED),
        };
        for lane in 0..count {
            voices.default_params(lane);
        }
        voices
    }

    fn default_params(&mut self, voice: usize) {
        for (slot, &value) in self.config.params.iter().enumerate() {
            let index = input::PARAMS + slot as u16;
            self.groups[voice / LANES].set(index, voice % LANES, value);
        }
    }

    /// Takes the functions of the script from voices that are made alike: see [`Program::take_code`].
    pub fn take_code(&mut self, from: &mut Voices) {
        self.groups.iter_mut().zip(&mut from.groups).for_each(|(own, new)| own.take_code(new));
        self.grace = from.grace;
    }

    /// Silences every voice within the next blocks (a choke group, a stop).
    pub fn cut(&mut self) {
        for voice in &mut self.voices {
            voice.cut(CUT);
        }
    }

    /// Adds one block of all voices to `outs`; returns whether anything sounds.
    pub fn render(
        &mut self,
        events: &[Event],
        rate: f64,
        meta: &Meta,
        outs: &mut [Box<Buffer>],
    ) -> bool {
        self.actions.clear();
        for event in events {
            self.accept(event, rate);
        }
        if !self.voices.iter().any(|v| v.active) {
            self.settle();
            return false;
        }
        for channel in &mut self.acc {
            *channel = [F8::ZERO; BLOCK];
        }
        for group in 0..self.groups.len() {
            let lanes = group * LANES..((group + 1) * LANES).min(self.voices.len());
            if self.voices[lanes.clone()].iter().any(|v| v.active) {
                self.render_group(group, meta);
                self.measure(group);
                self.finish_group(group, lanes);
            }
        }
        self.settle();
        for (out, acc) in outs.iter_mut().zip(&self.acc) {
            wide::add_sums(&mut out.0, acc);
        }
        true
    }

    /// Ends the moves of constants in every group.
    fn settle(&mut self) {
        for scalar in self.tuned.drain(..) {
            self.groups.iter_mut().for_each(|group| group.settle(scalar));
        }
    }

    fn accept(&mut self, event: &Event, rate: f64) {
        match event.kind {
            EventKind::Bend { semitones } => self.allocation.bend = semitones,
            EventKind::Control { number: 64, value } => self.allocation.sustain(
                value >= 0.5,
                event.offset,
                &mut self.voices,
                &mut self.actions,
            ),
            EventKind::Control { number: 66, value } => {
                self.allocation.sostenuto(
                    value >= 0.5,
                    event.offset,
                    &mut self.voices,
                    &mut self.actions,
                );
            }
            EventKind::Control { number: 67, value } => self.allocation.soft = value >= 0.5,
            EventKind::Panic => self.reset(),
            EventKind::AllNotesOff => {
                for i in 0..self.voices.len() {
                    if self.voices[i].held() && self.actions.len() < self.actions.capacity() {
                        self.voices[i].released = true;
                        self.actions.push((event.offset, i, Action::Release));
                    }
                }
            }
            kind => allocate(
                &mut self.allocation,
                &mut self.voices,
                kind,
                event.offset,
                rate,
                &mut self.actions,
            ),
        }
    }
}

impl Processor for Voices {
    fn process(&mut self, block: &mut Block) -> Status {
        for out in block.outs.iter_mut() {
            **out = Buffer::SILENCE;
        }
        if self.render(block.events, block.meta.rate, block.meta, block.outs) {
            Status::Playing
        } else {
            Status::Silent
        }
    }

    fn connect(&mut self, board: &mut dyn Board) {
        self.groups.iter_mut().for_each(|program| program.connect(board));
    }

    fn reset(&mut self) {
        self.actions.clear();
        self.allocation.clear();
        self.voices.fill(Voice::default());
        for (i, program) in self.groups.iter_mut().enumerate() {
            for lane in 0..LANES {
                if i * LANES + lane < self.voices.len() {
                    program.reset(lane);
                    program.set(input::GATE, lane, 0.0);
                }
            }
        }
    }

    fn inherit(&mut self, before: &mut dyn Processor) -> bool {
        let before: &mut dyn Any = before;
        if let Some(before) = before.downcast_mut::<Voices>() {
            before.take_code(self);
        }
        // What sounds goes on.
        false
    }

    fn mishap(&mut self) -> Option<Mishap> {
        self.groups.iter_mut().find_map(|group| group.mishap()).map(|(_, what)| what)
    }

    fn tail(&self) -> usize {
        usize::MAX
    }

    fn tune(&mut self, tune: Tune) {
        let slot = tune.scalar.checked_sub(input::PARAMS).map(usize::from);
        if let Some(default) = slot.and_then(|slot| self.config.params.get_mut(slot)) {
            *default = tune.value;
            return;
        }
        let soft = self.tuned.len() < TUNED;
        for group in &mut self.groups {
            group.scalars[tune.scalar as usize].to = F8::splat(tune.value);
            if !soft {
                group.settle(tune.scalar);
            }
        }
        if soft {
            self.tuned.push(tune.scalar);
        }
    }
}
