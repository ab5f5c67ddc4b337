//! Runs the code of a function over the lanes of a range.

use super::Function;
use crate::dsp::F8;
use crate::dsp::unit::{BLOCK, Frames, Io, Ramp8, Wire};
use crate::jit::{Call, FUEL, Fault};

/// What comes in where nothing does.
pub(super) static SILENCE: Frames = [F8::ZERO; BLOCK];

impl Function {
    /// Joins the wires; returns whether all lines are flat.
    pub(super) fn join(&mut self, io: &Io) -> bool {
        let mut resting = true;
        for (k, &source) in self.sources.iter().enumerate() {
            let wire = io.ins.wire(source);
            let (line, audio) = match wire {
                Wire::Audio(rows) if self.line => {
                    (Ramp8 { from: rows[0], to: rows[rows.len() - 1] }, std::ptr::null())
                }
                Wire::Audio(rows) => (Ramp8::default(), rows.as_ptr().cast::<f32>()),
                // An audio wire without a buffer is silent.
                Wire::Const(x) => (Ramp8 { from: x, to: x }, SILENCE.as_ptr().cast::<f32>()),
                Wire::Ramp(line) => (line, SILENCE.as_ptr().cast::<f32>()),
            };
            resting &= line.from == line.to;
            self.lines[k] = line;
            self.wires[k].audio = audio;
        }
        if let (Some(both), None) = (&mut self.heard, &self.pair) {
            let (left, right, frames) = (io.ins.wire(0), io.ins.wire(1), io.frames);
            for (i, y) in both.iter_mut().enumerate().take(frames) {
                *y = (left.at(i, frames) + right.at(i, frames)) * 0.5;
            }
            self.wires[0].audio = both.as_ptr().cast::<f32>();
        }
        for (wire, line) in self.wires.iter_mut().zip(&self.lines) {
            (wire.from, wire.to) = (line.from.0.as_ptr(), line.to.0.as_ptr());
        }
        resting
    }

    /// Runs the lanes in use, as many at once as can be; `first` is the first one in the memory.
    pub(super) fn lanes(
        &mut self,
        call: &mut Call,
        resting: bool,
        (first, active): (usize, u8),
    ) -> Option<Fault> {
        let (mut fault, mut lane) = (None, 0);
        while lane < self.lanes {
            let here = |count: usize| (active >> lane) & ((1u16 << count) - 1) as u8;
            let few = |count: usize| (here(count).count_ones() as usize) < count;
            let all = self.code.wants_all();
            let count = match self.code.is_wide() {
                false => 1,
                true if lane % 4 == 0 && lane + 4 <= self.lanes && !few(4) => 4,
                true if lane % 4 == 0
                    && !all
                    && lane + 4 <= self.lanes
                    && here(4).count_ones() > 2 =>
                {
                    4
                }
                true if lane % 2 == 1 || (all && few(2)) => 1,
                true => 2,
            };
            if here(count) != 0 {
                call.lane = lane as u64;
                call.memory = self.memory.lane(first + lane);
                call.fuel = FUEL;
                // SAFETY: wires and rows are joined and have eight lanes; each lane that is computed has memory.
                let found = unsafe { self.code.run(call, count, resting, &mut self.scratch) };
                fault = fault.or(found);
            }
            lane += count;
        }
        fault
    }
}
