//! Finds calls of functions that do not exist, all at once and before anything runs.

use crate::diag::{Diagnostic, nearest};
use crate::script::build::Desk;
use crate::script::doc;
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt, is_valid_identifier};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Functions that Rhai itself knows and no module lists.
const BUILT_IN: &[&str] = &[
    "call",
    "curry",
    "Fn",
    "print",
    "debug",
    "type_of",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "eval",
    "this",
];

/// Names of all functions that `engine` knows. They are the same for every engine, and listing them costs
/// more than to run a small script: it is done once, and only when a name is not found otherwise.
pub fn known_functions(engine: &Engine) -> &'static BTreeSet<String> {
    static KNOWN: OnceLock<BTreeSet<String>> = OnceLock::new();
    KNOWN.get_or_init(|| list_functions(engine))
}

fn list_functions(engine: &Engine) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = engine
        .collect_fn_metadata(None, |f| Some(f.metadata.name.to_string()), true)
        .into_iter()
        .collect();
    names.extend(BUILT_IN.iter().map(|n| (*n).to_string()));
    names
}

/// What the walk over a syntax tree finds.
#[derive(Default)]
struct Found {
    /// Name, number of arguments, place, and whether it is called as a method.
    calls: Vec<(String, usize, Position, bool)>,
    variables: BTreeSet<String>,
    properties: BTreeSet<String>,
}

impl Found {
    fn call(&mut self, call: &FnCallExpr, at: Position, method: bool) {
        if call.namespace.is_empty() && is_valid_identifier(&call.name) {
            let arity = call.args.len() + usize::from(method);
            self.calls.push((call.name.to_string(), arity, at, method));
        }
    }

    fn node(&mut self, node: &ASTNode) {
        match node {
            ASTNode::Stmt(Stmt::Var(x, ..)) => {
                self.variables.insert(x.0.name.to_string());
            }
            ASTNode::Stmt(Stmt::FnCall(call, at)) => self.call(call, *at, false),
            ASTNode::Expr(Expr::FnCall(call, at)) => self.call(call, *at, false),
            ASTNode::Expr(Expr::MethodCall(call, at)) => self.call(call, *at, true),
            ASTNode::Expr(Expr::Variable(x, _, _)) => {
                self.variables.insert(x.1.to_string());
            }
            ASTNode::Expr(Expr::Property(x, _)) => {
                self.properties.insert(x.2.to_string());
            }
            ASTNode::Expr(Expr::Map(x, _)) => {
                self.properties.extend(x.0.iter().map(|(key, _)| key.name.to_string()));
            }
            _ => {}
        }
    }
}

/// Reports every call in `ast` of a function that does not exist, and returns their names and numbers of
/// arguments.
pub fn lint(engine: &Engine, desk: &Desk, ast: &AST, name: &str) -> Vec<(String, usize)> {
    let mut found = Found::default();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(node) = path.last() {
            found.node(node);
        }
        true
    });
    let own: BTreeSet<&str> = ast.iter_functions().map(|f| f.name).collect();
    let is_known = |name: &str| {
        own.contains(name) || doc::exists(name) || known_functions(engine).contains(name)
    };
    for f in ast.iter_functions() {
        found.variables.extend(f.params.iter().map(|p| (*p).to_string()));
    }
    let mut unknown = Vec::new();
    for (function, arity, at, method) in &found.calls {
        // A method may be a closure in a map.
        if is_known(function) || (*method && found.properties.contains(function)) {
            continue;
        }
        let mut build = desk.open();
        let place = build.place(Some(name), *at);
        let hint = if !method && found.variables.contains(function) {
            format!("`{function}` is a variable that holds a function: `{function}.call(..)`")
        } else {
            let names = known_functions(engine).iter().map(String::as_str);
            match nearest(function, names.chain(own.iter().copied())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`rhapsode doc` lists all functions".to_string(),
            }
        };
        let error = Diagnostic::error(format!("there is no function `{function}`"), place);
        build.report(error.hint(hint));
        unknown.push((function.clone(), *arity));
    }
    unknown.sort();
    unknown.dedup();
    unknown
}
