//! Mini-notation trees to patterns.

use super::ast::{Group, GroupKind, Op, Row, Slice, Step, Tree};
use crate::pattern::call::{lift, need_frac, need_int};
use crate::pattern::combine::{Structure, lcm_steps};
use crate::pattern::core::Pattern;
use crate::pattern::error::PatternError;
use crate::pattern::event::{Places, SourceSpan};
use crate::pattern::frac::Frac;
use crate::pattern::join::Join;
use crate::pattern::random;
use crate::pattern::sequence;
use crate::pattern::value::Value;

/// How much later in time each random operator of a text looks up its numbers.
const SEED_OFFSET: f64 = 0.0003;
/// The longest range of numbers.
const LONGEST_RANGE: f64 = 10_000.0;

type Result<T> = std::result::Result<T, PatternError>;

/// A pattern, with what the brackets around it have to know.
struct Built {
    pattern: Pattern,
    /// Sum of the weights of its steps.
    weight: Frac,
    /// Whether `^` was written in it.
    marked: bool,
}

struct Builder<'a> {
    places: &'a Places,
}

pub(super) fn build(tree: &Tree, places: &Places) -> Result<Pattern> {
    Ok(Builder { places }.group(&tree.root)?.pattern)
}

impl Builder<'_> {
    fn slice(&self, slice: &Slice) -> Result<Built> {
        let pattern = match slice {
            Slice::Group(g) => return self.group(g),
            Slice::Rest => Pattern::silence(),
            Slice::Word { text, at } => {
                let at = SourceSpan {
                    begin: self.places.of(at.begin as usize),
                    end: self.places.of(at.end as usize),
                };
                Pattern::pure_from(Value::from_word(text), at)
            }
        };
        Ok(Built { pattern, weight: Frac::ONE, marked: false })
    }

    fn pattern(&self, slice: &Slice) -> Result<Pattern> {
        Ok(self.slice(slice)?.pattern)
    }

    fn group(&self, group: &Group) -> Result<Built> {
        let mut rows: Vec<Built> = group.rows.iter().map(|r| self.row(r)).collect::<Result<_>>()?;
        if let (GroupKind::Stack, 1) = (&group.kind, rows.len()) {
            return Ok(rows.remove(0));
        }
        let marked_steps = marked_steps(&rows);
        let lanes = || rows.iter().map(|r| r.pattern.clone());
        let mut pattern = match &group.kind {
            GroupKind::Stack => sequence::stack(lanes().collect()),
            GroupKind::Feet => sequence::fastcat(lanes().collect()),
            GroupKind::Choice { seed } => {
                let offset = SEED_OFFSET * f64::from(*seed);
                let at = Frac::from_f64(offset).unwrap_or(Frac::ZERO);
                let by = random::rand().early(at).segment(Frac::ONE);
                random::choose_with(&by, lanes().collect(), Join::Inner)
            }
            GroupKind::Slow => {
                sequence::stack(rows.iter().map(|r| r.pattern.slow(r.weight)).collect())
            }
            GroupKind::Polymeter { steps } => self.polymeter(&rows, steps.as_deref())?,
        };
        let keeps_own = matches!(group.kind, GroupKind::Feet | GroupKind::Polymeter { .. });
        if marked_steps.is_some() && !keeps_own {
            pattern = pattern.with_steps(marked_steps);
        }
        Ok(Built { pattern, weight: Frac::ONE, marked: marked_steps.is_some() })
    }

    fn polymeter(&self, rows: &[Built], steps: Option<&Slice>) -> Result<Pattern> {
        let steps = match steps {
            Some(s) => self.pattern(s)?,
            None => Pattern::pure(rows.first().map_or(Frac::ONE, |r| r.weight)),
        };
        let mut lanes = Vec::new();
        for row in rows.iter().filter(|r| r.weight > Frac::ZERO) {
            let (p, weight) = (row.pattern.clone(), row.weight);
            let own = p.steps();
            let fast = steps
                .clone()
                .impure()
                .join(Join::Inner, move |v| Ok(p.fast(need_frac("{..}%", v)? / weight)));
            lanes.push(fast.with_steps(own));
        }
        Ok(sequence::stack(lanes))
    }

    fn row(&self, row: &Row) -> Result<Built> {
        if row.steps.is_empty() {
            return Ok(Built { pattern: Pattern::silence(), weight: Frac::ZERO, marked: false });
        }
        let steps: Vec<Built> = row.steps.iter().map(|s| self.step(s)).collect::<Result<_>>()?;
        let marked_steps = marked_steps(&steps);
        let marked = row.marked || marked_steps.is_some();
        // A weight of 0 counts as 1, as in Strudel.
        let weight_of = |s: &Step| Frac::from_f64(s.weight).filter(|w| *w != Frac::ZERO);
        let weights: Vec<Option<Frac>> = row.steps.iter().map(weight_of).collect();
        let pats = steps.into_iter().map(|s| s.pattern);
        if weights.iter().all(Option::is_none) {
            let n = Frac::int(weights.len() as i64);
            let pattern = sequence::fastcat(pats.collect()).with_steps(Some(n));
            return Ok(Built { pattern, weight: Frac::ONE, marked });
        }
        let slots: Vec<(Frac, Pattern)> =
            weights.into_iter().map(|w| w.unwrap_or(Frac::ONE)).zip(pats).collect();
        let weight = slots.iter().fold(Frac::ZERO, |sum, (w, _)| sum + *w);
        if weight == Frac::ZERO {
            return Err(PatternError::new("the weights (@) of these steps add up to nothing"));
        }
        let total = weight * marked_steps.unwrap_or(Frac::ONE);
        let pattern = sequence::weighted(slots).with_steps(Some(total));
        Ok(Built { pattern, weight, marked })
    }

    fn step(&self, step: &Step) -> Result<Built> {
        let mut built = self.slice(&step.slice)?;
        for op in &step.ops {
            built.pattern = self.op(built.pattern, op)?;
        }
        Ok(built)
    }

    fn op(&self, p: Pattern, op: &Op) -> Result<Pattern> {
        match op {
            Op::Fast(by) => self.stretch(p, by, false),
            Op::Slow(by) => self.stretch(p, by, true),
            Op::Replicate(n) => {
                let n = Frac::from_f64(*n).unwrap_or(Frac::ONE);
                Ok(p.repeat_cycles(n).fast(n))
            }
            Op::Euclid { pulses, steps, rotation } => {
                let mut args = vec![self.pattern(pulses)?, self.pattern(steps)?];
                if let Some(r) = rotation {
                    args.push(self.pattern(r)?);
                }
                lift(&args, Join::Inner, move |v| {
                    let rotation = v.get(2).map_or(Ok(0), |r| need_int("rotation", r))?;
                    p.euclid(need_int("pulses", &v[0])?, need_int("steps", &v[1])?, rotation)
                })
            }
            Op::Degrade { amount, seed } => {
                let offset = Frac::from_f64(SEED_OFFSET * f64::from(*seed));
                let by = random::rand().early(offset.unwrap_or(Frac::ZERO));
                Ok(p.degrade_by_with(&by, *amount))
            }
            Op::Tail(item) => {
                let tail = self.pattern(item)?;
                Ok(p.combine(Structure::Left, &tail, |a, b| {
                    let mut list = match a {
                        Value::List(l) => l.clone(),
                        one => vec![one.clone()],
                    };
                    list.push(b.clone());
                    Ok(Some(Value::List(list)))
                }))
            }
            Op::Range(to) => {
                let to = self.pattern(to)?;
                Ok(p.join(Join::Squeeze, move |a| {
                    let a = a.clone();
                    Ok(to.join(Join::Both, move |b| range(&a, b)))
                }))
            }
        }
    }

    fn stretch(&self, p: Pattern, by: &Slice, slow: bool) -> Result<Pattern> {
        let steps = p.steps();
        let name = if slow { "/" } else { "*" };
        let by = self.pattern(by)?;
        let out = lift(&[by], Join::Inner, move |v| {
            let f = need_frac(name, &v[0])?;
            Ok(if slow { p.slow(f) } else { p.fast(f) })
        })?;
        Ok(if slow { out } else { out.with_steps(steps) })
    }
}

fn marked_steps(parts: &[Built]) -> Option<Frac> {
    lcm_steps(parts.iter().filter(|b| b.marked).map(|b| b.pattern.steps()))
}

/// `a .. b`: whole steps from one number to the other, in one cycle.
fn range(a: &Value, b: &Value) -> Result<Pattern> {
    let (Some(a), Some(b)) = (a.as_num(), b.as_num()) else {
        return Ok(Pattern::silence());
    };
    let count = libm::floor((b - a).abs() + 1.0);
    if count > LONGEST_RANGE {
        return Err(PatternError::new(format!("the range {a} .. {b} is too long")));
    }
    let step = if a < b { 1.0 } else { -1.0 };
    let numbers = (0..count as usize).map(|i| Pattern::pure(a + step * i as f64));
    Ok(sequence::fastcat(numbers.collect()))
}
