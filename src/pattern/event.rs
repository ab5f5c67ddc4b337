//! Events: a value that is active for a time, and where in the source text it came from.

use super::span::Span;
use super::value::Value;
use std::sync::Arc;

/// A stretch of source text, in bytes from the start of the text that was parsed (plus the offset
/// given to [`Pattern::mini_at`](super::Pattern::mini_at)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct SourceSpan {
    /// First byte.
    pub begin: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Where the bytes of a text stand in a larger one, such as a literal in its script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    base: u32,
    table: Option<Arc<[u32]>>,
}

impl Places {
    /// The text stands as it is from this byte on.
    pub fn from(base: u32) -> Places {
        Places { base, table: None }
    }

    /// Each byte of the text, and its end, stands where the table says: for literals with escapes.
    pub fn listed(table: Vec<u32>) -> Places {
        Places { base: 0, table: Some(table.into()) }
    }

    /// Where this byte of the text stands.
    pub fn of(&self, byte: usize) -> u32 {
        match &self.table {
            Some(t) => t.get(byte).or(t.last()).copied().unwrap_or(0),
            None => self.base.saturating_add(u32::try_from(byte).unwrap_or(u32::MAX)),
        }
    }
}

/// How many source spans one event keeps; the oldest stay.
const MOST_SOURCES: usize = 16;

/// The source spans of an event: nearly always one or two, so they are kept inline.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    first: Option<SourceSpan>,
    second: Option<SourceSpan>,
    rest: Option<Arc<[SourceSpan]>>,
}

impl Sources {
    /// A list of one.
    pub fn one(span: SourceSpan) -> Sources {
        Sources { first: Some(span), ..Sources::default() }
    }

    /// All spans, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = SourceSpan> + '_ {
        let rest = self.rest.as_deref().unwrap_or(&[]);
        self.first.into_iter().chain(self.second).chain(rest.iter().copied())
    }

    /// True when the event came from no text.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Appends a span unless it is there already or the list is full.
    pub fn push(&mut self, span: SourceSpan) {
        if self.iter().any(|s| s == span) {
            return;
        }
        match (self.first, self.second) {
            (None, _) => self.first = Some(span),
            (_, None) => self.second = Some(span),
            _ => {
                let mut rest: Vec<SourceSpan> = self.rest.as_deref().unwrap_or(&[]).to_vec();
                if rest.len() + 2 < MOST_SOURCES {
                    rest.push(span);
                    self.rest = Some(rest.into());
                }
            }
        }
    }

    /// This list followed by another.
    pub fn and(mut self, other: &Sources) -> Sources {
        for s in other.iter() {
            self.push(s);
        }
        self
    }
}

impl PartialEq for Sources {
    fn eq(&self, o: &Sources) -> bool {
        self.iter().eq(o.iter())
    }
}

/// A value that is active during a part of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// The whole time of the event; `None` for a sample of a continuous signal.
    pub whole: Option<Span>,
    /// The part of it that lies inside what was asked for; an event starts here only if the two
    /// begin together ([`Event::has_onset`]).
    pub part: Span,
    /// What happens.
    pub value: Value,
    /// Where in the mini-notation text the value and what shaped it were written.
    pub source: Sources,
    /// The scale the note was taken from, for transposition inside it.
    pub(crate) scale: Option<Arc<str>>,
}

impl Event {
    /// An event without a source.
    pub fn new(whole: Option<Span>, part: Span, value: Value) -> Event {
        Event { whole, part, value, source: Sources::default(), scale: None }
    }

    /// True when the part includes the start of the whole: a player acts on these only.
    pub fn has_onset(&self) -> bool {
        self.whole.is_some_and(|w| w.begin == self.part.begin)
    }

    /// The whole, or the part when there is none.
    pub fn whole_or_part(&self) -> Span {
        self.whole.unwrap_or(self.part)
    }

    /// Takes over the origin of another event that took part in making this one.
    pub(crate) fn with_origin_of(mut self, o: &Event) -> Event {
        if self.source.is_empty() {
            self.source = o.source.clone();
        } else if !o.source.is_empty() {
            self.source = self.source.and(&o.source);
        }
        if self.scale.is_none() {
            self.scale = o.scale.clone();
        }
        self
    }
}
