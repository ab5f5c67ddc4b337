//! MIDI effects at work: messages become values for the script's functions, and what these return messages again.

use super::super::clock::Clock;
use crate::pattern::Value;
use crate::rt::Arrival;
use crate::rt::midi::UNPLUGGED;
use crate::session::{MidiEffect, Session, Way};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seconds by which what goes through an effect is heard later than what goes straight: what a thread of an ordinary
/// system and a function of the script may take.
pub const LATENCY: f64 = 0.008;

/// Messages that one call may return; more are left out.
const MOST: usize = 128;

/// An effect and what it has come to.
struct Running {
    effect: MidiEffect,
    input: u8,
    output: u8,
    /// `this` of the function.
    state: Value,
    /// The next beat at which it is called by itself, counted in its ticks.
    tick: Option<f64>,
}

/// The effects of what plays. Used on the thread of MIDI.
#[derive(Default)]
pub struct Effects {
    running: Vec<Running>,
    clock: Option<Clock>,
}

/// A value without anything in it.
fn nothing() -> Value {
    Value::Map(BTreeMap::new())
}

impl Effects {
    /// Takes over the effects of `session`, which plays by `clock` from now on. One that is as it was goes on from what it
    /// had come to; the notes of others are ended through `send`.
    pub fn follow(&mut self, session: &Session, clock: Clock, mut send: impl FnMut(Arrival)) {
        let mut before = std::mem::take(&mut self.running);
        for effect in &session.effects {
            let input = effect.port.number(Way::In);
            let output = MidiEffect::output(&effect.port).number(Way::In);
            let (Some(input), Some(output)) = (input, output) else { continue };
            let same = before.iter().position(|r| r.effect == *effect);
            let (state, tick) =
                same.map_or((nothing(), None), |i| (before[i].state.clone(), before[i].tick));
            if let Some(i) = same {
                before.remove(i);
            }
            self.running.push(Running { effect: effect.clone(), input, output, state, tick });
        }
        for gone in before {
            send(Arrival { frame: 0, port: gone.output, bytes: [UNPLUGGED, 0, 0] });
        }
        self.clock = Some(clock);
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Puts a message through the effects of its port. What is wrong with a function is returned.
    pub fn hear(
        &mut self,
        (frame, port, bytes): (u64, u8, &[u8]),
        mut send: impl FnMut(Arrival),
    ) -> Vec<String> {
        let Effects { running, clock } = self;
        let Some(clock) = clock else { return Vec::new() };
        let heard = running.iter_mut().filter(|r| r.input == port);
        heard
            .filter_map(|effect| {
                let message = to_value(bytes, clock.beat(frame))?;
                effect.call(message, frame, clock, &mut send).err()
            })
            .collect()
    }

    /// A port is gone: its effects forget what they knew, and what they have sent is ended.
    pub fn end(&mut self, port: u8, mut send: impl FnMut(Arrival)) {
        for effect in self.running.iter_mut().filter(|r| r.input == port) {
            effect.state = nothing();
            send(Arrival { frame: 0, port: effect.output, bytes: [UNPLUGGED, 0, 0] });
        }
    }

    /// Calls those that are called by themselves, up to `frame`.
    pub fn tick(&mut self, frame: u64, mut send: impl FnMut(Arrival)) -> Vec<String> {
        let Effects { running, clock } = self;
        let Some(clock) = clock else { return Vec::new() };
        let mut told = Vec::new();
        for effect in running.iter_mut().filter(|r| r.effect.ticks > 0.0) {
            let now = clock.beat(frame) * effect.effect.ticks;
            // After a jump it goes on from there.
            let mut next = effect.tick.filter(|t| (now - t).abs() < 16.0).unwrap_or(now.ceil());
            while next <= now {
                let beat = next / effect.effect.ticks;
                let message = map([
                    ("kind", Value::text("tick")),
                    ("beat", Value::Num(beat)),
                    ("count", Value::Num(next)),
                ]);
                told.extend(effect.call(message, clock.frame_of(beat), clock, &mut send).err());
                next += 1.0;
            }
            effect.tick = Some(next);
        }
        told
    }
}

impl Running {
    fn call(
        &mut self,
        message: Value,
        frame: u64,
        clock: &Clock,
        send: &mut impl FnMut(Arrival),
    ) -> Result<(), String> {
        let given = map([("message", message), ("this", self.state.clone())]);
        let returned = (self.effect.run.run)(&given).map_err(|error| error.to_string())?;
        let Value::Map(mut parts) = returned else { return Ok(()) };
        self.state = parts.remove("this").unwrap_or_else(nothing);
        let sent = match parts.remove("send") {
            Some(Value::List(list)) => list,
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let late = (LATENCY * clock.rate()).round();
        for value in sent.iter().take(MOST) {
            let (bytes, delay) = from_value(value)?;
            let frame = frame + (late + delay * clock.rate()).round() as u64;
            send(Arrival { frame, port: self.output, bytes });
        }
        Ok(())
    }
}

fn map<const N: usize>(parts: [(&str, Value); N]) -> Value {
    let parts: BTreeMap<Arc<str>, Value> =
        parts.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Value::Map(parts)
}

/// What a message is to a script; `None` for those that effects do not get.
fn to_value(bytes: &[u8], beat: f64) -> Option<Value> {
    let &[status, a, ref rest @ ..] = bytes else { return None };
    let (a, b) = (f64::from(a), f64::from(rest.first().copied().unwrap_or(0)));
    let (kind, names) = match status & 0xf0 {
        0x80 => ("note_off", [("note", a), ("velocity", b)]),
        0x90 if b == 0.0 => ("note_off", [("note", a), ("velocity", 64.0)]),
        0x90 => ("note_on", [("note", a), ("velocity", b)]),
        0xa0 => ("key_pressure", [("note", a), ("value", b)]),
        0xb0 => ("control", [("number", a), ("value", b)]),
        0xc0 => ("program", [("number", a), ("value", a)]),
        0xd0 => ("pressure", [("number", 0.0), ("value", a)]),
        0xe0 => ("bend", [("number", 0.0), ("value", b * 128.0 + a - 8192.0)]),
        _ => return None,
    };
    let [(first, x), (second, y)] = names;
    Some(map([
        ("kind", Value::text(kind)),
        ("channel", Value::Num(f64::from(status & 15) + 1.0)),
        (first, Value::Num(x)),
        (second, Value::Num(y)),
        ("beat", Value::Num(beat)),
    ]))
}

/// The message that a script returned, and by how many seconds it is to be later.
fn from_value(value: &Value) -> Result<([u8; 3], f64), String> {
    let Value::Map(parts) = value else {
        return Err(format!(
            "a function of `on_midi` returns messages, as `m`, `[m, m.transpose(7)]` or `[]`, not {value}"
        ));
    };
    let number = |name: &str| parts.get(name).and_then(Value::as_num);
    let seven = |name: &str| number(name).unwrap_or(0.0).round().clamp(0.0, 127.0) as u8;
    let channel = (number("channel").unwrap_or(1.0).clamp(1.0, 16.0) as u8) - 1;
    let kind = match parts.get("kind") {
        Some(Value::Text(kind)) => kind.to_string(),
        _ => "none".into(),
    };
    let velocity = || number("velocity").unwrap_or(64.0).round().clamp(0.0, 127.0) as u8;
    let (status, a, b) = match kind.as_str() {
        "note_on" => (0x90, seven("note"), velocity().max(1)),
        "note_off" => (0x80, seven("note"), velocity()),
        "key_pressure" => (0xa0, seven("note"), seven("value")),
        "control" => (0xb0, seven("number"), seven("value")),
        "program" => (0xc0, seven("number"), 0),
        "pressure" => (0xd0, seven("value"), 0),
        "bend" => {
            let value = (number("value").unwrap_or(0.0) + 8192.0).clamp(0.0, 16_383.0) as u16;
            (0xe0, (value & 127) as u8, (value >> 7) as u8)
        }
        other => {
            return Err(format!(
                "`{other}` is no kind of message: note_on note_off key_pressure control program \
                 pressure bend"
            ));
        }
    };
    Ok(([status | channel, a, b], number("delay").unwrap_or(0.0).clamp(0.0, 10.0)))
}
