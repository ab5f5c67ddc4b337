//! Chains of dots and brackets: `this.line[i]`, `x.abs()`, `this.filter.one_pole(x, 800)`.

use super::Lowered;
use super::lower::Lower;
use super::value::Val;
use rhai::{ASTFlags, Expr, FnCallExpr, Position};

/// A link of a chain.
#[derive(Clone, Copy)]
pub(super) enum Link<'e> {
    /// `.name`
    Property(&'e str, Position),
    /// `.name(..)`
    Call(&'e FnCallExpr, Position),
    /// `[index]`
    Index(&'e Expr, Position),
}

/// Takes a chain apart: what it begins with, and its links.
pub(super) fn links(expr: &Expr) -> (&Expr, Vec<Link<'_>>) {
    match expr {
        Expr::Dot(parts, flags, at) | Expr::Index(parts, flags, at) => {
            let (base, mut found) = links(&parts.lhs);
            follow(matches!(expr, Expr::Dot(..)), &parts.rhs, *flags, *at, &mut found);
            (base, found)
        }
        other => (other, Vec::new()),
    }
}

/// Links from here on: unless it is broken, the rest of a chain hangs on its right side.
fn follow<'e>(dot: bool, rhs: &'e Expr, flags: ASTFlags, at: Position, found: &mut Vec<Link<'e>>) {
    match rhs {
        Expr::Dot(parts, more, next) | Expr::Index(parts, more, next)
            if !flags.intersects(ASTFlags::BREAK) =>
        {
            link(dot, &parts.lhs, at, found);
            follow(matches!(rhs, Expr::Dot(..)), &parts.rhs, *more, *next, found);
        }
        other => link(dot, other, at, found),
    }
}

fn link<'e>(dot: bool, expr: &'e Expr, at: Position, found: &mut Vec<Link<'e>>) {
    found.push(match expr {
        Expr::Property(property, at) if dot => Link::Property(property.2.as_str(), *at),
        Expr::MethodCall(call, at) | Expr::FnCall(call, at) if dot => Link::Call(call, *at),
        index => Link::Index(index, at),
    });
}

impl Lower<'_> {
    /// The value of a chain.
    pub fn chain(&mut self, expr: &Expr) -> Lowered<Val> {
        let (base, found) = links(expr);
        let mut val = self.expr(base)?;
        for link in found {
            val = self.linked(val, link)?;
        }
        Ok(match val {
            Val::Path(path) => self.field(&path),
            other => other,
        })
    }

    /// One link further.
    pub(super) fn linked(&mut self, val: Val, link: Link) -> Lowered<Val> {
        match link {
            Link::Property(name, at) => match val {
                Val::Path(path) => Ok(Val::Path(format!("{path}{name}."))),
                other => self.method(other, name, &[], at),
            },
            Link::Index(index, at) => {
                let val = match val {
                    Val::Path(path) => match self.field(&path) {
                        Val::State(_) => return self.no_array(path.trim_end_matches('.'), at),
                        array => array,
                    },
                    other => other,
                };
                let index = self.expr(index)?;
                self.element(val, index, at)
            }
            Link::Call(call, at) => {
                if let Val::Path(path) = &val
                    && let Some(done) = self.call_on_state(path, call, at)?
                {
                    return Ok(done);
                }
                let val = match val {
                    Val::Path(path) => self.field(&path),
                    other => other,
                };
                let mut args = Vec::new();
                for arg in &call.args {
                    args.push((self.expr(arg)?, arg.start_position()));
                }
                self.method(val, &call.name, &args, at)
            }
        }
    }

    /// What the state has at a path: an array, if one is known, else a number.
    pub(super) fn field(&mut self, path: &str) -> Val {
        let name = path.trim_end_matches('.');
        match self.known.arrays.iter().position(|array| array.name == name) {
            Some(array) => Val::Array(array as u32),
            None => Val::State(self.state_of(name, crate::ir::Type::Float, 0)),
        }
    }
}
