//! The manual of what scripts can call: the node table, and the functions that are bound by hand.

use super::entries::{Entry, entries};
use super::pattern;
use crate::diag::nearest;
use crate::nodes::{Class, Kind, Param, ParamKind, Ports, find, kinds};
use crate::pattern::table::{Row, rows};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How `name` is called, in one line.
#[must_use]
pub fn signature(name: &str) -> Option<String> {
    if let Some(entry) = entries().find(|e| e.names.contains(&name)) {
        return Some(entry.form.to_string());
    }
    find(name).map(form)
}

fn form(kind: &Kind) -> String {
    let params: Vec<String> = kind
        .params
        .iter()
        .map(|p| match default(p) {
            Some(d) => format!("{} = {d}", p.name),
            None => p.name.to_string(),
        })
        .collect();
    let list = params.join(", ");
    match kind.ports {
        Ports::Source(_) => format!("{}({list})", kind.name),
        Ports::Signal => format!("signal.{}({list})", kind.name),
        _ => format!("sound |> {}({list})", kind.name),
    }
}

fn default(param: &Param) -> Option<String> {
    match param.kind {
        ParamKind::Number | ParamKind::Fixed => Some(short(param.default)),
        ParamKind::Choice(_) => Some(format!("\"{}\"", param.text)),
        ParamKind::Text if !param.text.is_empty() => Some(format!("\"{}\"", param.text)),
        ParamKind::Flag => Some((param.text == "true" || param.default != 0.0).to_string()),
        _ => None,
    }
}

/// A number with at most four decimals.
fn short(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The functions that compile one of the script, whose parameters are options of theirs.
pub const COMPILES: &[&str] = &["dsp", "signal", "shape", "analyser", "process_buffer"];

/// The options of the function `name`, in the order in which they may be given without names.
#[must_use]
pub fn options(name: &str) -> &'static [Param] {
    match name {
        "instrument" => super::instrument::OPTIONS,
        "bounce" => super::bounce::OPTIONS,
        "process_buffer" => super::function::BUFFER_OPTIONS,
        _ => find(name).map_or(&[], |kind| kind.params),
    }
}

/// Whether `name` has a page.
#[must_use]
pub fn exists(name: &str) -> bool {
    entries().any(|e| e.names.contains(&name)) || find(name).is_some()
}

/// Every name that has a page, sorted: for completion and for the nearest name.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let kinds = kinds().flat_map(|k| std::iter::once(k.name).chain(k.aliases.iter().copied()));
    let rows = rows().iter().filter(|r| pattern::is_bound(r));
    let patterns =
        rows.flat_map(|r| std::iter::once(&*r.name).chain(r.aliases.iter().map(|a| &**a)));
    let own = entries().flat_map(|e| e.names).copied();
    let mut all: Vec<&str> = own.chain(kinds).chain(patterns).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The manual's page of `name`: one function or several that share the name.
///
/// # Errors
/// What is wrong with the name, and the nearest that has a page.
pub fn page(name: &str) -> Result<String, String> {
    let own = entries().filter(|e| e.names.contains(&name)).map(entry_page);
    let rows = rows().iter().filter(|r| pattern::is_bound(r));
    let named = rows.filter(|r| *r.name == *name || r.aliases.iter().any(|a| **a == *name));
    let pages: Vec<String> =
        own.chain(find(name).map(kind_page)).chain(named.map(pattern_page)).collect();
    if pages.is_empty() {
        let near = nearest(name, names());
        let near = near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
        return Err(format!("there is no page for `{name}`{near}"));
    }
    Ok(pages.join("\n"))
}

fn entry_page(entry: &Entry) -> String {
    let mut page = format!("{}\n\n{}\n", entry.form, entry.text);
    if entry.names.len() > 1 {
        let _ = writeln!(page, "\nNames: {}", entry.names.join(" "));
    }
    let _ = write!(page, "\nExample\n  {}\n", entry.example);
    page
}

fn pattern_page(row: &Row) -> String {
    let list: Vec<&str> = row.args.iter().map(|(name, _)| *name).collect();
    let list = list.join(", ");
    // As a function the name belongs to a node: the control is a method only.
    let hidden = !row.is_method() && !row.is_constant() && !pattern::hides_nothing(row, &row.name);
    let form = match (row.is_method() || hidden, row.is_constant()) {
        (true, _) => format!("pattern.{}({list})", row.name),
        (_, true) => row.name.to_string(),
        _ => format!("{}({list})", row.name),
    };
    let mut page = format!("{form}\n\nPattern: {}.\n", row.doc);
    if !row.aliases.is_empty() {
        let _ = writeln!(page, "\nAlso: {}", row.aliases.join(" "));
    }
    let start = if hidden { "note(\"c3\")." } else { "" };
    let _ = write!(page, "\nExample\n  {start}{}\n", row.example);
    page
}

/// The page of a kind, such as that of a function of a script.
#[must_use]
pub fn kind_page(kind: &Kind) -> String {
    let mut page = format!("{}\n", form(kind));
    // A function of a script may have no comment.
    let about: Vec<&str> =
        [kind.summary, kind.details].into_iter().filter(|text| !text.is_empty()).collect();
    if !about.is_empty() {
        let _ = writeln!(page, "\n{}", about.join("\n"));
    }
    if !kind.aliases.is_empty() {
        let _ = writeln!(page, "\nAlso: {}", kind.aliases.join(", "));
    }
    if !kind.params.is_empty() {
        page.push_str("\nParameters, in this order or by name in a map\n");
        let width = kind.params.iter().map(|p| p.name.len()).max().unwrap_or(0);
        for param in kind.params {
            let _ = writeln!(page, "  {:width$}  {}", param.name, describe(param));
        }
    }
    if !kind.example.is_empty() {
        let _ = write!(page, "\nExample\n  {}\n", kind.example);
    }
    page
}

fn describe(param: &Param) -> String {
    let (lo, hi) = param.range;
    let unit = if param.unit.is_empty() { String::new() } else { format!(" {}", param.unit) };
    let values = match param.kind {
        ParamKind::Number if hi == f64::MAX => format!("a number{unit}, or a signal"),
        ParamKind::Number => format!("{lo} to {hi}{unit}, or a signal"),
        ParamKind::Fixed => format!("{lo} to {hi}{unit}, fixed"),
        ParamKind::Audio => "a signal, or the name of a track".to_string(),
        ParamKind::Choice(words) => words.join(", "),
        ParamKind::Text => "text".to_string(),
        ParamKind::Flag => "true or false".to_string(),
        ParamKind::List => "a list of numbers".to_string(),
    };
    let default = default(param).map(|d| format!("; {d} if not given")).unwrap_or_default();
    let doc = if param.doc.is_empty() { String::new() } else { format!("{} ", param.doc) };
    format!("{doc}({values}{default})")
}

/// All names by group, each with one line.
#[must_use]
pub fn overview() -> String {
    let mut groups: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for entry in entries() {
        let line = (entry.names.join(" "), first_sentence(entry.text));
        match groups.iter_mut().find(|(name, _)| name == entry.group) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((entry.group.to_string(), vec![line])),
        }
    }
    let mut classes: BTreeMap<Class, Vec<(String, String)>> = BTreeMap::new();
    for kind in kinds() {
        let line = (kind.name.to_string(), first_sentence(kind.summary));
        classes.entry(kind.class).or_default().push(line);
    }
    for (class, mut lines) in classes {
        lines.sort();
        groups.push((heading(class).to_string(), lines));
    }
    let mut text = String::new();
    for (group, lines) in groups {
        let _ = writeln!(text, "{group}");
        for (name, what) in lines {
            let _ = writeln!(text, "  {name:<24} {what}");
        }
        text.push('\n');
    }
    text
}

fn heading(class: Class) -> &'static str {
    match class {
        Class::Source => "Sources",
        Class::Instrument => "Players",
        Class::Effect => "Effects",
        Class::Control => "Control signals",
        Class::Analyser => "Analysers",
        Class::Math => "Arithmetic on signals",
    }
}

fn first_sentence(text: &str) -> String {
    match text.find(". ") {
        Some(end) => text[..=end].to_string(),
        None => text.to_string(),
    }
}
