//! What an edit keeps: the instances of two compiled sessions are matched, strip by strip.
//!
//! Strips are matched by name. In a strip, an instance with a key that the script has written matches the one
//! with the same key; the others are matched by a longest common subsequence over what they are (Wagner
//! and Fischer, "The String-to-String Correction Problem", 1974), so that an effect put in between leaves
//! its neighbours alone.

mod sides;

pub(super) use self::sides::{Side, Step, common, runs, steps};

use super::layout::{Fixed, Layout, Placement, Seat};
use super::net::What;
use super::settings::ArgSettings;
use crate::rt::update::{Constant, Move, Tune};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What an edit does: the moves for the audio thread, and a report for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Edit {
    /// States that live on.
    #[serde(skip)]
    pub moves: Vec<Move>,
    /// Feedback lines that live on: index before, index now.
    #[serde(skip)]
    pub feedback: Vec<(u16, u16)>,
    /// Nodes whose state lives on.
    pub kept: usize,
    /// Of those, how many have got another value for a parameter.
    pub changed: usize,
    /// Nodes that begin anew: `strip/path`.
    pub added: Vec<String>,
    /// Nodes that end: `strip/path`.
    pub removed: Vec<String>,
    /// Where there are more nodes of a kind than before, or fewer, and none has a key, so that which of
    /// them lived on is a guess: `strip/kind`.
    pub guessed: Vec<String>,
}

impl Edit {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed == 0 && self.added.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "kept {}, changed {}", self.kept, self.changed)?;
        write!(f, ", added {}, removed {}", self.added.len(), self.removed.len())?;
        match self.guessed.first() {
            Some(kind) => {
                write!(f, "; which {kind} was kept is a guess, .key(\"name\") tells them apart")
            }
            None => Ok(()),
        }
    }
}

/// Matches the session that sounds with the one that is to sound. Both were compiled with
/// [`compile_apart`](super::compile_apart). `stale` says of a setting's text (a path) that what it names
/// has changed, so that nodes with it begin anew. Control thread.
#[must_use]
pub fn edit(old: &Placement, new: &Placement, stale: &dyn Fn(&str) -> bool) -> Edit {
    count(old, new, |was, now| {
        let (a, b) = (Side::new(was, &|_| false), Side::new(now, stale));
        common(&a, &b)
    })
}

/// The edit whose instances are matched by `pairs` (instance before, instance now), strip by strip.
pub(super) fn count(
    old: &Placement,
    new: &Placement,
    pairs: impl Fn(&Layout, &Layout) -> Vec<(usize, usize)>,
) -> Edit {
    let mut edit = Edit::default();
    for now in &new.layouts {
        match old.layouts.iter().find(|was| was.strip.name == now.strip.name) {
            Some(was) => {
                edit.strip(was, now, &pairs(was, now));
                edit.guessed.extend(guesses(was, now));
            }
            None => edit.added.extend(paths(now)),
        }
    }
    for was in &old.layouts {
        if !new.layouts.iter().any(|now| now.strip.name == was.strip.name) {
            edit.removed.extend(paths(was));
        }
    }
    for (to, line) in new.late.iter().enumerate() {
        if let Some(from) = old.late.iter().position(|l| l == line) {
            edit.feedback.push((from as u16, to as u16));
        }
    }
    edit
}

/// Kinds of which a strip has another number than before, several at least once, none of them keyed.
fn guesses(was: &Layout, now: &Layout) -> Vec<String> {
    let kinds = |layout: &Layout| {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for i in runs(layout) {
            let inst = &layout.strip.net.insts[i];
            // What has no state of its own may be matched in any way.
            let has_state =
                matches!(inst.what, What::Unit(_) | What::Processor(..) | What::Instrument(_));
            if has_state && !inst.keyed && !inst.path.starts_with('~') {
                *kinds.entry(inst.what.name().to_string()).or_default() += 1;
            }
        }
        kinds
    };
    let (old, new) = (kinds(was), kinds(now));
    let differs = |(kind, n): (&String, &usize)| {
        let before = *old.get(kind)?;
        (before != *n && before.max(*n) > 1).then(|| format!("{}/{kind}", now.strip.name))
    };
    new.iter().filter_map(differs).collect()
}

/// The nodes of a strip, for the report.
fn paths(layout: &Layout) -> impl Iterator<Item = String> + '_ {
    let insts = layout.strip.net.insts.iter().filter(|i| !matches!(i.what, What::Import(_)));
    insts.map(|i| format!("{}/{}", layout.strip.name, i.path))
}

impl Edit {
    fn strip(&mut self, was: &Layout, now: &Layout, pairs: &[(usize, usize)]) {
        for &(i, j) in pairs {
            self.keep(was, now, i, j);
        }
        let ends = |layout: &Layout, lives: &dyn Fn(usize) -> bool| -> Vec<String> {
            // What a fade needed is not what the user wrote.
            let own = |i: &usize| !layout.strip.net.insts[*i].path.starts_with('~');
            let gone = runs(layout).filter(|i| !lives(*i)).filter(own);
            gone.map(|i| format!("{}/{}", layout.strip.name, layout.strip.net.insts[i].path))
                .collect()
        };
        self.removed.extend(ends(was, &|i| pairs.iter().any(|p| p.0 == i)));
        self.added.extend(ends(now, &|j| pairs.iter().any(|p| p.1 == j)));
        self.sleep(was, now, pairs);
    }

    /// Moves the state of instance `i` of the old layout to instance `j` of the new one.
    fn keep(&mut self, was: &Layout, now: &Layout, i: usize, j: usize) {
        self.kept += 1;
        match (&was.seats[i], &now.seats[j]) {
            (Seat::Unit { task: t, op: o, fixed: f }, Seat::Unit { task, op, fixed }) => {
                let constants = constants(f, fixed);
                let shape = |layout: &Layout, at: usize| {
                    layout.strip.net.insts[at].settings.as_ref().map(ArgSettings::shape)
                };
                // What a function of the script computes may have changed.
                let other = shape(was, i) != shape(now, j);
                self.changed += usize::from(other || constants.iter().any(|c| c.changed));
                let (from, to) = ((was.spot(*t), *o), (now.spot(*task), *op));
                self.moves.push(Move::Unit { from, to, constants });
            }
            (
                Seat::Processor { task: t, fixed: f, inside: old },
                Seat::Processor { task, fixed, inside },
            ) => {
                let constants = constants(f, fixed);
                let values = old.constants.iter().zip(&inside.constants);
                let differs = |(x, y): (&Tune, &Tune)| (x.value != y.value).then_some(*y);
                let tunes: Vec<Tune> = values.filter_map(differs).collect();
                let other = old.code != inside.code;
                let changed = other || !tunes.is_empty() || constants.iter().any(|c| c.changed);
                self.changed += usize::from(changed);
                let (from, to) = (was.spot(*t), now.spot(*task));
                self.moves.push(Move::Processor { from, to, constants, tunes });
            }
            _ => {}
        }
    }

    /// Lane tasks that go over as they are may go on sleeping.
    fn sleep(&mut self, was: &Layout, now: &Layout, pairs: &[(usize, usize)]) {
        let task = |layout: &Layout, i: usize| match layout.seats[i] {
            Seat::Unit { task, .. } => Some(task),
            _ => None,
        };
        let mut tasks: Vec<(u16, u16)> =
            pairs.iter().filter_map(|&(i, j)| Some((task(was, i)?, task(now, j)?))).collect();
        tasks.sort_unstable();
        let all = tasks.clone();
        tasks.dedup();
        let of =
            |layout: &Layout, t: u16| runs(layout).filter(|&i| task(layout, i) == Some(t)).count();
        for (from, to) in tasks {
            let moved = all.iter().filter(|t| **t == (from, to)).count();
            if moved == of(was, from) && moved == of(now, to) {
                self.moves.push(Move::Sleep { from: was.spot(from), to: now.spot(to) });
            }
        }
    }
}

/// The constants of an instance that lives on, from where to where.
fn constants(old: &[Fixed], new: &[Fixed]) -> Vec<Constant> {
    let pair = |now: &Fixed| {
        let was = old.iter().find(|was| was.input == now.input)?;
        Some(Constant { from: was.index, to: now.index, changed: was.value != now.value })
    };
    new.iter().filter_map(pair).collect()
}
