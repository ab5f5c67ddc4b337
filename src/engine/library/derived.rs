//! Derived sounds: recipes carried out, on the control side, and what has been made of them so far.
//!
//! Whatever is made of a sound is made again when that sound is another one: a file that was written anew is.

use super::external::Run;
use super::rendered::Rendered;
use super::{Library, onsets, whole};
use crate::nodes::table::Sample;
use crate::session::{Cut, How, Recipe};
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};

/// What has been made, by the text of its recipe, with the sound that it was made of.
#[derive(Default)]
pub(super) struct Derived {
    /// Parts and what functions made: kept only as long as somebody plays them, or the piece holds them.
    parts: BTreeMap<String, (Weak<Sample>, Weak<Sample>)>,
    /// First frames of the parts.
    onsets: BTreeMap<String, (Weak<Sample>, Arc<[usize]>)>,
    /// What programs that make a sound are given.
    nothing: Arc<Sample>,
    pub(super) rendered: BTreeMap<String, Rendered>,
    /// What programs have made.
    pub(super) runs: BTreeMap<String, Run>,
}

/// Whether `known` is `source`, which may have been loaded anew since.
pub(super) fn is(known: &Weak<Sample>, source: &Arc<Sample>) -> bool {
    known.as_ptr() == Arc::as_ptr(source)
}

impl Library {
    pub(super) fn derived(&self) -> MutexGuard<'_, Derived> {
        self.derived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sound of a recipe.
    pub(super) fn derive(&self, recipe: &Recipe) -> Result<Arc<Sample>, String> {
        match recipe {
            Recipe::File(path) => self.file(path),
            Recipe::Nothing => Ok(self.derived().nothing.clone()),
            Recipe::Rendered(bounce) => self.hold(recipe, self.rendered(recipe, bounce)?),
            Recipe::Made { of, how } => {
                let source = self.derive(of)?;
                match how {
                    How::Part(cut) => self.part(recipe, (of, *cut), &source),
                    How::External(command) => {
                        self.hold(recipe, self.external(recipe, command, &source)?)
                    }
                    How::Function(program, params, length) => {
                        let make = || whole::process(program, params, *length, &source);
                        self.hold(recipe, self.kept(recipe, &source, make)?)
                    }
                }
            }
            Recipe::Several(_) | Recipe::Onsets { .. } => Err(format!(
                "{recipe} cannot be heard as one sound; take one of them, such as `parts[0]`"
            )),
        }
    }

    /// Keeps what took long to make: what is cut out of it, or made of it, is asked for one after the other.
    fn hold(&self, recipe: &Recipe, made: Arc<Sample>) -> Result<Arc<Sample>, String> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(recipe.text(), made.clone());
        Ok(made)
    }

    /// The recipes of the parts of a sound from onset to onset, as texts.
    pub(super) fn at_onsets(&self, of: Recipe, sensitivity: f64) -> Result<Vec<String>, String> {
        let source = self.derive(&of)?;
        let count = self.starts(&of, sensitivity, &source).len();
        let part = |i| of.clone().made(How::Part(Cut::Onset(i, sensitivity))).text();
        Ok((0..count).map(part).collect())
    }

    /// Where the onsets of a sound are.
    fn starts(&self, of: &Recipe, sensitivity: f64, source: &Arc<Sample>) -> Arc<[usize]> {
        let key = format!("{sensitivity} {}", of.text());
        if let Some((from, starts)) = self.derived().onsets.get(&key)
            && is(from, source)
        {
            return starts.clone();
        }
        let starts: Arc<[usize]> = onsets::find(source, self.rate, sensitivity).into();
        let onsets = &mut self.derived().onsets;
        onsets.retain(|_, (from, _)| from.strong_count() > 0);
        onsets.insert(key, (Arc::downgrade(source), starts.clone()));
        starts
    }

    fn part(
        &self,
        recipe: &Recipe,
        (of, cut): (&Recipe, Cut),
        source: &Arc<Sample>,
    ) -> Result<Arc<Sample>, String> {
        self.kept(recipe, source, || self.cut(recipe, (of, cut), source))
    }

    /// What is made of a sound, or what has been made of it and is still played.
    fn kept(
        &self,
        recipe: &Recipe,
        source: &Arc<Sample>,
        make: impl FnOnce() -> Result<Sample, String>,
    ) -> Result<Arc<Sample>, String> {
        let key = recipe.text();
        if let Some((from, made)) = self.derived().parts.get(&key)
            && is(from, source)
            && let Some(made) = made.upgrade()
        {
            return Ok(made);
        }
        let made = Arc::new(make()?);
        let parts = &mut self.derived().parts;
        parts.retain(|_, (_, made)| made.strong_count() > 0);
        parts.insert(key, (Arc::downgrade(source), Arc::downgrade(&made)));
        Ok(made)
    }

    fn cut(
        &self,
        recipe: &Recipe,
        (of, cut): (&Recipe, Cut),
        source: &Arc<Sample>,
    ) -> Result<Sample, String> {
        let frames = source.frames();
        let at = |seconds: f64| ((seconds * f64::from(self.rate)).round() as usize).min(frames);
        let (start, end) = match cut {
            Cut::Seconds(from, to) => (at(from), to.map_or(frames, at)),
            Cut::Equal(index, count) => {
                let edge = |i: usize| (frames as u128 * i as u128 / count.max(1) as u128) as usize;
                (edge(index).min(frames), edge(index.saturating_add(1)).min(frames))
            }
            Cut::Onset(index, sensitivity) => {
                let starts = self.starts(of, sensitivity, source);
                let Some(&start) = starts.get(index) else {
                    let count = starts.len();
                    return Err(format!(
                        "{of} has {count} onsets, numbered from 0, and no number {index}; take another, or a higher \
                         sensitivity: `slice(\"onsets\", 0.8)`"
                    ));
                };
                (start, starts.get(index + 1).copied().unwrap_or(frames))
            }
        };
        if start >= end {
            let seconds = frames as f64 / f64::from(self.rate);
            return Err(format!(
                "{recipe} is empty: {of} is {seconds:.3} s long; cut it elsewhere"
            ));
        }
        Ok(between(source, start, end))
    }
}

/// Frames `start..end` of a sound, with its loop if that lies between.
fn between(source: &Sample, start: usize, end: usize) -> Sample {
    let inside = source.sustain_loop.filter(|(from, to)| *from >= start && *to <= end);
    Sample {
        channels: source.channels.iter().map(|all| all[start..end].to_vec()).collect(),
        sustain_loop: inside.map(|(from, to)| (from - start, to - start)),
        root: source.root,
    }
}
