//! Functions of blocks as processors: a state for each channel.

use super::MOST;
use super::shape::Ring;
use crate::nodes::table::ProcCx;
use crate::rt::{Block, Processor, Status};

/// States of the channels, and what they began as.
struct Channels<B> {
    now: Vec<B>,
    first: B,
    tail: usize,
    latency: usize,
}

impl<B: Copy> Channels<B> {
    fn new(cx: &ProcCx, ring: Ring, first: B) -> Channels<B> {
        let (now, tail) = (vec![first; cx.channels], ring.frames(cx.rate));
        Channels { now, first, tail, latency: ring.latency }
    }
}

/// The parameters at the end of a block.
fn numbers(block: &Block) -> [f32; MOST] {
    core::array::from_fn(|k| block.params.get(k).map_or(0.0, |line| line.to))
}

/// A function that changes a block.
pub(super) struct InPlace<B>(Channels<B>);

impl<B: FnMut(&mut [f32], &[f32; MOST]) + Copy + Send + 'static> InPlace<B> {
    pub fn new(cx: &ProcCx, ring: Ring, first: B) -> InPlace<B> {
        InPlace(Channels::new(cx, ring, first))
    }
}

impl<B: FnMut(&mut [f32], &[f32; MOST]) + Copy + Send + 'static> Processor for InPlace<B> {
    fn process(&mut self, block: &mut Block) -> Status {
        let numbers = numbers(block);
        for (ch, (f, out)) in self.0.now.iter_mut().zip(block.outs.iter_mut()).enumerate() {
            out.0 = *block.ins.get(ch);
            f(&mut out.0, &numbers);
        }
        Status::Playing
    }

    fn reset(&mut self) {
        self.0.now.fill(self.0.first);
    }

    fn latency(&self) -> usize {
        self.0.latency
    }

    fn tail(&self) -> usize {
        self.0.tail
    }
}

/// A function from a block to another.
pub(super) struct Across<B>(Channels<B>);

impl<B: FnMut(&[f32], &mut [f32], &[f32; MOST]) + Copy + Send + 'static> Across<B> {
    pub fn new(cx: &ProcCx, ring: Ring, first: B) -> Across<B> {
        Across(Channels::new(cx, ring, first))
    }
}

impl<B: FnMut(&[f32], &mut [f32], &[f32; MOST]) + Copy + Send + 'static> Processor for Across<B> {
    fn process(&mut self, block: &mut Block) -> Status {
        let numbers = numbers(block);
        for (ch, (f, out)) in self.0.now.iter_mut().zip(block.outs.iter_mut()).enumerate() {
            out.0.fill(0.0);
            f(block.ins.get(ch), &mut out.0, &numbers);
        }
        Status::Playing
    }

    fn reset(&mut self) {
        self.0.now.fill(self.0.first);
    }

    fn latency(&self) -> usize {
        self.0.latency
    }

    fn tail(&self) -> usize {
        self.0.tail
    }
}
