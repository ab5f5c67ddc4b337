//! Operations, lane by lane or in pairs of lanes.

use super::*;
use crate::ir::maths::Form as Shape;
use crate::ir::{Binary, Compare, Inst, Op, Unary};
use cranelift_codegen::ir::condcodes::FloatCC;

/// Floats from here on are no whole numbers of 64 bits.
const LARGEST: f64 = 9_223_372_036_854_775_808.0;

impl Emit<'_, '_> {
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
    pub(super) fn blame(&mut self, bad: &[cl::Value], blame: Blame, at: u32) {
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
}
