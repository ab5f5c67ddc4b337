//! `process_buffer(sound, f)`: a function of the script over a whole sound.

use super::compile;
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::nodes::function::{LENGTH, Purpose, kind};
use crate::script::args::{bind, describe};
use crate::script::build::{Site, with};
use crate::script::entries::{Entry, entry};
use crate::script::sound;
use crate::script::value::{Failed, Whole};
use crate::script::whole;
use crate::session::{Arg, How};
use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};
use std::sync::Arc;

/// Its option, besides the parameters of the function.
pub const OPTIONS: &[Param] = &[LENGTH];

/// Binds it.
pub fn register(engine: &mut Engine) {
    const NAME: &str = "process_buffer";
    engine.register_fn(NAME, |cx: Cx, f: FnPtr| made(&cx, None, &f, &[]));
    engine
        .register_fn(NAME, |cx: Cx, f: FnPtr, options: Map| made(&cx, None, &f, &[options.into()]));
    engine.register_fn(NAME, |cx: Cx, of: Dynamic, f: FnPtr| made(&cx, Some(&of), &f, &[]));
    engine.register_fn(NAME, |cx: Cx, of: Dynamic, f: FnPtr, options: Map| {
        made(&cx, Some(&of), &f, &[options.into()])
    });
}

/// An effect of whole sounds that is the function `f`; or what it makes of a sound, if there is one.
fn made(cx: &Cx, of: Option<&Dynamic>, f: &FnPtr, options: &[Dynamic]) -> Dynamic {
    let failed = |diagnostic: Option<Diagnostic>| {
        with(cx, |build, _| diagnostic.into_iter().for_each(|d| build.report(d)));
        Dynamic::from(Failed)
    };
    let source = of.and_then(sound::of);
    if let (Some(of), None) = (of, &source) {
        let message =
            format!("`process_buffer` takes a sound and a function, not {}", describe(of));
        let hint = "process_buffer(sound_file(\"hall.wav\"), |x| ..)";
        let place = with(cx, |_, at| at);
        let error = Diagnostic::error(message, place).hint(hint);
        return failed((!sound::lost(of)).then_some(error));
    }
    let compiled = match compile(cx, f, Purpose::Buffer) {
        Ok(compiled) => compiled,
        Err(refused) => return failed(Some(*refused)),
    };
    with(cx, |build, place| {
        if !compiled.driven.is_empty() {
            let message = "a whole sound is made once: no signal can be captured";
            build.report_at(Diagnostic::error(message, place), Site::Index(1));
            return Dynamic::from(Failed);
        }
        let kind = kind(&compiled.program, Purpose::Buffer);
        let given = bind(
            build,
            "process_buffer",
            kind.params,
            options,
            1 + usize::from(of.is_some()),
            &place,
        );
        let value = |name: &str, default: f64| match given.get(name) {
            Some(Arg::Number(x)) => *x,
            _ => default,
        };
        let inputs = compiled.program.interface.inputs.iter();
        let params = inputs.map(|input| value(&input.name, input.default)).collect();
        let how = How::Function(Arc::new(compiled.program), params, value("length", 1.0));
        match source {
            Some(source) => whole::apply(build, "process_buffer", source, vec![how], &place),
            None => Dynamic::from(Whole(vec![how])),
        }
    })
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["process_buffer"],
    "Recorded sounds",
    "sound |> process_buffer(function, #{length: times, parameters}), process_buffer(sound, function, ...)",
    "A sound made of another by a function of the script that has all of it at once, so it may look ahead: `x` is an array of \
     the samples of a channel, which it changes; or `left, right` of both. With `y` what it writes there is the result, \
     `length` times as long. Other arguments are numbers. It is compiled, and run once when the piece is loaded.",
    "let back = sound_file(\"hall.wav\") |> process_buffer(|x, y| { let n = x.len(); for i in 0..n { y[i] = x[n - 1 - i]; } }); \
     track(\"a\", sampler(back)).play(note(\"c4\"));",
)];
