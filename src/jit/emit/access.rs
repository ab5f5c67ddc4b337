//! Wires, rows, memory and the clock, as the code reads and writes them.

use super::*;
use crate::ir::Clock;
use crate::jit::call::Wire;
use cranelift_codegen::ir::Endianness;

/// Bytes of a word.
const WORD: i64 = 8;

impl Emit<'_, '_> {
    /// Reads what is the same for all frames.
    pub(super) fn prepare(&mut self) {
        let frames = self.field(types::I64, offset_of!(Call, frames));
        self.rows = self.build.ins().imul_imm_s(frames, ROW);
        let zero = self.build.ins().iconst(types::I64, 0);
        self.build.def_var(self.row, zero);
        self.build.def_var(self.fault, zero);
        let fuel = self.field(types::I64, offset_of!(Call, fuel));
        self.build.def_var(self.fuel, fuel);
        let lane = self.field(types::I64, offset_of!(Call, lane));
        let lane_bytes = self.build.ins().ishl_imm_u(lane, 2);
        let wires = self.field(types::I64, offset_of!(Call, wires));
        for wire in 0..self.what.program.interface.inputs.len() {
            let joined = self.wire(wires, wire, lane_bytes);
            self.wires.push(joined);
        }
        for channel in 0..self.what.program.interface.outs as usize {
            let at = offset_of!(Call, outs) + channel * WORD as usize;
            let rows = self.field(types::I64, at);
            let rows = self.build.ins().iadd(rows, lane_bytes);
            self.outs.push(rows);
        }
        let mut memory = self.field(types::I64, offset_of!(Call, memory));
        let stride = self.field(types::I64, offset_of!(Call, stride));
        let stride = self.build.ins().ishl_imm_u(stride, 3);
        for _ in 0..self.what.lanes {
            self.memory.push(memory);
            memory = self.build.ins().iadd(memory, stride);
        }
        for spot in &self.what.layout.spots {
            let addresses = if spot.fixed {
                let first = &raw const self.what.layout.fixed[spot.at as usize];
                vec![self.build.ins().iconst(types::I64, first as i64)]
            } else {
                let offset = (i64::from(spot.at) * WORD) as i32;
                let all = self.memory.clone().into_iter();
                all.map(|m| self.build.ins().load(types::I64, plain(), m, offset)).collect()
            };
            self.arrays.push(addresses);
        }
    }

    /// Reads where a wire is; `None` if the function does not read it.
    fn wire(&mut self, wires: cl::Value, wire: usize, lane: cl::Value) -> Option<Joined> {
        let hoisted = &self.what.form.hoisted;
        let reads = |inst: &crate::ir::Inst| matches!(inst.op, crate::ir::Op::Input(k) if k as usize == wire);
        let all = hoisted.blocks.iter().flat_map(|block| &block.insts).chain(&hoisted.once);
        if !all.into_iter().any(reads) {
            return None;
        }
        let at = |field: usize| (wire * size_of::<Wire>() + field) as i32;
        let mut pointer = |field: usize| {
            let address = self.build.ins().load(types::I64, plain(), wires, at(field));
            self.build.ins().iadd(address, lane)
        };
        if self.what.paces[wire] == Pace::Audio {
            return Some(Joined::Audio(pointer(offset_of!(Wire, audio))));
        }
        let (from, to) = (pointer(offset_of!(Wire, from)), pointer(offset_of!(Wire, to)));
        let from = self.load_row(from);
        if self.what.form.still[wire] {
            return Some(Joined::Line(from.clone(), from));
        }
        let to = self.load_row(to);
        let inverse = self.field(types::F64, offset_of!(Call, inverse));
        let inverse = self.everywhere(inverse);
        let step = self.zip(&to, &from, |b, x, y| b.fsub(x, y));
        let step = self.zip(&step, &inverse, |b, x, y| b.fmul(x, y));
        Some(Joined::Line(from, step))
    }

    /// The lanes' `f32` at an address, as floats.
    fn load_row(&mut self, address: cl::Value) -> Lanes {
        if self.what.lanes == 1 {
            let x = self.build.ins().load(types::F32, plain(), address, 0);
            return Lanes(vec![self.build.ins().fpromote(types::F64, x)]);
        }
        let pair = |emit: &mut Self, at: usize| {
            let two = emit.build.ins().load(types::I64, plain(), address, (at * 8) as i32);
            let two = emit.build.ins().scalar_to_vector(types::I64X2, two);
            let two = emit.cast(types::F32X4, two);
            emit.build.ins().fvpromote_low(two)
        };
        Lanes((0..self.what.lanes / 2).map(|at| pair(self, at)).collect())
    }

    /// The same bits as another type of the same size.
    pub(super) fn cast(&mut self, of: cl::Type, x: cl::Value) -> cl::Value {
        let flags = MemFlags::new().with_endianness(Endianness::Little);
        self.build.ins().bitcast(of, flags, x)
    }

    /// What comes in on a wire in this frame.
    pub(super) fn input(&mut self, wire: usize) -> Lanes {
        match &self.wires[wire] {
            Some(Joined::Audio(first)) => {
                let first = *first;
                let row = self.build.use_var(self.row);
                let address = self.build.ins().iadd(first, row);
                self.load_row(address)
            }
            Some(Joined::Line(from, step)) => {
                let (from, step) = (from.clone(), step.clone());
                if self.what.form.still[wire] {
                    return from;
                }
                let frame = self.frame();
                let moved = self.zip(&step, &frame, |b, x, y| b.fmul(x, y));
                self.zip(&from, &moved, |b, x, y| b.fadd(x, y))
            }
            None => unreachable!("a wire that is read has been looked at"),
        }
    }

    /// Index of the frame, as a float.
    fn frame(&mut self) -> Lanes {
        let row = self.build.use_var(self.row);
        let frame = self.build.ins().ushr_imm_u(row, ROW.trailing_zeros() as i64);
        let frame = self.build.ins().fcvt_from_sint(types::F64, frame);
        self.everywhere(frame)
    }

    /// What the transport says of this frame.
    pub(super) fn clock(&mut self, clock: Clock) -> Lanes {
        let (from, step) = match clock {
            Clock::Seconds => (offset_of!(Call, seconds), offset_of!(Call, seconds_step)),
            Clock::Beat => (offset_of!(Call, beat), offset_of!(Call, beat_step)),
            Clock::Tempo => {
                let tempo = self.field(types::F64, offset_of!(Call, tempo));
                return self.everywhere(tempo);
            }
        };
        let (from, step) = (self.field(types::F64, from), self.field(types::F64, step));
        let (from, step) = (self.everywhere(from), self.everywhere(step));
        let frame = self.frame();
        let moved = self.zip(&step, &frame, |b, x, y| b.fmul(x, y));
        self.zip(&from, &moved, |b, x, y| b.fadd(x, y))
    }

    /// A seed for each lane.
    pub(super) fn seed(&mut self) -> Lanes {
        let lane = self.field(types::I64, offset_of!(Call, lane));
        let seeds = self.field(types::I64, offset_of!(Call, seeds));
        let offset = self.build.ins().ishl_imm_u(lane, 3);
        let first = self.build.ins().iadd(seeds, offset);
        let seed = |emit: &mut Self, at: usize| {
            emit.build.ins().load(types::I64, plain(), first, (at as i64 * WORD) as i32)
        };
        Lanes((0..self.what.lanes).map(|at| seed(self, at)).collect())
    }

    /// Writes what goes out in this frame.
    pub(super) fn put_out(&mut self, channel: usize, value: &Lanes) {
        let row = self.build.use_var(self.row);
        let address = self.build.ins().iadd(self.outs[channel], row);
        if self.what.lanes == 1 {
            let x = self.build.ins().fdemote(types::F32, value.one());
            self.build.ins().store(plain(), x, address, 0);
            return;
        }
        for (at, two) in value.0.iter().enumerate() {
            let two = self.build.ins().fvdemote(*two);
            let two = self.cast(types::I64X2, two);
            let two = self.build.ins().extractlane(two, 0);
            self.build.ins().store(plain(), two, address, (at * 8) as i32);
        }
    }

    /// The numbers of the state.
    pub(super) fn load_state(&mut self) -> Vec<Lanes> {
        let types: Vec<Type> = self.what.program.state.iter().map(|state| state.of).collect();
        let one = |emit: &mut Self, (at, of): (usize, Type)| {
            let of_word = if of == Type::Float { types::F64 } else { types::I64 };
            let words = emit
                .memory
                .clone()
                .into_iter()
                .map(|m| emit.build.ins().load(of_word, plain(), m, (at as i64 * WORD) as i32))
                .collect();
            emit.gather(of, words)
        };
        types.into_iter().enumerate().map(|state| one(self, state)).collect()
    }

    /// Keeps them for the next range.
    pub(super) fn store_state(&mut self, kept: &[Lanes]) {
        for (at, value) in kept.iter().enumerate() {
            let of = self.what.program.state[at].of;
            let words = self.scatter(of, value);
            for (lane, word) in words.into_iter().enumerate() {
                let memory = self.memory[lane];
                self.build.ins().store(plain(), word, memory, (at as i64 * WORD) as i32);
            }
        }
    }
}
