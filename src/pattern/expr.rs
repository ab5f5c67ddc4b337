//! How a pattern was written: what sessions compare, print and store.

use super::value::Value;
use std::fmt;
use std::sync::Arc;

/// The expression that a pattern was built by. Equality compares a 128-bit fingerprint of the
/// whole tree, so that shared sub-expressions cost nothing.
pub(crate) struct Expr {
    fingerprint: u128,
    depth: u32,
    inputs: u32,
    form: Form,
}

enum Form {
    Mini(Arc<str>),
    Value(Value),
    Call { name: Arc<str>, args: Vec<Part> },
    Input(u32),
}

/// One argument of a call.
#[derive(Clone)]
pub(crate) enum Part {
    /// A pattern.
    Pattern(Arc<Expr>),
    /// A value.
    Value(Value),
    /// A list.
    List(Vec<Part>),
    /// What a function made of its inputs, each time it was called.
    Function(Vec<Arc<Expr>>),
    /// A function known only by its text.
    Code(Arc<str>),
}

/// Longest text that [`Expr`] prints before it says `...`.
const LONGEST: usize = 2_000;

impl Expr {
    /// A mini-notation text.
    pub(crate) fn mini(text: &str) -> Arc<Expr> {
        Expr::of(Form::Mini(text.into()))
    }

    /// A single value.
    pub(crate) fn value(v: &Value) -> Arc<Expr> {
        Expr::of(Form::Value(v.clone()))
    }

    /// A call of a named function; a method's receiver is the first argument.
    pub(crate) fn call(name: &str, args: Vec<Part>) -> Arc<Expr> {
        Expr::of(Form::Call { name: name.into(), args })
    }

    /// The argument of a function inside which `outer` other functions' arguments are visible.
    pub(crate) fn input(outer: u32) -> Arc<Expr> {
        Expr::of(Form::Input(outer))
    }

    /// How many calls deep the expression is.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// One more than the highest function argument that occurs in it.
    pub(crate) fn inputs(&self) -> u32 {
        self.inputs
    }

    fn of(form: Form) -> Arc<Expr> {
        let mut h = Hasher::new();
        let (mut depth, mut inputs) = (0, 0);
        match &form {
            Form::Mini(t) => h.tag(1).text(t),
            Form::Value(v) => h.tag(2).text(&format!("{v:?}")),
            Form::Input(n) => {
                inputs = n + 1;
                h.tag(3).number(u128::from(*n))
            }
            Form::Call { name, args } => {
                h.tag(4).text(name);
                args.iter().for_each(|a| a.hash(&mut h, &mut depth, &mut inputs));
                depth += 1;
                h.number(args.len() as u128)
            }
        };
        Arc::new(Expr { fingerprint: h.0, depth, inputs, form })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, room: &mut usize) -> fmt::Result {
        if *room == 0 {
            return f.write_str("...");
        }
        *room -= 1;
        match &self.form {
            Form::Mini(t) => write!(f, "m({t:?})"),
            Form::Value(v) => write!(f, "pure({v:?})"),
            Form::Input(n) => write!(f, "x{n}"),
            Form::Call { name, args } => {
                let method = matches!(args.first(), Some(Part::Pattern(_)));
                let rest = if let (true, Some(Part::Pattern(p))) = (method, args.first()) {
                    p.write(f, room)?;
                    f.write_str(".")?;
                    &args[1..]
                } else {
                    &args[..]
                };
                write!(f, "{name}(")?;
                write_list(rest, f, room)?;
                f.write_str(")")
            }
        }
    }
}

fn write_list(parts: &[Part], f: &mut fmt::Formatter<'_>, room: &mut usize) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        match part {
            Part::Pattern(p) => p.write(f, room)?,
            Part::Value(v) => write!(f, "{v:?}")?,
            Part::List(l) => {
                f.write_str("[")?;
                write_list(l, f, room)?;
                f.write_str("]")?;
            }
            Part::Function(outputs) => match outputs.first() {
                Some(o) => {
                    write!(f, "|x| ")?;
                    o.write(f, room)?;
                }
                None => f.write_str("|x| ..")?,
            },
            Part::Code(c) => f.write_str(c)?,
        }
    }
    Ok(())
}

impl Part {
    fn hash(&self, h: &mut Hasher, depth: &mut u32, inputs: &mut u32) {
        let mut add = |e: &Arc<Expr>, h: &mut Hasher| {
            *depth = (*depth).max(e.depth);
            *inputs = (*inputs).max(e.inputs);
            h.number(e.fingerprint);
        };
        match self {
            Part::Pattern(e) => add(e, h.tag(5)),
            Part::Value(v) => {
                h.tag(6).text(&format!("{v:?}"));
            }
            Part::List(l) => {
                h.tag(7).number(l.len() as u128);
                l.iter().for_each(|p| p.hash(h, depth, inputs));
            }
            Part::Function(outputs) => {
                h.tag(8).number(outputs.len() as u128);
                outputs.iter().for_each(|e| add(e, h));
            }
            Part::Code(c) => {
                h.tag(9).text(c);
            }
        }
    }
}

/// FNV-1a with 128 bits (G. Fowler, L. C. Noll, K.-P. Vo): the same on every machine.
struct Hasher(u128);

impl Hasher {
    fn new() -> Hasher {
        Hasher(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Hasher {
        for b in bytes {
            self.0 =
                (self.0 ^ u128::from(*b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        self
    }

    fn tag(&mut self, t: u8) -> &mut Hasher {
        self.bytes(&[t])
    }

    fn number(&mut self, n: u128) -> &mut Hasher {
        self.bytes(&n.to_le_bytes())
    }

    fn text(&mut self, t: &str) -> &mut Hasher {
        self.bytes(t.as_bytes()).bytes(&[0xff])
    }
}

/// A number that differs where texts differ, the same on every machine.
pub fn fingerprint(text: &str) -> u64 {
    let mut h = Hasher::new();
    h.text(text);
    (h.0 >> 64) as u64 ^ h.0 as u64
}

impl PartialEq for Expr {
    fn eq(&self, o: &Expr) -> bool {
        self.fingerprint == o.fingerprint
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &mut LONGEST.clone())
    }
}
