//! Voicings that follow one another with little movement of the top note.

use super::super::core::Pattern;
use super::super::error::PatternError;
use super::super::event::Event;
use super::super::frac::Frac;
use super::super::span::Span;
use super::super::value::Value;
use super::chord_type::{Shape, inversions, shape, voicings};
use super::pitch::{Interval, Pitch};
use super::voicing::tokenize;

type Result<T> = std::result::Result<T, PatternError>;

/// The voice leading starts anew every so many cycles, so that it is a function of time.
const BLOCK: i64 = 16;
/// The lowest and the highest note of a voicing, F3 and A4.
const RANGE: (i32, i32) = (53, 69);

/// Chord symbols to notes from a dictionary, the top note of each as near as can be to the last one's.
/// (The choice of F. Roos, chord-voicings 0.0.1, ISC licence; the first voicing that fits the range comes
/// first.)
pub(crate) fn led(p: &Pattern, dictionary: &str) -> Result<Pattern> {
    if !voicings().contains_key(dictionary) {
        let names: Vec<&str> = voicings().keys().copied().collect();
        return Err(PatternError::new(format!(
            "there is no dictionary '{dictionary}' to lead voices with; there are {}",
            names.join(", ")
        )));
    }
    let (p, dictionary) = (p.clone(), dictionary.to_string());
    Ok(Pattern::new_per_cycle(move |ctx, span, out| {
        let block = Frac::int(span.begin.cycle().div_euclid(BLOCK) * BLOCK);
        let mut chords = Vec::new();
        p.collect(ctx, Span::new(block, span.end), &mut chords);
        chords.retain(|e| e.part.begin >= span.begin || e.has_onset());
        chords.sort_by_cached_key(|e| (e.whole_or_part().begin, format!("{:?}", e.value)));
        let mut top = None;
        for chord in &chords {
            match voiced(&dictionary, &chord.value, top) {
                Ok(notes) => {
                    top = notes.last().map(|n| n.midi()).or(top);
                    emit(chord, &notes, span, out);
                }
                Err(e) => return ctx.fail(e),
            }
        }
    }))
}

/// The notes as events of the chord, as far as it sounds in `span`.
fn emit(chord: &Event, notes: &[Pitch], span: Span, out: &mut Vec<Event>) {
    let Some(part) = chord.part.intersect(span) else { return };
    for note in notes {
        let name = Value::text(note.to_string());
        let mut e = Event { part, ..chord.clone() };
        e.value = match &chord.value {
            Value::Map(m) => {
                let mut m = m.clone();
                m.remove("chord");
                m.insert("note".into(), name);
                Value::Map(m)
            }
            _ => name,
        };
        out.push(e);
    }
}

fn voiced(dictionary: &str, value: &Value, top: Option<i32>) -> Result<Vec<Pitch>> {
    let chord = value.as_map().and_then(|m| m.get("chord")).unwrap_or(value).to_string();
    let unknown = || PatternError::new(format!("voicings: the chord '{chord}' is not known"));
    let (_, symbol) = tokenize(&chord).ok_or_else(unknown)?;
    let head = &chord[..chord.find(symbol).filter(|_| !symbol.is_empty()).unwrap_or(chord.len())];
    let root = Pitch::parse(head.split('/').next().unwrap_or(head)).ok_or_else(unknown)?;
    let known = voicings().get(dictionary).and_then(|d| d.get(symbol));
    let shapes: Vec<Shape> = match known {
        Some(list) => list.clone(),
        None => close_position(symbol).ok_or_else(unknown)?,
    };
    let mut candidates: Vec<Vec<Pitch>> = Vec::new();
    for shape in &shapes {
        for octave in 1..7 {
            let notes: Vec<Pitch> =
                shape.iter().map(|i| root.at_octave(octave).transpose(*i)).collect();
            let (low, high) = (notes[0].midi(), notes[notes.len() - 1].midi());
            if low >= RANGE.0 && high <= RANGE.1 {
                candidates.push(notes);
            }
        }
    }
    if candidates.is_empty() {
        // A wide chord that fits nowhere is played from its root in octave 3.
        candidates.extend(
            shapes
                .iter()
                .map(|s| s.iter().map(|i| root.at_octave(3).transpose(*i)).collect::<Vec<_>>()),
        );
    }
    let distance = |notes: &Vec<Pitch>| {
        let own = notes.last().map_or(0, |n| n.midi());
        top.map_or(0, |top| (top - own).abs())
    };
    Ok(candidates.into_iter().min_by_key(distance).unwrap_or_default())
}

/// The inversions of a chord that the dictionary does not have.
fn close_position(symbol: &str) -> Option<Vec<Shape>> {
    let intervals = shape(symbol)?;
    let spelled = |semitones: i32| {
        let own = intervals.iter().find(|i| (i.semitones - semitones).rem_euclid(12) == 0);
        let own = own.copied().unwrap_or(Interval::from_semitones(semitones));
        own.and(Interval::octaves((semitones - own.semitones) / 12))
    };
    let all = inversions(symbol)?;
    Some(all.into_iter().map(|v| v.into_iter().map(spelled).collect()).collect())
}
