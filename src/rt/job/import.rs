//! What a job hears of others, of itself a block ago, and of the outside.

use super::{Bench, Level, PortRef};
use crate::dsp::wide;
use crate::rt::slots::{Chunk, Slots};

/// Where an import comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// A job before this one in the order, this block.
    Port(PortRef),
    /// This job or one after it, one block late: index into the schedule's feedback lines.
    Feedback(u16),
    /// A channel from outside, from 0.
    Inlet(u16),
}

/// Adds a scaled output of another job to a buffer of this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Import {
    /// Where from.
    pub from: From,
    /// Linear gain.
    pub level: Level,
    /// Buffer that it is added to.
    pub to: u16,
}

/// Zeroes the buffer `to` and adds what `imports` bring in block `block` of the chunk.
pub(super) fn gather(
    bench: &mut Bench,
    to: u16,
    imports: &mut [Import],
    block: usize,
    chunk: Chunk,
    done: &Slots,
) {
    bench.silence(to);
    for import in imports {
        if import.level.is_off() {
            // Muted: not even a tail too soft to be heard keeps what follows awake.
            continue;
        }
        let from = match import.from {
            From::Port(port) => done.output(port, block),
            From::Feedback(i) => Some(&chunk.kept[i as usize]),
            From::Inlet(channel) => chunk.inlets.block(channel, block),
        };
        if let (Some(from), Some(sum)) = (from, &mut bench.buffers[to as usize]) {
            let gain = import.level.advance();
            if gain.from == gain.to {
                wide::add_row(&mut sum.0, &from.0, gain.to);
            } else {
                for (i, (y, x)) in sum.0.iter_mut().zip(&from.0).enumerate() {
                    *y += x * gain.at(i);
                }
            }
            bench.silent[to as usize] = false;
        } else {
            import.level.arrive();
        }
    }
}
