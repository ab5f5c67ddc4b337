//! Runs a script statement by statement, so that one that fails does not hide what is wrong with the others.

use crate::script::build::Desk;
use crate::script::errors;
use crate::script::value::Failed;
use rhai::{
    AST, ASTNode, Caches, Dynamic, Engine, EvalAltResult, Expr, Module, Position, Scope, Stmt,
};

/// Runs `ast`, the main script. Errors are reported; only those that concern the whole script (a limit, the
/// deadline) end it. Returns the value of the last statement, and where that begins.
pub fn run(engine: &Engine, desk: &Desk, ast: &AST, name: &str) -> Option<(Dynamic, Position)> {
    let mut global = engine.new_global_runtime_state();
    global.source = Some(name.into());
    global.lib.push(ast.shared_lib().clone());
    let mut caches = Caches::new();
    let mut scope = Scope::new();
    let mut last = None;
    for statement in ast.statements() {
        let one = std::slice::from_ref(statement);
        #[allow(deprecated)] // Not deprecated but volatile, says Rhai.
        let result = engine.eval_statements_raw(&mut global, &mut caches, &mut scope, one);
        let error = match result {
            Ok(value) => {
                last = Some((value, statement.position()));
                continue;
            }
            Err(error) => error,
        };
        last = None;
        let over = is_final(&error);
        {
            let mut build = desk.open();
            let diagnostic = errors::convert(&build, engine, &error, name);
            if let Some(diagnostic) = diagnostic {
                // A call of an unknown function has been told before anything ran.
                if !build.messages.iter().any(|(m, _)| m.place == diagnostic.place) {
                    build.report(diagnostic);
                }
            }
            build.lost.extend(declared_in(statement));
        }
        if over {
            return None;
        }
        match statement {
            Stmt::Var(x, ..) => {
                scope.push(x.0.name.to_string(), Failed);
            }
            Stmt::Import(x, ..) => {
                global.push_import(x.1.name.to_string(), Module::new());
                desk.open().lost_modules.insert(x.1.name.to_string());
            }
            _ => {}
        }
    }
    last
}

/// Whether nothing more can run after `error`.
fn is_final(error: &EvalAltResult) -> bool {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
        | EvalAltResult::ErrorInModule(_, inner, _) => is_final(inner),
        EvalAltResult::ErrorTooManyOperations(_) | EvalAltResult::ErrorTerminated(..) => true,
        _ => false,
    }
}

/// Names of tracks and buses that `statement` would have made, so that nothing is said of their absence.
fn declared_in(statement: &Stmt) -> Vec<String> {
    let mut names = Vec::new();
    statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
        let call = match path.last() {
            Some(ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _))) => {
                call
            }
            _ => return true,
        };
        if let ("track" | "bus", Some(Expr::StringConstant(name, _))) =
            (call.name.as_str(), call.args.first())
        {
            names.push(name.to_string());
        }
        true
    });
    names
}
