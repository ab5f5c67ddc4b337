//! Patterns of degrees and notes, put into scales and moved.

use super::super::core::Pattern;
use super::super::error::PatternError;
use super::super::event::Event;
use super::super::note;
use super::super::value::{Controls, Value};
use super::pitch::{Interval, Pitch};
use super::scale::Scale;
use std::sync::Arc;

type Result<T> = std::result::Result<T, PatternError>;

/// Degrees (and notes, by the nearest) to notes of a scale.
pub(crate) fn scaled(p: &Pattern, name: &Value) -> Result<Pattern> {
    let name: Arc<str> = name.to_string().replace(':', " ").into();
    let scale = Scale::get(&name)?;
    Ok(in_place(p, move |e| {
        let (others, given) = match &e.value {
            Value::Map(m) => {
                let given = ["note", "n", "value"].iter().find_map(|k| m.get(*k));
                let mut others = m.clone();
                ["note", "n", "value"].iter().for_each(|k| {
                    others.remove(*k);
                });
                (Some(others), given.cloned())
            }
            plain => (None, Some(plain.clone())),
        };
        let Some(given) = given else { return Ok(()) };
        let made = one_note(&scale, &given, others.as_ref().and_then(|o| o.get("anchor")))?;
        e.value = match others {
            Some(mut o) => {
                o.insert("note".into(), made);
                Value::Map(o)
            }
            None => made,
        };
        e.scale = Some(name.clone());
        Ok(())
    }))
}

fn one_note(scale: &Scale, given: &Value, anchor: Option<&Value>) -> Result<Value> {
    if let Some(midi) = given.as_text().and_then(note::to_midi) {
        return Ok(Value::text(scale.nearest(midi).to_string()));
    }
    let (degree, shift) = degree_of(given)?;
    if let Some(a) = anchor.and_then(Value::as_numeral) {
        return Ok(Value::Num(f64::from(scale.degree_from_anchor(degree, a as i32) + shift)));
    }
    let pitch = scale.degree(degree);
    let pitch = if shift == 0 { pitch } else { pitch.transpose(Interval::from_semitones(shift)) };
    Ok(Value::text(pitch.to_string()))
}

/// A degree with accidentals, such as `2#` or `-1b`, as degree and semitones.
fn degree_of(v: &Value) -> Result<(i64, i32)> {
    let wrong = || {
        PatternError::new(format!(
            "scale: '{v}' is no degree; a degree is a number with optional # or b after it"
        ))
    };
    if let Some(n) = v.as_num() {
        return if n.is_finite() { Ok((libm::ceil(n) as i64, 0)) } else { Err(wrong()) };
    }
    let text = v.as_text().ok_or_else(wrong)?;
    let digits = text.trim_end_matches(['#', 'b', 's', 'f']);
    let degree = digits.parse().map_err(|_| wrong())?;
    let up = |c: char| if matches!(c, '#' | 's') { 1 } else { -1 };
    Ok((degree, text[digits.len()..].chars().map(up).sum()))
}

/// Moves notes along the scale they came from.
pub(crate) fn scale_transpose(p: &Pattern, offset: i64) -> Pattern {
    in_place(p, move |e| {
        let Some(name) = &e.scale else {
            return Err(PatternError::new("scale_transpose works on notes that came from a scale"));
        };
        let scale = Scale::get(name)?;
        with_note(e, |v| match v.as_text().and_then(Pitch::parse) {
            Some(p) => Ok(Value::text(scale.shift(p, offset)?.to_string())),
            None => Err(PatternError::new(format!("scale_transpose needs note names, found {v}"))),
        })
    })
}

/// Moves notes by semitones or by a named interval, which keeps their spelling.
pub(crate) fn transpose(p: &Pattern, by: &Value) -> Result<Pattern> {
    let interval = match (by.as_num(), by.as_text()) {
        (Some(n), _) if n.abs() < 1_000.0 => Interval::from_semitones(libm::round(n) as i32),
        (_, Some(t)) if Interval::parse(t).is_some() => {
            Interval::parse(t).unwrap_or(Interval::octaves(0))
        }
        _ => {
            return Err(PatternError::new(format!(
                "transpose needs semitones or an interval such as 3M or -5P, found '{by}'"
            )));
        }
    };
    let semitones = by.as_num().unwrap_or(f64::from(interval.semitones));
    Ok(in_place(p, move |e| {
        with_note(e, |v| {
            Ok(match v {
                Value::Num(n) => Value::Num(n + semitones),
                Value::Text(t) => match Pitch::parse(t) {
                    Some(p) => Value::text(p.transpose(interval).to_string()),
                    None => v.clone(),
                },
                other => other.clone(),
            })
        })
    }))
}

/// Changes the note of a map, or the value itself.
fn with_note(e: &mut Event, f: impl Fn(&Value) -> Result<Value>) -> Result<()> {
    if let Value::Map(m) = &e.value {
        let Some(old) = m.get("note") else { return Ok(()) };
        let mut m: Controls = m.clone();
        m.insert("note".into(), f(old)?);
        e.value = Value::Map(m);
    } else {
        e.value = f(&e.value)?;
    }
    Ok(())
}

/// Changes every event, or fails the query.
fn in_place(p: &Pattern, f: impl Fn(&mut Event) -> Result<()> + Send + Sync + 'static) -> Pattern {
    let steps = p.steps();
    let p = p.clone();
    Pattern::new(move |ctx, span, out| {
        let start = out.len();
        p.collect(ctx, span, out);
        for e in &mut out[start..] {
            if let Err(err) = f(e) {
                return ctx.fail(err);
            }
        }
    })
    .with_steps(steps)
}
