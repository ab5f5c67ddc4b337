//! Functions of scripts as typed values in static single assignment form: what is computed for one frame.
//!
//! `script` lowers a function to a [`Program`]; `jit` runs it, as machine code or by interpreting it. A program says
//! what happens in one frame: it is given what comes in and the state that the frame before has left, and returns what
//! goes out and the new state. Loops over frames, lanes and memory are the business of whoever runs it.
//!
//! Blocks with parameters take the place of phi functions, as in Cranelift and MLIR. Every operation is defined for all
//! values of its operands: what Rhai would refuse (an index that is outside, a division of whole numbers by 0)
//! gives some value and *blames* the place in the script, which silences the block of frames and is told.

mod builder;
mod eval;
mod hoist;
pub mod interface;
pub mod maths;
mod op;
mod select;
mod simplify;
mod verify;

pub use builder::Builder;
pub use eval::{Bits, apply, bits, random};
pub use hoist::{Hoisted, gains, hoist};
pub use interface::{Input, Interface, Role};
pub use op::{Binary, Blame, Clock, Compare, Op, Type, Unary};
pub use simplify::{finish, straighten};

use crate::units::Place;
use serde::{Deserialize, Serialize};

/// A value: an index into [`Program::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Value(pub u32);

/// A block: an index into [`Program::blocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockId(pub u32);

/// An operation and the value that it makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inst {
    /// The value that it makes; for [`Op::Store`] one that nobody reads.
    pub result: Value,
    /// What is done.
    pub op: Op,
    /// Index into [`Program::places`] of where the script says so.
    pub at: u32,
}

/// Where to go on, and with which values for the parameters of that block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The block.
    pub block: BlockId,
    /// A value for each of its parameters.
    pub args: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// Goes on there.
    Jump(Target),
    /// Goes on here if the value is true, else there.
    Branch(Value, Target, Target),
    /// Begins another turn of a loop, which costs so much fuel. Without fuel the whole block of frames ends.
    Again(u32, u32, Target),
    /// The frame is over: what goes out, then the new state.
    Return(Vec<Value>),
}

impl End {
    /// Where it may go on.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let (a, b) = match self {
            End::Jump(to) | End::Again(_, _, to) => (Some(to), None),
            End::Branch(_, yes, no) => (Some(yes), Some(no)),
            End::Return(_) => (None, None),
        };
        a.into_iter().chain(b)
    }

    /// The same, to be changed.
    pub fn targets_mut(&mut self) -> impl Iterator<Item = &mut Target> {
        let (a, b) = match self {
            End::Jump(to) | End::Again(_, _, to) => (Some(to), None),
            End::Branch(_, yes, no) => (Some(yes), Some(no)),
            End::Return(_) => (None, None),
        };
        a.into_iter().chain(b)
    }

    /// The values that it reads.
    pub fn reads(&self) -> impl Iterator<Item = Value> + '_ {
        let own: &[Value] = match self {
            End::Return(values) => values,
            End::Branch(condition, ..) => core::slice::from_ref(condition),
            End::Jump(_) | End::Again(..) => &[],
        };
        own.iter().chain(self.targets().flat_map(|to| &to.args)).copied()
    }
}

/// Operations in order, and how they end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Values that whoever comes here brings. Those of the first block are the state, in order.
    pub params: Vec<Value>,
    /// Operations.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub end: End,
}

/// A number of the state: kept from frame to frame, one for each lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Name: `this.` and the path of a field, or a captured variable.
    pub name: String,
    /// Its type.
    pub of: Type,
    /// What it is at first, as bits.
    pub first: Bits,
}

/// An array: kept from frame to frame, one for each lane; or read only, one for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Array {
    /// Name, as of a [`State`].
    pub name: String,
    /// Type of its elements.
    pub of: Type,
    /// Its length.
    pub len: u32,
    /// What it is at first, as bits: repeated if it is shorter than the array.
    pub first: Vec<Bits>,
    /// Nothing is ever stored in it.
    pub fixed: bool,
    /// It is a whole sound: its length is not known yet.
    #[serde(default)]
    pub whole: bool,
}

/// Bytes that the arrays of one lane may take: a minute of sound at 48 kHz.
pub const MOST_MEMORY: usize = 60 * 48_000 * 8;

/// A function of a script, compiled as far as it can be without knowing the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// What it is called: the name of the function.
    pub name: String,
    /// What it is given, and how many channels it makes.
    pub interface: Interface,
    /// Types of all values.
    pub types: Vec<Type>,
    /// Blocks; the first one is where a frame begins. Each value is defined in a block before those that read it.
    pub blocks: Vec<Block>,
    /// Numbers of the state.
    pub state: Vec<State>,
    /// Arrays.
    pub arrays: Vec<Array>,
    /// Places in the script that can be blamed, from 1: [`Inst::at`] 0 is none.
    pub places: Vec<Place>,
    /// A number that differs where anything else but places differs, as good as surely.
    pub fingerprint: u64,
}

impl Program {
    /// Type of a value.
    #[must_use]
    pub fn of(&self, value: Value) -> Type {
        self.types[value.0 as usize]
    }

    /// Whether one frame is a single run of operations: then lanes can be computed side by side.
    #[must_use]
    pub fn is_straight(&self) -> bool {
        self.blocks.len() == 1
    }

    /// Arrays that each lane has one of.
    pub fn kept(&self) -> impl Iterator<Item = &Array> {
        self.arrays.iter().filter(|array| !array.fixed)
    }

    /// Whether it calls functions of numbers, which take one lane after the other.
    #[must_use]
    pub fn calls(&self) -> bool {
        let mut insts = self.blocks.iter().flat_map(|block| &block.insts);
        insts.any(|inst| matches!(inst.op, Op::Call(..) | Op::Random(..)))
    }

    /// Whether something can go wrong in it.
    #[must_use]
    pub fn can_blame(&self) -> bool {
        let mut insts = self.blocks.iter().flat_map(|block| &block.insts);
        insts.any(|inst| inst.op.blame().is_some())
    }

    /// Whether something is kept from frame to frame.
    #[must_use]
    pub fn has_memory(&self) -> bool {
        !self.state.is_empty() || self.kept().next().is_some()
    }

    /// Whether another program is the same but for where it stands in the script.
    #[must_use]
    pub fn does_the_same(&self, other: &Program) -> bool {
        self.fingerprint == other.fingerprint
            && self.interface == other.interface
            && self.blocks == other.blocks
            && self.state == other.state
            && self.arrays == other.arrays
    }

    /// The place `at`, if there is one.
    #[must_use]
    pub fn place(&self, at: u32) -> Option<&Place> {
        self.places.get((at as usize).checked_sub(1)?)
    }
}
