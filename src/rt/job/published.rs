//! What a job puts out in a chunk, for the jobs after it to read while later blocks are still made.

use super::Bench;
use crate::rt::block::Buffer;
use std::cell::UnsafeCell;

/// Outputs of a job over a chunk: ports x blocks. One thread at a time writes a block, and only then is
/// the block read.
pub struct Published {
    ports: usize,
    area: Vec<UnsafeCell<Buffer>>,
    silent: Vec<UnsafeCell<bool>>,
}

// SAFETY: a cell is written in `publish` only, whose caller sees to it that nobody reads it meanwhile.
unsafe impl Sync for Published {}

impl Published {
    /// Room for `ports` channels over a chunk of `chunk` blocks.
    #[must_use]
    pub fn new(ports: usize, chunk: usize) -> Published {
        let cells = 0..ports * chunk;
        let silent = cells.clone().map(|_| UnsafeCell::new(true)).collect();
        let area = cells.map(|_| UnsafeCell::new(Buffer::SILENCE)).collect();
        Published { ports, area, silent }
    }

    /// What port `port` put out in block `block` of the chunk; `None` if that is silence.
    #[must_use]
    pub fn output(&self, port: u16, block: usize) -> Option<&Buffer> {
        let at = block * self.ports + port as usize;
        // SAFETY: blocks are read after they were published (see `publish`).
        unsafe { if *self.silent[at].get() { None } else { Some(&*self.area[at].get()) } }
    }

    /// Copies the buffers `exports` of `bench` to block `block`.
    ///
    /// # Safety
    /// Nobody else may read or write that block before this has returned.
    pub unsafe fn publish(&self, block: usize, bench: &Bench, exports: &[u16]) {
        for (port, &id) in exports.iter().enumerate() {
            let (at, silent) = (block * self.ports + port, bench.silent[id as usize]);
            // SAFETY: the caller's promise.
            unsafe { *self.silent[at].get() = silent };
            if !silent && let Some(buffer) = &bench.buffers[id as usize] {
                // SAFETY: the same.
                unsafe { *self.area[at].get() = **buffer };
            }
        }
    }
}
