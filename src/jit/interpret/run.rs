//! A run of the interpreter: one lane, frame after frame.

use super::{Input, Interpreter, Last, Moves, Step};
use crate::ir::{Binary, Bits, Blame, Clock, Op, apply};
use crate::jit::call::{Call, Fault, LANES};

/// A run of one lane.
pub(super) struct Run<'a> {
    pub code: &'a Interpreter,
    pub call: &'a mut Call,
    pub registers: &'a mut [Bits],
    /// What moves, while it does: one may go where another one has not left yet.
    pub spare: &'a mut [Bits],
    pub memory: *mut Bits,
    pub lane: usize,
    pub frame: usize,
}

impl Run<'_> {
    /// All frames of the call.
    pub unsafe fn frames(&mut self) {
        let code = self.code;
        // SAFETY: as the caller promises.
        unsafe {
            code.once.iter().for_each(|step| self.step(step));
            for (i, register) in code.state.iter().enumerate() {
                self.registers[*register as usize] = *self.memory.add(i);
            }
            for frame in 0..self.call.frames as usize {
                self.frame = frame;
                if !self.one() {
                    return;
                }
            }
            for (i, register) in code.state.iter().enumerate() {
                *self.memory.add(i) = self.registers[*register as usize];
            }
        }
    }

    /// One frame; false when there is no fuel left.
    unsafe fn one(&mut self) -> bool {
        let code = self.code;
        let mut at = 0;
        loop {
            let block = &code.blocks[at];
            // SAFETY: as the caller promises.
            block.steps.iter().for_each(|step| unsafe { self.step(step) });
            let (next, moves) = match &block.end {
                Last::Jump(to, moves) => (*to, moves),
                Last::Branch(condition, yes, no) => {
                    let side = if self.registers[*condition as usize] == 0 { no } else { yes };
                    (side.0, &side.1)
                }
                Last::Again(cost, place, to, moves) => {
                    self.call.fuel -= cost;
                    if self.call.fuel < 0 {
                        self.blame(Blame::Fuel, *place);
                        return false;
                    }
                    (*to, moves)
                }
                Last::Return(outs, moves) => {
                    for (channel, register) in outs.iter().enumerate().take(code.outs) {
                        let x = f64::from_bits(self.registers[*register as usize]) as f32;
                        let at = self.frame * LANES + self.lane;
                        // SAFETY: there is a row for each frame.
                        unsafe { *self.call.outs[channel].add(at) = x };
                    }
                    self.bring(moves);
                    return true;
                }
            };
            self.bring(moves);
            at = next;
        }
    }

    fn bring(&mut self, moves: &Moves) {
        for (spare, (from, _)) in self.spare.iter_mut().zip(&moves.0) {
            *spare = self.registers[*from as usize];
        }
        for (spare, (_, to)) in self.spare.iter().zip(&moves.0) {
            self.registers[*to as usize] = *spare;
        }
    }

    fn blame(&mut self, blame: Blame, at: u32) {
        if self.call.fault == 0 {
            self.call.fault = Fault::pack(blame, at);
        }
    }

    unsafe fn step(&mut self, step: &Step) {
        let [x, y, z] = step.reads.map(|register| self.registers[register as usize]);
        let value = match &step.op {
            // SAFETY: as the caller promises.
            Op::Input(wire) => unsafe { self.input(*wire as usize, step.input) }.to_bits(),
            Op::Clock(clock) => self.clock(*clock).to_bits(),
            // SAFETY: there is a seed for each lane.
            Op::Seed => unsafe { *self.call.seeds.add(self.lane) as u64 },
            Op::Length(_) => u64::from(step.spot.len),
            Op::Load(..) => match self.element(step, x) {
                // SAFETY: the index has been checked.
                Some(at) => unsafe { *at },
                None => 0,
            },
            Op::Store(..) => {
                if let Some(at) = self.element(step, x) {
                    // SAFETY: the index has been checked, and what is stored in is a lane's own.
                    unsafe { *at = y };
                }
                0
            }
            op => {
                let (value, bad) = apply(op, step.floats, x, y, z);
                if bad {
                    let zero = matches!(op, Op::Binary(Binary::IntDiv | Binary::IntRem, ..));
                    let blame =
                        if zero { Blame::Division } else { op.blame().unwrap_or(Blame::Overflow) };
                    self.blame(blame, step.at);
                }
                value
            }
        };
        self.registers[step.result as usize] = value;
    }

    /// Where the element with this index is; from the end, if it is negative.
    fn element(&mut self, step: &Step, index: Bits) -> Option<*mut Bits> {
        let (index, len) = (index as i64, i64::from(step.spot.len));
        let index = if index < 0 { index.wrapping_add(len) } else { index };
        if !(0..len).contains(&index) {
            self.blame(Blame::Index, step.at);
            return None;
        }
        // SAFETY: a lane's array is where its word says; it has as many elements as the layout says.
        Some(unsafe {
            let words = match step.spot.fixed {
                true => self.code.layout.fixed.as_ptr().cast_mut().add(step.spot.at as usize),
                false => *self.memory.add(step.spot.at as usize) as *mut Bits,
            };
            words.add(index as usize)
        })
    }

    unsafe fn input(&self, wire: usize, input: Input) -> f64 {
        // SAFETY: there is a wire for each input; it is rows, or a line for each lane.
        unsafe {
            let wire = &*self.call.wires.add(wire);
            if let Input::Audio = input {
                return f64::from(*wire.audio.add(self.frame * LANES + self.lane));
            }
            let from = f64::from(*wire.from.add(self.lane));
            if let Input::Still = input {
                return from;
            }
            let step = (f64::from(*wire.to.add(self.lane)) - from) * self.call.inverse;
            from + step * self.frame as f64
        }
    }

    fn clock(&self, clock: Clock) -> f64 {
        let frame = self.frame as f64;
        match clock {
            Clock::Seconds => self.call.seconds + self.call.seconds_step * frame,
            Clock::Beat => self.call.beat + self.call.beat_step * frame,
            Clock::Tempo => self.call.tempo,
        }
    }
}
