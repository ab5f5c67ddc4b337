//! What a module has instead of the function that a script asks it for.

use crate::diag::nearest;
use crate::script::function::Sources;
use std::collections::BTreeMap;

/// Functions that are named where none comes near.
const NAMED: usize = 24;

/// Message and hint for a call of `module::function` in `file` that fits nothing, with what it was given.
pub fn explain(
    sources: &Sources,
    file: u16,
    (module, function): (&str, &str),
    given: &str,
) -> (String, Option<String>) {
    let functions: BTreeMap<&str, Vec<String>> =
        sources.imported(file, module).map(|file| sources.public(file)).unwrap_or_default();
    if let Some(forms) = functions.get(function) {
        let message = format!("`{module}::{function}` cannot take {given}");
        return (message, Some(format!("it is: {}", forms.join(", or "))));
    }
    let names = || functions.keys().copied();
    let near = nearest(function, names()).or_else(|| names().find(|n| n.contains(function)));
    let hint = match near {
        Some(near) => Some(format!("did you mean `{module}::{near}`?")),
        None if functions.is_empty() => None,
        None => {
            let more = if functions.len() > NAMED { ", .." } else { "" };
            let names: Vec<&str> = names().take(NAMED).collect();
            Some(format!("`{module}` has {}{more}", names.join(", ")))
        }
    };
    (format!("there is no function `{module}::{function}`"), hint)
}
