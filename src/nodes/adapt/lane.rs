//! Functions of samples as light units: a state for each lane.

use super::MOST;
use super::shape::Ring;
use crate::dsp::F8;
use crate::dsp::lanes::LANES;
use crate::dsp::unit::{Io, Kernel, UnitCx, Wire};

/// States of eight lanes, and what they began as.
#[derive(Clone, Copy)]
struct Lanes<B> {
    now: [B; LANES],
    first: B,
    /// Lanes in use; the others are silent.
    used: usize,
    params: usize,
    tail: usize,
    latency: usize,
}

impl<B: Copy> Lanes<B> {
    fn new(cx: &UnitCx, ring: Ring, params: usize, first: B) -> Lanes<B> {
        let (used, tail) = (cx.lanes.min(LANES), ring.frames(cx.rate));
        Lanes { now: [first; LANES], first, used, params, tail, latency: ring.latency }
    }

    /// The wires of the parameters, which stand behind `inputs` channels.
    #[inline(always)]
    fn wires<'a>(&self, io: &Io<'a>, inputs: usize) -> [Wire<'a>; MOST] {
        core::array::from_fn(|k| match k < self.params {
            true => io.ins.wire(inputs + k),
            false => Wire::Const(F8::ZERO),
        })
    }
}

/// The parameters of one lane at one frame.
#[inline(always)]
fn numbers(rows: &[F8; MOST], lane: usize) -> [f32; MOST] {
    rows.map(|row| row.0[lane])
}

/// A function of one sample.
#[derive(Clone, Copy)]
pub(super) struct Mono<B>(Lanes<B>);

impl<B: FnMut(f32, &[f32; MOST]) -> f32 + Copy> Mono<B> {
    pub fn new(cx: &UnitCx, ring: Ring, params: usize, first: B) -> Mono<B> {
        Mono(Lanes::new(cx, ring, params, first))
    }
}

impl<B: FnMut(f32, &[f32; MOST]) -> f32 + Copy + Send> Kernel for Mono<B> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (frames, input, wires) = (io.frames, io.ins.wire(0), self.0.wires(io, 1));
        let used = self.0.used;
        for (i, out) in io.outs.audio(0).iter_mut().enumerate() {
            let (x, rows) = (input.at(i, frames), wires.map(|w| w.at(i, frames)));
            let mut y = F8::ZERO;
            for (lane, f) in self.0.now[..used].iter_mut().enumerate() {
                y.0[lane] = f(x.0[lane], &numbers(&rows, lane));
            }
            *out = y;
        }
    }

    fn reset(&mut self, lane: usize) {
        self.0.now[lane] = self.0.first;
    }

    fn latency(&self) -> usize {
        self.0.latency
    }

    fn tail(&self) -> usize {
        self.0.tail
    }
}

/// A function of two samples, left and right.
#[derive(Clone, Copy)]
pub(super) struct Stereo<B>(Lanes<B>);

impl<B: FnMut([f32; 2], &[f32; MOST]) -> [f32; 2] + Copy> Stereo<B> {
    pub fn new(cx: &UnitCx, ring: Ring, params: usize, first: B) -> Stereo<B> {
        Stereo(Lanes::new(cx, ring, params, first))
    }
}

impl<B: FnMut([f32; 2], &[f32; MOST]) -> [f32; 2] + Copy + Send> Kernel for Stereo<B> {
    #[inline(always)]
    fn run(&mut self, io: &mut Io) {
        let (frames, left, right) = (io.frames, io.ins.wire(0), io.ins.wire(1));
        let (wires, used) = (self.0.wires(io, 2), self.0.used);
        let (outs_left, outs_right) = io.outs.stereo();
        for (i, out) in outs_left.iter_mut().zip(outs_right).enumerate() {
            let (l, r) = (left.at(i, frames), right.at(i, frames));
            let rows = wires.map(|w| w.at(i, frames));
            let mut y = [F8::ZERO; 2];
            for (lane, f) in self.0.now[..used].iter_mut().enumerate() {
                let both = f([l.0[lane], r.0[lane]], &numbers(&rows, lane));
                (y[0].0[lane], y[1].0[lane]) = (both[0], both[1]);
            }
            (*out.0, *out.1) = (y[0], y[1]);
        }
    }

    fn reset(&mut self, lane: usize) {
        self.0.now[lane] = self.0.first;
    }

    fn latency(&self) -> usize {
        self.0.latency
    }

    fn tail(&self) -> usize {
        self.0.tail
    }
}
