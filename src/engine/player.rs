//! Patterns to events: each track's patterns are asked for a stretch of time ahead, and what begins
//! there becomes notes at exact frames.

mod chase;
pub(super) mod drums;
mod early;
pub(super) mod voice;

use self::early::Early;
use self::voice::{Told, Voice, controls, voice};
use super::clock::Clock;
use crate::graph::{Compiled, ParamTarget, StripRef, TaskRef};
use crate::nodes::table::Assets;
use crate::pattern::{Event, Frac, Pattern, SourceSpan, Span, Value};
use crate::rt::event::EventKind;
use crate::rt::job::Timed;
use crate::rt::voices::PAN_SLOT;
use crate::session::{Arg, Session, Track};
use std::collections::{BTreeMap, BTreeSet};

/// Parts of a cycle; one is asked for at a time.
const STEPS: i64 = 4;
/// What the controls of an event say to the player; all others are parameters.
const OWN: [&str; 12] = [
    "note",
    "n",
    "s",
    "velocity",
    "gain",
    "gate",
    "clip",
    "midichan",
    "miditrack",
    "ccn",
    "ccv",
    "midibend",
];
/// The same where somebody else gives the tempo: it is followed from step to step.
const FINE: i64 = 16;

/// The patterns of one track and where their events go.
struct Line {
    patterns: Vec<Pattern>,
    strip: StripRef,
    target: Option<TaskRef>,
    voice: Voice,
    /// Semitones of a full pitch bend.
    bend: f64,
    name: String,
    /// It plays what is outside of the program.
    hardware: bool,
    /// Frames by which its events are sent earlier than they are heard.
    early: i64,
    /// It played before the edit that began this music: what it sends early, the music before has sent.
    goes_on: bool,
}

/// An event that a pattern plays, for those who watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Onset {
    /// Name of the track.
    pub slot: String,
    /// Its first frame.
    pub begin: u64,
    /// The frame behind its last.
    pub end: u64,
    /// Where it is written: bytes of all sources of the script.
    pub source: Vec<SourceSpan>,
}

/// Onsets that are kept for those who watch.
const ONSETS: usize = 4096;

/// Plays the patterns of a session into a renderer.
pub struct Player {
    lines: Vec<Line>,
    clock: Clock,
    /// The first moment that has not been asked for, in cycles.
    next: Frac,
    /// Parts of a cycle.
    steps: i64,
    /// What begins before this frame has been played already.
    from: u64,
    /// What songs have said before that has not been said again.
    behind: bool,
    /// Events end here.
    end: Option<Frac>,
    id: u32,
    early: Early,
    /// Names of sounds that a pattern asked for and no kit has, said once.
    unknown: BTreeSet<String>,
    warnings: Vec<String>,
    /// What was played since it was asked for last, if anybody watches.
    onsets: Option<Vec<Onset>>,
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
            .filter_map(|t| line(session, t, (compiled, rate), assets))
            .collect();
        let end = end.and_then(|beats| Frac::from_f64(beats / clock.cycle()));
        Player {
            lines,
            clock,
            next: Frac::int(0),
            steps: STEPS,
            from: 0,
            behind: false,
            end,
            id: 0,
            early: Early::default(),
            unknown: BTreeSet::new(),
            warnings: Vec::new(),
            onsets: None,
        }
    }

    /// Begins at `frame` on `clock`: what begins earlier is not sent.
    pub fn resume(&mut self, clock: Clock, frame: u64) {
        self.steps = if clock.is_followed() { FINE } else { STEPS };
        self.next = clock.step_before(frame, self.steps);
        (self.clock, self.from, self.behind) = (clock, frame, true);
    }

    /// The first moment that has not been asked for, in cycles.
    #[must_use]
    pub fn moment(&self) -> Frac {
        self.next
    }

    /// Reads time off `clock` from here on; returns the one before.
    pub fn turn(&mut self, clock: Clock) -> Clock {
        self.steps = if clock.is_followed() { FINE } else { STEPS };
        std::mem::replace(&mut self.clock, clock)
    }

    /// Numbers its notes on from those of `before`, so that the ends of both find theirs; who watched that
    /// one watches this one.
    pub fn follow(&mut self, before: &mut Player) {
        (self.id, self.onsets) = (before.id, before.onsets.take());
        for line in &mut self.lines {
            line.goes_on = before.lines.iter().any(|b| b.name == line.name && b.hardware);
        }
    }

    /// What was played since the last call; from the first call on it is noted.
    pub fn take_onsets(&mut self) -> Vec<Onset> {
        self.onsets.replace(Vec::new()).unwrap_or_default()
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
        if std::mem::take(&mut self.behind) {
            self.chase(&mut send);
        }
        let lead = self.lead();
        while self.clock.frame(self.next) < frame + lead {
            let mut to = self.next + Frac::new(1, self.steps);
            if let Some(end) = self.end {
                if self.next >= end {
                    break;
                }
                to = to.min(end);
            }
            self.ask(Span::new(self.next, to), &mut send);
            self.next = to;
        }
        self.early.send(frame, send);
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
        let due = from.saturating_sub_signed(line.early);
        if (if line.goes_on { due } else { from }) < self.from {
            return;
        }
        let (told, no_note) = voice::told(&controls);
        self.tell(line, told, from, send);
        if no_note {
            return self.set_all(line, &controls, &BTreeSet::from(OWN), from, send);
        }
        let gate = voice::gate(&controls);
        let full = self.clock.frame(span.end).max(from + 1);
        let to = from + (((full - from) as f64 * gate).round() as u64).max(1);
        self.note(line, event, from, to);
        let mut used = BTreeSet::from(OWN);
        if let Some(task) = line.target
            && let Some((key, names)) = self.key(line, &controls)
        {
            let id = self.id;
            self.id = self.id.wrapping_add(1);
            let early = &mut self.early;
            let mut emit = |frame: u64, kind| {
                let frame = frame.saturating_sub_signed(line.early);
                let event =
                    Timed { frame, level: task.level, job: task.job, task: task.task, kind };
                if line.early == 0 { send(event) } else { early.keep(event) }
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
            let velocity = voice::velocity(&controls) as f32;
            emit(from, EventKind::NoteOn { id, key, velocity });
            emit(to, EventKind::NoteOff { id });
        }
        self.set_all(line, &controls, &used, from, send);
    }

    /// Sets the parameters that are named by all controls but those that have been `used`.
    fn set_all(
        &mut self,
        line: &Line,
        controls: &BTreeMap<String, Value>,
        used: &BTreeSet<&str>,
        frame: u64,
        send: &mut impl FnMut(Timed),
    ) {
        for (name, value) in controls.iter().filter(|(name, _)| !used.contains(name.as_str())) {
            self.set(line, name, value, frame, send);
        }
    }

    /// Sends a controller and a bend to what plays the track.
    fn tell(&mut self, line: &Line, told: Told, frame: u64, send: &mut impl FnMut(Timed)) {
        let control =
            told.control.map(|(number, value)| EventKind::Control { number, value: value as f32 });
        let bend = told.bend.map(|bend| EventKind::Bend { semitones: (bend * line.bend) as f32 });
        let Some(TaskRef { level, job, task }) = line.target else { return };
        let frame = frame.saturating_sub_signed(line.early);
        for kind in control.into_iter().chain(bend) {
            let event = Timed { frame, level, job, task, kind };
            if line.early == 0 { send(event) } else { self.early.keep(event) }
        }
    }

    /// Notes an event for those who watch.
    fn note(&mut self, line: &Line, event: &Event, begin: u64, end: u64) {
        if let Some(onsets) = self.onsets.as_mut().filter(|o| o.len() < ONSETS) {
            let source = event.source.iter().collect();
            onsets.push(Onset { slot: line.name.clone(), begin, end, source });
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
            Some((_, targets)) => {
                let (level, job) = line.strip.at;
                for &ParamTarget { task, index } in targets {
                    let kind = EventKind::Param { index, value: value as f32 };
                    send(Timed { frame, level, job, task, kind });
                }
            }
            None => self.warn(format!(
                "track `{}`: nothing has a parameter `{name}`; the pattern's values have no effect",
                line.name
            )),
        }
    }
}

fn line(
    session: &Session,
    track: &Track,
    (compiled, rate): (&Compiled, f64),
    assets: &dyn Assets,
) -> Option<Line> {
    let strip = compiled.strips.iter().find(|s| s.name == track.name)?.clone();
    let voice = voice(session, track.source, assets);
    let source = session.node(track.source);
    let hardware = source.kind == "midi_out";
    // No fader stands between its notes and the ear.
    if hardware && strip.level.is_closing() {
        return None;
    }
    let early = match source.args.get("latency") {
        Some(Arg::Number(seconds)) if hardware => (seconds * rate).round() as i64,
        _ => 0,
    };
    let bend = voice::bend_range(session, track.source);
    let (patterns, target) = (track.plays.clone(), strip.player);
    let (name, goes_on) = (track.name.clone(), false);
    Some(Line { patterns, strip, target, voice, bend, name, hardware, early, goes_on })
}
