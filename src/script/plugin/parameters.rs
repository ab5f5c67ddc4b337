//! Parameters of plugins: `.set("Time", 250)`, `.norm("Mix", 0.5)`.

use super::node;
use crate::diag::Diagnostic;
use crate::nodes::plugin::{NORMALISED, PLAIN};
use crate::script::args::{describe, text};
use crate::script::build::{Build, Fallible, Site, number, with};
use crate::script::value::{Failed, Fx, Signal};
use crate::session::Arg;
use crate::session::plugin::Description;
use crate::units::Place;
use rhai::{Dynamic, NativeCallContext as Cx};

/// Sets a parameter of the plugin that a chain ends in, in its own unit or from 0 to 1.
pub fn parameter(cx: &Cx, mut fx: Fx, how: char, name: &str, value: &Dynamic) -> Fallible<Fx> {
    let node = node(&mut fx, if how == PLAIN { "set" } else { "norm" })?;
    with(cx, |build, place| {
        let wanted = node.text("name").unwrap_or_default().to_string();
        let description = build.plugins.get(&wanted).cloned().flatten();
        let Some(arg) = argument(build, how, name, value, &place) else { return };
        let Some(name) = checked(build, description.as_deref(), (how, name, &arg), &place) else {
            return;
        };
        for other in [PLAIN, NORMALISED] {
            node.args.remove(&format!("{other}{name}"));
        }
        node.args.insert(format!("{how}{name}"), arg);
    });
    Ok(fx)
}

/// What a parameter is set to, or a report.
fn argument(build: &mut Build, how: char, name: &str, x: &Dynamic, place: &Place) -> Option<Arg> {
    if let Some(signal) = x.clone().try_cast::<Signal>() {
        return Some(Arg::signal(signal.0));
    }
    let words = || text(x).filter(|_| how == PLAIN).map(Arg::Text);
    let found = number(x).filter(|x| x.is_finite()).map(Arg::Number).or_else(words);
    if let Some(arg) = found.or_else(|| x.as_bool().ok().map(Arg::Flag)) {
        return Some(arg);
    }
    if !x.is::<Failed>() {
        let message = format!("\"{name}\" cannot be set to {}", describe(x));
        let hint = "a number in the plugin's unit, a text as it writes it (\"4:1\"), or a signal";
        build.report_at(Diagnostic::error(message, place.clone()).hint(hint), Site::Index(1));
    }
    None
}

/// The parameter's own name; complains if there is none, and warns of values that are out of its range.
fn checked(
    build: &mut Build,
    description: Option<&Description>,
    (how, name, arg): (char, &str, &Arg),
    place: &Place,
) -> Option<String> {
    let Some(d) = description else { return Some(name.to_string()) };
    let index = match d.find_parameter(name) {
        Ok(index) => index,
        Err((message, hint)) => {
            let error = Diagnostic::error(message, place.clone()).hint(hint);
            build.report_at(error, Site::Index(0));
            return None;
        }
    };
    let p = &d.parameters[index as usize];
    let alike = d.numbered(name);
    if alike.len() > 1 && d.parameter(name).is_none() {
        let names: Vec<&str> =
            alike.iter().map(|&i| d.parameters[i as usize].name.as_str()).collect();
        let message = format!("`{}` has {}; \"{}\" is set", d.name, names.join(", "), p.name);
        let warning = Diagnostic::warning(message, place.clone());
        build.report_at(warning.hint("name the one that is meant"), Site::Index(0));
    }
    let (low, high) = if how == PLAIN { (p.lowest, p.highest) } else { (0.0, 1.0) };
    if let Arg::Number(x) = arg
        && !(low..=high).contains(x)
    {
        let gap = if p.unit.is_empty() { "" } else { " " };
        let message =
            format!("\"{}\" of `{}` goes from {low} to {high}{gap}{}", p.name, d.name, p.unit);
        let warning = Diagnostic::warning(message, place.clone());
        let hint = format!("{x} acts as {}", x.max(low).min(high));
        build.report_at(warning.hint(hint), Site::Index(1));
    }
    // Of several that share a name only the first can be called by it.
    let own = d.parameter(&p.name) == Some(index);
    Some(if own { p.name.clone() } else { format!("#{index}") })
}
