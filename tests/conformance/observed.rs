//! Query results in the form of the conformance files.

use rhapsode::pattern::{Event, Frac, Span, Value};
use serde_json::{Value as Json, json};

/// Events with their onset in the window, and what is cut of the others.
pub struct Observed {
    pub events: Json,
    pub fragments: Json,
}

struct Piece {
    whole: Span,
    part: Span,
    value: Json,
}

impl Observed {
    /// Joins touching fragments and sorts as the files are sorted.
    pub fn of(events: &[Event]) -> Observed {
        let mut pieces: Vec<Piece> = events
            .iter()
            .filter_map(|e| Some(Piece { whole: e.whole?, part: e.part, value: to_json(&e.value) }))
            .collect();
        join(&mut pieces);
        pieces.sort_by_key(|p| {
            let w = p.whole;
            (w.begin, w.end, p.part.begin, p.value.to_string())
        });
        let rational = |f: Frac| Json::String(f.to_string());
        let onsets = pieces.iter().filter(|p| p.whole.begin == p.part.begin);
        let cut = pieces.iter().filter(|p| p.whole != p.part);
        let mut events: Vec<(Frac, Frac, String, Json)> = onsets
            .map(|p| {
                let shown = json!([rational(p.whole.begin), rational(p.whole.end), p.value]);
                (p.whole.begin, p.whole.end, p.value.to_string(), shown)
            })
            .collect();
        events.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        let fragment = |p: &Piece| {
            let (w, s) = (p.whole, p.part);
            json!([rational(w.begin), rational(w.end), rational(s.begin), rational(s.end), p.value])
        };
        Observed {
            events: events.into_iter().map(|e| e.3).collect(),
            fragments: cut.map(fragment).collect(),
        }
    }
}

fn join(pieces: &mut Vec<Piece>) {
    pieces.sort_by_key(|p| (p.whole.begin, p.whole.end, p.value.to_string(), p.part.begin));
    let mut joined: Vec<Piece> = Vec::new();
    for p in pieces.drain(..) {
        let before = joined.iter_mut().rev().find(|q| {
            q.whole == p.whole
                && q.value == p.value
                && q.part.end == p.part.begin
                && q.part.begin < q.part.end
        });
        match before {
            Some(q) => q.part.end = p.part.end,
            None => joined.push(p),
        }
    }
    *pieces = joined;
}

fn to_json(v: &Value) -> Json {
    match v {
        Value::Num(n) => json!(n),
        Value::Text(t) => json!(&**t),
        Value::Bool(b) => json!(b),
        Value::List(l) => l.iter().map(to_json).collect(),
        Value::Map(m) => m.iter().map(|(k, v)| (k.to_string(), to_json(v))).collect(),
    }
}

/// A rational in the files' form, `"3"` or `"-1/4"`.
pub fn frac(v: &Json) -> Frac {
    let text = v.as_str().map_or_else(|| v.to_string(), str::to_string);
    let (n, d) = text.split_once('/').unwrap_or((&text, "1"));
    Frac::new(n.parse().expect("a numerator"), d.parse().expect("a denominator"))
}

/// Equality with a tolerance of 1e-9 on numbers; lists of events may differ in the order of those
/// with equal spans.
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
