//! Choosing patterns by number or by name.

use super::call::{Arg, Args, Built};
use super::core::Pattern;
use super::error::PatternError;
use super::join::Join;
use super::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Patterns to choose from.
#[derive(Clone)]
pub(crate) enum Lookup {
    List(Vec<Pattern>),
    Named(BTreeMap<Arc<str>, Pattern>),
}

/// What a number outside the list means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    Clamp,
    Wrap,
}

impl Lookup {
    pub(crate) fn of(arg: &Arg<'_>) -> Result<Lookup, PatternError> {
        match arg {
            Arg::List(l) => {
                Ok(Lookup::List(l.iter().map(Arg::to_sequence).collect::<Result<_, _>>()?))
            }
            Arg::Map(m) => {
                let pairs = m.iter().map(|(k, v)| Ok((k.clone(), v.to_pattern()?)));
                Ok(Lookup::Named(pairs.collect::<Result<_, PatternError>>()?))
            }
            _ => Err(PatternError::new("a list or a map of patterns is needed to pick from")),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Lookup::List(l) => l.is_empty(),
            Lookup::Named(m) => m.is_empty(),
        }
    }

    fn get(&self, key: &Value, outside: Outside) -> Built {
        match self {
            Lookup::List(l) => {
                let n = l.len() as f64;
                let i = libm::floor(key.as_num().unwrap_or(0.0) + 0.5);
                let i = match outside {
                    Outside::Clamp => i.clamp(0.0, n - 1.0),
                    Outside::Wrap => ((i % n) + n) % n,
                };
                Ok(l[i as usize].clone())
            }
            Lookup::Named(m) => {
                let name = key.to_string();
                m.get(name.as_str()).cloned().ok_or_else(|| {
                    let names: Vec<&str> = m.keys().map(|k| &**k).collect();
                    PatternError::new(format!(
                        "no '{name}' to pick; there are {}",
                        names.join(", ")
                    ))
                })
            }
        }
    }
}

/// Picks by the values of `keys`.
pub(crate) fn pick(keys: &Pattern, from: Lookup, outside: Outside, join: Join) -> Pattern {
    if from.is_empty() {
        return Pattern::silence();
    }
    keys.join(join, move |v| from.get(v, outside))
}

/// `keys.pick(list)`, `list.pick(keys)` as functions: whichever argument is a list or a map is
/// picked from.
pub(crate) fn pick_function(args: &Args<'_, '_>, outside: Outside, join: Join) -> Built {
    args.count(2)?;
    let (first, second) = (args.get(0)?, args.get(1)?);
    let (keys, from) = match first {
        Arg::List(_) | Arg::Map(_) => (second, first),
        _ => (first, second),
    };
    Ok(pick(&keys.to_pattern()?, Lookup::of(from)?, outside, join))
}

/// Chooses a function by number and applies it.
pub(crate) fn pick_function_for(p: &Pattern, args: &Args<'_, '_>, outside: Outside) -> Built {
    args.count(2)?;
    let keys = args.pattern(0)?;
    let Arg::List(functions) = args.get(1)? else {
        return Err(PatternError::new(format!("{} needs a list of functions", args.name)));
    };
    let results = functions.iter().map(|f| match f {
        Arg::Func(f) => f(std::slice::from_ref(p)),
        _ => Err(PatternError::new(format!("{} needs a list of functions", args.name))),
    });
    let from = Lookup::List(results.collect::<Result<_, _>>()?);
    Ok(pick(&keys, from, outside, Join::Inner))
}
