//! Matching the arguments of a call with a table of parameters: positional, or options in a map.

use super::build::{Build, Site, number};
use super::sound;
use super::value::{Fx, MidiPort, Signal, Strip, Voice, Whole};
use crate::diag::{Diagnostic, nearest};
use crate::nodes::{Param, ParamKind};
use crate::session::{Arg, Node, Recipe};
use crate::units::Place;
use rhai::{Array, Dynamic, Map};
use std::collections::BTreeMap;

/// Arguments that were given, by the names of their parameters.
pub type Given = BTreeMap<String, Arg>;

/// Matches `args` with `params`: in order, and the last may be a map of options. What is wrong is reported
/// and left out, so that the script goes on with defaults. `skip` arguments stand before `args` in the call.
pub fn bind(
    build: &mut Build,
    what: &str,
    params: &[Param],
    args: &[Dynamic],
    skip: usize,
    place: &Place,
) -> Given {
    let mut given = Given::new();
    let (positional, options) = match args.split_last() {
        Some((last, rest)) if last.is_map() => (rest, last.read_lock::<Map>().map(|m| m.clone())),
        _ => (args, None),
    };
    for (i, value) in positional.iter().enumerate() {
        let site = Site::Index(i + skip);
        match params.get(i) {
            Some(param) => {
                if let Some(arg) = check(build, what, param, value, (place, &site)) {
                    given.insert(param.name.to_string(), arg);
                }
            }
            None => {
                let message = match params.len() {
                    0 => format!("`{what}` takes no arguments"),
                    n => {
                        format!("`{what}` takes at most {n} arguments, {} given", positional.len())
                    }
                };
                let error = Diagnostic::error(message, place.clone()).hint(valid(params));
                build.report_at(error, site);
                break;
            }
        }
    }
    for (name, value) in options.iter().flatten() {
        let site = Site::Option(name.to_string());
        let Some(param) = params.iter().find(|p| p.name == name.as_str()) else {
            let message = format!("`{what}` has no option `{name}`");
            let near = nearest(name, params.iter().map(|p| p.name));
            let near = near.map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
            let error = Diagnostic::error(message, place.clone());
            build.report_at(error.hint(format!("{near}{}", valid(params))), site);
            continue;
        };
        if given.contains_key(param.name) {
            let message = format!("`{name}` is given twice, in its place and as an option");
            build.report_at(Diagnostic::error(message, place.clone()), site);
        } else if let Some(arg) = check(build, what, param, value, (place, &site)) {
            given.insert(param.name.to_string(), arg);
        }
    }
    given
}

/// `options: a, b, c`.
fn valid(params: &[Param]) -> String {
    if params.is_empty() {
        return "it has no options".to_string();
    }
    format!("options: {}", params.iter().map(|p| p.name).collect::<Vec<_>>().join(", "))
}

/// The value of one parameter, or a report of what is wrong with it.
pub fn check(
    build: &mut Build,
    what: &str,
    param: &Param,
    value: &Dynamic,
    (place, site): (&Place, &Site),
) -> Option<Arg> {
    if sound::lost(value) {
        return None;
    }
    let result = match param.kind {
        ParamKind::Number => number_or_signal(param, value),
        ParamKind::Fixed => fixed(param, value),
        ParamKind::Audio => audio(build, value, place),
        ParamKind::Choice(words) => choice(words, value),
        ParamKind::Text => {
            let port = || value.clone().try_cast::<MidiPort>().map(|port| port.0.name);
            // Where a sound is named by its path, whatever is made of one may stand too.
            let sound = || sound::of(value).filter(|_| param.names_a_sound()).map(|s| s.text());
            let given = text(value).or_else(port).or_else(sound).map(Arg::Text);
            let expected = if param.names_a_sound() { "a file, or a sound" } else { "a text" };
            given.ok_or_else(|| (expected.into(), None))
        }
        ParamKind::Flag => {
            value.as_bool().map(Arg::Flag).map_err(|_| ("true or false".into(), None))
        }
        ParamKind::List => list(value).map(Arg::List).ok_or_else(|| {
            ("a list of numbers, such as [1, 2, 3] or [[0, 1], [4, 0]]".into(), None)
        }),
    };
    if let (ParamKind::Number, Ok(Arg::Number(x))) = (param.kind, &result) {
        warn_of_range(build, what, param, *x, (place, site));
    }
    result
        .map_err(|(expected, hint): (String, Option<String>)| {
            let (name, found) = (param.name, describe(value));
            let message = format!("`{name}` of `{what}` must be {expected}, not {found}");
            let mut error = Diagnostic::error(message, place.clone());
            error.hint = hint.or_else(|| Some(format!("{name}: {}", param.doc)));
            build.report_at(error, site.clone());
        })
        .ok()
}

/// Nodes keep numbers in range, so a number outside is no error; but it does not do what it says.
fn warn_of_range(
    build: &mut Build,
    what: &str,
    param: &Param,
    x: f64,
    (place, site): (&Place, &Site),
) {
    let (lo, hi) = param.range;
    if !(lo..=hi).contains(&x) {
        let (name, unit) = (param.name, param.unit);
        let message = format!("`{name}` of `{what}` goes from {lo} to {hi}{}{unit}", gap(unit));
        let hint = format!("{x} acts as {}", x.clamp(lo, hi));
        build.report_at(Diagnostic::warning(message, place.clone()).hint(hint), site.clone());
    }
}

fn gap(unit: &str) -> &'static str {
    if unit.is_empty() { "" } else { " " }
}

type Mismatch = (String, Option<String>);

fn number_or_signal(param: &Param, value: &Dynamic) -> Result<Arg, Mismatch> {
    if let Some(signal) = value.clone().try_cast::<Signal>() {
        return Ok(Arg::signal(signal.0));
    }
    let unit = if param.unit.is_empty() { String::new() } else { format!(" ({})", param.unit) };
    match number(value) {
        Some(x) if x.is_finite() => Ok(Arg::Number(x)),
        Some(_) => Err((format!("a finite number{unit}"), None)),
        None if value.is::<Fx>() => Err((
            format!("a number or a signal{unit}"),
            Some("an effect becomes a signal when something is sent through it: `x |> fx`".into()),
        )),
        None => Err((format!("a number or a signal{unit}"), None)),
    }
}

fn fixed(param: &Param, value: &Dynamic) -> Result<Arg, Mismatch> {
    let (lo, hi) = param.range;
    let expected = || format!("a number from {lo} to {hi}");
    match number(value) {
        Some(x) if (lo..=hi).contains(&x) => Ok(Arg::Number(x)),
        None if value.is::<Signal>() => Err((
            expected(),
            Some("this one is fixed when the piece is built and cannot move".to_string()),
        )),
        _ => Err((expected(), None)),
    }
}

fn audio(build: &mut Build, value: &Dynamic, place: &Place) -> Result<Arg, Mismatch> {
    if let Some(signal) = value.clone().try_cast::<Signal>() {
        return Ok(Arg::signal(signal.0));
    }
    let track = text(value).ok_or_else(|| ("a signal or the name of a track".to_string(), None))?;
    Ok(Arg::signal(build.add(Node::new("tap", Vec::new()).with("track", Arg::Text(track)), place)))
}

fn choice(words: &[&str], value: &Dynamic) -> Result<Arg, Mismatch> {
    let expected = || format!("one of {}", words.join(", "));
    let word = text(value).ok_or_else(|| (expected(), None))?;
    if words.contains(&word.as_str()) {
        return Ok(Arg::Text(word));
    }
    let near = nearest(&word, words.iter().copied());
    Err((expected(), near.map(|n| format!("did you mean \"{n}\"?"))))
}

/// The text in `value`, if it is one.
#[must_use]
pub fn text(value: &Dynamic) -> Option<String> {
    value.clone().into_immutable_string().ok().map(|s| s.to_string())
}

/// The numbers in `value`: a list, or a list of lists row by row.
#[must_use]
pub fn list(value: &Dynamic) -> Option<Vec<f64>> {
    let rows = value.read_lock::<Array>()?;
    let mut all = Vec::new();
    for row in rows.iter() {
        match number(row) {
            Some(x) => all.push(x),
            None => all.extend(list(row)?),
        }
    }
    Some(all)
}

/// What `value` is, for a message.
#[must_use]
pub fn describe(value: &Dynamic) -> String {
    if let Some(x) = number(value) {
        return format!("{x}");
    }
    if let Some(t) = text(value) {
        return format!("the text \"{}\"", t.chars().take(40).collect::<String>());
    }
    let known = match () {
        () if value.is::<Signal>() => "a signal",
        () if value.is::<Fx>() => "an effect",
        () if value.is::<Voice>() => "a voice",
        () if value.is::<Strip>() => "a track",
        () if value.is::<MidiPort>() => "a MIDI port",
        () if value.is::<Recipe>() => "a recorded sound",
        () if value.is::<Whole>() => "an effect of whole sounds",
        () if value.is_map() => "a map",
        () if value.is_array() => "a list",
        () if value.is_unit() => "nothing (is there a semicolon too many, or a missing value?)",
        () if value.is_fnptr() => "a function",
        () => return format!("a value of type {}", value.type_name()),
    };
    known.to_string()
}
