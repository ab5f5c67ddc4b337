//! A bank: many alike terms of a sum, eight to a program, added up in a fixed order.

use super::block::{Block, Buffer};
use super::processor::{Processor, Status};
use super::program::{Pool, Program};
use super::update::Tune;
use crate::dsp::controls::Board;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{BLOCK, Frames, Mishap, Ramp8, Source};
use crate::dsp::{F8, wide};
use std::any::Any;

/// A channel of a group's sum: a wire of its program times a gain in each lane, 0 where there is no term.
pub struct Tap {
    /// The wire.
    pub from: Source,
    /// Linear gains; they only move after an edit.
    pub gain: Ramp8,
}

/// Up to eight terms.
pub struct Group {
    /// The units of the terms.
    pub program: Program,
    /// What is added up, one a channel.
    pub outs: Vec<Tap>,
}

/// What all terms of a part read, made once a block for all of them.
pub struct Shared {
    /// The units that make it, the same in all lanes.
    pub program: Program,
    /// Its buffers.
    pub pool: Pool,
    /// Its wires, and where the groups read them.
    pub moves: Vec<(Source, Source)>,
}

/// Terms that are added up before those of other parts.
pub struct Part {
    /// The terms.
    pub groups: Vec<Group>,
    /// Buffers of the groups.
    pub pool: Pool,
    /// What they have in common.
    pub shared: Option<Shared>,
}

/// Terms in lanes; no input, 1 or 2 channels x 64 frames out.
pub struct Bank {
    parts: Vec<Part>,
    acc: [Frames; 2],
    batch: Batch,
    /// Constants that an edit has changed; they move over the next block.
    tuned: Vec<Tune>,
}

/// Constants of a bank that one edit can move softly; more of them jump.
const TUNED: usize = 4096;
/// [`Tune::scalar`] of the gain of the first channel; those of the others follow.
pub const GAIN: u16 = u16::MAX - 1;
/// [`Tune::part`] of what the first part shares; those of the others follow. Groups are counted from 0
/// through all parts.
pub const SHARED: u16 = 0x8000;

impl Bank {
    /// A bank of `parts`.
    #[must_use]
    pub fn new(parts: Vec<Part>) -> Bank {
        let (acc, batch) = ([[F8::ZERO; BLOCK]; 2], Batch::default());
        Bank { parts, acc, batch, tuned: Vec::with_capacity(TUNED) }
    }

    /// Its programs, those of the groups of a part before what the part shares.
    fn programs(&mut self) -> impl Iterator<Item = &mut Program> {
        self.parts.iter_mut().flat_map(|Part { groups, shared, .. }| {
            let groups = groups.iter_mut().map(|group| &mut group.program);
            groups.chain(shared.iter_mut().map(|shared| &mut shared.program))
        })
    }

    /// The line that `tune` moves.
    fn line(&mut self, tune: Tune) -> Option<&mut Ramp8> {
        if tune.part >= SHARED {
            let shared = self.parts.get_mut((tune.part - SHARED) as usize)?.shared.as_mut()?;
            return shared.program.scalars.get_mut(tune.scalar as usize);
        }
        let mut groups = self.parts.iter_mut().flat_map(|part| &mut part.groups);
        let group = groups.nth(tune.part as usize)?;
        match tune.scalar.checked_sub(GAIN) {
            Some(channel) => group.outs.get_mut(channel as usize).map(|tap| &mut tap.gain),
            None => group.program.scalars.get_mut(tune.scalar as usize),
        }
    }
}

impl Processor for Bank {
    fn process(&mut self, block: &mut Block) -> Status {
        for out in block.outs.iter_mut() {
            **out = Buffer::SILENCE;
        }
        for Part { groups, pool, shared } in &mut self.parts {
            self.acc.iter_mut().for_each(|acc| acc.fill(F8::ZERO));
            if let Some(shared) = shared {
                shared.program.run(&mut shared.pool, 0, BLOCK, block.meta);
            }
            for Group { program, outs } in groups {
                if let Some(shared) = shared {
                    shared.hand_over(program, pool);
                }
                program.run(pool, 0, BLOCK, block.meta);
                if let Some(shared) = shared {
                    shared.take_back(pool);
                }
                self.batch.add(pool, outs, &mut self.acc);
            }
            self.batch.flush(&mut self.acc);
            for (out, acc) in block.outs.iter_mut().zip(&self.acc) {
                wide::add_sums(&mut out.0, acc);
            }
        }
        while let Some(tune) = self.tuned.pop() {
            if let Some(line) = self.line(tune) {
                line.from = line.to;
            }
        }
        Status::Playing
    }

    fn mishap(&mut self) -> Option<Mishap> {
        self.programs().find_map(Program::mishap).map(|(_, what)| what)
    }

    fn connect(&mut self, board: &mut dyn Board) {
        self.programs().for_each(|program| program.connect(board));
    }

    fn reset(&mut self) {
        for program in self.programs() {
            (0..LANES).for_each(|lane| program.reset(lane));
        }
    }

    fn inherit(&mut self, before: &mut dyn Processor) -> bool {
        let before: &mut dyn Any = before;
        if let Some(before) = before.downcast_mut::<Bank>() {
            before.programs().zip(self.programs()).for_each(|(own, new)| own.take_code(new));
        }
        // What sounds goes on.
        false
    }

    fn tune(&mut self, tune: Tune) {
        let soft = self.tuned.len() < TUNED;
        let Some(line) = self.line(tune) else { return };
        if tune.part >= SHARED {
            line.to = F8::splat(tune.value);
        } else {
            line.to.0[tune.lane as usize] = tune.value;
        }
        if soft {
            self.tuned.push(tune);
        } else {
            line.from = line.to;
        }
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}

impl Shared {
    /// Lends the shared buffers to the pool of a group.
    fn hand_over(&mut self, program: &mut Program, pool: &mut Pool) {
        for &(from, to) in &self.moves {
            match (from, to) {
                (Source::Audio(a), Source::Audio(b)) => {
                    core::mem::swap(&mut self.pool[a as usize], &mut pool[b as usize]);
                }
                (Source::Scalar(a), Source::Scalar(b)) => {
                    program.scalars[b as usize] = self.program.scalars[a as usize];
                }
                _ => {}
            }
        }
    }

    fn take_back(&mut self, pool: &mut Pool) {
        for &(from, to) in &self.moves {
            if let (Source::Audio(a), Source::Audio(b)) = (from, to) {
                core::mem::swap(&mut self.pool[a as usize], &mut pool[b as usize]);
            }
        }
    }
}

/// Groups whose wire goes to both channels, added four at a time: one pass over the sums instead of four.
struct Batch {
    wires: [Box<Frames>; wide::BATCH],
    gains: [[F8; 2]; wide::BATCH],
    len: usize,
}

impl Default for Batch {
    fn default() -> Batch {
        Batch {
            wires: core::array::from_fn(|_| Box::new([F8::ZERO; BLOCK])),
            gains: [[F8::ZERO; 2]; wide::BATCH],
            len: 0,
        }
    }
}

impl Batch {
    /// Adds the taps of a group, now or with the groups that follow.
    fn add(&mut self, pool: &mut Pool, taps: &[Tap], acc: &mut [Frames; 2]) {
        match taps {
            [left, right]
                if left.from == right.from
                    && left.gain.from == left.gain.to
                    && right.gain.from == right.gain.to =>
            {
                self.take(pool, left.from, [left.gain.to, right.gain.to], acc);
            }
            taps => {
                for (Tap { from, gain }, acc) in taps.iter().zip(acc) {
                    if let Source::Audio(k) = from
                        && let Some(frames) = &pool[*k as usize]
                    {
                        let step = (gain.to - gain.from) * (1.0 / BLOCK as f32);
                        wide::add_scaled(acc, &frames[..], gain.from, step);
                    }
                }
            }
        }
    }

    /// Takes the wire `from` out of the pool, with the gains of left and right, and leaves another buffer.
    fn take(&mut self, pool: &mut Pool, from: Source, gains: [F8; 2], acc: &mut [Frames; 2]) {
        let Source::Audio(k) = from else { return };
        let Some(frames) = &mut pool[k as usize] else { return };
        core::mem::swap(frames, &mut self.wires[self.len]);
        self.gains[self.len] = gains;
        self.len += 1;
        if self.len == wide::BATCH {
            self.flush(acc);
        }
    }

    /// Adds what has been taken. Places that are empty count as wires of gain 0.
    fn flush(&mut self, acc: &mut [Frames; 2]) {
        if self.len == 0 {
            return;
        }
        // What they hold may not be a number, which a gain of 0 does not silence.
        self.wires[self.len..].iter_mut().for_each(|wire| wire.fill(F8::ZERO));
        self.gains[self.len..].fill([F8::ZERO; 2]);
        let [a, b, c, d] = &self.wires;
        let [left, right] = acc;
        wide::add_panned(left, right, &[&**a, &**b, &**c, &**d], &self.gains);
        self.len = 0;
    }
}
