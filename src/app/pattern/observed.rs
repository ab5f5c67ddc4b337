//! Query results in the form of the conformance files: what `pattern --json` prints.

use crate::pattern::{Event, Frac, Span, Value};
use serde_json::{Value as Json, json};

/// Events with their onset in the window, and what is cut of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// `[begin, end, value]` of each event that begins in the window, times as exact rationals in text.
    pub events: Json,
    /// `[begin, end, part_begin, part_end, value]` of each event that is cut.
    pub fragments: Json,
}

/// An event with a whole, joined from what touches.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) whole: Span,
    pub(super) part: Span,
    pub(super) value: Value,
}

impl Piece {
    /// Whether it begins in the window.
    pub(super) fn has_onset(&self) -> bool {
        self.whole.begin == self.part.begin
    }
}

impl Observed {
    /// Joins touching fragments and sorts by begin, end and value. Samples of continuous signals, which
    /// have no whole, are left out.
    #[must_use]
    pub fn of(events: &[Event]) -> Observed {
        let pieces = pieces(events);
        let rational = |f: Frac| Json::String(f.to_string());
        let mut begun: Vec<(Frac, Frac, String, Json)> = pieces
            .iter()
            .filter(|p| p.has_onset())
            .map(|p| {
                let value = to_json(&p.value);
                let shown = json!([rational(p.whole.begin), rational(p.whole.end), value]);
                (p.whole.begin, p.whole.end, value.to_string(), shown)
            })
            .collect();
        begun.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        let fragment = |p: &Piece| {
            let (w, s) = (p.whole, p.part);
            let value = to_json(&p.value);
            json!([rational(w.begin), rational(w.end), rational(s.begin), rational(s.end), value])
        };
        Observed {
            events: begun.into_iter().map(|e| e.3).collect(),
            fragments: pieces.iter().filter(|p| p.whole != p.part).map(fragment).collect(),
        }
    }

    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({ "events": self.events, "fragments": self.fragments })
    }
}

/// The events that have a whole, touching parts of one joined, in order of time.
pub(super) fn pieces(events: &[Event]) -> Vec<Piece> {
    let mut keyed: Vec<(String, Piece)> = events
        .iter()
        .filter_map(|e| Some(Piece { whole: e.whole?, part: e.part, value: e.value.clone() }))
        .map(|p| (to_json(&p.value).to_string(), p))
        .collect();
    let key =
        |(text, p): &(String, Piece)| (p.whole.begin, p.whole.end, text.clone(), p.part.begin);
    keyed.sort_by_cached_key(key);
    let mut joined: Vec<(String, Piece)> = Vec::new();
    for (text, p) in keyed {
        let alike = |(t, q): &&mut (String, Piece)| q.whole == p.whole && *t == text;
        let touching = joined
            .iter_mut()
            .rev()
            .take_while(alike)
            .find(|(_, q)| q.part.end == p.part.begin && q.part.begin < q.part.end);
        match touching {
            Some((_, q)) => q.part.end = p.part.end,
            None => joined.push((text, p)),
        }
    }
    let by_time =
        |(text, p): &(String, Piece)| (p.whole.begin, p.whole.end, p.part.begin, text.clone());
    joined.sort_by_cached_key(by_time);
    joined.into_iter().map(|(_, p)| p).collect()
}

fn to_json(v: &Value) -> Json {
    match v {
        Value::Num(n) => number(*n),
        Value::Text(t) => json!(&**t),
        Value::Bool(b) => json!(b),
        Value::List(l) => l.iter().map(to_json).collect(),
        Value::Map(m) => m.iter().map(|(k, v)| (k.to_string(), to_json(v))).collect(),
    }
}

/// A number with twelve significant digits, whole ones without a point; `null` for one that is not finite.
fn number(n: f64) -> Json {
    let rounded = format!("{n:.11e}").parse().unwrap_or(n);
    if rounded == libm::trunc(rounded) && rounded.abs() < 9e15 {
        json!(rounded as i64)
    } else {
        json!(rounded)
    }
}

/// Equality with a tolerance of 1e-9 on numbers; lists of events may differ in the order of those
/// with equal spans.
#[must_use]
pub fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(x), Json::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).all(|(p, q)| same(p, q)) || permuted(x, y)
        }
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        (Json::Number(x), Json::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap_or(f64::NAN), y.as_f64().unwrap_or(f64::NAN));
            (x - y).abs() <= 1e-9 * y.abs().max(1.0)
        }
        _ => a == b,
    }
}

fn permuted(x: &[Json], y: &[Json]) -> bool {
    if !x.iter().all(|e| e.as_array().is_some_and(|a| a.len() >= 3)) {
        return false;
    }
    let mut left: Vec<&Json> = y.iter().collect();
    x.iter().all(|p| match left.iter().position(|q| same(p, q)) {
        Some(i) => {
            left.remove(i);
            true
        }
        None => false,
    })
}
