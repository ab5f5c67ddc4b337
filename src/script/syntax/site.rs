//! Moves a message from the call that it is about to the very argument.

use crate::diag::Diagnostic;
use crate::script::build::Site;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::sync::Arc;

/// `message` at the argument that `site` names, if the call at its place can be found in `trees` (file index
/// and tree).
#[must_use]
pub fn refine(mut message: Diagnostic, site: &Site, trees: &[(u16, Arc<AST>)]) -> Diagnostic {
    if *site == Site::Call {
        return message;
    }
    for (_, tree) in trees.iter().filter(|(file, _)| *file == message.place.file) {
        tree.walk(&mut |path: &[ASTNode]| {
            let (call, at) = match path.last() {
                Some(
                    ASTNode::Stmt(Stmt::FnCall(call, at))
                    | ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at)),
                ) => (call, *at),
                _ => return true,
            };
            let here = at.line().unwrap_or(0) as u32 == message.place.line
                && at.position().unwrap_or(0) as u32 == message.place.column;
            if !here {
                return true;
            }
            if let Some(at) = argument(call, site).filter(|at| !at.is_none()) {
                message.place.line = at.line().unwrap_or(0) as u32;
                message.place.column = at.position().unwrap_or(1) as u32;
            }
            false
        });
    }
    message
}

/// Where the argument is.
fn argument(call: &FnCallExpr, site: &Site) -> Option<Position> {
    match site {
        Site::Call => None,
        Site::Index(i) => call.args.get(*i).map(Expr::start_position),
        Site::Option(name) => call.args.iter().find_map(|arg| match arg {
            Expr::Map(map, _) => {
                map.0.iter().find(|(key, _)| key.name == name.as_str()).map(|(key, _)| key.pos)
            }
            _ => None,
        }),
    }
}
