//! Puts a program together: constants are folded while it grows.

use super::eval::{Bits, apply, result};
use super::op::{Op, Type};
use super::{Block, BlockId, End, Inst, Target, Value};
use crate::units::Place;
use std::collections::BTreeMap;

/// Operations that a program may consist of.
pub const MOST_INSTS: usize = 20_000;

/// A program that grows.
#[derive(Clone, Debug)]
pub struct Builder {
    /// Types of the values so far.
    pub(super) types: Vec<Type>,
    pub(super) blocks: Vec<Block>,
    places: Vec<Place>,
    constants: BTreeMap<(Type, Bits), Value>,
    known: BTreeMap<Value, Bits>,
    here: BlockId,
    ended: Vec<bool>,
    count: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    /// A program with an empty first block, in which it goes on.
    #[must_use]
    pub fn new() -> Builder {
        let mut builder = Builder {
            types: Vec::new(),
            blocks: Vec::new(),
            places: Vec::new(),
            constants: BTreeMap::new(),
            known: BTreeMap::new(),
            here: BlockId(0),
            ended: Vec::new(),
            count: 0,
        };
        builder.block();
        // Constants have a block of their own, which is before all others.
        let start = builder.block();
        builder.end_of(BlockId(0), End::Jump(Target { block: start, args: Vec::new() }));
        builder.here = start;
        builder
    }

    /// A new block.
    pub fn block(&mut self) -> BlockId {
        let end = End::Return(Vec::new());
        self.blocks.push(Block { params: Vec::new(), insts: Vec::new(), end });
        self.ended.push(false);
        BlockId(self.blocks.len() as u32 - 1)
    }

    /// The block in which it goes on.
    #[must_use]
    pub fn here(&self) -> BlockId {
        self.here
    }

    /// Goes on in `block`.
    pub fn go_to(&mut self, block: BlockId) {
        self.here = block;
    }

    fn value(&mut self, of: Type) -> Value {
        self.types.push(of);
        Value(self.types.len() as u32 - 1)
    }

    /// Type of a value.
    #[must_use]
    pub fn of(&self, value: Value) -> Type {
        self.types[value.0 as usize]
    }

    /// Another parameter of `block`.
    pub fn param(&mut self, block: BlockId, of: Type) -> Value {
        let value = self.value(of);
        self.blocks[block.0 as usize].params.push(value);
        value
    }

    /// Parameters of `block`.
    #[must_use]
    pub fn params(&self, block: BlockId) -> &[Value] {
        &self.blocks[block.0 as usize].params
    }

    /// Another number of the state, as it is at the beginning of the frame.
    pub fn state(&mut self, of: Type) -> Value {
        self.param(BlockId(0), of)
    }

    /// Remembers a place; the same place is remembered once.
    pub fn place(&mut self, place: &Place) -> u32 {
        match self.places.iter().position(|known| known == place) {
            Some(at) => at as u32 + 1,
            None => {
                self.places.push(place.clone());
                self.places.len() as u32
            }
        }
    }

    /// The places so far.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The bits of a value that is known already.
    #[must_use]
    pub fn known(&self, value: Value) -> Option<Bits> {
        self.known.get(&value).copied()
    }

    /// A constant.
    pub fn constant(&mut self, of: Type, bits: Bits) -> Value {
        if let Some(value) = self.constants.get(&(of, bits)) {
            return *value;
        }
        let result = self.value(of);
        let op = match of {
            Type::Float => Op::Float(f64::from_bits(bits)),
            Type::Int => Op::Int(bits as i64),
            Type::Bool => Op::Bool(bits != 0),
        };
        self.blocks[0].insts.push(Inst { result, op, at: 0 });
        self.constants.insert((of, bits), result);
        self.known.insert(result, bits);
        result
    }

    /// A constant float.
    pub fn float(&mut self, x: f64) -> Value {
        self.constant(Type::Float, x.to_bits())
    }

    /// A constant whole number.
    pub fn int(&mut self, x: i64) -> Value {
        self.constant(Type::Int, x as u64)
    }

    /// Adds an operation, or gives its value if that is known. An array's elements are of type `of`, which does not
    /// matter elsewhere.
    pub fn push_as(&mut self, op: Op, of: Type, at: u32) -> Value {
        let reads = op.reads();
        let first = match &op {
            Op::Select(_, x, _) => self.of(*x),
            _ => reads.first().map_or(of, |x| self.of(*x)),
        };
        let of = if op.is_memory() { of } else { result(&op, first) };
        let known: Option<Vec<Bits>> = reads.iter().map(|x| self.known(*x)).collect();
        let pure = !op.is_memory()
            && !matches!(
                op,
                Op::Input(_) | Op::Clock(_) | Op::Seed | Op::Length(_) | Op::Random(..)
            );
        if let (true, Some(x)) = (pure, known) {
            let at = |i: usize| x.get(i).copied().unwrap_or(0);
            let (bits, blame) = apply(&op, first == Type::Float, at(0), at(1), at(2));
            if !blame {
                return self.constant(of, bits);
            }
        }
        if let Op::Select(condition, yes, no) = op {
            match self.known(condition) {
                Some(0) => return no,
                Some(_) => return yes,
                None if yes == no => return yes,
                None => {}
            }
        }
        let result = self.value(of);
        self.count += 1;
        self.blocks[self.here.0 as usize].insts.push(Inst { result, op, at });
        result
    }

    /// Adds an operation that is no array's, or gives its value if that is known.
    pub fn push(&mut self, op: Op, at: u32) -> Value {
        self.push_as(op, Type::Float, at)
    }

    /// Whether it has grown too large.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count > MOST_INSTS || self.blocks.len() > MOST_INSTS
    }

    /// Operations so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Ends the block in which it is.
    pub fn end(&mut self, end: End) {
        self.end_of(self.here, end);
    }

    /// Ends `block`.
    pub fn end_of(&mut self, block: BlockId, end: End) {
        debug_assert!(!self.ended[block.0 as usize], "a block ends once");
        self.ended[block.0 as usize] = true;
        self.blocks[block.0 as usize].end = end;
    }

    /// The blocks that were ended and can be reached, and the types of all values.
    pub(super) fn take(self) -> (Vec<Block>, Vec<Type>) {
        (self.blocks, self.types)
    }
}
