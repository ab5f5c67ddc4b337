//! Runs functions of scripts on the audio thread: as machine code, or by interpreting their form.
//!
//! Both give the same bits. Code is made on the control thread and shared by all instances of a function; what an
//! instance keeps from frame to frame is its own. While it runs, code reads and writes only what a [`Call`] names,
//! calls nothing but the functions of [`crate::ir::maths`], and ends after a number of steps.

mod cache;
mod call;
mod emit;
mod interpret;
mod layout;
mod machine;
mod memory;

pub use cache::{code, made, set_machine_code};
pub use call::{Call, FUEL, Fault, LANES, Wire};
pub use machine::define_in;
pub use memory::Memory;

use crate::ir::{Hoisted, Program, gains, hoist};
use std::sync::Arc;

/// How often the value on a wire changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// The same for a whole block of frames, or a straight line.
    Line,
    /// Every frame.
    Audio,
}

/// A function that can run.
pub struct Code {
    program: Arc<Program>,
    back: Back,
}

enum Back {
    Machine(Box<machine::Machine>),
    /// For wires that move in lines; and for lines at rest, if that makes a difference.
    Plain(Box<[Option<interpret::Interpreter>; 2]>),
}

/// A program for wires of which some are still.
struct Form {
    hoisted: Hoisted,
    still: Vec<bool>,
}

/// The program for wires whose lines move; and for lines at rest, if something is gained by that.
fn forms(program: &Program, paces: &[Pace]) -> [Option<Form>; 2] {
    let lines: Vec<bool> = paces.iter().map(|pace| *pace == Pace::Line).collect();
    let moving = Form { hoisted: hoist(program, &[]), still: vec![false; lines.len()] };
    let resting = Form { hoisted: hoist(program, &lines), still: lines };
    let gained = gains(&moving.hoisted, &resting.hoisted);
    [Some(moving), gained.then_some(resting)]
}

impl Code {
    /// Code for `program` whose wires have these paces, for one lane or several; machine code if `native` and this machine
    /// lets programs make memory executable. Control thread.
    #[must_use]
    pub fn new(program: Arc<Program>, paces: &[Pace], lanes: usize, native: bool) -> Code {
        let machine = native.then(|| machine::Machine::new(&program, paces, lanes).ok()).flatten();
        let back = match machine {
            Some(machine) => Back::Machine(Box::new(machine)),
            None => {
                let plain = |form: Form| interpret::Interpreter::new(&program, &form, paces);
                Back::Plain(Box::new(forms(&program, paces).map(|form| form.map(plain))))
            }
        };
        Code { program, back }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Whether it is machine code.
    #[must_use]
    pub fn is_native(&self) -> bool {
        matches!(self.back, Back::Machine(_))
    }

    /// Words of 8 bytes that a run needs to work with.
    #[must_use]
    pub fn scratch(&self) -> usize {
        if self.is_native() { 0 } else { 2 * self.program.types.len() }
    }

    /// Whether lanes are computed side by side: two or four; else one by one.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        matches!(&self.back, Back::Machine(machine) if machine.is_wide())
    }

    /// Whether all lanes that are computed side by side must be heard, as something may go wrong in them; those for
    /// which others are missing are computed one by one.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        self.is_wide() && self.program.can_blame()
    }

    /// Runs `lanes` lanes from the one that `call` begins with: 2 or 4 (2 for code of one or two lanes) if it [is wide](Code::is_wide), else 1; also 1 if
    /// it [wants all](Code::wants_all). Code for one lane that is wide computes a second one beside it, which needs
    /// memory too. `resting` says that all lines are flat. Returns what went wrong first, if something did: then what
    /// went out is worthless, and so is what was kept. Audio thread: no memory, locks or calls to the system.
    ///
    /// # Safety
    /// Everything that `call` points to must be as [`Call`] says, for these lanes; `scratch` has at least
    /// [`Code::scratch`] words.
    pub unsafe fn run(
        &self,
        call: &mut Call,
        lanes: usize,
        resting: bool,
        scratch: &mut [u64],
    ) -> Option<Fault> {
        call.fault = 0;
        match &self.back {
            // SAFETY: the caller promises what both ask for.
            Back::Machine(machine) => unsafe { machine.run(call, lanes, resting) },
            Back::Plain(forms) => {
                let rest = forms[1].as_ref().filter(|_| resting);
                if let Some(form) = rest.or(forms[0].as_ref()) {
                    // SAFETY: as above.
                    unsafe { form.run(call, scratch) };
                }
            }
        }
        Fault::read(call.fault)
    }
}
