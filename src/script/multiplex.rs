//! `multiplex(..)`: an effect for each channel of a sound, or a function for each element of a list.

use super::args::describe;
use super::build::Fallible;
use super::entries::{Entry, entry};
use super::operators::fail;
use super::value::{Failed, Fx, Signal};
use rhai::{Array, Dynamic, Engine, FnPtr, NativeCallContext as Cx};

/// Channels of a sound.
const CHANNELS: i64 = 2;

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("multiplex", |cx: Cx, make: FnPtr| {
        let made = (1..=CHANNELS).map(|ch| make.call_within_context::<Dynamic>(&cx, (ch,)));
        channels(made.collect::<Fallible<Array>>()?, "the function must return")
    });
    engine.register_fn("multiplex", |effects: Array| {
        if effects.len() as i64 != CHANNELS {
            let count = effects.len();
            return fail(format!(
                "`multiplex` takes two effects, the left channel's and the right one's, not {count}\n\
                 for example `multiplex([dry(), delay(0.02)])`; `split([a, b, c])` sends both channels through all"
            ));
        }
        channels(effects, "the list must hold")
    });
    engine.register_fn("multiplex", |cx: Cx, list: Array, each: FnPtr| -> Fallible<Array> {
        list.into_iter().map(|one| each.call_within_context(&cx, (one,))).collect()
    });
    engine.register_fn("multiplex", |cx: Cx, list: Array, fx: Fx| -> Fallible<Array> {
        list.into_iter().map(|one| through(&cx, one, &fx)).collect()
    });
    engine.register_fn("multiplex", |other: Dynamic| -> Fallible<Dynamic> {
        if other.is::<Failed>() {
            return Ok(other);
        }
        fail(format!(
            "`multiplex` takes a function that makes an effect, or a list of two, not {}\n\
             for example `multiplex(|ch| delay(0.2 + 0.02 * ch))` or `multiplex([lowpass(800), highpass(800)])`",
            describe(&other)
        ))
    });
}

/// An effect of one effect a channel.
fn channels(made: Array, must: &str) -> Fallible<Dynamic> {
    let mut all = Vec::new();
    for one in made {
        match one.clone().try_cast::<Fx>() {
            Some(fx) => all.push(fx),
            None if one.is::<Failed>() => return Ok(one),
            None => {
                return fail(format!(
                    "`multiplex` gives each channel an effect: {must} effects, not {}\n\
                     for example `multiplex(|ch| delay(0.2 + 0.02 * ch))`; `dry()` leaves a channel as it is",
                    describe(&one)
                ));
            }
        }
    }
    Ok(Fx::Channels(all).into())
}

/// One element of a list through an effect.
fn through(cx: &Cx, one: Dynamic, fx: &Fx) -> Fallible<Dynamic> {
    if let Some(first) = one.clone().try_cast::<Fx>() {
        return Ok(first.then(fx.clone()).into());
    }
    match one.clone().try_cast::<Signal>() {
        Some(signal) => Ok(super::build::with(cx, |build, place| {
            Signal(build.apply(fx, signal.0, &place)).into()
        })),
        None if one.is::<Failed>() => Ok(one),
        None => fail(format!(
            "`multiplex(list, effect)` sends signals or effects through the effect, not {}\n\
             anything else goes through a function: `multiplex([500, 900], |x| lowpass(x))`",
            describe(&one)
        )),
    }
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["multiplex"],
    "Instruments and chains",
    "multiplex(|ch| fx), multiplex([left_fx, right_fx]), multiplex(list, |x| ...)",
    "An effect for each channel: the function is called with 1 (left) and 2 (right), as `audio_in` counts, and returns the \
     effect of that channel; a list holds the two. They are joined to one stereo sound again, equally late. A mono sound \
     is given to both, so it becomes stereo; of an effect that makes two channels of one (a reverb), each channel keeps \
     its own side. Paths count on: `lowpass` is the left one, `lowpass2` the right one. With a list before the function, it is the list of what the function makes of each element: \
     `multiplex([500, 900], |x| lowpass(x))`; with an effect instead of the function, of the signals of the list through it.",
    "track(\"a\", saw(110)).fx(multiplex(|ch| delay(0.2 + 0.05 * ch))); \
     track(\"b\", stack(multiplex([saw(220), saw(331)], lowpass(900))) * 0.2);",
)];
