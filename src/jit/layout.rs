//! Where the arrays of a function lie in memory.

use crate::ir::{Array, Bits, Program};

/// Where an array lies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot {
    /// The word of the lane's memory that has its address; or its first word in what all lanes read.
    pub at: u32,
    /// Its length.
    pub len: u32,
    /// All lanes read it, and none writes it.
    pub fixed: bool,
}

/// The arrays of a program.
pub struct Layout {
    /// By array.
    pub spots: Vec<Spot>,
    /// The elements of all that is only read.
    pub fixed: Vec<Bits>,
}

impl Layout {
    /// Lays the arrays of `program` out: the addresses of those of a lane stand after its numbers.
    pub fn new(program: &Program) -> Layout {
        let mut next = program.state.len() as u32;
        let mut layout = Layout { spots: Vec::new(), fixed: Vec::new() };
        for array in &program.arrays {
            let len = array.len;
            if array.fixed {
                let at = layout.fixed.len() as u32;
                layout.fixed.extend(elements(array));
                layout.spots.push(Spot { at, len, fixed: true });
            } else {
                layout.spots.push(Spot { at: next, len, fixed: false });
                next += 1;
            }
        }
        layout
    }
}

/// What an array holds at first.
pub fn elements(array: &Array) -> impl Iterator<Item = Bits> + '_ {
    let first: &[Bits] = if array.first.is_empty() { &[0] } else { &array.first };
    first.iter().copied().cycle().take(array.len as usize)
}
