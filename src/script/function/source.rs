//! Finds the text of a function: its parameters, its statements, and what is written above it.

use super::Refusal;
use crate::diag::Source;
use crate::units::Place;
use rhai::{AST, ASTNode, Expr, FnAccess, Position, Stmt};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A function as the script has written it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Name; of a closure, one that Rhai has given it.
    pub name: String,
    /// Names of its parameters; of a closure, what it captures comes first.
    pub params: Vec<String>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// Lines of the comment above it, without slashes.
    pub comments: Vec<String>,
    /// Index of its file.
    pub file: u16,
}

/// All scripts that were read.
pub struct Sources<'a> {
    /// Syntax trees by index of their file.
    pub trees: &'a [(u16, Arc<AST>)],
    /// Names and texts, by index of their file.
    pub files: &'a [Source],
}

impl Sources<'_> {
    fn tree(&self, file: u16) -> Option<&Arc<AST>> {
        self.trees.iter().find(|(f, _)| *f == file).map(|(_, tree)| tree)
    }

    /// The function called `name` with `arity` parameters, in `file`.
    #[must_use]
    pub fn function(&self, file: u16, name: &str, arity: usize) -> Option<Definition> {
        let tree = self.tree(file)?;
        let found = tree.iter_functions().find(|f| f.name == name && f.params.len() == arity)?;
        let params = found.params.iter().map(ToString::to_string).collect();
        let comments = found.comments.iter().flat_map(|text| text.lines()).map(bare).collect();
        let mut alone = tree.clone_functions_only();
        alone.retain_functions(|_, _, n, params| n == name && params == arity);
        let mut body = Vec::new();
        alone.walk(&mut |path: &[ASTNode]| {
            if let [ASTNode::Stmt(statement)] = path {
                body.push((*statement).clone());
            }
            true
        });
        Some(Definition { name: name.to_string(), params, body, comments, file })
    }

    /// The function that a function pointer names: in the file that uses it, or in any other.
    #[must_use]
    pub fn pointed(&self, near: u16, name: &str) -> Option<Definition> {
        let files = std::iter::once(near).chain(self.trees.iter().map(|(file, _)| *file));
        files.into_iter().find_map(|file| {
            let tree = self.tree(file)?;
            let arity = tree.iter_functions().find(|f| f.name == name)?.params.len();
            self.function(file, name, arity)
        })
    }

    /// Names of the functions of a file.
    pub fn names(&self, file: u16) -> impl Iterator<Item = &str> {
        self.tree(file).into_iter().flat_map(|tree| tree.iter_functions()).map(|f| f.name)
    }

    /// The functions that a file has for others, each with its forms: `f(x, y)`.
    #[must_use]
    pub fn public(&self, file: u16) -> BTreeMap<&str, Vec<String>> {
        let mut forms: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let functions = self.tree(file).into_iter().flat_map(|tree| tree.iter_functions());
        for f in functions.filter(|f| f.access == FnAccess::Public) {
            forms.entry(f.name).or_default().push(format!("{}({})", f.name, f.params.join(", ")));
        }
        forms
    }

    /// The file that `file` imports by the name `alias`.
    #[must_use]
    pub fn imported(&self, file: u16, alias: &str) -> Option<u16> {
        let path = self.tree(file)?.statements().iter().find_map(|statement| match statement {
            Stmt::Import(import, _) if import.1.name == alias => match &import.0 {
                Expr::StringConstant(path, _) => Some(path.trim_end_matches(".rhai").to_string()),
                _ => None,
            },
            _ => None,
        })?;
        let own = &self.files.get(file as usize)?.name;
        let near = crate::script::resolver::beside(Some(own), &path);
        let named = |name: &str| self.files.iter().position(|known| known.name == name);
        named(&near).or_else(|| named(&path)).map(|index| index as u16)
    }

    /// What `const name = ..` says at the top of a file.
    #[must_use]
    pub fn constant(&self, file: u16, name: &str) -> Option<Expr> {
        self.tree(file)?.statements().iter().find_map(|statement| match statement {
            Stmt::Var(variable, ..) if variable.0.name == name => Some(variable.1.clone()),
            _ => None,
        })
    }

    /// The place of a position.
    #[must_use]
    pub fn place(&self, file: u16, at: Position) -> Place {
        Place {
            file,
            line: at.line().unwrap_or(0) as u32,
            column: at.position().unwrap_or(1) as u32,
        }
    }

    /// The constants that a `switch` compares with, by what is found in the text: Rhai keeps only their hashes.
    ///
    /// # Errors
    /// If one of them is no whole number, nor true or false.
    pub fn cases(
        &self,
        file: u16,
        switch: &Stmt,
        truth: bool,
    ) -> Result<BTreeMap<i64, Vec<usize>>, Refusal> {
        let Stmt::Switch(parts, at) = switch else { return Ok(BTreeMap::new()) };
        let text = self.files.get(file as usize).map_or("", |file| file.text.as_str());
        let before = at.line().unwrap_or(1).saturating_sub(1);
        let lines = text.split_inclusive('\n').take(before).map(str::len);
        let text = text.get(lines.sum()..).unwrap_or_default();
        super::cases::find(&parts.1, text, truth).ok_or_else(|| {
            Refusal::new(
                self.place(file, *at),
                "`switch` compares with something that is no whole number",
                "write whole numbers, as in `switch mode.to_int() { 0 => a, 1 => b, _ => c }`",
            )
        })
    }
}

/// A line of a comment without its slashes.
fn bare(line: &str) -> String {
    line.trim_start().trim_start_matches('/').trim().to_string()
}
