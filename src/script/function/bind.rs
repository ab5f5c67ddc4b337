//! `dsp(f)`, `signal(f)`, `shape(f)`, `analyser(f)`: functions of the script as effects, sources and signals.

use super::compile;
use crate::nodes::function::{FUNCTION, Purpose, kind_of};
use crate::nodes::{Kind, Ports};
use crate::script::args::bind;
use crate::script::build::{Build, Fallible, with};
use crate::script::entries::{Entry, entry};
use crate::script::value::{Failed, Fx, Signal};
use crate::session::{Arg, Node};
use crate::units::Place;
use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};
use std::sync::Arc;

/// Binds them.
pub fn register(engine: &mut Engine) {
    super::buffer::register(engine);
    for (purpose, name) in Purpose::ALL {
        engine.register_fn(name, move |cx: Cx, f: FnPtr| made(&cx, purpose, &f, None, &[]));
        engine.register_fn(name, move |cx: Cx, f: FnPtr, options: Map| {
            made(&cx, purpose, &f, None, &[options.into()])
        });
        if purpose != Purpose::Signal {
            engine.register_fn(name, move |cx: Cx, x: Signal, f: FnPtr| {
                made(&cx, purpose, &f, Some(x), &[])
            });
            engine.register_fn(name, move |cx: Cx, x: Signal, f: FnPtr, options: Map| {
                made(&cx, purpose, &f, Some(x), &[options.into()])
            });
        }
    }
}

/// An effect or a signal that is the function `f`; of the signal `input`, if there is one.
fn made(
    cx: &Cx,
    purpose: Purpose,
    f: &FnPtr,
    input: Option<Signal>,
    options: &[Dynamic],
) -> Fallible<Dynamic> {
    let compiled = match compile(cx, f, purpose) {
        Ok(compiled) => compiled,
        Err(refused) => {
            with(cx, |build, _| build.report(*refused));
            return Ok(Dynamic::from(Failed));
        }
    };
    Ok(with(cx, |build, place| {
        let program = Arc::new(compiled.program);
        let mut node = Node::new(purpose.name(), Vec::new());
        node.args.insert(FUNCTION.into(), Arg::Program(program.clone()));
        node.place = place.clone();
        let Some(kind) = kind_of(&node) else { return Dynamic::from(Failed) };
        let own: Vec<_> = compiled.driven.iter().map(|(name, _)| name.clone()).collect();
        missing(build, kind, options, &own, &place);
        node.args.extend(bind(build, kind.name, kind.params, options, 1, &place));
        for (name, signal) in compiled.driven {
            node.args.entry(name).or_insert(Arg::signal(signal));
        }
        match (kind.ports, input) {
            (Ports::Source(_), None) => Dynamic::from(Signal(build.session.add(node))),
            (Ports::Source(_), Some(_)) => {
                let message = format!("`{}` hears no sound", kind.name);
                let hint = "name an argument `x`, or two `left, right`";
                build.report(crate::diag::Diagnostic::error(message, place).hint(hint));
                Dynamic::from(Failed)
            }
            (_, None) => Dynamic::from(Fx::Node(Box::new(node))),
            (_, Some(input)) => {
                node.inputs = vec![input.0];
                Dynamic::from(Signal(build.session.add(node)))
            }
        }
    }))
}

/// Complains of parameters that have neither a value nor a default.
fn missing(
    build: &mut Build,
    kind: &Kind,
    options: &[Dynamic],
    captured: &[String],
    place: &Place,
) {
    let given = |name: &str| {
        options.iter().any(|o| o.read_lock::<Map>().is_some_and(|map| map.contains_key(name)))
    };
    let open = kind.params.iter().filter(|p| {
        let said = given(p.name) || captured.iter().any(|name| name == p.name);
        let free = p.range == (f64::MIN, f64::MAX) && p.default == 0.0;
        !said && free && p.kind == crate::nodes::ParamKind::Number
    });
    for param in open {
        let name = param.name;
        let message = format!("`{}` does not say what `{name}` is", kind.name);
        let hint = format!(
            "give it: #{{{name}: 0.5}}; or write a default above the function: /// {name}: 0..1 = 0.5"
        );
        build.report(crate::diag::Diagnostic::error(message, place.clone()).hint(hint));
    }
}

const GROUP: &str = "Functions on the audio thread";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["dsp"],
        GROUP,
        "dsp(function, #{parameters})",
        "A function of the script, compiled, as an effect, a source or a part of a voice. The names of its arguments say what \
         they are: `x` is sound, channel by channel; `left, right` both channels; `t` seconds, `beat`, `bpm`, `sample_rate`; \
         `freq gate velocity note` are a voice's; every other one is a parameter: a number or a signal, which can be \
         automated and mapped. `/// cutoff: 20..20000 Hz = 1200, exp` above the function gives range, unit, default and \
         curve. It is called for every frame and returns a number, or [left, right]. `this.z` is kept from frame to frame (0.0 \
         at first; `this.i ?? 0` begins as a whole number), `this.line.pad(4800, 0.0)` makes an array; every call of \
         another function that keeps something has a state of its own.",
        "fn one_pole(x, cutoff) { let a = exp(-TAU * cutoff / sample_rate); \
         this.z = x * (1.0 - a) + this.z * a; this.z } \
         track(\"a\", saw(110) * 0.2 |> dsp(one_pole, #{cutoff: lfo(\"sine\", 0.5).range(200, 2000)}));",
    ),
    entry(
        &["signal"],
        GROUP,
        "signal(function, #{parameters})",
        "A control signal that is a function of the script, such as `|t| sin(TAU * t)`: `t` in seconds, `beat`, `bpm`, and \
         parameters, as in `dsp`. It is computed once a block of 64 frames and moves in straight lines between; with \
         `#{audio: true}`, or if it keeps something, for every frame.",
        "track(\"a\", sine(220) * 0.2 |> gain(signal(|t| 0.5 + 0.5 * sin(TAU * t * 3.0))));",
    ),
    entry(
        &["shape"],
        GROUP,
        "shape(function, #{parameters})",
        "A wave shaper: `x` goes through a curve of the script's own. Not oversampled.",
        "track(\"a\", sine(110) * 0.5 |> shape(|x| x - x * x * x / 3.0));",
    ),
    entry(
        &["analyser"],
        GROUP,
        "analyser(sound, function, #{parameters})",
        "A signal for others that the script computes of sound: of `x` (each frame of a channel) or `left, right`.",
        "let level = analyser(tap(\"a\"), |x, speed| { this.y += (abs(x) - this.y) * speed; this.y }, #{speed: 0.001}); \
         track(\"a\", saw(55) * 0.2); track(\"b\", sine(220) * level);",
    ),
];
