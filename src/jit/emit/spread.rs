//! Values over lanes: the same everywhere, one operation on each register, and taken apart.

use super::*;
use cranelift_frontend::FuncInstBuilder;

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

    pub(super) fn map(
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
}
