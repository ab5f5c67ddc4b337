//! Functions that have been made into code lately: what is built again need not be compiled again.

use super::{Code, Pace};
use crate::ir::Program;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Functions that are remembered; what plays holds its own besides.
const MOST: usize = 64;

/// Whether machine code is made.
static NATIVE: AtomicBool = AtomicBool::new(true);

/// The newest last.
static KNOWN: Mutex<Vec<(Order, Arc<Code>)>> = Mutex::new(Vec::new());

/// What code is for: paces of its wires, lanes, and whether it is to be machine code.
type Order = (Vec<Pace>, usize, bool);

/// Makes machine code from now on, or interprets: the bits are the same. What has been made stays as it is.
pub fn set_machine_code(on: bool) {
    NATIVE.store(on, Ordering::Relaxed);
}

/// Code for one lane of `program` that nobody else will want. Control thread.
#[must_use]
pub fn made(program: Arc<Program>, paces: &[Pace]) -> Code {
    Code::new(program, paces, 1, NATIVE.load(Ordering::Relaxed))
}

/// Code for so many lanes of `program`, whose wires have these paces. Control thread.
#[must_use]
pub fn code(program: &Arc<Program>, paces: &[Pace], lanes: usize) -> Arc<Code> {
    let native = NATIVE.load(Ordering::Relaxed);
    let order = (paces.to_vec(), lanes, native);
    let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let same = |(o, code): &(Order, Arc<Code>)| {
        let known = code.program();
        *o == order && (Arc::ptr_eq(known, program) || known.does_the_same(program))
    };
    let mut known = lock();
    if let Some(at) = known.iter().position(same) {
        let entry = known.remove(at);
        let code = entry.1.clone();
        known.push(entry);
        return code;
    }
    drop(known);
    let code = Arc::new(Code::new(program.clone(), paces, lanes, native));
    let mut known = lock();
    if known.len() >= MOST {
        known.remove(0);
    }
    known.push((order, code.clone()));
    code
}
