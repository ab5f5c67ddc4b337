//! Whether a program that comes from a file is one: types, places of definitions, bounds of indices.
//!
//! What this program has lowered itself is sound; a file may say anything, and machine code is made of it.

use super::maths::FUNCTIONS;
use super::op::{Binary, Op, Type, Unary};
use super::{End, Inst, MOST_MEMORY, Program, Target, Value};

/// Values, blocks, arrays and wires that a program may have.
const MOST: usize = 1 << 16;

/// Where a value is defined: block, and place in it; parameters are at 0.
type Spot = (usize, usize);

impl Program {
    /// Whether it can be run without harm.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.is_bounded() && self.definitions().is_some_and(|spots| self.reads_are_good(&spots))
    }

    fn is_bounded(&self) -> bool {
        let counts = [self.types.len(), self.blocks.len(), self.arrays.len(), self.state.len()];
        let kept: usize = self.kept().map(|array| array.len as usize).sum();
        let few = counts.iter().all(|count| *count < MOST) && self.interface.inputs.len() < MOST;
        let arrays = self.arrays.iter().all(|array| array.len > 0);
        few && arrays
            && !self.blocks.is_empty()
            && self.interface.outs <= 2
            && kept * 8 <= MOST_MEMORY
    }

    /// Where each value is defined; `None` if one is defined twice, or not of the type that it is to be.
    fn definitions(&self) -> Option<Vec<Option<Spot>>> {
        let mut spots: Vec<Option<Spot>> = vec![None; self.types.len()];
        for (b, block) in self.blocks.iter().enumerate() {
            let params = block.params.iter().map(|value| (value, 0));
            let insts = block.insts.iter().zip(1..).map(|(inst, at)| (&inst.result, at));
            for (value, at) in params.chain(insts) {
                let spot = spots.get_mut(value.0 as usize)?;
                if spot.replace((b, at)).is_some() {
                    return None;
                }
            }
        }
        let first = &self.blocks[0].params;
        let state = first.iter().zip(&self.state).all(|(value, state)| self.of(*value) == state.of);
        (state && first.len() == self.state.len()).then_some(spots)
    }

    fn reads_are_good(&self, spots: &[Option<Spot>]) -> bool {
        let Some(above) = self.dominators() else { return false };
        let dominates = |a: usize, mut b: usize| loop {
            if a == b {
                return true;
            }
            if b == 0 {
                return false;
            }
            b = above[b];
        };
        let there = |value: Value, (block, at): Spot| {
            let spot = spots.get(value.0 as usize).copied().flatten();
            spot.is_some_and(|(b, a)| if b == block { a < at } else { dominates(b, block) })
        };
        self.blocks.iter().enumerate().all(|(b, block)| {
            let insts = block.insts.iter().zip(1..).all(|(inst, at)| {
                inst.op.reads().iter().all(|value| there(*value, (b, at))) && self.is_typed(inst)
            });
            let end = (b, block.insts.len() + 1);
            insts && block.end.reads().all(|value| there(value, end)) && self.ends_well(&block.end)
        })
    }

    /// The block above each in the tree of dominators: K. D. Cooper, T. J. Harvey and K. Kennedy, "A Simple, Fast
    /// Dominance Algorithm", 2001. `None` unless blocks are in an order in which each but the first is reached from
    /// one before it, and none leads back to the first.
    fn dominators(&self) -> Option<Vec<usize>> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.blocks.len()];
        for (b, block) in self.blocks.iter().enumerate() {
            for to in block.end.targets() {
                before.get_mut(to.block.0 as usize)?.push(b);
            }
        }
        let reached = before.iter().enumerate().skip(1).all(|(b, all)| all.iter().any(|p| *p < b));
        if !reached || !before[0].is_empty() {
            return None;
        }
        let mut above: Vec<usize> = vec![usize::MAX; self.blocks.len()];
        above[0] = 0;
        loop {
            let mut changed = false;
            for b in 1..above.len() {
                let known = before[b].iter().copied().filter(|p| above[*p] != usize::MAX);
                let meet = known.reduce(|mut x, mut y| {
                    while x != y {
                        if x > y { x = above[x] } else { y = above[y] }
                    }
                    x
                })?;
                changed |= above[b] != meet;
                above[b] = meet;
            }
            if !changed {
                return Some(above);
            }
        }
    }

    fn are(&self, values: &[Value], of: Type) -> bool {
        values.iter().all(|value| self.of(*value) == of)
    }

    /// Whether an operation has operands and a result of the right types. Its operands are known to exist.
    fn is_typed(&self, inst: &Inst) -> bool {
        let made = self.of(inst.result);
        let all = |of: Type| self.are(&inst.op.reads(), of);
        let array = |index: u32| self.arrays.get(index as usize);
        match &inst.op {
            Op::Float(_) | Op::Clock(_) => made == Type::Float,
            Op::Int(_) | Op::Seed => made == Type::Int,
            Op::Bool(_) => made == Type::Bool,
            Op::Input(wire) => {
                made == Type::Float && usize::from(*wire) < self.interface.inputs.len()
            }
            Op::Length(index) => made == Type::Int && array(*index).is_some(),
            Op::Unary(op, _) => {
                let (takes, gives) = match op {
                    Unary::IntNeg | Unary::IntAbs => (Type::Int, Type::Int),
                    Unary::Not => (Type::Bool, Type::Bool),
                    Unary::ToFloat => (Type::Int, Type::Float),
                    Unary::ToInt => (Type::Float, Type::Int),
                    _ => (Type::Float, Type::Float),
                };
                all(takes) && made == gives
            }
            Op::Binary(op, ..) => {
                use Binary as B;
                let of = match op {
                    B::And | B::Or | B::Xor => Type::Bool,
                    B::FloatAdd
                    | B::FloatSub
                    | B::FloatMul
                    | B::FloatDiv
                    | B::FloatMin
                    | B::FloatMax => Type::Float,
                    _ => Type::Int,
                };
                all(of) && made == of
            }
            Op::Compare(..) => made == Type::Bool && (all(Type::Float) || all(Type::Int)),
            Op::Select(c, x, y) => self.are(&[*c], Type::Bool) && self.are(&[*x, *y], made),
            Op::Call(id, args) => {
                let arity = FUNCTIONS.get(usize::from(id.0)).map(|f| f.arity());
                made == Type::Float && all(Type::Float) && arity == Some(args.len())
            }
            Op::Random(..) => made == Type::Float && all(Type::Int),
            Op::Load(index, at) => {
                self.are(&[*at], Type::Int) && array(*index).is_some_and(|a| a.of == made)
            }
            Op::Store(index, at, value) => {
                let fits = array(*index).is_some_and(|a| a.of == self.of(*value) && !a.fixed);
                fits && self.are(&[*at], Type::Int)
            }
        }
    }

    fn ends_well(&self, end: &End) -> bool {
        let arrives = |to: &Target| {
            let params = &self.blocks[to.block.0 as usize].params;
            let same = |(arg, param): (&Value, &Value)| self.of(*arg) == self.of(*param);
            params.len() == to.args.len() && to.args.iter().zip(params).all(same)
        };
        let own = match end {
            End::Branch(condition, ..) => self.are(&[*condition], Type::Bool),
            End::Return(values) => {
                let outs = usize::from(self.interface.outs);
                values.len() == outs + self.state.len()
                    && self.are(&values[..outs], Type::Float)
                    && values[outs..].iter().zip(&self.state).all(|(v, s)| self.of(*v) == s.of)
            }
            End::Jump(_) | End::Again(..) => true,
        };
        own && end.targets().all(arrives)
    }
}
