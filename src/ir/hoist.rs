//! What is the same in all frames of a block is computed once.

use super::op::{Clock, Op};
use super::{Block, Inst, Program, Value};
use std::collections::BTreeSet;

/// A program in two parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Hoisted {
    /// What is computed once for a block of frames, in order.
    pub once: Vec<Inst>,
    /// What is computed for each frame.
    pub blocks: Vec<Block>,
}

/// Takes out of `program` what does not change from frame to frame if the wires of which `still` is true do not. The
/// bits are the same: what is computed is, only not as often. What blames or remembers stays where it is.
#[must_use]
pub fn hoist(program: &Program, still: &[bool]) -> Hoisted {
    let mut known: BTreeSet<Value> = BTreeSet::new();
    let (mut once, mut blocks) = (Vec::new(), program.blocks.clone());
    for block in &mut blocks {
        block.insts.retain(|inst| {
            let fixed = match &inst.op {
                Op::Input(wire) => still.get(*wire as usize).copied().unwrap_or(false),
                Op::Clock(clock) => *clock == Clock::Tempo,
                op => op.is_free() && op.reads().iter().all(|value| known.contains(value)),
            };
            if fixed {
                known.insert(inst.result);
                once.push(inst.clone());
            }
            !fixed
        });
    }
    Hoisted { once, blocks }
}

/// Whether enough is gained by holding wires still that a second copy of the code is worth its making.
#[must_use]
pub fn gains(moving: &Hoisted, still: &Hoisted) -> bool {
    let cost = |part: &Hoisted| part.once.iter().map(|inst| inst.op.cost()).sum::<u32>();
    cost(still) > cost(moving) + 2
}
