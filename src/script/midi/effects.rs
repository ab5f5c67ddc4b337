//! MIDI effects: `on_midi(port, |m| ..)`.

use super::port;
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::script::args::{bind, describe};
use crate::script::build::{Site, number, with};
use crate::script::pattern::values::{Role, kept};
use crate::script::value::Failed;
use crate::session::{Arg, MidiEffect};
use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};

/// Options of `on_midi`.
const OPTIONS: &[Param] = &[Param::number(
    "ticks",
    "",
    (0.0, 96.0),
    0.0,
    "How often in a beat it is also called by itself, with a message of kind \"tick\".",
)
.fixed()];

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("on_midi", |cx: Cx, port: Dynamic, run: Dynamic| {
        on_midi(&cx, &port, &run, &[]);
    });
    engine.register_fn("on_midi", |cx: Cx, port: Dynamic, run: Dynamic, options: Map| {
        on_midi(&cx, &port, &run, &[options.into()]);
    });
}

fn on_midi(cx: &Cx, from: &Dynamic, run: &Dynamic, options: &[Dynamic]) {
    let Some(function) = run.clone().try_cast::<FnPtr>() else {
        return with(cx, |build, place| {
            if !run.is::<Failed>() {
                let message =
                    format!("`on_midi` takes a function of messages, not {}", describe(run));
                let hint = "for example `on_midi(keys, |m| [m, m.transpose(7)])`";
                build.report_at(Diagnostic::error(message, place).hint(hint), Site::Index(1));
            }
        });
    };
    let run = kept(cx, &function, Role::Midi);
    with(cx, |build, place| {
        let Some(port) = port(build, Some(from), &place) else { return };
        let given = bind(build, "on_midi", OPTIONS, options, 2, &place);
        let ticks = match given.get("ticks") {
            Some(Arg::Number(n)) => *n,
            _ => 0.0,
        };
        let effects = &mut build.session.effects;
        if effects.iter().any(|effect| effect.port == port.0) {
            let message = format!("\"{}\" has an effect already", port.0.name);
            let hint = "put both into one function: `|m| second.call(first.call(m))`";
            return build.report(Diagnostic::error(message, place).hint(hint));
        }
        effects.push(MidiEffect { port: port.0, run, ticks });
    });
}

/// Methods of messages, for functions that run while music plays.
pub fn methods(engine: &mut Engine) {
    engine.register_fn("transpose", |message: Map, semitones: Dynamic| {
        changed(message, "note", |note| note + number(&semitones).unwrap_or(0.0))
    });
    engine.register_fn("louder", |message: Map, factor: Dynamic| {
        let factor = number(&factor).unwrap_or(1.0);
        changed(message, "velocity", |velocity| (velocity * factor).clamp(0.0, 127.0))
    });
    engine.register_fn("later", |mut message: Map, seconds: Dynamic| {
        let before = message.get("delay").and_then(number).unwrap_or(0.0);
        let delay = before + number(&seconds).unwrap_or(0.0);
        message.insert("delay".into(), Dynamic::from_float(delay));
        message
    });
    engine.register_fn("on_channel", |mut message: Map, channel: Dynamic| {
        message.insert("channel".into(), channel);
        message
    });
}

/// A message with another value of what it may say nothing of.
fn changed(mut message: Map, name: &str, change: impl Fn(f64) -> f64) -> Map {
    if let Some(value) = message.get_mut(name)
        && let Some(x) = number(value)
    {
        *value = Dynamic::from_float(change(x));
    }
    message
}
