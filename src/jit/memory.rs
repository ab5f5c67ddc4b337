//! What the instances of a function keep from frame to frame.

use super::layout::elements;
use crate::ir::{Bits, Program};
use std::sync::Arc;

/// The memory of all lanes of an instance. A lane has its numbers, then the addresses of its arrays; so arrays can change
/// hands without being copied.
pub struct Memory {
    program: Arc<Program>,
    words: Vec<Bits>,
    /// By lane, then by array.
    arrays: Vec<Vec<Vec<Bits>>>,
}

impl Memory {
    /// Memory for `lanes` lanes as it is at first. Control thread.
    #[must_use]
    pub fn new(program: &Arc<Program>, lanes: usize) -> Memory {
        let kept = || program.kept().map(|array| elements(array).collect()).collect();
        let arrays: Vec<Vec<Vec<Bits>>> = (0..lanes).map(|_| kept()).collect();
        let stride = program.state.len() + program.kept().count();
        let words = vec![0; (stride * lanes).max(1)];
        let mut memory = Memory { program: program.clone(), words, arrays };
        (0..lanes).for_each(|lane| memory.reset(lane));
        memory
    }

    /// Words from one lane to the next.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.words.len() / self.arrays.len().max(1)
    }

    /// The first word of a lane.
    #[must_use]
    pub fn lane(&mut self, lane: usize) -> *mut Bits {
        let at = (lane * self.stride()).min(self.words.len() - 1);
        &raw mut self.words[at]
    }

    /// Makes a lane what it is at first. Audio thread.
    pub fn reset(&mut self, lane: usize) {
        let first = lane * self.stride();
        let Some(arrays) = self.arrays.get_mut(lane) else { return };
        let states = self.program.state.iter().map(|state| state.first);
        self.words[first..].iter_mut().zip(states).for_each(|(word, x)| *word = x);
        for (array, known) in arrays.iter_mut().zip(self.program.kept()) {
            array.iter_mut().zip(elements(known)).for_each(|(word, x)| *word = x);
        }
        self.point(lane);
    }

    /// Writes down where the arrays of a lane are.
    fn point(&mut self, lane: usize) {
        let first = lane * self.stride() + self.program.state.len();
        for (i, array) in self.arrays[lane].iter_mut().enumerate() {
            self.words[first + i] = array.as_mut_ptr() as Bits;
        }
    }

    /// Takes over what another instance has kept, lane by lane: numbers of the same name and type, arrays of the same name,
    /// type and length. Arrays change places, so nothing is copied, made or freed. Audio thread.
    pub fn inherit(&mut self, before: &mut Memory) {
        let lanes = self.arrays.len().min(before.arrays.len());
        let (stride, was) = (self.stride(), before.stride());
        // Names are compared once for all lanes: there may be many.
        for (i, state) in self.program.state.iter().enumerate() {
            let same = |s: &crate::ir::State| s.name == state.name && s.of == state.of;
            if let Some(j) = before.program.state.iter().position(same) {
                for lane in 0..lanes {
                    self.words[lane * stride + i] = before.words[lane * was + j];
                }
            }
        }
        for (i, array) in self.program.kept().enumerate() {
            let same = |a: &crate::ir::Array| {
                a.name == array.name && a.of == array.of && a.len == array.len
            };
            if let Some(j) = before.program.kept().position(same) {
                for (own, other) in self.arrays.iter_mut().zip(&mut before.arrays) {
                    std::mem::swap(&mut own[i], &mut other[j]);
                }
            }
        }
        for lane in 0..lanes {
            self.point(lane);
            before.point(lane);
        }
    }

    /// The numbers of a lane, as bits, in the order of the program.
    #[must_use]
    pub fn numbers(&self, lane: usize) -> &[Bits] {
        let first = lane * self.stride();
        &self.words[first..first + self.program.state.len()]
    }

    /// The elements of the array called `name` of a lane, to be read and written. Control thread.
    #[must_use]
    pub fn array(&mut self, lane: usize, name: &str) -> Option<&mut [Bits]> {
        let at = self.program.kept().position(|array| array.name == name)?;
        Some(&mut self.arrays[lane][at])
    }

    /// The elements of the arrays of a lane.
    #[must_use]
    pub fn arrays(&self, lane: usize) -> &[Vec<Bits>] {
        &self.arrays[lane]
    }
}
