//! Writes a function as Cranelift reads it: a loop over frames, with the state in registers.

mod access;
mod lanes;
mod ops;
mod reach;
mod spread;

use super::call::{Call, Fault, LANES};
use super::layout::Layout;
use super::{Form, Pace};
use crate::ir::{Blame, BlockId, End, Program, Target, Type, Value};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as cl, BlockArg, InstBuilder, MemFlagsData as MemFlags, types};
use cranelift_frontend::{FunctionBuilder, Variable};
use cranelift_module::{Module, ModuleError};
use lanes::Lanes;
use std::collections::BTreeMap;
use std::mem::offset_of;

/// What a function is written from.
pub struct Forms<'a> {
    pub program: &'a Program,
    pub paces: &'a [Pace],
    pub form: &'a Form,
    pub layout: &'a Layout,
    /// Lanes that it computes: 1, 2 or 4.
    pub lanes: usize,
}

/// A wire as the code reads it.
enum Joined {
    /// Address of the lane's value in the first row.
    Audio(cl::Value),
    /// The first value, and the step from one frame to the next.
    Line(Lanes, Lanes),
}

/// A function that is being written.
pub struct Emit<'a, 'b> {
    what: &'a Forms<'a>,
    build: &'a mut FunctionBuilder<'b>,
    module: &'a mut dyn Module,
    /// Address of the [`Call`].
    call: cl::Value,
    wires: Vec<Option<Joined>>,
    /// Addresses of the lanes' memories.
    memory: Vec<cl::Value>,
    /// Addresses of the arrays: one for each lane, or one for all.
    arrays: Vec<Vec<cl::Value>>,
    outs: Vec<cl::Value>,
    values: BTreeMap<Value, Lanes>,
    blocks: Vec<cl::Block>,
    /// What went wrong first.
    fault: Variable,
    fuel: Variable,
    /// Bytes from the first row to that of the frame.
    row: Variable,
    /// Bytes of all rows.
    rows: cl::Value,
    /// Where it goes on after the last frame.
    done: cl::Block,
    functions: BTreeMap<String, cl::FuncRef>,
}

/// Bytes of a row.
const ROW: i64 = (LANES * size_of::<f32>()) as i64;

/// Memory that is there and aligned to its values.
fn plain() -> MemFlags {
    MemFlags::trusted()
}

impl<'a, 'b> Emit<'a, 'b> {
    /// Begins the function.
    pub fn new(
        what: &'a Forms<'a>,
        build: &'a mut FunctionBuilder<'b>,
        module: &'a mut dyn Module,
    ) -> Emit<'a, 'b> {
        let entry = build.create_block();
        build.append_block_params_for_function_params(entry);
        build.switch_to_block(entry);
        let call = build.block_params(entry)[0];
        let [fault, fuel, row] = [types::I64; 3].map(|of| build.declare_var(of));
        let done = build.create_block();
        Emit {
            what,
            build,
            module,
            call,
            wires: Vec::new(),
            memory: Vec::new(),
            arrays: Vec::new(),
            outs: Vec::new(),
            values: BTreeMap::new(),
            blocks: Vec::new(),
            fault,
            fuel,
            row,
            rows: call,
            done,
            functions: BTreeMap::new(),
        }
    }

    /// A field of the call.
    fn field(&mut self, of: cl::Type, offset: usize) -> cl::Value {
        self.build.ins().load(of, plain(), self.call, offset as i32)
    }

    /// Writes it all.
    pub fn function(mut self) -> Result<(), Box<ModuleError>> {
        self.prepare();
        for inst in &self.what.form.hoisted.once {
            self.inst(inst)?;
        }
        let state = self.load_state();
        let blocks = &self.what.form.hoisted.blocks;
        self.blocks = blocks.iter().map(|_| self.build.create_block()).collect();
        for (block, ir) in self.blocks.clone().into_iter().zip(blocks) {
            for param in &ir.params {
                let of = self.what.program.of(*param);
                let value = self.params(block, of);
                self.values.insert(*param, value);
            }
        }
        let done = self.done;
        let of = |param: &Value| self.what.program.of(*param);
        let types: Vec<Type> = blocks[0].params.iter().map(of).collect();
        let kept: Vec<Lanes> = types.into_iter().map(|of| self.params(done, of)).collect();
        self.build.ins().jump(self.blocks[0], &flat(&state));
        for (at, ir) in blocks.iter().enumerate() {
            self.build.switch_to_block(self.blocks[at]);
            for inst in &ir.insts {
                self.inst(inst)?;
            }
            self.end(&ir.end);
        }
        self.build.switch_to_block(done);
        self.store_state(&kept);
        self.leave();
        self.build.seal_all_blocks();
        Ok(())
    }

    fn target(&self, to: &Target) -> (cl::Block, Vec<BlockArg>) {
        let values: Vec<Lanes> = to.args.iter().map(|value| self.values[value].clone()).collect();
        let BlockId(at) = to.block;
        (self.blocks[at as usize], flat(&values))
    }

    fn end(&mut self, end: &End) {
        match end {
            End::Jump(to) => {
                let (block, args) = self.target(to);
                self.build.ins().jump(block, &args);
            }
            End::Branch(condition, yes, no) => {
                let condition = self.values[condition].one();
                let ((yes, a), (no, b)) = (self.target(yes), self.target(no));
                self.build.ins().brif(condition, yes, &a, no, &b);
            }
            End::Again(cost, at, to) => self.again(*cost, *at, to),
            End::Return(values) => {
                let values: Vec<Lanes> = values.iter().map(|v| self.values[v].clone()).collect();
                let outs = self.what.program.interface.outs as usize;
                for (channel, value) in values[..outs].iter().enumerate() {
                    self.put_out(channel, value);
                }
                self.next(&flat(&values[outs..]));
            }
        }
    }

    /// The next frame, or the end.
    fn next(&mut self, state: &[BlockArg]) {
        let row = self.build.use_var(self.row);
        let next = self.build.ins().iadd_imm_s(row, ROW);
        self.build.def_var(self.row, next);
        let more = self.build.ins().icmp(IntCC::UnsignedLessThan, next, self.rows);
        self.build.ins().brif(more, self.blocks[0], state, self.done, state);
    }

    /// Another turn of a loop, if there is fuel for it; else the function ends.
    fn again(&mut self, cost: u32, at: u32, to: &Target) {
        let fuel = self.build.use_var(self.fuel);
        let left = self.build.ins().iadd_imm_s(fuel, -i64::from(cost));
        self.build.def_var(self.fuel, left);
        let empty = self.build.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let out = self.build.create_block();
        self.build.set_cold_block(out);
        let (block, args) = self.target(to);
        let none: [BlockArg; 0] = [];
        self.build.ins().brif(empty, out, &none, block, &args);
        self.build.switch_to_block(out);
        let packed = Fault::pack(Blame::Fuel, at);
        let fault = self.build.ins().iconst(types::I64, packed as i64);
        self.build.def_var(self.fault, fault);
        self.leave();
    }

    /// Says what went wrong, and returns.
    fn leave(&mut self) {
        let fault = self.build.use_var(self.fault);
        let offset = offset_of!(Call, fault) as i32;
        self.build.ins().store(plain(), fault, self.call, offset);
        let fuel = self.build.use_var(self.fuel);
        self.build.ins().store(plain(), fuel, self.call, offset_of!(Call, fuel) as i32);
        self.build.ins().return_(&[]);
    }

    /// Parameters of a block for a value of this type.
    fn params(&mut self, block: cl::Block, of: Type) -> Lanes {
        let (of, count) = Lanes::shape(of, self.what.lanes);
        Lanes((0..count).map(|_| self.build.append_block_param(block, of)).collect())
    }
}

/// Values as a block is given them.
fn flat(values: &[Lanes]) -> Vec<BlockArg> {
    values.iter().flat_map(|lanes| &lanes.0).map(|value| BlockArg::Value(*value)).collect()
}
