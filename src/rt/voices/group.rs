//! One group of eight voices over a block: ranges between events, pitch, levels, and who is over.

use super::notes::Action;
use super::{BEND_SLOT, CUT, PAN_SLOT, Voices, input};
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{BLOCK, Meta, Ramp8, Source};
use crate::dsp::{F8, wide};
use crate::rt::program::{Pool, Program};
use crate::rt::timeline::part;

/// A voice is over once its envelopes have ended and it has stayed below this (-100 dB).
const QUIET: f32 = 1e-5;
/// Frames that a voice may sound on after its envelopes and delays have ended.
const OVERTIME: usize = 48_000;

impl Voices {
    /// Renders one group, splitting the block at the offsets of its own actions.
    pub(super) fn render_group(&mut self, group: usize, meta: &Meta) {
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
            Action::Param { slot: BEND_SLOT, value } => {
                self.voices[index].bend = value.clamp(-96.0, 96.0);
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
        let voices = self.voices.iter().skip(group * LANES).take(LANES);
        let active = voices.enumerate().map(|(lane, voice)| u8::from(voice.active) << lane).sum();
        let program = &mut self.groups[group];
        program.lanes = active;
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
    pub(super) fn measure(&mut self, group: usize) {
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
    pub(super) fn finish_group(&mut self, group: usize, lanes: core::ops::Range<usize>) {
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
