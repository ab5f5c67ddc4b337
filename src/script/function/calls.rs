//! Calls: functions of the script are put in where they are called, functions of numbers are operations.

use super::Lowered;
use super::lower::Lower;
use super::source::Definition;
use super::value::{Callable, Val, Var};
use crate::diag::nearest;
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
                let names: Vec<(String, usize)> = self.sources.names(file).collect();
                let near = nearest(name, names.iter().map(|(name, _)| name.as_str()));
                let count = names.iter().find(|(known, _)| known == name).map(|(_, count)| *count);
                let hint = match (count, near) {
                    (Some(count), _) => format!("it takes {count} arguments"),
                    (None, Some(near)) => format!("did you mean `{near}`?"),
                    (None, None) => "a module gives its functions by their names".to_string(),
                };
                let message =
                    format!("`{alias}` has no function `{name}` of {} arguments", args.len());
                self.refuse(at, message, hint)
            }
        }
    }

    /// Puts a function in: its parameters are the arguments; what it keeps is kept for this call alone.
    fn inline(
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

    /// A call on a part of the state: a function of the script whose `this` it is, or `pad`.
    pub(super) fn call_on_state(
        &mut self,
        path: &str,
        call: &FnCallExpr,
        at: Position,
    ) -> Lowered<Option<Val>> {
        let name = call.name.as_str();
        if name == "pad" {
            return self.pad(path, &call.args, at).map(Some);
        }
        let known = path.trim_end_matches('.');
        if self.known.arrays.iter().any(|array| array.name == known) {
            return Ok(None);
        }
        let Some(definition) = self.sources.function(self.file, name, call.args.len()) else {
            return Ok(None);
        };
        let mut args = Vec::new();
        for arg in &call.args {
            let val = self.expr(arg)?;
            args.push((self.unshared(val), arg.start_position()));
        }
        self.inline(&definition, Vec::new(), args, Some(path.to_string()), at).map(Some)
    }

    /// `this.name.pad(length, value)`: an array of that length at first filled with the value.
    fn pad(&mut self, path: &str, args: &[Expr], at: Position) -> Lowered<Val> {
        let [len, fill] = args else {
            return self.refuse(
                at,
                "`pad` wants a length and a value",
                "this.line.pad(4800, 0.0);",
            );
        };
        let name = path.trim_end_matches('.').to_string();
        let (len_at, fill_at) = (len.start_position(), fill.start_position());
        let len = self.expr(len)?;
        let len = self.scalar(len, len_at)?;
        let len = self.whole(len, len_at)?;
        let fill = self.expr(fill)?;
        let fill = self.scalar(fill, fill_at)?;
        let (of, known) = (self.build.of(fill), self.build.known(fill));
        let length = self.build.known(len).map(|len| len as i64);
        let most = (crate::ir::MOST_MEMORY / 8) as i64;
        match (length, known) {
            (Some(length), Some(fill)) if (1..=most).contains(&length) => {
                let array = self.array(&name, of, length as u32, vec![fill]);
                let known = &mut self.known.arrays[array as usize];
                // It is the lane's own, whether or not something is stored in it.
                self.again |= known.fixed;
                known.fixed = false;
                if (known.len as i64) < length {
                    known.len = length as u32;
                    self.again = true;
                }
                let was = self.known.state.len();
                self.known.state.retain(|state| state.name != name);
                self.again |= self.known.state.len() < was;
                Ok(Val::Unit)
            }
            (Some(length), Some(_)) => self.refuse(
                at,
                format!("an array has 1 to {most} elements, and not {length}"),
                "a second is `sample_rate` elements",
            ),
            _ => self.refuse(
                at,
                "how long an array is and what it is filled with must be known before it plays",
                "write constants: this.line.pad((sample_rate * 0.5).to_int(), 0.0);",
            ),
        }
    }

    /// A method: of an array, of a function, or a function whose first argument stands before the dot.
    pub(super) fn method(
        &mut self,
        val: Val,
        name: &str,
        args: &[Arg],
        at: Position,
    ) -> Lowered<Val> {
        match (&val, name) {
            (Val::Array(array), "len") => {
                return Ok(Val::One(self.length(*array)));
            }
            (Val::List(values), "len") => return Ok(Val::One(self.build.int(values.len() as i64))),
            (Val::Function(function), "call") => {
                let Callable { definition, captured } = (**function).clone();
                let wanted = definition.params.len() - captured.len().min(definition.params.len());
                if wanted != args.len() {
                    return self.refuse(
                        at,
                        format!("the function takes {wanted} arguments, {} given", args.len()),
                        "give as many as it has",
                    );
                }
                return self.inline(&definition, captured, args.to_vec(), None, at);
            }
            _ => {}
        }
        let val = self.unshared(val);
        let all: Vec<Arg> = std::iter::once((val, at)).chain(args.iter().cloned()).collect();
        self.native(name, &all, at)
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
