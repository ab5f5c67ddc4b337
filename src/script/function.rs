//! Functions of the script that run on the audio thread: from the syntax tree to the form that is compiled.
//!
//! `source` finds the function, `docs` reads the comment above it, `lower` and the files beside it turn its statements
//! into a [`Program`]. All of it happens within the native call that the function was given to, for a function
//! pointer is but a name.

mod arguments;
mod assign;
mod bind;
mod buffer;
mod calls;
mod cases;
mod chain;
mod counted;
mod docs;
mod expressions;
mod first;
mod loops;
mod lower;
mod merge;
mod methods;
mod native;
mod numbers;
mod outs;
mod source;
mod statements;
mod switch;
mod value;

pub use bind::{ENTRIES, register};
pub use buffer::{ENTRIES as BUFFER, OPTIONS as BUFFER_OPTIONS};
pub use source::Sources;

use super::build::Desk;
use crate::diag::Diagnostic;
use crate::ir::Program;
use crate::nodes::function::Purpose;
use crate::session::NodeId;
use crate::units::Place;
use rhai::{Dynamic, FnPtr, NativeCallContext as Cx};

/// Arguments that a function is given without being asked: sound, the transport, what a voice plays.
pub const GIVEN: &[&str] = &[
    "x",
    "left",
    "right",
    "y",
    "t",
    "beat",
    "bpm",
    "sample_rate",
    "freq",
    "gate",
    "velocity",
    "note",
];

/// Why a function cannot be compiled.
#[derive(Clone, Debug)]
pub struct Refusal {
    place: Place,
    message: String,
    hint: String,
}

impl Refusal {
    /// What is wrong at `place`, and what to write instead.
    pub fn new(place: Place, message: impl Into<String>, hint: impl Into<String>) -> Refusal {
        Refusal { place, message: message.into(), hint: hint.into() }
    }

    fn diagnostic(self) -> Diagnostic {
        Diagnostic::error(self.message, self.place).hint(self.hint)
    }
}

/// The result of lowering something.
type Lowered<T> = Result<T, Box<Refusal>>;

/// A function that has been lowered.
pub struct Compiled {
    /// What is computed.
    pub program: Program,
    /// Signals that it has captured: names of parameters, and what drives them.
    pub driven: Vec<(String, NodeId)>,
}

/// Lowers the function that `pointer` names for the call `cx`.
///
/// # Errors
/// Where it cannot be compiled, why, and what to write instead.
pub fn compile(cx: &Cx, pointer: &FnPtr, purpose: Purpose) -> Result<Compiled, Box<Diagnostic>> {
    let desk = Desk::of(cx);
    let build = desk.open();
    let call = build.place(cx.call_source(), cx.call_position());
    let sources = Sources { trees: &build.trees, files: &build.sources };
    let found = sources.pointed(call.file, pointer.fn_name());
    let Some(definition) = found else {
        let message = format!("`{}` is no function of this script", pointer.fn_name());
        let hint = "give it a closure: |x| tanh(x * 2.0)";
        return Err(Diagnostic::error(message, call).hint(hint).into());
    };
    let curried: Vec<Dynamic> = pointer.iter_curry().map(|v| v.clone().flatten()).collect();
    lower::program(&sources, &build.constants, definition, &curried, purpose).map_err(|refusal| {
        let elsewhere = refusal.place.file != call.file;
        let said = refusal.diagnostic();
        Box::new(if elsewhere { said.relate("given here", call) } else { said })
    })
}
