//! Patterns to events: each track's patterns are asked for a stretch of time ahead, and what begins
//! there becomes notes at exact frames.

use super::clock::Clock;
use crate::graph::{Compiled, ParamTarget, StripRef, TaskRef};
use crate::nodes::table::Assets;
use crate::pattern::{Event, Frac, Pattern, Span, Value, note};
use crate::rt::event::EventKind;
use crate::rt::job::Timed;
use crate::rt::voices::PAN_SLOT;
use crate::session::{Arg, Node, NodeId, Session, Track};
use std::collections::{BTreeMap, BTreeSet};

/// Parts of a cycle; one is asked for at a time.
const STEPS: i64 = 4;
/// Velocity of notes that say nothing of theirs.
const VELOCITY: f64 = 0.8;

/// What a track's notes are played by.
enum Voice {
    /// Named voice parameters, in slot order.
    Instrument(Vec<String>),
    /// Sounds by name, and the parameters of each.
    Kit(Vec<(String, Vec<String>)>),
    /// Sounds of a sampler by name.
    Sampler(Vec<String>),
    /// Nothing that takes notes.
    Nothing,
}

/// The patterns of one track and where their events go.
struct Line {
    patterns: Vec<Pattern>,
    strip: StripRef,
    target: Option<TaskRef>,
    voice: Voice,
    name: String,
}

/// Plays the patterns of a session into a renderer.
pub struct Player {
    lines: Vec<Line>,
    clock: Clock,
    /// The first moment that has not been asked for, in cycles.
    next: Frac,
    /// What begins before this frame has been played already.
    from: u64,
    /// Events end here.
    end: Option<Frac>,
    id: u32,
    /// Names of sounds that a pattern asked for and no kit has, said once.
    unknown: BTreeSet<String>,
    warnings: Vec<String>,
}

impl Player {
    /// The player of `session` as compiled; `end` is where the music ends, in beats.
    #[must_use]
    pub fn new(
        session: &Session,
        compiled: &Compiled,
        rate: f64,
        assets: &dyn Assets,
        end: Option<f64>,
    ) -> Player {
        let clock = Clock::new(session, rate);
        let lines = session
            .tracks
            .iter()
            .filter(|t| !t.plays.is_empty())
            .filter_map(|t| line(session, t, compiled, assets))
            .collect();
        let end = end.and_then(|beats| Frac::from_f64(beats / clock.cycle()));
        Player {
            lines,
            clock,
            next: Frac::int(0),
            from: 0,
            end,
            id: 0,
            unknown: BTreeSet::new(),
            warnings: Vec::new(),
        }
    }

    /// Begins at `frame` on `clock`: what begins earlier is not sent.
    pub fn resume(&mut self, clock: Clock, frame: u64) {
        self.next = clock.step_before(frame, STEPS);
        (self.clock, self.from) = (clock, frame);
    }

    /// Numbers its notes on from those of `before`, so that the ends of both find theirs.
    pub fn number_from(&mut self, before: &Player) {
        self.id = before.id;
    }

    /// Whether it plays anything on the strip `name`.
    #[must_use]
    pub fn plays(&self, name: &str) -> bool {
        self.lines.iter().any(|line| line.name == name)
    }

    /// Musical time, as this player reads it.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sends every event that begins before `frame` and was not sent yet, in order of their beginnings.
    pub fn fill(&mut self, frame: u64, mut send: impl FnMut(Timed)) {
        while self.clock.frame(self.next) < frame {
            let mut to = self.next + Frac::new(1, STEPS);
            if let Some(end) = self.end {
                if self.next >= end {
                    return;
                }
                to = to.min(end);
            }
            self.ask(Span::new(self.next, to), &mut send);
            self.next = to;
        }
    }

    /// What went wrong since the last call: sounds that do not exist, patterns that failed.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    fn ask(&mut self, span: Span, send: &mut impl FnMut(Timed)) {
        let lines = std::mem::take(&mut self.lines);
        for line in &lines {
            for pattern in &line.patterns {
                match pattern.try_query(span) {
                    Ok(mut events) => {
                        events.retain(Event::has_onset);
                        events.sort_by_key(|e| e.whole_or_part().begin);
                        for event in &events {
                            self.play(line, event, send);
                        }
                    }
                    Err(error) => self.warn(format!("track `{}`: {error}", line.name)),
                }
            }
        }
        self.lines = lines;
    }

    fn warn(&mut self, message: String) {
        if self.unknown.insert(message.clone()) {
            self.warnings.push(message);
        }
    }

    /// Sends one event of a pattern: parameters first, then the note and its end.
    fn play(&mut self, line: &Line, event: &Event, send: &mut impl FnMut(Timed)) {
        let span = event.whole_or_part();
        let controls = controls(&event.value);
        let number = |name: &str| controls.get(name).and_then(Value::as_num);
        let from = self.clock.frame(span.begin);
        if from < self.from {
            return;
        }
        let gate = number("clip").or(number("gate")).unwrap_or(1.0).clamp(0.001, 64.0);
        let full = self.clock.frame(span.end).max(from + 1);
        let to = from + (((full - from) as f64 * gate).round() as u64).max(1);
        let velocity = number("velocity").unwrap_or(VELOCITY) * number("gain").unwrap_or(1.0);
        let mut used = BTreeSet::from(["note", "n", "s", "velocity", "gain", "gate", "clip"]);
        if let Some(task) = line.target
            && let Some((key, names)) = self.key(line, &controls)
        {
            let id = self.id;
            self.id = self.id.wrapping_add(1);
            let mut emit = |frame, kind| {
                send(Timed { frame, level: task.level, job: task.job, task: task.task, kind });
            };
            for (slot, name) in names.iter().enumerate() {
                if let Some(value) = number(name) {
                    let (slot, value) = (slot as u16, value as f32);
                    emit(from, EventKind::NoteParam { id, slot, value });
                    used.insert(name);
                }
            }
            if let Some(pan) = number("pan") {
                let value = (pan * 2.0 - 1.0) as f32;
                emit(from, EventKind::NoteParam { id, slot: PAN_SLOT, value });
                used.insert("pan");
            }
            let velocity = velocity.clamp(0.0, 1.0) as f32;
            emit(from, EventKind::NoteOn { id, key, velocity });
            emit(to, EventKind::NoteOff { id });
        }
        let rest = controls.iter().filter(|(name, _)| !used.contains(name.as_str()));
        for (name, value) in rest {
            self.set(line, name, value, from, send);
        }
    }

    /// A control that the instrument does not know sets the parameter of that name in the chain.
    fn set(
        &mut self,
        line: &Line,
        name: &str,
        value: &Value,
        frame: u64,
        send: &mut impl FnMut(Timed),
    ) {
        let Some(value) = value.as_num() else { return };
        let ending = format!(".{name}");
        let found =
            line.strip.params.iter().find(|(path, _)| *path == name || path.ends_with(&ending));
        match found {
            Some((_, ParamTarget { task, index })) => {
                let kind = EventKind::Param { index: *index, value: value as f32 };
                let (level, job) = line.strip.at;
                send(Timed { frame, level, job, task: *task, kind });
            }
            None => self.warn(format!(
                "track `{}`: nothing has a parameter `{name}`; the pattern's values have no effect",
                line.name
            )),
        }
    }

    /// Key of the event's note, and the names of the parameters that its voice knows.
    fn key<'l>(
        &mut self,
        line: &'l Line,
        controls: &BTreeMap<String, Value>,
    ) -> Option<(f32, Vec<&'l str>)> {
        match &line.voice {
            Voice::Nothing => None,
            Voice::Instrument(params) => {
                let value = controls.get("note").or(controls.get("n")).or(controls.get("s"));
                let key = match value {
                    Some(Value::Text(name)) => match note::to_midi(name) {
                        Some(key) => key,
                        None => value.and_then(Value::as_num).or_else(|| {
                            self.warn(format!("track `{}`: `{name}` is not a note", line.name));
                            None
                        })?,
                    },
                    Some(value) => value.as_num()?,
                    None => 60.0,
                };
                Some((key as f32, params.iter().map(String::as_str).collect()))
            }
            Voice::Kit(sounds) => {
                let names: Vec<&str> = sounds.iter().map(|s| s.0.as_str()).collect();
                let index = self.sound(line, controls, &names)?;
                Some((index as f32, sounds[index].1.iter().map(String::as_str).collect()))
            }
            Voice::Sampler(sounds) => {
                let params = crate::nodes::sampler::NOTE_PARAMS.to_vec();
                let names: Vec<&str> = sounds.iter().map(String::as_str).collect();
                let named = controls.get("s").is_some_and(|s| matches!(s, Value::Text(_)));
                if named {
                    let index = self.sound(line, controls, &names)?;
                    return Some((index as f32, params));
                }
                let note = controls.get("note").or(controls.get("n"));
                let key = match note {
                    Some(Value::Text(name)) => note::to_midi(name)?,
                    Some(value) => value.as_num()?,
                    None => 60.0,
                };
                Some((key as f32, params))
            }
        }
    }

    /// Index of the sound that the controls ask for.
    fn sound(
        &mut self,
        line: &Line,
        controls: &BTreeMap<String, Value>,
        names: &[&str],
    ) -> Option<usize> {
        match controls.get("s").or(controls.get("note")).or(controls.get("n")) {
            Some(Value::Text(name)) => {
                let found = names.iter().position(|n| *n == name.as_ref());
                if found.is_none() {
                    let near = crate::diag::nearest(name, names.iter().copied());
                    let hint = near.map_or_else(
                        || format!("it has {}", names.join(" ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.warn(format!("track `{}`: there is no sound `{name}`; {hint}", line.name));
                }
                found
            }
            Some(value) => {
                let number = value.as_num()?.max(0.0) as usize;
                let general =
                    general_midi(number).and_then(|gm| names.iter().position(|n| *n == gm));
                general.or((!names.is_empty()).then(|| number % names.len().max(1)))
            }
            None => Some(0),
        }
    }
}

/// The drum that General MIDI (1991, percussion key map) has on a note, by our name for it.
fn general_midi(note: usize) -> Option<&'static str> {
    Some(match note {
        35 | 36 => "bd",
        37 => "rim",
        38 | 40 => "sn",
        39 => "cp",
        41 | 43 => "lt",
        42 | 44 => "hh",
        45 | 47 => "mt",
        46 => "oh",
        48 | 50 => "ht",
        49 | 52 | 55 | 57 => "cr",
        51 | 53 | 59 => "rd",
        54 => "tb",
        56 => "cb",
        62 | 63 => "hc",
        64 => "lc",
        70 | 82 => "sh",
        75 => "cl",
        _ => return None,
    })
}

/// The controls of an event's value: a bare number or word is a note or a sound, `a:b` a sound and its
/// number.
fn controls(value: &Value) -> BTreeMap<String, Value> {
    match value {
        Value::Map(map) => map.iter().map(|(k, v)| (k.to_string(), v.clone())).collect(),
        Value::Num(_) => BTreeMap::from([("note".to_string(), value.clone())]),
        Value::Text(_) => BTreeMap::from([("s".to_string(), value.clone())]),
        Value::List(list) => {
            let names = ["s", "n", "gain"];
            names.iter().zip(list).map(|(k, v)| (k.to_string(), v.clone())).collect()
        }
        Value::Bool(_) => BTreeMap::new(),
    }
}

fn line(
    session: &Session,
    track: &Track,
    compiled: &Compiled,
    assets: &dyn Assets,
) -> Option<Line> {
    let strip = compiled.strips.iter().find(|s| s.name == track.name)?.clone();
    let target = strip.player;
    let voice = voice(session, track.source, assets);
    Some(Line { patterns: track.plays.clone(), strip, target, voice, name: track.name.clone() })
}

fn voice(session: &Session, source: NodeId, assets: &dyn Assets) -> Voice {
    let node = session.node(source);
    let params = |node: &Node| match node.args.get("index") {
        Some(Arg::Number(index)) => session
            .instruments
            .get(*index as usize)
            .map(|i| i.params.iter().map(|p| p.0.clone()).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    match node.kind.as_str() {
        "instrument" => Voice::Instrument(params(node)),
        "kit" => {
            let names = node.text("sounds").unwrap_or("").split_whitespace();
            let sounds = node.inputs.iter().map(|&i| params(session.node(i)));
            Voice::Kit(names.map(String::from).zip(sounds).collect())
        }
        "sampler" => {
            let path = node.text("path").unwrap_or("");
            Voice::Sampler(crate::nodes::sampler::sounds(path, assets).unwrap_or_default())
        }
        _ => Voice::Nothing,
    }
}
