//! Chance: random numbers as a function of time, and what is decided by them.

use super::combine::Structure;
use super::core::Pattern;
use super::event::Event;
use super::frac::Frac;
use super::join::Join;
use super::value::Value;

const TWO_29: f64 = 536_870_912.0;

/// One round of the xorshift generator (G. Marsaglia, 2003, with Tidal's constants).
fn scramble_bits(x: i32) -> i32 {
    let a = x.wrapping_shl(13) ^ x;
    let b = a.wrapping_shr(17) ^ a;
    b.wrapping_shl(5) ^ b
}

fn seed_at(t: f64) -> i32 {
    let turn = t / 300.0;
    scramble_bits(libm::trunc((turn - libm::trunc(turn)) * TWO_29) as i32)
}

fn to_unit(seed: i32) -> f64 {
    (f64::from(seed) % TWO_29) / TWO_29
}

/// The random number, 0 inclusive to 1 exclusive, that belongs to a time in cycles.
pub fn rand_at(t: f64) -> f64 {
    to_unit(seed_at(t)).abs()
}

/// `n` random numbers that belong to a time, of either sign, as Strudel orders them.
pub(crate) fn rands_at(t: f64, n: usize) -> Vec<f64> {
    if n == 1 {
        return vec![rand_at(t)];
    }
    let mut seed = seed_at(t);
    let mut out = Vec::with_capacity(n);
    for _ in 0..n {
        out.push(to_unit(seed));
        seed = scramble_bits(seed);
    }
    out
}

/// A random number at every moment.
pub fn rand() -> Pattern {
    Pattern::signal(|t, seed| rand_at(t + seed))
}

/// Random whole numbers below `n`.
pub fn irand(n: f64) -> Pattern {
    Pattern::signal(move |t, seed| libm::trunc(rand_at(t + seed) * n))
}

/// Lists of `n` random numbers.
pub(crate) fn rand_list(n: usize) -> Pattern {
    Pattern::new(move |ctx, span, out| {
        let all = rands_at(span.begin.to_f64() + ctx.seed, n);
        let list = all.into_iter().map(|x| Value::Num(x.abs())).collect();
        out.push(Event::new(None, span, Value::List(list)));
    })
}

/// Smoothed random numbers: one per cycle with a quintic blend between (K. Perlin, "Improving
/// noise", 2002, in one dimension without gradients).
pub fn perlin() -> Pattern {
    Pattern::signal(|t, seed| {
        let cycle = libm::floor(t);
        let (a, b) = (rand_at(cycle + seed), rand_at(cycle + 1.0 + seed));
        let x = t - cycle;
        let (x3, x4, x5) = (x * x * x, x * x * x * x, x * x * x * x * x);
        a + (6.0 * x5 - 15.0 * x4 + 10.0 * x3) * (b - a)
    })
}

/// Random ridges: a ramp from one random height up towards the sum with the next.
pub fn berlin() -> Pattern {
    Pattern::signal(|t, seed| {
        let cycle = libm::floor(t);
        let (a, b) = (rand_at(cycle + seed), rand_at(cycle + 1.0 + seed));
        (a + (t - cycle) * b) / 2.0
    })
}

/// Numbers 0 to n-1 in a random order, another one each cycle.
pub fn randrun(n: usize) -> Pattern {
    Pattern::new(move |ctx, span, out| {
        let cycle = libm::floor(span.begin.to_f64());
        let rands = rands_at(cycle + 0.5 + ctx.seed, n);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| rands[*a].total_cmp(&rands[*b]));
        let place = span.begin.cycle_pos() * Frac::int(n as i64);
        let i = place.floor().num().rem_euclid(n.max(1) as i64) as usize;
        if let Some(v) = order.get(i) {
            out.push(Event::new(None, span, Value::Num(*v as f64)));
        }
    })
    .segment(Frac::int(n as i64))
}

/// Chooses one of `choices` by a pattern of numbers from 0 to 1.
pub fn choose_with(by: &Pattern, choices: Vec<Pattern>, join: Join) -> Pattern {
    if choices.is_empty() {
        return Pattern::silence();
    }
    by.join(join, move |v| {
        let at = libm::floor(v.as_num().unwrap_or(0.0) * choices.len() as f64);
        Ok(choices[at.clamp(0.0, choices.len() as f64 - 1.0) as usize].clone())
    })
}

impl Pattern {
    /// Keeps the events at whose onset `by` is above `amount`.
    pub fn degrade_by_with(&self, by: &Pattern, amount: f64) -> Pattern {
        let above = by.filter(move |e| e.value.as_num().is_some_and(|n| n > amount));
        self.combine(Structure::Left, &above, |a, _| Ok(Some(a.clone())))
    }

    /// Drops events with this probability.
    pub fn degrade_by(&self, probability: f64) -> Pattern {
        self.degrade_by_with(&rand(), probability)
    }

    /// Keeps exactly the events that [`Pattern::degrade_by`] of `1 - amount` would drop.
    pub fn undegrade_by(&self, amount: f64) -> Pattern {
        self.degrade_by_with(&inverse_rand(), amount)
    }

    /// The parts of a cycle cut into `n`, played in the order that a pattern of numbers gives.
    pub(crate) fn rearrange(&self, order: &Pattern, n: usize) -> Pattern {
        let n_frac = Frac::int(n as i64);
        let parts: Vec<Pattern> = (0..n as i64)
            .map(|i| {
                let part = self.zoom(Frac::new(i, n as i64), Frac::new(i + 1, n as i64));
                part.repeat_cycles(n_frac).fast(n_frac)
            })
            .collect();
        order.join(Join::Inner, move |v| {
            let i = v.as_num().unwrap_or(0.0);
            Ok(parts.get(i as usize).cloned().unwrap_or_else(Pattern::silence))
        })
    }
}

/// One minus the random number of every moment.
pub(crate) fn inverse_rand() -> Pattern {
    Pattern::signal(|t, seed| 1.0 - rand_at(t + seed))
}
