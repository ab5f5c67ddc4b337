//! Chord symbols to notes: which notes, and where they lie.

use super::super::call::ValueFn;
use super::super::core::Pattern;
use super::super::error::PatternError;
use super::super::event::Event;
use super::super::join::Join;
use super::super::note;
use super::super::value::{Controls, Value};
use super::super::{control, sequence};
use super::chord_type;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

type Result<T> = std::result::Result<T, PatternError>;
/// The voicings of each chord symbol, in semitones above the root.
type Dictionary = BTreeMap<String, Vec<Vec<i32>>>;

/// All dictionaries. Which notes a symbol has is common knowledge; how they lie is our own choice, save for the
/// voicings that the conformance cases show.
fn dictionaries() -> &'static BTreeMap<String, Dictionary> {
    static ALL: OnceLock<BTreeMap<String, Dictionary>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: BTreeMap<String, Dictionary> = BTreeMap::new();
        let mut name = String::new();
        for line in include_str!("chords.txt").lines().filter(|l| !l.starts_with('#')) {
            if let Some(n) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                name = n.to_string();
            } else if let Some((symbol, list)) = line.split_once(": ") {
                let numbers =
                    |v: &str| v.split_whitespace().filter_map(|n| n.parse().ok()).collect();
                let voicings = list.split('|').map(numbers).collect();
                let symbol = if symbol == "_" { "" } else { symbol };
                all.entry(name.clone()).or_default().insert(symbol.to_string(), voicings);
            }
        }
        for (_, d) in all.iter_mut().filter(|(n, _)| n.starts_with("ireal") || *n == "triads") {
            add_spellings(d);
        }
        // Dictionaries that are written in intervals; ours of triads has more symbols.
        for (name, voicings) in chord_type::voicings().iter().filter(|(n, _)| **n != "triads") {
            let semitones = |s: &chord_type::Shape| s.iter().map(|i| i.semitones).collect();
            let own = voicings
                .iter()
                .map(|(symbol, list)| (symbol.to_string(), list.iter().map(semitones).collect()));
            all.insert(name.to_string(), own.collect());
        }
        all
    })
}

/// `m` for `-`, `M` for `^`, `aug` for `+`, and nothing for a major chord.
fn add_spellings(d: &mut Dictionary) {
    if let Some(major) = d.get("^").cloned() {
        d.insert(String::new(), major);
    }
    let symbols: Vec<String> = d.keys().cloned().collect();
    for (sign, word) in [("-", "m"), ("^", "M"), ("+", "aug")] {
        for s in symbols.iter().filter(|s| s.contains(sign)) {
            let voicings = d[s].clone();
            d.insert(s.replacen(sign, word, 1), voicings);
        }
    }
}

/// A chord symbol taken apart: root and quality; a bass after a slash is left out.
pub(super) fn tokenize(chord: &str) -> Option<(i32, &str)> {
    let letters = chord.len() - chord.get(1..)?.trim_start_matches(['b', '#']).len();
    if !chord.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let root = note::parse(&chord[..letters])?;
    let quality = chord[letters..].split('/').next().unwrap_or_default();
    Some((root.chroma(), quality))
}

/// How a voicing is asked for.
struct Request<'a> {
    chord: &'a str,
    dictionary: &'a str,
    anchor: i32,
    mode: &'a str,
    offset: i64,
}

fn notes_of(r: &Request<'_>) -> Result<Vec<i32>> {
    let all = dictionaries();
    let Some(dictionary) = all.get(r.dictionary) else {
        let names: Vec<&str> = all.keys().map(String::as_str).collect();
        return Err(PatternError::new(format!(
            "there is no voicing dictionary '{}'; there are {}",
            r.dictionary,
            names.join(", ")
        )));
    };
    let found = tokenize(r.chord).and_then(|(root, symbol)| {
        // What the dictionary has no voicing for is played in close position.
        let known = dictionary.get(symbol).cloned();
        Some((root, known.or_else(|| chord_type::inversions(symbol))?))
    });
    let Some((root, voicings)) = found else {
        return Err(PatternError::new(format!(
            "voicing: the chord '{}' is not known; chords are written such as C, Am7, F^7, Bb13, G7b9",
            r.chord
        )));
    };
    let meets = |v: &[i32]| match r.mode {
        "below" | "duck" => Ok(v[v.len() - 1]),
        "above" | "root" => Ok(v[0]),
        other => Err(PatternError::new(format!(
            "voicing: mode '{other}' is not one of below, above, duck, root"
        ))),
    };
    let mut distances = Vec::new();
    for v in &voicings {
        distances.push((r.anchor.rem_euclid(12) - meets(v)? - root).rem_euclid(12));
    }
    let nearest = (0..distances.len()).min_by_key(|i| distances[*i]).unwrap_or(0);
    let best = if r.mode == "root" { 0 } else { nearest } as i64;
    let n = voicings.len() as i64;
    let octaves = -(-r.offset).div_euclid(n);
    let at = (best + r.offset).rem_euclid(n) as usize;
    let base = r.anchor - distances[at] + 12 * octaves as i32 - meets(&voicings[at])?;
    let notes = voicings[at].iter().map(|s| base + s);
    Ok(notes.filter(|m| r.mode != "duck" || *m != r.anchor).collect())
}

/// The notes of one event as a pattern of maps.
fn voiced(v: &Value) -> Result<Pattern> {
    let mut rest = match v {
        Value::Map(m) => m.clone(),
        chord => Controls::from([(Arc::from("chord"), chord.clone())]),
    };
    let mut take = |k: &str| rest.remove(k);
    let chord = take("chord").map_or(String::new(), |c| c.to_string());
    let dictionary = take("dictionary").map_or("ireal".to_string(), |d| d.to_string());
    let mode = take("mode").map_or("below".to_string(), |m| m.to_string());
    let anchor = match take("anchor") {
        Some(Value::Map(m)) => m.get("note").cloned(),
        other => other,
    };
    let anchor = match anchor {
        None => 72,
        Some(Value::Text(t)) => match note::parse(&t) {
            Some(n) => n.midi(4) as i32,
            None => return Err(PatternError::new(format!("voicing: the anchor '{t}' is no note"))),
        },
        Some(n) => n.as_num().unwrap_or(72.0) as i32,
    };
    let offset = take("offset").and_then(|o| o.as_num()).unwrap_or(0.0) as i64;
    let n = take("n").and_then(|n| n.as_num());
    let octaves = take("octaves").and_then(|o| o.as_num()).unwrap_or(1.0);
    let request = Request { chord: &chord, dictionary: &dictionary, anchor, mode: &mode, offset };
    let midis = notes_of(&request)?;
    let notes: Vec<Value> = match n {
        Some(n) if !midis.is_empty() => {
            let (n, len) = (libm::floor(n) as i64, midis.len() as i64);
            let octave = n.div_euclid(len) as f64 * octaves * 12.0;
            vec![Value::Num(f64::from(midis[n.rem_euclid(len) as usize]) + octave)]
        }
        _ => midis.iter().map(|m| Value::text(note::from_midi(i64::from(*m)))).collect(),
    };
    let event = |note: Value| {
        let mut m = Controls::from([(Arc::from("note"), note)]);
        m.extend(rest.clone());
        Pattern::pure(Value::Map(m))
    };
    Ok(sequence::stack(notes.into_iter().map(event).collect()))
}

/// Chord symbols to the notes of their voicings.
pub(crate) fn voicing(p: &Pattern) -> Pattern {
    p.join(Join::Outer, voiced)
}

/// Chord symbols to their roots in an octave.
pub(crate) fn root_notes(p: &Pattern, octave: i64) -> Pattern {
    p.try_map(move |v| {
        let in_map = v.as_map().and_then(|m| m.get("chord"));
        let chord = in_map.unwrap_or(v).to_string();
        let end = 1 + usize::from(matches!(chord.as_bytes().get(1), Some(b'b' | b'#')));
        let root = chord.get(..end).or(chord.get(..1)).unwrap_or("");
        if !note::is_note(root) {
            return Err(PatternError::new(format!("root_notes: '{chord}' is no chord")));
        }
        let note = Value::text(format!("{root}{octave}"));
        Ok(Some(match in_map {
            Some(_) => control::named(&["note".into()], &note),
            None => note,
        }))
    })
}

/// Plays what a function makes of the list of the notes that sound together, one after the other.
pub(crate) fn arp_with(p: &Pattern, f: ValueFn) -> Pattern {
    let p = p.clone();
    Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        p.collect(ctx, span, &mut events);
        for chord in chords(events) {
            let notes = Value::List(chord.iter().map(|e| e.value.clone()).collect());
            if !ctx.spend_many(out.len(), 50) {
                return;
            }
            let order = match (f.run)(&notes) {
                Ok(Value::List(l)) => l,
                Ok(one) => vec![one],
                Err(e) => return ctx.fail(e),
            };
            let steps = sequence::fastcat(order.into_iter().map(Pattern::pure).collect());
            let start = out.len();
            steps.focus(chord[0].whole_or_part()).collect(ctx, chord[0].part, out);
            for e in &mut out[start..] {
                *e = e.clone().with_origin_of(&chord[0]);
            }
        }
    })
}

/// Events by the time they take.
fn chords(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut groups: Vec<Vec<Event>> = Vec::new();
    for e in events {
        match groups.iter_mut().find(|g| g[0].whole == e.whole) {
            Some(g) => g.push(e),
            None => groups.push(vec![e]),
        }
    }
    groups
}

/// Plays the notes that sound together one by one, in the order that numbers give.
pub(crate) fn arp(p: &Pattern, order: &Pattern) -> Pattern {
    let (p, order) = (p.clone(), order.clone());
    Pattern::new(move |ctx, span, out| {
        let mut events = Vec::new();
        p.collect(ctx, span, &mut events);
        for chord in chords(events) {
            let start = out.len();
            order.collect(ctx, chord[0].part, out);
            for e in &mut out[start..] {
                let i = libm::floor(e.value.as_num().unwrap_or(0.0)) as i64;
                let note = &chord[i.rem_euclid(chord.len() as i64) as usize];
                e.value = note.value.clone();
                *e = e.clone().with_origin_of(note);
            }
        }
    })
}
