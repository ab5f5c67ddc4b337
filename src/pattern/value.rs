//! What an event carries: a number, a word, a truth value, a list, or a map of controls.

use super::frac::Frac;
use super::note;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The controls of an event by name: `note`, `s`, `gain`, ...
pub type Controls = BTreeMap<Arc<str>, Value>;

/// The value of an event.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number; note numbers are MIDI, everything else is in the unit of its use.
    Num(f64),
    /// A word: a sound, a note name, a chord symbol.
    Text(Arc<str>),
    /// True or false.
    Bool(bool),
    /// A list, which `a:b` in mini-notation writes.
    List(Vec<Value>),
    /// Control values of one event.
    Map(Controls),
}

impl Value {
    /// A word.
    pub fn text(s: impl Into<Arc<str>>) -> Value {
        Value::Text(s.into())
    }

    /// The value of a mini-notation word: a number if it reads as one, else text.
    pub fn from_word(word: &str) -> Value {
        match parse_number(word) {
            Some(n) => Value::Num(n),
            None => Value::text(word),
        }
    }

    /// Whether a condition holds: everything but 0, not-a-number, false and the empty word.
    pub fn truthy(&self) -> bool {
        match self {
            Value::Num(n) => *n != 0.0 && !n.is_nan(),
            Value::Text(t) => !t.is_empty(),
            Value::Bool(b) => *b,
            Value::List(_) | Value::Map(_) => true,
        }
    }

    /// The number in it, if it is one or reads as one (`true` is 1).
    pub fn as_num(&self) -> Option<f64> {
        match self {
            Value::Num(n) => Some(*n),
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            Value::Text(t) => parse_number(t),
            Value::List(l) if l.len() == 1 => l[0].as_num(),
            Value::List(l) if l.is_empty() => Some(0.0),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The number in it, also of a note name (`c3` is 48).
    pub fn as_numeral(&self) -> Option<f64> {
        self.as_num().or_else(|| match self {
            Value::Text(t) => note::to_midi(t),
            _ => None,
        })
    }

    /// The exact time that a number means.
    pub fn as_frac(&self) -> Option<Frac> {
        self.as_num().and_then(Frac::from_f64)
    }

    /// The word in it.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The controls in it.
    pub fn as_map(&self) -> Option<&Controls> {
        match self {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// What kind of value this is, for error messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Num(_) => "a number",
            Value::Text(_) => "a word",
            Value::Bool(_) => "true or false",
            Value::List(_) => "a list",
            Value::Map(_) => "a map of controls",
        }
    }
}

/// Reads a number as mini-notation does: decimal with an optional exponent, `0x`, `0o` and `0b`
/// integers, `Infinity`.
pub fn parse_number(word: &str) -> Option<f64> {
    let bytes = word.as_bytes();
    if bytes.len() > 2 && bytes[0] == b'0' {
        let radix = match bytes[1] {
            b'x' | b'X' => 16,
            b'o' | b'O' => 8,
            b'b' | b'B' => 2,
            _ => 0,
        };
        if radix != 0 {
            return word[2..].chars().try_fold(0.0, |acc, c| {
                c.to_digit(radix).map(|d| acc * f64::from(radix) + f64::from(d))
            });
        }
    }
    match word {
        "Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let numeric = bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if numeric { word.parse().ok() } else { None }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, h: &mut H) {
        std::mem::discriminant(self).hash(h);
        match self {
            Value::Num(n) => n.to_bits().hash(h),
            Value::Text(t) => t.hash(h),
            Value::Bool(b) => b.hash(h),
            Value::List(l) => l.hash(h),
            Value::Map(m) => m.hash(h),
        }
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Value {
        Value::Num(n)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Value {
        Value::text(s)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<Frac> for Value {
    fn from(f: Frac) -> Value {
        Value::Num(f.to_f64())
    }
}

impl fmt::Display for Value {
    /// A short form for people: `60`, `bd`, `bd:3`, `{note: 60, pan: 0.5}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Num(n) if n.is_finite() && n.abs() >= 1e21 => write!(f, "{n:e}"),
            Value::Num(n) => write!(f, "{n}"),
            Value::Text(t) => f.write_str(t),
            Value::Bool(b) => write!(f, "{b}"),
            Value::List(l) => {
                for (i, v) in l.iter().enumerate() {
                    if i > 0 {
                        f.write_str(":")?;
                    }
                    write!(f, "{v}")?;
                }
                Ok(())
            }
            Value::Map(m) => {
                f.write_str("{")?;
                for (i, (k, v)) in m.iter().enumerate() {
                    let sep = if i > 0 { ", " } else { "" };
                    write!(f, "{sep}{k}: {v}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(t) => write!(f, "{t:?}"),
            other => fmt::Display::fmt(other, f),
        }
    }
}
