//! The manual of what scripts can call: the node table, and the functions that are bound by hand.

use crate::nodes::find;

/// How `name` is called, in one line.
#[must_use]
pub fn signature(name: &str) -> Option<String> {
    let kind = find(name)?;
    let params: Vec<&str> = kind.params.iter().map(|p| p.name).collect();
    Some(format!("{}({})", kind.name, params.join(", ")))
}
