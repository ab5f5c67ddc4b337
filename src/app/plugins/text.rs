//! Plugins as text for people.

use crate::plugin::Summary;
use crate::plugin::scan::Catalogue;
use crate::plugin::{Bus, Description, Parameter, Tail};
use std::fmt::Write;
use std::path::PathBuf;

/// A plugin a line, then what is out of use and why.
pub fn list(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    let name = width(catalogue.plugins.iter().map(|p| p.name.as_str()));
    let vendor = width(catalogue.plugins.iter().map(|p| p.vendor.as_str()));
    for p in &catalogue.plugins {
        let (format, kind) = (p.format.prefix(), kind(p));
        let line = format!("{:<name$}  {format:<4}  {:<vendor$}  {kind}", p.name, p.vendor);
        text += line.trim_end();
        text.push('\n');
    }
    if catalogue.plugins.is_empty() {
        text += "No plugins found. VST3_PATH, CLAP_PATH and --path name folders to look at.\n";
    }
    for (title, all) in [
        ("Quarantined (`rhapsode plugins scan` tries again)", &catalogue.quarantined),
        ("Cannot be loaded", &catalogue.failed),
    ] {
        out_of_use(&mut text, title, all);
    }
    text
}

fn out_of_use(text: &mut String, title: &str, all: &[(PathBuf, String)]) {
    if !all.is_empty() {
        *text += &format!("\n{title}:\n");
    }
    for (path, reason) in all {
        *text += &format!("{}: {reason}\n", path.display());
    }
}

fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|t| t.chars().count()).max().unwrap_or(0)
}

/// What a plugin is, in a few words.
fn kind(p: &Summary) -> String {
    let word = match (p.instrument, p.midi_out && p.outputs.is_empty()) {
        (true, _) => "instrument",
        (_, true) => "MIDI effect",
        _ => "effect",
    };
    let channels = |all: &[usize]| {
        let all: Vec<String> = all.iter().map(usize::to_string).collect();
        if all.is_empty() { "0".into() } else { all.join("+") }
    };
    format!("{word}, {} in, {} out", channels(&p.inputs), channels(&p.outputs))
}

/// All of a plugin.
pub fn info(d: &Description) -> String {
    let mut lines = vec![
        ("name", d.name.clone()),
        ("format", d.format.to_string()),
        ("vendor", d.vendor.clone()),
        ("version", d.version.clone()),
        ("categories", d.categories.join(", ")),
        ("id", d.id.clone()),
        ("path", d.path.display().to_string()),
        ("inputs", buses(&d.inputs)),
        ("outputs", buses(&d.outputs)),
        ("MIDI", midi(d).into()),
        ("latency", format!("{} frames", d.latency)),
        ("tail", tail(d.tail)),
        ("samples", if d.double { "32 or 64 bits" } else { "32 bits" }.into()),
    ];
    if !d.programs.is_empty() {
        lines.push(("programs", d.programs.join(", ")));
    }
    lines.retain(|(_, value)| !value.is_empty());
    let mut text = String::new();
    for (title, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{title:<11} {value}");
    }
    text.push_str(&parameters(&d.parameters));
    text
}

fn buses(all: &[Bus]) -> String {
    let each = all.iter().map(|bus| {
        let side = if bus.main { "" } else { ", auxiliary" };
        format!("{} ({}{side})", bus.name, bus.channels)
    });
    if all.is_empty() { "none".into() } else { each.collect::<Vec<_>>().join(", ") }
}

fn midi(d: &Description) -> &'static str {
    match (d.midi_in, d.midi_out) {
        (false, false) => "none",
        (true, false) => "in",
        (false, true) => "out",
        (true, true) => "in, out",
    }
}

fn tail(tail: Tail) -> String {
    match tail {
        Tail::None => "none".into(),
        Tail::Frames(frames) => format!("{frames} frames"),
        Tail::Endless => "endless".into(),
    }
}

/// A parameter a line: name, range, default, what is particular about it. Hidden ones are left out.
fn parameters(all: &[Parameter]) -> String {
    let shown: Vec<&Parameter> = all.iter().filter(|p| !p.hidden).collect();
    if shown.is_empty() {
        return "\nno parameters\n".into();
    }
    let ranges: Vec<String> = shown.iter().map(|p| range(p)).collect();
    let name = width(shown.iter().map(|p| p.name.as_str()));
    let wide = width(ranges.iter().map(String::as_str));
    let mut text = "\nparameters\n".to_string();
    for (p, range) in shown.iter().zip(&ranges) {
        let default = number(p.default);
        let line = format!("  {:<name$}  {range:<wide$}  default {default}  {}", p.name, flags(p));
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn range(p: &Parameter) -> String {
    format!("{}..{} {}", number(p.lowest), number(p.highest), p.unit).trim_end().to_string()
}

fn flags(p: &Parameter) -> String {
    let steps = format!("{} steps", u64::from(p.steps) + 1);
    let words = [
        (p.steps > 0, steps.as_str()),
        (p.read_only, "read-only"),
        (!p.automatable && !p.read_only, "not automatable"),
        (p.bypass, "bypass"),
        (p.program, "program"),
        (!p.group.is_empty(), p.group.as_str()),
    ];
    let all: Vec<&str> = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    if all.is_empty() { String::new() } else { format!("({})", all.join(", ")) }
}

/// A number without digits that say nothing.
fn number(x: f64) -> String {
    let text = format!("{x:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_string() }
}
