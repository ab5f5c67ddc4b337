//! Recorded sounds as values: `sound_file(path)` and its parts; recipes, made when loaded.

use super::args::{check, describe, list, text};
use super::build::{Build, Fallible, Site, number, with};
use super::entries::{Entry, entry};
use super::operators::fail;
use super::value::Failed;
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::session::recipe::numbers;
use crate::session::{Arg, Cut, How, Recipe};
use crate::units::Place;
use rhai::{Array, Dynamic, Engine, NativeCallContext as Cx};

/// Equal parts at most.
const MOST: f64 = 1024.0;

const SENSITIVITY: Param =
    Param::number("sensitivity", "ratio", (0.0, 1.0), 0.5, "1 finds the softest beginnings.")
        .fixed();

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("sound_file", |cx: Cx, path: &str| {
        with(&cx, |build, at| match build.world.asset(path) {
            Ok(()) => Dynamic::from(Recipe::File(path.to_string())),
            Err(why) => failed(build, format!("`sound_file` cannot read its sound: {why}"), &at),
        })
    });
    engine.register_fn("split_at", |of: Recipe, times: Dynamic| split_at(&of, &times));
    engine.register_fn("slice", |of: Recipe| onsets(of, SENSITIVITY.default));
    engine.register_fn("slice", |of: Recipe, how: Dynamic| slice(of, &how));
    engine.register_fn("slice", |cx: Cx, of: Recipe, how: &str, sensitivity: Dynamic| {
        if how != "onsets" {
            return slice(of, &how.into());
        }
        let given = with(&cx, |build, at| {
            check(build, "slice", &SENSITIVITY, &sensitivity, (&at, &Site::Index(2)))
        });
        let given = if let Some(Arg::Number(x)) = given { x } else { SENSITIVITY.default };
        onsets(of, given)
    });
    engine.register_indexer_get(|of: &mut Recipe, index: i64| at(of, index));
}

/// The sound that a value is: itself, a path, or a list of these.
#[must_use]
pub fn of(value: &Dynamic) -> Option<Recipe> {
    if let Some(path) = text(value) {
        return Some(Recipe::File(path));
    }
    if let Some(all) = value.read_lock::<Array>() {
        let all: Option<Vec<Recipe>> = all.iter().map(of).collect();
        let all = all.filter(|all| !all.is_empty())?;
        return Some(Recipe::Several(numbers(all.len()).zip(all).collect()));
    }
    value.clone().try_cast::<Recipe>()
}

/// Whether a value could not be made, or a part of it: that has been told already.
#[must_use]
pub fn lost(value: &Dynamic) -> bool {
    value.is::<Failed>() || value.read_lock::<Array>().is_some_and(|all| all.iter().any(lost))
}

fn failed(build: &mut Build, message: String, at: &Place) -> Dynamic {
    build.report_at(Diagnostic::error(message, at.clone()), Site::Index(0));
    Dynamic::from(Failed)
}

fn part(of: &Recipe, cut: Cut) -> Dynamic {
    Dynamic::from(of.clone().made(How::Part(cut)))
}

/// Times in seconds, each after the one before.
fn times(value: &Dynamic) -> Option<Vec<f64>> {
    let times = list(value).or_else(|| number(value).map(|x| vec![x]))?;
    let good = times.iter().all(|t| t.is_finite() && *t >= 0.0) && !times.is_empty();
    (good && times.windows(2).all(|pair| pair[0] < pair[1])).then_some(times)
}

/// `sound.split_at([0.5, 1.0])`: what is before the first time, between them, after the last.
fn split_at(of: &Recipe, at: &Dynamic) -> Fallible<Dynamic> {
    if at.is::<Failed>() {
        return Ok(at.clone());
    }
    let Some(times) = times(at) else {
        return fail(format!(
            "`split_at` takes times in seconds, each after the one before, not {}\n\
             for example `sound_file(\"loop.wav\").split_at([0.5, 1.0])`, which gives three sounds",
            describe(at)
        ));
    };
    let starts = std::iter::once(0.0).chain(times.iter().copied());
    let ends = times.iter().copied().map(Some).chain([None]);
    // Nothing is before a first time of 0.
    let parts = starts.zip(ends).filter(|(start, end)| *end != Some(*start));
    let parts: Array = parts.map(|(start, end)| part(of, Cut::Seconds(start, end))).collect();
    Ok(parts.into())
}

/// `sound.slice(8)`, `sound.slice([0.0, 0.31, 0.62])`, `sound.slice("onsets")`.
fn slice(of: Recipe, how: &Dynamic) -> Fallible<Dynamic> {
    if how.is::<Failed>() {
        return Ok(how.clone());
    }
    if text(how).is_some_and(|word| word == "onsets") {
        return onsets(of, SENSITIVITY.default);
    }
    if let Some(count) = number(how).filter(|n| n.fract() == 0.0 && (1.0..=MOST).contains(n)) {
        let count = count as usize;
        let parts: Array = (0..count).map(|i| part(&of, Cut::Equal(i, count))).collect();
        return Ok(parts.into());
    }
    if how.is_array()
        && let Some(times) = times(how)
    {
        let ends = times.iter().skip(1).copied().map(Some).chain([None]);
        let parts = times.iter().zip(ends).map(|(start, end)| part(&of, Cut::Seconds(*start, end)));
        return Ok(parts.collect::<Array>().into());
    }
    fail(format!(
        "`slice` takes a number of equal parts (1 to {MOST}), a list of onsets in seconds, each after the one before, \
         or \"onsets\", which finds them, not {}\n\
         for example `sound_file(\"loop.wav\").slice(8)`",
        describe(how)
    ))
}

fn onsets(of: Recipe, sensitivity: f64) -> Fallible<Dynamic> {
    Ok(Dynamic::from(Recipe::Onsets { of: Box::new(of), sensitivity }))
}

/// `parts[2]` of parts whose number is not known yet.
fn at(of: &Recipe, index: i64) -> Fallible<Dynamic> {
    match (of, usize::try_from(index)) {
        (Recipe::Onsets { of, sensitivity }, Ok(index)) => {
            Ok(part(of, Cut::Onset(index, *sensitivity)))
        }
        (Recipe::Onsets { .. }, Err(_)) => fail(format!(
            "how many onsets there are is known when the sound is loaded, so they are counted from the first, 0, not {index}\n\
             `parts[0]` is the first; `slice(8)` gives a list of known length"
        )),
        _ => fail(format!(
            "{of} is one sound and has no part {index}\n\
             cut it first: `sound.slice(8)[{index}]`"
        )),
    }
}

const GROUP: &str = "Recorded sounds";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["sound_file"],
        GROUP,
        "sound_file(path)",
        "A recorded sound as a value, which can be cut and sent through programs, and stands wherever the path of a sound \
         does: `sampler(sound)`, `convolve(sound)`, `kit(#{bd: sound})`. It is a recipe: files are read, cut and \
         processed when the piece is loaded, and again when they are saved anew. A list of sounds is a sampler whose \
         sounds are numbered from 0.",
        "let hall = sound_file(\"hall.wav\"); track(\"a\", sampler(hall)).play(note(\"c4 e4\")).fx(convolve(hall));",
    ),
    entry(
        &["split_at"],
        GROUP,
        "sound.split_at([seconds, ...])",
        "The parts of a sound as a list: up to the first time, from there to the second, ..., from the last time on. Two \
         times make three sounds.",
        "let parts = sound_file(\"hall.wav\").split_at([0.5, 1.0]); track(\"a\", sampler(parts[1])).play(note(\"c4\"));",
    ),
    entry(
        &["slice"],
        GROUP,
        "sound.slice(parts), sound.slice([seconds, ...]), sound.slice(\"onsets\", sensitivity = 0.5)",
        "The parts of a sound as a list: so many equal ones; from each of these times to the next, the last to the end; \
         or from each onset to the next, found when the sound is loaded (also without argument). `sampler(parts)` plays \
         them all by number, from 0: `.play(n(\"0 3 1\"))`; `parts[2]` is one of them. How many onsets there are is not \
         known while the script runs, so these parts are no list to be counted or looped over. A pattern is cut by \
         `pattern.slice`.",
        "let parts = sound_file(\"hall.wav\").slice(8); track(\"a\", sampler(parts)).play(n(\"0 3 <1 5> 2\")); \
         track(\"b\", kit(#{bd: parts[0], sn: parts[4]})).play(\"bd sn\");",
    ),
];
