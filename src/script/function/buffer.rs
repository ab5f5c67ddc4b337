//! `process_buffer(sound, f)`: a function of the script over a whole sound.

use super::compile;
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::nodes::function::{LENGTH, Purpose, kind};
use crate::script::args::{bind, describe};
use crate::script::build::{Site, with};
use crate::script::entries::{Entry, entry};
use crate::script::sound;
use crate::script::value::Failed;
use crate::session::{Arg, How, Recipe};
use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};
use std::sync::Arc;

/// Its option, besides the parameters of the function.
pub const OPTIONS: &[Param] = &[LENGTH];

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("process_buffer", |cx: Cx, of: Dynamic, f: FnPtr| made(&cx, &of, &f, &[]));
    engine.register_fn("process_buffer", |cx: Cx, of: Dynamic, f: FnPtr, options: Map| {
        made(&cx, &of, &f, &[options.into()])
    });
}

fn made(cx: &Cx, of: &Dynamic, f: &FnPtr, options: &[Dynamic]) -> Dynamic {
    let failed = |diagnostic: Option<Diagnostic>| {
        with(cx, |build, _| diagnostic.into_iter().for_each(|d| build.report(d)));
        Dynamic::from(Failed)
    };
    let Some(source) = sound::of(of) else {
        let message =
            format!("`process_buffer` takes a sound and a function, not {}", describe(of));
        let hint = "process_buffer(sound_file(\"hall.wav\"), |x| ..)";
        let place = with(cx, |_, at| at);
        let error = Diagnostic::error(message, place).hint(hint);
        return failed((!sound::lost(of)).then_some(error));
    };
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
        let given = bind(build, "process_buffer", kind.params, options, 2, &place);
        let value = |name: &str, default: f64| match given.get(name) {
            Some(Arg::Number(x)) => *x,
            _ => default,
        };
        let inputs = compiled.program.interface.inputs.iter();
        let params = inputs.map(|input| value(&input.name, input.default)).collect();
        let how = How::Function(Arc::new(compiled.program), params, value("length", 1.0));
        Dynamic::from(Recipe::made(source, how))
    })
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["process_buffer"],
    "Recorded sounds",
    "process_buffer(sound, function, #{length: times, parameters})",
    "A sound made of another by a function of the script that has all of it at once, so it may look ahead: `x` is an array of \
     the samples of a channel, which it changes; or `left, right` of both. With `y` what it writes there is the result, \
     `length` times as long. Other arguments are numbers. It is compiled, and run once when the piece is loaded.",
    "let back = process_buffer(sound_file(\"hall.wav\"), |x, y| { let n = x.len(); for i in 0..n { y[i] = x[n - 1 - i]; } }); \
     track(\"a\", sampler(back)).play(note(\"c4\"));",
)];
