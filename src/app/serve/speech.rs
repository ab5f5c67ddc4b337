//! Messages read with their caps, and answers written: between lines and types.

use super::lines::{Line, depth};
use super::wire::{Answer, Id, Message};
use crate::diag::Diagnostic;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Levels of nesting of a message.
pub const MAX_DEPTH: usize = 32;

/// A line to a client, as it goes over the wire, with its end.
pub type Outgoing = Arc<str>;

/// What the sender of something wrong is told: what is wrong, and what to do.
pub fn refusal(text: &str, hint: &str) -> Diagnostic {
    Diagnostic::error(text, Default::default()).hint(hint)
}

/// Something that is no message, and what its sender calls it.
pub struct Misunderstood {
    /// What its sender calls it, as far as that could be read.
    pub id: Option<Id>,
    /// What the sender is told.
    pub why: Box<Diagnostic>,
}

impl Misunderstood {
    fn new(id: Option<Id>, text: &str, hint: &str) -> Misunderstood {
        Misunderstood { id, why: Box::new(refusal(text, hint)) }
    }
}

/// A message and what its sender calls it; none for a blank line.
pub fn decode(said: &Line) -> Result<Option<(Option<Id>, Message)>, Misunderstood> {
    let wrong = |text: &str, hint: &str| Err(Misunderstood::new(None, text, hint));
    let text = match said {
        Line::Text(text) if text.trim().is_empty() => return Ok(None),
        Line::Text(text) => text,
        Line::TooLong => {
            return wrong("the message is longer than 1 MiB", "send the part that has changed");
        }
        Line::NotText => return wrong("the message is not UTF-8", "send UTF-8"),
    };
    if depth(text) > MAX_DEPTH {
        return wrong(
            "the message is nested deeper than 32 levels",
            "send what docs/protocol.md lists",
        );
    }
    let hint = "a message is a JSON object in a line; docs/protocol.md lists them";
    let mut value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(why) => return wrong(&format!("the message is not JSON: {why}"), hint),
    };
    let id = value.as_object_mut().and_then(|object| object.remove("id"));
    let id = match id.map(serde_json::from_value).transpose() {
        Ok(id) => id,
        Err(_) => return wrong("an `id` is a whole number or a text", hint),
    };
    match serde_json::from_value(value) {
        Ok(message) => Ok(Some((id, message))),
        Err(why) => {
            let text = format!("the message is not understood: {why}");
            Err(Misunderstood::new(id, &text, hint))
        }
    }
}

/// An answer as a line.
pub fn line(id: Option<&Id>, answer: &Answer) -> Outgoing {
    #[derive(Serialize)]
    struct Envelope<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a Id>,
        #[serde(flatten)]
        answer: &'a Answer,
    }
    let mut text = serde_json::to_string(&Envelope { id, answer }).unwrap_or_else(|why| {
        // Only numbers that are none could do it, and those are written as null.
        tracing::error!("an answer cannot be written: {why}");
        String::new()
    });
    text.push('\n');
    text.into()
}
