//! What a module has instead of the function that a script asks it for.

use crate::diag::nearest;
use crate::script::build::Build;
use rhai::{AST, ASTNode, Expr, FnAccess, Stmt};
use std::collections::BTreeMap;

/// Functions that are named where none comes near.
const NAMED: usize = 24;

/// Message and hint for a call of `module::function` that fits nothing, with what it was given.
pub fn explain(
    build: &Build,
    (module, function): (&str, &str),
    given: &str,
) -> (String, Option<String>) {
    let functions = functions(build, module).unwrap_or_default();
    if let Some(forms) = functions.get(function) {
        let message = format!("`{module}::{function}` cannot take {given}");
        return (message, Some(format!("it is: {}", forms.join(", or "))));
    }
    let names = || functions.keys().copied();
    let near = nearest(function, names()).or_else(|| names().find(|n| n.contains(function)));
    let hint = match near {
        Some(near) => Some(format!("did you mean `{module}::{near}`?")),
        None if functions.is_empty() => None,
        None => {
            let more = if functions.len() > NAMED { ", .." } else { "" };
            let names: Vec<&str> = names().take(NAMED).collect();
            Some(format!("`{module}` has {}{more}", names.join(", ")))
        }
    };
    (format!("there is no function `{module}::{function}`"), hint)
}

/// The functions of the module that a script has imported as `alias`, each with its forms.
fn functions<'b>(build: &'b Build, alias: &str) -> Option<BTreeMap<&'b str, Vec<String>>> {
    let path = build.trees.iter().find_map(|(_, tree)| imported(tree, alias))?;
    // It lies beside the script that imports it, or is found from the main one.
    let is = |name: &str| {
        name.strip_suffix(path.as_str())
            .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
    };
    let source = |file: u16| build.sources.get(usize::from(file));
    let (_, tree) =
        build.trees.iter().find(|(file, _)| source(*file).is_some_and(|s| is(&s.name)))?;
    let mut functions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for f in tree.iter_functions().filter(|f| f.access == FnAccess::Public) {
        functions.entry(f.name).or_default().push(format!("{}({})", f.name, f.params.join(", ")));
    }
    Some(functions)
}

/// The path of the module that is called `alias` in `tree`, without its ending.
fn imported(tree: &AST, alias: &str) -> Option<String> {
    let mut found = None;
    tree.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(x, _))) = path.last()
            && let (Expr::StringConstant(path, _), name) = (&x.0, x.1.name.as_str())
            && name == alias
        {
            found = Some(path.trim_end_matches(".rhai").to_string());
        }
        found.is_none()
    });
    found
}
