//! The arguments of a call, with what can be asked of them.

use super::*;

/// The arguments of a call, with what can be asked of them.
pub(crate) struct Args<'n, 'a> {
    pub(crate) name: &'n str,
    pub(crate) items: &'n [Arg<'a>],
}

impl<'n, 'a> Args<'n, 'a> {
    /// Refuses any other number of arguments.
    pub(crate) fn count(&self, n: usize) -> Result<(), PatternError> {
        if self.items.len() == n {
            return Ok(());
        }
        let s = if n == 1 { "" } else { "s" };
        let got = self.items.len();
        Err(PatternError::new(format!("{} takes {n} argument{s}, not {got}", self.name)))
    }

    pub(crate) fn get(&self, i: usize) -> Result<&'n Arg<'a>, PatternError> {
        let missing = || PatternError::new(format!("{} needs more arguments", self.name));
        self.items.get(i).ok_or_else(missing)
    }

    pub(crate) fn pattern(&self, i: usize) -> Built {
        self.get(i)?.to_pattern()
    }

    pub(crate) fn func(&self, i: usize) -> Result<Func<'a>, PatternError> {
        match self.get(i)? {
            Arg::Func(f) => Ok(*f),
            _ => Err(PatternError::new(format!(
                "{}: argument {} must be a function from pattern to pattern",
                self.name,
                i + 1
            ))),
        }
    }

    pub(crate) fn value(&self, i: usize) -> Result<Value, PatternError> {
        self.get(i)?.to_value()
    }

    /// All arguments as patterns; a list is a sequence.
    pub(crate) fn sequences(&self) -> Result<Vec<Pattern>, PatternError> {
        self.items.iter().map(Arg::to_sequence).collect()
    }

    /// All arguments as one pattern: several are a sequence.
    pub(crate) fn sequence(&self) -> Built {
        Ok(sequence::fastcat(self.sequences()?))
    }

    /// The items of the arguments, where one list stands for its items.
    pub(crate) fn flat(&self) -> &'n [Arg<'a>] {
        match self.items {
            [Arg::List(l)] => l,
            items => items,
        }
    }

    /// Argument `i` as a pair of a number and a pattern.
    pub(crate) fn weighted(&self, arg: &Arg<'_>) -> Result<(Option<Frac>, Pattern), PatternError> {
        match arg {
            Arg::List(l) if l.len() == 2 => {
                let weight = need_frac(self.name, &l[0].to_value()?)?;
                Ok((Some(weight), l[1].to_sequence()?))
            }
            Arg::List(_) => Err(PatternError::new(format!(
                "{} takes [number, pattern] pairs or patterns",
                self.name
            ))),
            other => {
                let p = other.to_pattern()?;
                Ok((Some(p.steps().unwrap_or(Frac::ONE)), p))
            }
        }
    }
}

pub(crate) fn need_num(name: &str, v: &Value) -> Result<f64, PatternError> {
    v.as_num().filter(|n| !n.is_nan()).ok_or_else(|| wrong(name, "a number", v))
}

pub(crate) fn need_frac(name: &str, v: &Value) -> Result<Frac, PatternError> {
    v.as_frac().ok_or_else(|| wrong(name, "a number", v))
}

pub(crate) fn need_int(name: &str, v: &Value) -> Result<i64, PatternError> {
    let whole = v.as_num().filter(|n| *n == libm::trunc(*n) && n.abs() < 1e15);
    whole.map(|n| n as i64).ok_or_else(|| wrong(name, "a whole number", v))
}

fn wrong(name: &str, needs: &str, v: &Value) -> PatternError {
    PatternError::new(format!("{name} needs {needs}, found {} ({v})", v.kind()))
}
