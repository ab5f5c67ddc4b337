//! Polyphony: notes on voices, voices in lanes, eight to a program.
//!
//! Events of a block are given to voices first; then each group of eight is rendered in ranges that are
//! split at its own events, so that every note begins and ends at its exact frame.

mod notes;

use self::notes::{Action, Allocation, Voice, allocate};
use super::block::{Block, Buffer};
use super::event::{Event, EventKind};
use super::processor::{Processor, Status};
use super::program::{Pool, Program};
use super::timeline::part;
use super::update::Tune;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{BLOCK, Meta, Ramp8, Source};
use crate::dsp::{F8, wide};

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

/// A voice is over once its envelopes have ended and it has stayed below this (-100 dB).
const QUIET: f32 = 1e-5;
/// Frames of the fade that ends a voice which is cut (about 3 ms).
const CUT: usize = 2 * BLOCK;
/// Frames that a voice may sound on after its envelopes and delays have ended.
const OVERTIME: usize = 48_000;

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

    /// Renders one group, splitting the block at the offsets of its own actions.
    fn render_group(&mut self, group: usize, meta: &Meta) {
        let mut cursor = 0;
        for i in 0..self.actions.len() {
            let (offset, voice, action) = self.actions[i];
            if voice / LANES != group {
                continue;
            }
            let offset = offset as usize;
            if offset > cursor {
                self.render_range(group, cursor, offset, meta);
                cursor = offset;
            }
            self.act(voice, action);
            if action == Action::Retrigger && cursor < BLOCK {
                // One frame with the gate down, so that envelopes see an edge.
                self.render_range(group, cursor, cursor + 1, meta);
                cursor += 1;
                self.groups[group].set(input::GATE, voice % LANES, 1.0);
            }
        }
        if cursor < BLOCK {
            self.render_range(group, cursor, BLOCK, meta);
        }
    }

    fn act(&mut self, index: usize, action: Action) {
        let (group, lane) = (index / LANES, index % LANES);
        let program = &mut self.groups[group];
        match action {
            Action::Start | Action::Retrigger | Action::Slide => {
                let voice = &self.voices[index];
                program.set(input::VELOCITY, lane, voice.velocity);
                program.set(input::NOTE, lane, voice.key);
                let gate = if action == Action::Retrigger { 0.0 } else { 1.0 };
                program.set(input::GATE, lane, gate);
                if action == Action::Start {
                    program.reset(lane);
                }
            }
            Action::Fresh => self.default_params(index),
            Action::Release => program.set(input::GATE, lane, 0.0),
            Action::Param { slot: PAN_SLOT, value } if self.config.outs.len() > 1 => {
                // Equal power, scaled so that the middle is 1: cos and sin of pi/4 (1 + pan), times root 2.
                let angle = core::f64::consts::FRAC_PI_4 * f64::from(1.0 + value.clamp(-1.0, 1.0));
                let gain = |x: f64| (x * core::f64::consts::SQRT_2) as f32;
                self.voices[index].pan = [gain(libm::cos(angle)), gain(libm::sin(angle))];
            }
            Action::Param { slot, value } => {
                if usize::from(slot) < self.config.params.len() {
                    program.set(input::PARAMS + slot, lane, value);
                }
            }
        }
    }

    fn render_range(&mut self, group: usize, start: usize, end: usize, meta: &Meta) {
        let frames = end - start;
        self.pitch(group, frames);
        let meta = part(meta, start, frames, BLOCK);
        let levels = self.levels(group, frames);
        let program = &mut self.groups[group];
        program.run(&mut self.pool, start, frames, &meta);
        self.tuned.iter().for_each(|scalar| program.settle(*scalar));
        for (channel, (acc, out)) in self.acc.iter_mut().zip(&self.config.outs).enumerate() {
            add_out(&mut acc[start..end], *out, levels[channel % 2], program, &self.pool, start);
        }
    }

    /// Moves the frequencies of a group on by `frames`: glide and bend, straight lines of pitch.
    fn pitch(&mut self, group: usize, frames: usize) {
        let bend = self.allocation.bend;
        let lanes = group * LANES..((group + 1) * LANES).min(self.voices.len());
        let line = &mut self.groups[group].scalars[input::FREQ as usize];
        for (lane, voice) in self.voices[lanes].iter_mut().enumerate() {
            let (from, to) = voice.advance(frames, bend);
            line.from.0[lane] = from;
            line.to.0[lane] = to;
        }
    }

    /// The levels of a group's lanes over the next `frames`, for left and right: 1 (or the voice's
    /// panorama), but 0 for idle and falling for cut voices.
    fn levels(&mut self, group: usize, frames: usize) -> [Ramp8; 2] {
        let lanes = group * LANES..((group + 1) * LANES).min(self.voices.len());
        let mut levels = [Ramp8::default(); 2];
        for (lane, voice) in self.voices[lanes].iter_mut().enumerate() {
            let (from, to) = voice.level(frames);
            for (level, pan) in levels.iter_mut().zip(voice.pan) {
                level.from.0[lane] = from * pan;
                level.to.0[lane] = to * pan;
            }
        }
        levels
    }

    /// Notes for each lane whether it was heard in the block.
    fn measure(&mut self, group: usize) {
        let program = &self.groups[group];
        let mut peak = F8::ZERO;
        for out in &self.config.outs {
            if let Source::Audio(k) = out
                && let Some(frames) = &self.pool[*k as usize]
            {
                wide::fold_peak(&mut peak, &frames[..]);
            } else if let Source::Scalar(k) = out {
                peak = peak.max(program.scalars[*k as usize].to.abs());
            }
        }
        let lanes = group * LANES..((group + 1) * LANES).min(self.voices.len());
        for (lane, voice) in self.voices[lanes].iter_mut().enumerate() {
            if peak.0[lane] > QUIET {
                voice.quiet = 0;
            }
        }
    }

    /// Frees the voices of a group that are over.
    fn finish_group(&mut self, group: usize, lanes: core::ops::Range<usize>) {
        let sounding = self.groups[group].sounding().unwrap_or(0);
        for (lane, voice) in self.voices[lanes].iter_mut().enumerate() {
            if !voice.active {
                continue;
            }
            if voice.silenced() {
                voice.active = false;
                continue;
            }
            voice.quiet = voice.quiet.saturating_add(1);
            if !voice.released || sounding & (1 << lane) != 0 {
                voice.ended = 0;
                continue;
            }
            voice.ended += BLOCK;
            // Envelopes are over: let delays in the voice ring, but not for ever.
            if voice.quiet > 2 && voice.quiet * BLOCK > self.grace {
                voice.active = false;
            } else if voice.ended > self.grace + OVERTIME {
                voice.cut(CUT);
            }
        }
    }
}

/// Adds a voice's output wire, times the lanes' levels, to the accumulator of its channel.
fn add_out(
    acc: &mut [F8],
    out: Source,
    level: Ramp8,
    program: &Program,
    pool: &Pool,
    start: usize,
) {
    let per = 1.0 / acc.len() as f32;
    let (mut gain, step) = (level.from, (level.to - level.from) * per);
    match out {
        Source::Audio(k) => {
            if let Some(frames) = &pool[k as usize] {
                wide::add_scaled(acc, &frames[start..], gain, step);
            }
        }
        Source::Scalar(k) => {
            let line = program.scalars[k as usize];
            let slope = (line.to - line.from) * per;
            for (i, y) in acc.iter_mut().enumerate() {
                *y += (line.from + slope * (i as f32)) * gain;
                gain += step;
            }
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
