//! What looks into Rhai's syntax trees, which are not a stable interface: only here, and in `function`.

mod lint;
mod run;
mod site;

pub use lint::{known_functions, lint};
pub use run::run;
pub use site::refine;

use super::build::Desk;
use super::constants::Constants;
use super::value::Failed;
use crate::diag::{Diagnostic, nearest};
use rhai::{AST, ASTNode, Dynamic, Engine, Expr, ParseError, ParseErrorType};
use std::sync::Arc;

/// Most undefined variables that are told at once.
const MOST_UNDEFINED: usize = 30;

/// Compiles a script. An undefined variable is reported, and compiling goes on with a stand-in for it, so
/// that all of them are told at once.
///
/// # Errors
/// The first syntax error.
pub fn compile(
    engine: &Engine,
    desk: &Desk,
    constants: &Constants,
    name: &str,
    text: &str,
) -> Result<AST, ParseError> {
    for _ in 0..MOST_UNDEFINED {
        match engine.compile_with_scope(&constants.scope(), text) {
            Err(ParseError(kind, at)) => match *kind {
                ParseErrorType::VariableUndefined(variable) => {
                    let mut build = desk.open();
                    let place = build.place(Some(name), at);
                    let hint = undefined(engine, constants, &variable, text);
                    let error = Diagnostic::error(format!("`{variable}` is not defined"), place);
                    build.report(error.hint(hint));
                    constants.set(&variable, Dynamic::from(Failed));
                }
                other => return Err(ParseError(Box::new(other), at)),
            },
            ok => return ok,
        }
    }
    engine.compile_with_scope(&constants.scope(), text)
}

/// What to do about an undefined variable.
fn undefined(engine: &Engine, constants: &Constants, name: &str, text: &str) -> String {
    if known_functions(engine).contains(name) {
        return format!("`{name}` is a function: call it, as in `{name}(..)`");
    }
    let declared = declared(text);
    if declared.iter().any(|d| d == name) {
        return "a function sees only its own arguments: pass it as one".to_string();
    }
    let constants = constants.names();
    let names = declared.iter().chain(&constants).map(String::as_str);
    match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("declare it above with `let {name} = ..`; texts need quotes"),
    }
}

/// Names after `let` and `const` in `text`.
fn declared(text: &str) -> Vec<String> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let pairs = words.windows(2).filter(|w| w[0] == "let" || w[0] == "const");
    pairs.map(|w| w[1].to_string()).collect()
}

/// Notes where the text literals of `ast`, the script called `name`, stand. The tree must outlive the
/// evaluation.
pub fn literals(desk: &Desk, name: &str, ast: &AST) {
    let mut build = desk.open();
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Expr(Expr::StringConstant(text, at))) = path.last() {
            found.push((text.clone(), *at));
        }
        true
    });
    for (text, at) in found {
        let place = build.place(Some(name), at);
        build.literals.add(&text, place);
    }
}

/// Keeps the syntax tree of a script for [`refine`], and for functions that it gives to the audio thread.
pub fn keep(desk: &Desk, name: &str, ast: Arc<AST>) {
    let mut build = desk.open();
    let file = build.file(Some(name));
    build.trees.push((file, ast));
}
