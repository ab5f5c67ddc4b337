//! Calls: functions of the script are put in where they are called, functions of numbers are operations.

use super::Lowered;
use super::lower::Lower;
use super::source::Definition;
use super::value::{Val, Var};
use crate::script::errors::modules::explain;
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

/// An argument, and where it stands.
pub(super) type Arg = (Val, Position);

impl Lower<'_> {
    /// A call: an operator, a function of the script, of an import, or of numbers.
    pub fn call(&mut self, call: &FnCallExpr, at: Position) -> Lowered<Val> {
        let name = call.name.as_str();
        let mut args: Vec<Arg> = Vec::new();
        for arg in &call.args {
            let val = self.expr(arg)?;
            // Later arguments may assign what this one has read.
            args.push((self.unshared(val), arg.start_position()));
        }
        if call.is_operator_call() {
            return self.operation(name, &args, at);
        }
        if !call.namespace.is_empty() {
            return self.imported(&call.namespace.to_string(), name, args, at);
        }
        if let Some(definition) = self.sources.function(self.file, name, args.len()) {
            return self.inline(&definition, Vec::new(), args, None, at);
        }
        self.native(name, &args, at)
    }

    fn operation(&mut self, name: &str, args: &[Arg], at: Position) -> Lowered<Val> {
        match args {
            [x] => {
                let value = self.scalar(x.0.clone(), x.1)?;
                Ok(Val::One(self.prefix(name, value, at)?))
            }
            [x, y] if matches!(name, ".." | "..=") => {
                let (from, to) = (self.scalar(x.0.clone(), x.1)?, self.scalar(y.0.clone(), y.1)?);
                let (from, to) = (self.whole(from, x.1)?, self.whole(to, y.1)?);
                Ok(Val::Range(from, to, name == "..="))
            }
            [x, y] => {
                let (a, b) = (self.scalar(x.0.clone(), x.1)?, self.scalar(y.0.clone(), y.1)?);
                Ok(Val::One(self.operator(name, a, b, at)?))
            }
            _ => {
                self.refuse(at, format!("`{name}` cannot run on the audio thread"), "write it out")
            }
        }
    }

    fn imported(
        &mut self,
        namespace: &str,
        name: &str,
        args: Vec<Arg>,
        at: Position,
    ) -> Lowered<Val> {
        let alias = namespace.trim_end_matches("::");
        let Some(file) = self.sources.imported(self.file, alias) else {
            return self.refuse(
                at,
                format!("there is no module `{alias}` in this script"),
                format!("import it at the top: import \"std/dsp\" as {alias};"),
            );
        };
        match self.sources.function(file, name, args.len()) {
            Some(definition) => self.inline(&definition, Vec::new(), args, None, at),
            None => {
                let given = format!("{} arguments", args.len());
                let (message, hint) = explain(self.sources, self.file, (alias, name), &given);
                let hint =
                    hint.unwrap_or_else(|| "a module gives its functions by their names".into());
                self.refuse(at, message, hint)
            }
        }
    }

    /// Puts a function in: its parameters are the arguments; what it keeps is kept for this call alone.
    pub(super) fn inline(
        &mut self,
        definition: &Definition,
        captured: Vec<Val>,
        args: Vec<Arg>,
        this: Option<String>,
        at: Position,
    ) -> Lowered<Val> {
        if self.stack.contains(&definition.name) || self.is_deep() {
            let name = super::lower::called(definition);
            return self.refuse(
                at,
                format!("{name} calls itself, which has no end that is known beforehand"),
                "use a loop: `while` or `for`",
            );
        }
        let this = match this {
            Some(this) => this,
            None if keeps(definition) => self.own_state(&definition.name),
            None => self.this.clone(),
        };
        let depth = self.env.vars.len();
        let outer = (
            std::mem::replace(&mut self.base, depth),
            std::mem::replace(&mut self.file, definition.file),
            std::mem::replace(&mut self.this, this),
            std::mem::take(&mut self.returns),
        );
        self.stack.push(definition.name.clone());
        let given = captured.into_iter().chain(args.into_iter().map(|arg| arg.0));
        for (name, val) in definition.params.iter().zip(given) {
            let val = self.unshared(val);
            self.env.vars.push(Var { name: name.clone(), val, constant: false });
        }
        let val = self.statements(&definition.body)?;
        self.leave_with(val);
        let exits = std::mem::take(&mut self.returns);
        let val = self.merge(exits, depth, at)?;
        self.stack.pop();
        (self.base, self.file, self.this, self.returns) = outer;
        Ok(val)
    }

    /// Where the next call of a function that keeps something keeps it: `name`, `name2`, ..
    fn own_state(&mut self, name: &str) -> String {
        let stem = if name.starts_with("anon$") { "closure" } else { name };
        let path = format!("{}{stem}", self.this);
        let count = self.ordinals.entry(path.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { format!("{path}.") } else { format!("{path}{count}.") }
    }
}

/// Whether a function uses `this` itself.
fn keeps(definition: &Definition) -> bool {
    let mut found = false;
    for statement in &definition.body {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            found |= matches!(path.last(), Some(ASTNode::Expr(Expr::ThisPtr(_))));
            !matches!(path.last(), Some(ASTNode::Stmt(Stmt::Import(..))))
        });
    }
    found
}
