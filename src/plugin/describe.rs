//! Reading descriptions: numbers in texts, and parameters by their ids.

use super::Parameter;

/// The number that a text begins with, and what follows it (a unit).
pub(super) fn number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    let number = text[..end].parse().ok()?;
    Some((number, text[end..].trim()))
}

/// The indices of parameters by their ids.
pub(super) struct Ids(Box<[(u32, u32)]>);

impl Ids {
    pub fn new(parameters: &[Parameter]) -> Ids {
        let mut ids: Box<[(u32, u32)]> =
            parameters.iter().zip(0..).map(|(p, index)| (p.id, index)).collect();
        ids.sort_unstable();
        Ids(ids)
    }

    /// The index of the parameter that has this id. Any thread.
    pub fn index(&self, id: u32) -> Option<u32> {
        let at = self.0.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        Some(self.0[at].1)
    }
}
