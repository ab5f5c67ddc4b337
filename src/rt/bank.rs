//! A bank: many alike terms of a sum, eight to a program, added up in a fixed order.

use super::block::{Block, Buffer};
use super::processor::{Processor, Status};
use super::program::{Pool, Program};
use super::update::Tune;
use crate::dsp::unit::{BLOCK, Source};
use crate::dsp::{F8, wide};

/// Terms in lanes; no input, 1 or 2 channels x 64 frames out. Lanes without a term hold zero levels.
pub struct Bank {
    groups: Vec<Program>,
    pool: Pool,
    outs: Vec<Source>,
    /// For each group, 1 in the lanes that hold a term.
    masks: Vec<F8>,
    acc: Vec<[F8; BLOCK]>,
    /// Group and scalar of constants that an edit has changed; they move over the next block.
    tuned: Vec<(u16, u16)>,
}

/// Constants of a bank that one edit can move softly; more of them jump.
const TUNED: usize = 4096;

impl Bank {
    /// A bank of `groups`, whose outputs are the wires `outs` (one a channel) in the lanes of `masks`.
    #[must_use]
    pub fn new(groups: Vec<Program>, pool: Pool, outs: Vec<Source>, masks: Vec<F8>) -> Bank {
        let acc = vec![[F8::ZERO; BLOCK]; outs.len()];
        Bank { groups, pool, outs, masks, acc, tuned: Vec::with_capacity(TUNED) }
    }
}

impl Processor for Bank {
    fn process(&mut self, block: &mut Block) -> Status {
        for acc in &mut self.acc {
            *acc = [F8::ZERO; BLOCK];
        }
        for (group, mask) in self.groups.iter_mut().zip(&self.masks) {
            group.run(&mut self.pool, 0, BLOCK, block.meta);
            for (acc, source) in self.acc.iter_mut().zip(&self.outs) {
                if let Source::Audio(k) = source
                    && let Some(frames) = &self.pool[*k as usize]
                {
                    wide::add_scaled(acc, &frames[..], *mask, F8::ZERO);
                }
            }
        }
        for (out, acc) in block.outs.iter_mut().zip(&self.acc) {
            **out = Buffer::SILENCE;
            wide::add_sums(&mut out.0, acc);
        }
        for (group, scalar) in self.tuned.drain(..) {
            self.groups[group as usize].settle(scalar);
        }
        Status::Playing
    }

    fn reset(&mut self) {
        for group in &mut self.groups {
            (0..crate::dsp::lanes::LANES).for_each(|lane| group.reset(lane));
        }
    }

    fn tune(&mut self, tune: Tune) {
        let Some(group) = self.groups.get_mut(tune.part as usize) else { return };
        group.scalars[tune.scalar as usize].to.0[tune.lane as usize] = tune.value;
        if self.tuned.len() < TUNED {
            self.tuned.push((tune.part, tune.scalar));
        } else {
            group.settle(tune.scalar);
        }
    }

    fn tail(&self) -> usize {
        usize::MAX
    }
}
