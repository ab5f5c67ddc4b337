//! Evaluates scripts: Rhai with bindings that build a session, and diagnostics that teach.
//!
//! # How to add a binding
//! - A node needs none: every kind of the node table is bound by `kinds`.
//! - A function of scripts is registered in the file of its subject (`tracks`, `piece`, `instrument`, ...),
//!   whose `register(&mut Engine)` is called by `engine`, and described in `doc`.
//! - It reaches what is being built by `build::with(&cx, |build, place| ..)`, `cx` being the
//!   `NativeCallContext` that it takes as its first argument. The build is never held while a closure of
//!   the script runs: that would wait for itself.
//! - Arguments that may be of several types are taken as `Dynamic` and matched with a table of `Param`s by
//!   `args::bind`, which knows options, defaults, ranges, and reports what is wrong.
//! - What is wrong with an argument is reported (`build.report_at`) and the script goes on, so that several
//!   errors are told at once; `operators::fail("what\nwhat to do")` ends the statement.
//! - A `value::Failed` stands for a value whose error has been told: say nothing of it.

mod args;
mod bounce;
mod build;
mod clock;
mod constants;
mod controllers;
pub mod doc;
mod drums;
mod engine;
mod entries;
mod errors;
mod finish;
mod function;
mod inputs;
mod instrument;
mod kinds;
mod literal;
mod maths;
mod midi;
mod multiplex;
pub mod notebook;
mod operators;
mod path;
mod pattern;
mod perform;
mod piece;
mod plugin;
mod render;
mod resolver;
mod rig;
mod song;
mod sound;
mod stopwatch;
mod syntax;
mod tracks;
mod value;
mod whole;
mod writer;

pub use engine::prepare;

use crate::diag::{Diagnostic, Severity, Source};
use crate::pattern::Pattern;
use crate::session::{Command, Output, Session};
use crate::world::World;
use build::{Build, Desk};
use constants::Constants;
use rhai::{Dynamic, Position};
use std::sync::{Arc, MutexGuard};

/// Nested lists and closures need more stack than a thread has by default.
const STACK: usize = 64 << 20;

/// What a script evaluates to.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The piece.
    pub session: Session,
    /// What it asks of the performance, in the order of the script.
    pub commands: Vec<Command>,
    /// Files that it writes when it is run for them, in the order of the script.
    pub outputs: Vec<Output>,
    /// Files that it read (other than scripts and sounds), as it names them.
    pub read: Vec<String>,
    /// What is worth knowing, in the order of the script.
    pub warnings: Vec<Diagnostic>,
    /// The scripts that were read, the main one first: for [`Diagnostic::located`].
    pub sources: Vec<Source>,
}

/// A pattern that an expression yields.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The pattern.
    pub pattern: Pattern,
    /// What is worth knowing, in the order of the text.
    pub warnings: Vec<Diagnostic>,
    /// The texts that were read, the expression first.
    pub sources: Vec<Source>,
}

/// Evaluates the script `source` called `name` against `world`. The same script and world give the same
/// result. Called on the control thread; the script runs on a thread of its own, for at most 250 ms.
///
/// # Errors
/// Everything that is wrong with it, in the order of the script; located.
pub fn evaluate(
    source: &str,
    name: &str,
    world: &Arc<dyn World>,
) -> Result<Evaluated, Vec<Diagnostic>> {
    apart(|| {
        let (desk, _) = run(source, name, world);
        let (warnings, mut build) = messages(&desk)?;
        let mut session = std::mem::take(&mut build.session);
        finish::prune(&mut session);
        let commands = std::mem::take(&mut build.commands).into_iter().map(|c| c.0).collect();
        let sources = std::mem::take(&mut build.sources);
        let outputs = std::mem::take(&mut build.written);
        let read = std::mem::take(&mut build.read).into_iter().collect();
        Ok(Evaluated { session, commands, outputs, read, warnings, sources })
    })
}

/// Evaluates a script whose last statement is a pattern, or a text in mini-notation, as [`evaluate`] does.
///
/// # Errors
/// Everything that is wrong with it, located; also when what it yields is no pattern.
pub fn evaluate_pattern(
    source: &str,
    name: &str,
    world: &Arc<dyn World>,
) -> Result<Shown, Vec<Diagnostic>> {
    apart(|| {
        let (desk, value) = run(source, name, world);
        let pattern = value.and_then(|(value, at)| pattern::of_value(&desk, &value, at, name));
        let (warnings, mut build) = messages(&desk)?;
        let pattern = pattern.ok_or_else(|| {
            let nothing = "there is nothing here that is a pattern";
            vec![Diagnostic::error(nothing, Default::default())]
        })?;
        Ok(Shown { pattern, warnings, sources: std::mem::take(&mut build.sources) })
    })
}

/// Runs `f` on a thread with enough stack for a script.
fn apart<T: Send>(
    f: impl FnOnce() -> Result<T, Vec<Diagnostic>> + Send,
) -> Result<T, Vec<Diagnostic>> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("script".into()).stack_size(STACK);
        let result = thread.spawn_scoped(scope, f).map(std::thread::ScopedJoinHandle::join);
        match result {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(why) => {
                let message = format!("cannot start a thread for the script: {why}");
                Err(vec![Diagnostic::error(message, Default::default())])
            }
        }
    })
}

/// Runs a script; what came of it is on the desk, and the value of its last statement is returned.
fn run(source: &str, name: &str, world: &Arc<dyn World>) -> (Desk, Option<(Dynamic, Position)>) {
    let desk = Desk::new(Build::new(world.clone(), name, source));
    let constants = Constants::new(world.sample_rate());
    pattern::constants(&constants);
    desk.open().constants = constants.clone();
    let mut engine = engine::engine(&desk, &constants);
    let mut value = None;
    match syntax::compile(&engine, &desk, &constants, name, source) {
        Ok(ast) => {
            for (function, arity) in syntax::lint(&engine, &desk, &ast, name) {
                engine::stand_in(&mut engine, &function, arity);
            }
            syntax::literals(&desk, name, &ast);
            let ast = Arc::new(ast);
            syntax::keep(&desk, name, ast.clone());
            value = syntax::run(&engine, &desk, &ast, name);
            let mut build = desk.open();
            finish::finish(&mut build);
            finish::assets(&mut build);
        }
        Err(rhai::ParseError(kind, at)) => {
            let mut build = desk.open();
            let error = errors::syntax(&build, &kind, at, name);
            build.report(error);
        }
    }
    (desk, value)
}

/// The warnings, located, and the build; or the errors.
fn messages(desk: &Desk) -> Result<(Vec<Diagnostic>, MutexGuard<'_, Build>), Vec<Diagnostic>> {
    let mut build = desk.open();
    let trees = std::mem::take(&mut build.trees);
    let mut messages: Vec<Diagnostic> = std::mem::take(&mut build.messages)
        .into_iter()
        .map(|(m, site)| syntax::refine(m, &site, &trees).located(&build.sources))
        .collect();
    messages.sort_by(|a, b| a.place.cmp(&b.place));
    if messages.iter().any(|m| m.severity == Severity::Error) {
        return Err(messages);
    }
    Ok((messages, build))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;
    use std::collections::BTreeSet;

    /// What is bound and what the manual says are two lists; this keeps them equal.
    #[test]
    fn every_function_has_a_page_and_every_page_a_function() {
        let desk = Desk::new(Build::new(Arc::new(Memory::new()), "test", ""));
        let engine = engine::engine(&desk, &Constants::new(48_000.0));
        let own = engine.collect_fn_metadata(None, |f| Some(f.metadata.name.to_string()), false);
        let bound: BTreeSet<String> = own
            .into_iter()
            .filter(|name| rhai::is_valid_identifier(name) && !name.contains('$'))
            .collect();
        let pages: BTreeSet<String> = doc::names().into_iter().map(String::from).collect();
        let structural = |n: &&String| !crate::nodes::find(n).is_some_and(is_structural);
        // `print` and `debug` are Rhai's own.
        let rhai = |n: &&String| !matches!(n.as_str(), "print" | "debug");
        assert_eq!(bound.difference(&pages).collect::<Vec<_>>(), Vec::<&String>::new());
        // The bare names of patterns are constants.
        let called = |n: &&String| !pattern::is_constant(n);
        let missing: Vec<&String> =
            pages.difference(&bound).filter(structural).filter(rhai).filter(called).collect();
        assert_eq!(missing, Vec::<&String>::new());
    }

    fn is_structural(kind: &crate::nodes::Kind) -> bool {
        matches!(kind.make, crate::nodes::Make::Structural)
    }
}
