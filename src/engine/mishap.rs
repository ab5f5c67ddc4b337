//! What goes wrong in functions of the script while they run, in words.

use crate::diag::Diagnostic;
use crate::dsp::unit::Mishap;
use crate::ir::Blame;
use crate::units::Place;

/// The message for a mishap: what it was, where the script says so, what to do.
#[must_use]
pub fn mishap(what: Mishap) -> Diagnostic {
    let blame = Blame::ALL.get(usize::from(what.what)).copied().unwrap_or(Blame::Index);
    let (message, hint) = blame.words();
    let (file, line, column) = what.place;
    let end = match blame {
        Blame::Fuel => "it is silent until it is changed",
        _ => "it was silenced for a moment, and begins anew",
    };
    Diagnostic::warning(format!("{message}; {end}"), Place { file, line, column }).hint(hint)
}
