//! Operations, lane by lane or in pairs of lanes.

use super::*;
use crate::ir::maths::Form as Shape;
use crate::ir::{Binary, Compare, Inst, Op, Unary};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_frontend::FuncInstBuilder;
use cranelift_module::Linkage;

/// Floats from here on are no whole numbers of 64 bits.
const LARGEST: f64 = 9_223_372_036_854_775_808.0;

type Ins<'s, 'b> = FuncInstBuilder<'s, 'b>;

impl Emit<'_, '_> {
    /// A number in all lanes.
    pub(super) fn everywhere(&mut self, x: cl::Value) -> Lanes {
        if self.what.lanes == 1 {
            return Lanes(vec![x]);
        }
        let pair = self.build.ins().splat(types::F64X2, x);
        Lanes(vec![pair; self.what.lanes / 2])
    }

    /// The same operation on each register of two values.
    pub(super) fn zip(
        &mut self,
        x: &Lanes,
        y: &Lanes,
        op: impl for<'s> Fn(Ins<'s, '_>, cl::Value, cl::Value) -> cl::Value,
    ) -> Lanes {
        let pairs = x.0.iter().zip(&y.0);
        Lanes(pairs.map(|(x, y)| op(self.build.ins(), *x, *y)).collect())
    }

    fn map(
        &mut self,
        x: &Lanes,
        op: impl for<'s> Fn(Ins<'s, '_>, cl::Value) -> cl::Value,
    ) -> Lanes {
        Lanes(x.0.iter().map(|x| op(self.build.ins(), *x)).collect())
    }

    /// The value of each lane in a register of its own; truth values as 0 and 1 of 64 bits.
    pub(super) fn scatter(&mut self, of: Type, x: &Lanes) -> Vec<cl::Value> {
        match (of, self.what.lanes) {
            (Type::Float, 1) | (Type::Int, _) => x.0.clone(),
            (Type::Bool, 1) => vec![self.build.ins().uextend(types::I64, x.one())],
            (Type::Float, lanes) => {
                (0..lanes).map(|l| self.build.ins().extractlane(x.0[l / 2], l as u8 % 2)).collect()
            }
            (Type::Bool, lanes) => (0..lanes)
                .map(|l| {
                    let mask = self.build.ins().extractlane(x.0[l / 2], l as u8 % 2);
                    self.build.ins().band_imm_s(mask, 1)
                })
                .collect(),
        }
    }

    /// What [`Emit::scatter`] has taken apart.
    pub(super) fn gather(&mut self, of: Type, words: Vec<cl::Value>) -> Lanes {
        match (of, self.what.lanes) {
            (Type::Float, 1) | (Type::Int, _) => Lanes(words),
            (Type::Bool, 1) => Lanes(vec![self.build.ins().ireduce(types::I8, words[0])]),
            (of, _) => {
                let pair = |emit: &mut Self, two: &[cl::Value]| {
                    let of_pair = if of == Type::Float { types::F64X2 } else { types::I64X2 };
                    let mut two = two.to_vec();
                    if of == Type::Bool {
                        two.iter_mut().for_each(|x| *x = emit.build.ins().ineg(*x));
                    }
                    let first = emit.build.ins().splat(of_pair, two[0]);
                    emit.build.ins().insertlane(first, two[1], 1)
                };
                Lanes(words.chunks(2).map(|two| pair(self, two)).collect())
            }
        }
    }

    /// Writes an operation.
    pub(super) fn inst(&mut self, inst: &Inst) -> Result<(), Box<ModuleError>> {
        let get = |emit: &Self, value: &Value| emit.values[value].clone();
        let of = |emit: &Self, value: &Value| emit.what.program.of(*value);
        let made = match &inst.op {
            Op::Float(x) => {
                let x = self.build.ins().f64const(*x);
                self.everywhere(x)
            }
            Op::Int(x) => {
                let x = self.build.ins().iconst(types::I64, *x);
                Lanes(vec![x; self.what.lanes])
            }
            Op::Bool(x) => {
                let x = self.build.ins().iconst(types::I64, i64::from(*x));
                self.gather(Type::Bool, vec![x; self.what.lanes])
            }
            Op::Input(wire) => self.input(*wire as usize),
            Op::Clock(clock) => self.clock(*clock),
            Op::Seed => self.seed(),
            Op::Length(array) => {
                let len = self.what.layout.spots[*array as usize].len;
                let len = self.build.ins().iconst(types::I64, i64::from(len));
                Lanes(vec![len; self.what.lanes])
            }
            Op::Unary(op, x) => {
                let x = get(self, x);
                self.unary(*op, &x, inst.at)
            }
            Op::Binary(op, x, y) => {
                let (x, y) = (get(self, x), get(self, y));
                self.binary(*op, &x, &y, inst.at)
            }
            Op::Compare(op, x, y) => {
                let (a, b) = (get(self, x), get(self, y));
                self.compare(*op, of(self, x), &a, &b)
            }
            Op::Select(c, x, y) => {
                let (c, a, b) = (get(self, c), get(self, x), get(self, y));
                self.select(of(self, x), &c, &a, &b)
            }
            Op::Call(id, args) => {
                let function = id.function();
                let args: Vec<Lanes> = args.iter().map(|arg| get(self, arg)).collect();
                let floats = match function.form {
                    Shape::One(_) => 1,
                    Shape::Two(_) => 2,
                };
                self.call(&format!("f{}", id.0), types::F64, &args[..floats], Type::Float)?
            }
            Op::Random(seed, count) => {
                let args = [get(self, seed), get(self, count)];
                self.call("random", types::I64, &args, Type::Int)?
            }
            Op::Load(array, index) => {
                let index = get(self, index);
                let of = of(self, &inst.result);
                self.load(*array, of, &index, inst.at)
            }
            Op::Store(array, index, value) => {
                let of = of(self, value);
                let (index, value) = (get(self, index), get(self, value));
                self.store(*array, of, &index, &value, inst.at);
                Lanes(Vec::new())
            }
        };
        self.values.insert(inst.result, made);
        Ok(())
    }

    /// Notes what went wrong where one of `bad` (of 8 bits) is true, if nothing did before.
    fn blame(&mut self, bad: &[cl::Value], blame: Blame, at: u32) {
        let Some(any) = bad.iter().copied().reduce(|a, b| self.build.ins().bor(a, b)) else {
            return;
        };
        let before = self.build.use_var(self.fault);
        let none = self.build.ins().icmp_imm_s(IntCC::Equal, before, 0);
        let now = self.build.ins().band(any, none);
        let packed = self.build.ins().iconst(types::I64, Fault::pack(blame, at) as i64);
        let fault = self.build.ins().select(now, packed, before);
        self.build.def_var(self.fault, fault);
    }

    fn unary(&mut self, op: Unary, x: &Lanes, at: u32) -> Lanes {
        match op {
            Unary::FloatNeg => self.map(x, |b, x| b.fneg(x)),
            Unary::FloatAbs => self.map(x, |b, x| b.fabs(x)),
            Unary::Sqrt => self.map(x, |b, x| b.sqrt(x)),
            Unary::Floor => self.map(x, |b, x| b.floor(x)),
            Unary::Ceil => self.map(x, |b, x| b.ceil(x)),
            Unary::Trunc => self.map(x, |b, x| b.trunc(x)),
            Unary::IntNeg | Unary::IntAbs => {
                let bad: Vec<cl::Value> =
                    x.0.iter()
                        .map(|x| self.build.ins().icmp_imm_s(IntCC::Equal, *x, i64::MIN))
                        .collect();
                self.blame(&bad, Blame::Overflow, at);
                if op == Unary::IntNeg {
                    self.map(x, |b, x| b.ineg(x))
                } else {
                    self.map(x, |b, x| b.iabs(x))
                }
            }
            Unary::Not if self.what.lanes == 1 => self.map(x, |b, x| b.bxor_imm_s(x, 1)),
            Unary::Not => self.map(x, |b, x| b.bnot(x)),
            Unary::ToFloat => {
                let words = x.0.iter().map(|x| self.build.ins().fcvt_from_sint(types::F64, *x));
                let words = words.collect();
                self.gather(Type::Float, words)
            }
            Unary::ToInt => self.whole(x, at),
        }
    }

    fn whole(&mut self, x: &Lanes, at: u32) -> Lanes {
        let (mut made, mut bad) = (Vec::new(), Vec::new());
        for x in self.scatter(Type::Float, x) {
            let (low, high) =
                (self.build.ins().f64const(-LARGEST), self.build.ins().f64const(LARGEST));
            let above = self.build.ins().fcmp(FloatCC::GreaterThan, x, low);
            let below = self.build.ins().fcmp(FloatCC::LessThan, x, high);
            let fits = self.build.ins().band(above, below);
            let whole = self.build.ins().fcvt_to_sint_sat(types::I64, x);
            let zero = self.build.ins().iconst(types::I64, 0);
            made.push(self.build.ins().select(fits, whole, zero));
            bad.push(self.build.ins().bxor_imm_s(fits, 1));
        }
        self.blame(&bad, Blame::Whole, at);
        Lanes(made)
    }

    fn binary(&mut self, op: Binary, x: &Lanes, y: &Lanes, at: u32) -> Lanes {
        match op {
            Binary::FloatAdd => self.zip(x, y, |b, x, y| b.fadd(x, y)),
            Binary::FloatSub => self.zip(x, y, |b, x, y| b.fsub(x, y)),
            Binary::FloatMul => self.zip(x, y, |b, x, y| b.fmul(x, y)),
            Binary::FloatDiv => self.zip(x, y, |b, x, y| b.fdiv(x, y)),
            Binary::FloatMin | Binary::FloatMax => {
                let by = if op == Binary::FloatMin { Compare::Less } else { Compare::Greater };
                let first = self.compare(by, Type::Float, x, y);
                self.select(Type::Float, &first, x, y)
            }
            Binary::IntAdd | Binary::IntSub | Binary::IntMul => self.checked(op, x, y, at),
            Binary::IntDiv | Binary::IntRem => self.divided(op, x, y, at),
            Binary::IntMin => self.zip(x, y, |b, x, y| b.smin(x, y)),
            Binary::IntMax => self.zip(x, y, |b, x, y| b.smax(x, y)),
            Binary::IntAnd | Binary::And => self.zip(x, y, |b, x, y| b.band(x, y)),
            Binary::IntOr | Binary::Or => self.zip(x, y, |b, x, y| b.bor(x, y)),
            Binary::IntXor | Binary::Xor => self.zip(x, y, |b, x, y| b.bxor(x, y)),
            Binary::IntShl => self.zip(x, y, |b, x, y| b.ishl(x, y)),
            Binary::IntShr => self.zip(x, y, |b, x, y| b.sshr(x, y)),
        }
    }

    fn checked(&mut self, op: Binary, x: &Lanes, y: &Lanes, at: u32) -> Lanes {
        let (mut made, mut bad) = (Vec::new(), Vec::new());
        for (x, y) in x.0.iter().zip(&y.0) {
            let ins = self.build.ins();
            let (value, over) = match op {
                Binary::IntAdd => ins.sadd_overflow(*x, *y),
                Binary::IntSub => ins.ssub_overflow(*x, *y),
                _ => ins.smul_overflow(*x, *y),
            };
            made.push(value);
            bad.push(over);
        }
        self.blame(&bad, Blame::Overflow, at);
        Lanes(made)
    }

    fn divided(&mut self, op: Binary, x: &Lanes, y: &Lanes, at: u32) -> Lanes {
        let (mut made, mut bad) = (Vec::new(), Vec::new());
        for (x, y) in x.0.iter().zip(&y.0) {
            let zero = self.build.ins().icmp_imm_s(IntCC::Equal, *y, 0);
            let least = self.build.ins().icmp_imm_s(IntCC::Equal, *x, i64::MIN);
            let minus = self.build.ins().icmp_imm_s(IntCC::Equal, *y, -1);
            let over = self.build.ins().band(least, minus);
            let wrong = self.build.ins().bor(zero, over);
            let one = self.build.ins().iconst(types::I64, 1);
            let y = self.build.ins().select(wrong, one, *y);
            made.push(match op {
                Binary::IntDiv => self.build.ins().sdiv(*x, y),
                _ => self.build.ins().srem(*x, y),
            });
            bad.push(wrong);
        }
        self.blame(&bad, Blame::Division, at);
        Lanes(made)
    }

    fn compare(&mut self, op: Compare, of: Type, x: &Lanes, y: &Lanes) -> Lanes {
        if of == Type::Float {
            let condition = match op {
                Compare::Equal => FloatCC::Equal,
                Compare::NotEqual => FloatCC::NotEqual,
                Compare::Less => FloatCC::LessThan,
                Compare::LessEqual => FloatCC::LessThanOrEqual,
                Compare::Greater => FloatCC::GreaterThan,
                Compare::GreaterEqual => FloatCC::GreaterThanOrEqual,
            };
            return self.zip(x, y, |b, x, y| b.fcmp(condition, x, y));
        }
        let condition = match op {
            Compare::Equal => IntCC::Equal,
            Compare::NotEqual => IntCC::NotEqual,
            Compare::Less => IntCC::SignedLessThan,
            Compare::LessEqual => IntCC::SignedLessThanOrEqual,
            Compare::Greater => IntCC::SignedGreaterThan,
            Compare::GreaterEqual => IntCC::SignedGreaterThanOrEqual,
        };
        let flags = self.zip(x, y, |b, x, y| b.icmp(condition, x, y));
        if self.what.lanes == 1 {
            return flags;
        }
        let words = flags.0.iter().map(|x| self.build.ins().uextend(types::I64, *x)).collect();
        self.gather(Type::Bool, words)
    }

    fn select(&mut self, of: Type, c: &Lanes, x: &Lanes, y: &Lanes) -> Lanes {
        if self.what.lanes == 1 {
            return Lanes(vec![self.build.ins().select(c.one(), x.one(), y.one())]);
        }
        if of == Type::Int {
            let flags = self.scatter(Type::Bool, c);
            let lanes = flags.into_iter().zip(x.0.iter().zip(&y.0));
            return Lanes(lanes.map(|(c, (x, y))| self.build.ins().select(c, *x, *y)).collect());
        }
        let mut made = Vec::new();
        for (c, (x, y)) in c.0.iter().zip(x.0.iter().zip(&y.0)) {
            let mask = if of == Type::Float { self.cast(types::F64X2, *c) } else { *c };
            made.push(self.build.ins().bitselect(mask, *x, *y));
        }
        Lanes(made)
    }

    /// Calls a function for each lane.
    fn call(
        &mut self,
        name: &str,
        of: cl::Type,
        args: &[Lanes],
        args_of: Type,
    ) -> Result<Lanes, Box<ModuleError>> {
        let function = match self.functions.get(name) {
            Some(known) => *known,
            None => {
                let mut signature = self.module.make_signature();
                signature.params = vec![cl::AbiParam::new(of); args.len()];
                signature.returns = vec![cl::AbiParam::new(types::F64)];
                let id = self.module.declare_function(name, Linkage::Import, &signature)?;
                let reference = self.module.declare_func_in_func(id, self.build.func);
                self.functions.insert(name.to_string(), reference);
                reference
            }
        };
        let args: Vec<Vec<cl::Value>> = args.iter().map(|arg| self.scatter(args_of, arg)).collect();
        let mut words = Vec::new();
        for lane in 0..self.what.lanes {
            let args: Vec<cl::Value> = args.iter().map(|arg| arg[lane]).collect();
            let call = self.build.ins().call(function, &args);
            words.push(self.build.inst_results(call)[0]);
        }
        Ok(self.gather(Type::Float, words))
    }

    /// Addresses of the elements, and where an index is outside of the array.
    fn elements(&mut self, array: u32, index: &Lanes, at: u32) -> Vec<cl::Value> {
        let spot = self.what.layout.spots[array as usize];
        let len = i64::from(spot.len);
        let (mut made, mut bad) = (Vec::new(), Vec::new());
        for (lane, index) in index.0.iter().enumerate() {
            let from_end = self.build.ins().iadd_imm_s(*index, len);
            let negative = self.build.ins().icmp_imm_s(IntCC::SignedLessThan, *index, 0);
            let index = self.build.ins().select(negative, from_end, *index);
            let out = self.build.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, index, len);
            let zero = self.build.ins().iconst(types::I64, 0);
            let index = self.build.ins().select(out, zero, index);
            let base = self.arrays[array as usize][if spot.fixed { 0 } else { lane }];
            let offset = self.build.ins().ishl_imm_u(index, 3);
            made.push(self.build.ins().iadd(base, offset));
            bad.push(out);
        }
        self.blame(&bad, Blame::Index, at);
        made
    }

    fn load(&mut self, array: u32, of: Type, index: &Lanes, at: u32) -> Lanes {
        let word = if of == Type::Float { types::F64 } else { types::I64 };
        let addresses = self.elements(array, index, at);
        let words = addresses
            .into_iter()
            .map(|address| self.build.ins().load(word, plain(), address, 0))
            .collect();
        self.gather(of, words)
    }

    fn store(&mut self, array: u32, of: Type, index: &Lanes, value: &Lanes, at: u32) {
        let values = self.scatter(of, value);
        let addresses = self.elements(array, index, at);
        for (address, value) in addresses.into_iter().zip(values) {
            self.build.ins().store(plain(), value, address, 0);
        }
    }
}
