//! The comment above a function: what it says of its parameters, and the rest.
//!
//! `/// cutoff: 20..20000 Hz = 1200, exp` gives range, unit, default and curve; a sentence may follow after a dash.

use super::source::Definition;
use crate::ir::{Input, Role};
use std::collections::BTreeMap;

/// What the comment says.
#[derive(Debug, Default)]
pub(super) struct Notes {
    inputs: BTreeMap<String, Input>,
    /// All that is said of no parameter.
    pub text: String,
}

impl Notes {
    /// Reads the comment above `definition`.
    pub fn read(definition: &Definition) -> Notes {
        let mut notes = Notes::default();
        for line in &definition.comments {
            let about = line.split_once(':').and_then(|(name, rest)| {
                let name = name.trim();
                definition.params.iter().find(|param| *param == name)?;
                Some(input(name, rest))
            });
            match about {
                Some(input) => {
                    notes.inputs.insert(input.name.clone(), input);
                }
                None => {
                    if !notes.text.is_empty() {
                        notes.text.push(' ');
                    }
                    notes.text.push_str(line);
                }
            }
        }
        notes
    }

    /// What is said of a parameter, or what goes without saying.
    pub fn input(&self, name: &str, role: Role) -> Input {
        let said = self.inputs.get(name).cloned();
        said.map_or_else(|| Input::new(name, role), |input| Input { role, ..input })
    }
}

/// `20..20000 Hz = 1200, exp - the corner`.
fn input(name: &str, text: &str) -> Input {
    let mut input = Input::new(name, Role::Parameter);
    let (values, doc) = text.split_once(" - ").unwrap_or((text, ""));
    input.doc = doc.trim().to_string();
    let mut parts = values.split(',').map(str::trim);
    let first = parts.next().unwrap_or("");
    let (range, default) = match first.split_once('=') {
        Some((range, default)) => (range.trim(), default.trim().parse::<f64>().ok()),
        None => (first, None),
    };
    if let Some((low, rest)) = range.split_once("..") {
        let rest = rest.trim_start_matches('=').trim();
        let (high, unit) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if let (Ok(low), Ok(high)) = (low.trim().parse::<f64>(), high.parse::<f64>()) {
            input.range = (low.min(high), low.max(high));
            input.unit = unit.trim().to_string();
            input.default = input.default.clamp(input.range.0, input.range.1);
        }
    } else {
        input.unit = range.to_string();
    }
    if let Some(default) = default {
        input.default = default;
    }
    input.exponential = parts.any(|part| part.starts_with("exp"));
    input
}
