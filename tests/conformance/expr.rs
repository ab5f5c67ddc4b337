//! A tiny evaluator for the expressions of the conformance files, in both of their spellings.

use rhapsode::pattern::call::{Built, call_function};
use rhapsode::pattern::{Arg, Pattern, PatternError, call};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An expression with names not looked up yet.
#[derive(Clone, Debug)]
enum Expr {
    Num(f64),
    Text(String),
    Bool(bool),
    Name(String),
    List(Vec<Expr>),
    Map(Vec<(String, Expr)>),
    Lambda(Vec<String>, Box<Expr>),
    Call(Box<Expr>, Vec<Expr>),
    Member(Box<Expr>, String),
    Binary(char, Box<Expr>, Box<Expr>),
}

type Scope = BTreeMap<String, Pattern>;

/// The pattern that an expression makes.
pub fn evaluate(text: &str) -> Result<Pattern, String> {
    let mut parser = Parser { text: text.as_bytes(), at: 0 };
    let expr = parser.sum();
    parser.space();
    if parser.at != text.len() {
        return Err(format!("cannot read {text} from byte {}", parser.at));
    }
    pattern(&expr, &Scope::new()).map_err(|e| e.to_string())
}

fn pattern(e: &Expr, scope: &Scope) -> Built {
    match e {
        Expr::Name(n) => match scope.get(n) {
            Some(p) => Ok(p.clone()),
            None => call_function(n, &[]),
        },
        Expr::Call(f, args) => match &**f {
            Expr::Name(n) => with_args(args, scope, |args| call_function(n, args)),
            // `add.out(..)` is one combinator of two words.
            Expr::Member(of, how) => match &**of {
                Expr::Member(p, op)
                    if rhapsode::pattern::table::find_method(&format!("{op}_{how}")).is_ok() =>
                {
                    let p = pattern(p, scope)?;
                    with_args(args, scope, |args| call(&format!("{op}_{how}"), &p, args))
                }
                _ => {
                    let p = pattern(of, scope)?;
                    with_args(args, scope, |args| call(how, &p, args))
                }
            },
            _ => Err(PatternError::new("cannot call that")),
        },
        Expr::Binary(op, a, b) => {
            let name = match op {
                '+' => "add",
                '-' => "sub",
                '*' => "mul",
                _ => "div",
            };
            let a = pattern(a, scope)?;
            with_args(std::slice::from_ref(&**b), scope, |args| call(name, &a, args))
        }
        other => with_args(std::slice::from_ref(other), scope, |args| args[0].to_pattern()),
    }
}

/// Evaluates arguments and hands them on; functions live as long as the call.
fn with_args(exprs: &[Expr], scope: &Scope, f: impl FnOnce(&[Arg<'_>]) -> Built) -> Built {
    let mut lambdas = Vec::new();
    exprs.iter().for_each(|e| collect_lambdas(e, scope, &mut lambdas));
    let mut next = lambdas.iter();
    let args = exprs.iter().map(|e| arg(e, scope, &mut next)).collect::<Result<Vec<_>, _>>()?;
    f(&args)
}

type Lambda<'a> = Box<dyn Fn(&[Pattern]) -> Built + 'a>;

fn collect_lambdas<'a>(e: &'a Expr, scope: &'a Scope, into: &mut Vec<Lambda<'a>>) {
    match e {
        Expr::Lambda(names, body) => into.push(Box::new(move |given: &[Pattern]| {
            let mut inner = scope.clone();
            for (n, p) in names.iter().zip(given) {
                inner.insert(n.clone(), p.clone());
            }
            pattern(body, &inner)
        })),
        Expr::List(l) => l.iter().for_each(|e| collect_lambdas(e, scope, into)),
        _ => {}
    }
}

fn arg<'a>(
    e: &Expr,
    scope: &Scope,
    lambdas: &mut std::slice::Iter<'a, Lambda<'a>>,
) -> Result<Arg<'a>, PatternError> {
    Ok(match e {
        Expr::Num(n) => Arg::Num(*n),
        Expr::Text(t) => Arg::Text(t.as_str().into()),
        Expr::Bool(b) => Arg::Bool(*b),
        Expr::Lambda(..) => Arg::Func(&**lambdas.next().expect("every lambda was collected")),
        Expr::List(l) => {
            Arg::List(l.iter().map(|e| arg(e, scope, lambdas)).collect::<Result<_, _>>()?)
        }
        Expr::Map(m) => {
            let pairs = m.iter().map(|(k, v)| Ok((Arc::from(k.as_str()), arg(v, scope, lambdas)?)));
            Arg::Map(pairs.collect::<Result<_, PatternError>>()?)
        }
        Expr::Binary(op, a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => Arg::Num(match op {
                '+' => a + b,
                '-' => a - b,
                '*' => a * b,
                _ => a / b,
            }),
            _ => Arg::Pat(pattern(e, scope)?),
        },
        other => Arg::Pat(pattern(other, scope)?),
    })
}

fn number(e: &Expr) -> Option<f64> {
    match e {
        Expr::Num(n) => Some(*n),
        _ => None,
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn space(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn eat(&mut self, s: &str) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(s.as_bytes());
        if found {
            self.at += s.len();
        }
        found
    }

    fn sum(&mut self) -> Expr {
        let mut left = self.product();
        loop {
            let op = if self.eat("+") {
                '+'
            } else if self.eat("-") {
                '-'
            } else {
                return left;
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.product()));
        }
    }

    fn product(&mut self) -> Expr {
        let mut left = self.postfix();
        loop {
            let op = if self.eat("*") {
                '*'
            } else if self.eat("/") {
                '/'
            } else {
                return left;
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.postfix()));
        }
    }

    fn postfix(&mut self) -> Expr {
        let mut e = self.primary();
        loop {
            if self.eat("(") {
                e = Expr::Call(Box::new(e), self.list(")"));
            } else if self.eat(".") {
                e = Expr::Member(Box::new(e), self.word());
            } else {
                return e;
            }
        }
    }

    fn list(&mut self, close: &str) -> Vec<Expr> {
        let mut items = Vec::new();
        while !self.eat(close) && self.at < self.text.len() {
            items.push(self.sum());
            self.eat(",");
        }
        items
    }

    fn word(&mut self) -> String {
        self.space();
        let start = self.at;
        while self.peek().is_ascii_alphanumeric() || self.peek() == b'_' {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    fn primary(&mut self) -> Expr {
        self.space();
        match self.peek() {
            b'"' | b'\'' | b'`' => {
                let quote = self.peek();
                self.at += 1;
                let start = self.at;
                while self.peek() != quote && self.at < self.text.len() {
                    self.at += 1;
                }
                let text = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
                self.at += 1;
                Expr::Text(text)
            }
            b'[' => {
                self.at += 1;
                Expr::List(self.list("]"))
            }
            b'|' => self.rhai_lambda(),
            b'(' => self.parenthesis(),
            b'#' | b'{' => {
                self.eat("#");
                self.eat("{");
                let mut pairs = Vec::new();
                while !self.eat("}") && self.at < self.text.len() {
                    let key = match self.primary() {
                        Expr::Text(k) | Expr::Name(k) => k,
                        Expr::Num(n) => n.to_string(),
                        other => format!("{other:?}"),
                    };
                    self.eat(":");
                    pairs.push((key, self.sum()));
                    self.eat(",");
                }
                Expr::Map(pairs)
            }
            b'0'..=b'9' | b'.' | b'-' => {
                let start = self.at;
                self.at += 1;
                while self.peek().is_ascii_digit() || matches!(self.peek(), b'.' | b'e') {
                    // `1.add(..)` does not occur; a dot is a decimal point.
                    self.at += 1;
                }
                let text = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
                Expr::Num(text.parse().unwrap_or(f64::NAN))
            }
            _ => {
                let name = self.word();
                if self.eat("=>") {
                    return Expr::Lambda(vec![name], Box::new(self.sum()));
                }
                match name.as_str() {
                    "true" => Expr::Bool(true),
                    "false" => Expr::Bool(false),
                    _ => Expr::Name(name),
                }
            }
        }
    }

    fn rhai_lambda(&mut self) -> Expr {
        self.eat("|");
        let mut names = Vec::new();
        while !self.eat("|") && self.at < self.text.len() {
            names.push(self.word());
            self.eat(",");
        }
        Expr::Lambda(names, Box::new(self.sum()))
    }

    /// `(a + b)` or `(p, i) => ..`.
    fn parenthesis(&mut self) -> Expr {
        self.eat("(");
        let mut items = self.list(")");
        if self.eat("=>") {
            let names = items.into_iter().filter_map(|e| match e {
                Expr::Name(n) => Some(n),
                _ => None,
            });
            return Expr::Lambda(names.collect(), Box::new(self.sum()));
        }
        if items.len() == 1 { items.remove(0) } else { Expr::List(items) }
    }
}
