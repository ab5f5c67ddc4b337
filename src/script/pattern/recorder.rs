//! What the closure of `loop_every` plays on: notes at the time of a virtual clock.

use crate::pattern::random::rand_at;
use crate::pattern::{Frac, PatternError, Value};
use crate::script::args::describe;
use crate::script::build::{Fallible, number};
use crate::script::operators::fail;
use rhai::{Array, Dynamic, Engine};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most notes of a turn.
const MOST_NOTES: usize = 4_096;
/// How far apart random numbers of one moment are looked up, in cycles, as mini-notation does.
const APART: f64 = 0.0003;

/// One turn of a loop while it is recorded.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<State>>);

struct State {
    turn: i64,
    /// Length of the turn in beats.
    beats: Frac,
    /// Beats since the begin of the turn.
    now: Frac,
    /// What notes have besides their pitch.
    controls: BTreeMap<Arc<str>, Value>,
    notes: Vec<Value>,
    draws: u32,
}

impl Recorder {
    /// The recorder of a turn, from the list of its number and its length.
    pub fn new(given: &Value) -> Recorder {
        let field = |i: usize| match given {
            Value::List(l) => l.get(i).cloned(),
            _ => None,
        };
        let turn = field(0).and_then(|v| v.as_num()).unwrap_or(0.0) as i64;
        let beats = field(1).and_then(|v| v.as_frac()).unwrap_or(Frac::ONE);
        let (controls, notes) = Default::default();
        Recorder(Arc::new(Mutex::new(State {
            turn,
            beats,
            now: Frac::ZERO,
            controls,
            notes,
            draws: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has been recorded: a list of `[begin, length, value]` in beats.
    pub fn notes(&self) -> Result<Value, PatternError> {
        Ok(Value::List(std::mem::take(&mut self.state().notes)))
    }

    /// Adds a note now.
    fn play(
        &self,
        control: &str,
        what: &Dynamic,
        length: &Dynamic,
        velocity: Option<&Dynamic>,
    ) -> Fallible<()> {
        let mut state = self.state();
        let length = beats("the length of a note", length)?;
        if length == Frac::ZERO {
            return fail("a note of no length cannot be played\nlengths are in beats and above 0");
        }
        if state.now >= state.beats {
            return fail(format!(
                "a turn is {} beats long, and this plays at beat {}\n\
                 wait less, or make the turns of `loop_every` longer",
                state.beats, state.now
            ));
        }
        if state.notes.len() >= MOST_NOTES {
            return fail(format!("a turn has at most {MOST_NOTES} notes"));
        }
        let value = super::values::from_dynamic(what);
        let Some(value @ (Value::Num(_) | Value::Text(_))) = value else {
            return fail(format!("a note is a number or a name, not {}", describe(what)));
        };
        let mut controls = state.controls.clone();
        controls.insert(control.into(), value);
        if let Some(v) = velocity.and_then(number) {
            // Above 1 it can only be a MIDI velocity.
            controls.insert("velocity".into(), Value::Num(if v > 1.0 { v / 127.0 } else { v }));
        }
        // A note rings at most until the next turn ends.
        let length = length.min(state.beats + state.beats - state.now);
        let note = Value::List(vec![state.now.into(), length.into(), Value::Map(controls)]);
        state.notes.push(note);
        Ok(())
    }

    fn wait(&self, by: &Dynamic) -> Fallible<()> {
        let by = beats("the time to wait", by)?;
        let mut state = self.state();
        state.now = state.now + by;
        Ok(())
    }

    /// A random number, 0 to 1, of this moment of the piece.
    fn random(&self) -> f64 {
        let mut state = self.state();
        state.draws += 1;
        let at = state.beats * Frac::int(state.turn) + state.now;
        rand_at(at.to_f64() / 4.0 + APART * f64::from(state.draws))
    }
}

fn beats(what: &str, x: &Dynamic) -> Fallible<Frac> {
    match number(x).and_then(Frac::from_f64).filter(|b| *b >= Frac::ZERO) {
        Some(b) => Ok(b),
        None => fail(format!("{what} is a number of beats, at least 0, not {}", describe(x))),
    }
}

/// Binds what can be done with it.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Recorder>("Turn");
    for (name, control) in [("note", "note"), ("sound", "s")] {
        engine.register_fn(name, move |r: Recorder, what: Dynamic| {
            r.play(control, &what, &Dynamic::from_float(1.0), None)
        });
        engine.register_fn(name, move |r: Recorder, what: Dynamic, length: Dynamic| {
            r.play(control, &what, &length, None)
        });
        let full = move |r: Recorder, what: Dynamic, length: Dynamic, velocity: Dynamic| {
            r.play(control, &what, &length, Some(&velocity))
        };
        engine.register_fn(name, full);
    }
    engine.register_fn("wait", |r: Recorder, by: Dynamic| r.wait(&by));
    engine.register_fn("set", |r: Recorder, name: &str, value: Dynamic| -> Fallible<()> {
        match super::values::from_dynamic(&value) {
            Some(value) => {
                r.state().controls.insert(name.into(), value);
                Ok(())
            }
            None => fail(format!("a control cannot be {}", describe(&value))),
        }
    });
    engine.register_get("turn", |r: &mut Recorder| r.state().turn);
    engine.register_get("beat", |r: &mut Recorder| r.state().now.to_f64());
    engine.register_fn("random", |r: Recorder| r.random());
    engine.register_fn("random", |r: Recorder, low: Dynamic, high: Dynamic| -> Fallible<f64> {
        match (number(&low), number(&high)) {
            (Some(low), Some(high)) => Ok(low + r.random() * (high - low)),
            _ => fail("`random(low, high)` takes two numbers"),
        }
    });
    engine.register_fn("choose", |r: Recorder, list: Array| -> Fallible<Dynamic> {
        let at = libm::floor(r.random() * list.len() as f64) as usize;
        match list.get(at) {
            Some(one) => Ok(one.clone()),
            None => fail("there is nothing to choose from"),
        }
    });
}
