//! What users write of parameters: their names, and values in the plugin's own words.

use super::describe::number;
use super::{Description, Plugin, PluginError};

/// Parameters that are named in full where a name is not known.
const SHOWN: usize = 8;

/// The index of the parameter that is meant: by name whatever the case, by index as in `#3`, or by id.
///
/// # Errors
/// If there is none; the error names what is like it.
pub fn parameter(description: &Description, wanted: &str) -> Result<u32, PluginError> {
    let wanted = wanted.trim();
    if let Ok(index) = description.find_parameter(wanted) {
        return Ok(index);
    }
    if wanted.starts_with('#') {
        let count = description.parameters.len();
        return wrong(description, format!("has no parameter {wanted}: it has {count}, from #0"));
    }
    unknown(description, wanted)
}

fn unknown(description: &Description, wanted: &str) -> Result<u32, PluginError> {
    let open = || description.parameters.iter().filter(|p| p.open()).map(|p| p.name.as_str());
    let near = nearest(wanted, open());
    let hint = if near.is_empty() {
        let first: Vec<&str> = open().take(SHOWN).collect();
        let more = if open().count() > SHOWN { ", ..." } else { "" };
        format!("it has {}{more}", first.join(", "))
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    wrong(description, format!("has no parameter `{wanted}`: {hint}"))
}

fn wrong<T>(description: &Description, reason: String) -> Result<T, PluginError> {
    Err(PluginError::Value { name: description.name.clone(), reason })
}

/// The plain value that a text means for a parameter.
///
/// The plugin is asked first, as it knows its own words (`250 ms`, `4:1`, `Bandpass`). Many take any text for some
/// number, so that a word counts only if the plugin writes it back. `kHz` and `s` are put right where a plugin counts
/// in `Hz` and `ms`, and the other way round. A percentage is a part of the normalised range unless the parameter is
/// itself in percent; `on` and `off` are the ends of a
/// switch; a plain number is one where the plugin reads no text.
///
/// # Errors
/// If the text means nothing, or a value outside the range; the error has the range and an example.
pub fn value(plugin: &dyn Plugin, index: u32, text: &str) -> Result<f64, PluginError> {
    let description = plugin.description();
    let Some(p) = description.parameters.get(index as usize) else {
        return wrong(description, format!("has no parameter {index}"));
    };
    let text = text.trim();
    let given = number(text);
    if let Some((percent, "%")) = given
        && p.unit != "%"
    {
        if (0.0..=100.0).contains(&percent) {
            return Ok(plugin.plain(index, percent / 100.0));
        }
        return outside(plugin, index, text);
    }
    if p.steps == 1
        && let Some(on) = switch(text)
        && plugin.parse(index, text).is_none_or(|plain| !alike(&plugin.text(index, plain), text))
    {
        return Ok(if on { p.highest } else { p.lowest });
    }
    let text = given.map_or_else(|| text.to_string(), |(x, unit)| in_unit(x, unit, &p.unit, text));
    let given = number(&text);
    let Some(plain) = plugin.parse(index, &text) else {
        return match given {
            Some((x, "")) if (p.lowest..=p.highest).contains(&x) => Ok(x),
            Some((_, "")) => outside(plugin, index, &text),
            _ => not_understood(plugin, index, &text),
        };
    };
    let shown = plugin.text(index, plain.max(p.lowest).min(p.highest));
    let end = plain <= p.lowest || plain >= p.highest;
    match (given, number(&shown)) {
        (None, _) if !alike(&shown, &text) => not_understood(plugin, index, &text),
        // A number that has become an end of the range, without being it, was outside.
        (Some((x, _)), Some((y, _)))
            if end && apart(x, y) && !(p.lowest..=p.highest).contains(&x) =>
        {
            outside(plugin, index, &text)
        }
        _ => Ok(plain),
    }
}

/// What a user calls the two states of a switch, whatever the plugin calls them.
fn switch(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "on" | "yes" | "true" => Some(true),
        "off" | "no" | "false" => Some(false),
        _ => None,
    }
}

/// A plain value for a parameter, as it is.
///
/// # Errors
/// If it is outside the range.
pub fn plain(plugin: &dyn Plugin, index: u32, plain: f64) -> Result<f64, PluginError> {
    match plugin.description().parameters.get(index as usize) {
        // What a plugin counts in 32 bits may lie beside a range's end.
        Some(p)
            if plain >= p.lowest - 1e-6 * (p.highest - p.lowest).abs()
                && plain <= p.highest + 1e-6 * (p.highest - p.lowest).abs() =>
        {
            Ok(plain)
        }
        Some(_) => outside(plugin, index, &plain.to_string()),
        None => wrong(plugin.description(), format!("has no parameter {index}")),
    }
}

/// The text in the unit in which the parameter counts, if its own differs by a factor alone.
fn in_unit(x: f64, unit: &str, counts_in: &str, text: &str) -> String {
    let factor = match (unit.to_lowercase().as_str(), counts_in.to_lowercase().as_str()) {
        ("khz", "hz") | ("s", "ms") => 1000.0,
        ("hz", "khz") | ("ms", "s") => 0.001,
        _ => return text.to_string(),
    };
    format!("{} {counts_in}", x * factor)
}

fn alike(shown: &str, text: &str) -> bool {
    let [shown, text] = [shown, text].map(|t| t.trim().to_lowercase());
    !text.is_empty()
        && (shown == text || shown.starts_with(&text) || text.starts_with(&shown))
        && !shown.is_empty()
}

/// By more than what a plugin rounds away in its texts.
fn apart(a: f64, b: f64) -> bool {
    (a - b).abs() > 0.01 * a.abs().max(b.abs()).max(0.1)
}

fn outside<T>(plugin: &dyn Plugin, index: u32, text: &str) -> Result<T, PluginError> {
    let p = &plugin.description().parameters[index as usize];
    let reason = format!("cannot set `{}` to `{text}`: it goes {}", p.name, range(plugin, index));
    wrong(plugin.description(), reason)
}

fn not_understood<T>(plugin: &dyn Plugin, index: u32, text: &str) -> Result<T, PluginError> {
    let p = &plugin.description().parameters[index as usize];
    let examples = if p.steps > 0 && p.steps < 2 * SHOWN as u32 {
        let at =
            |k: u32| plugin.text(index, plugin.plain(index, f64::from(k) / f64::from(p.steps)));
        format!("it is one of {}", (0..=p.steps).map(at).collect::<Vec<_>>().join(", "))
    } else {
        let example = plugin.text(index, p.default);
        format!("it goes {}, for example `{example}` or `50%`", range(plugin, index))
    };
    let reason = format!("does not understand `{text}` for `{}`: {examples}", p.name);
    wrong(plugin.description(), reason)
}

fn range(plugin: &dyn Plugin, index: u32) -> String {
    let p = &plugin.description().parameters[index as usize];
    format!("from {} to {}", plugin.text(index, p.lowest), plugin.text(index, p.highest))
}

/// Up to three names that are like `wanted`: few letters apart, or one within the other.
pub(super) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|known| {
            let name = known.to_lowercase();
            let apart = strsim::damerau_levenshtein(&wanted, &name);
            let within = wanted.len() > 2 && (name.contains(&wanted) || wanted.contains(&name));
            (within || apart <= 1 + wanted.len().max(name.len()) / 4).then_some((apart, known))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name.to_string()).collect()
}
