//! Faders, panorama, sends, mutes, and what edits of a track wait for.

use super::{add_fx, mix_of, set};
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::script::args::bind;
use crate::script::build::{Build, Site, with};
use crate::script::value::{Fx, Strip};
use crate::session::track::Strip as Mix;
use crate::session::{Arg, Node, Send, Track};
use crate::units::{Place, db_to_gain};
use rhai::{Dynamic, Engine, NativeCallContext as Cx};

const LEVEL: Param = Param::number("level", "ratio", (0.0, 16.0), 1.0, "Linear level.");
const GAIN_DB: Param = Param::number("gain_db", "dB", (-144.0, 48.0), 0.0, "Level in decibels.");
const PAN: Param = Param::number("pan", "", (-1.0, 1.0), 0.0, "-1 is left, 1 is right.");
const QUANT: Param =
    Param::number("beats", "beats", (0.0, 1024.0), 4.0, "Beats to whose multiple an edit waits.")
        .fixed();
const FADE: Param =
    Param::number("seconds", "s", (0.0, 60.0), 0.05, "Seconds of crossfade of an edit.").fixed();

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("gain", |cx: Cx, strip: Strip, x: Dynamic| {
        level(&cx, strip, "gain", LEVEL, &x, |mix, arg| mix.gain = arg)
    });
    engine.register_fn("gain_db", gain_db);
    engine.register_fn("pan", |cx: Cx, strip: Strip, x: Dynamic| {
        level(&cx, strip, "pan", PAN, &x, |mix, arg| mix.pan = arg)
    });
    engine.register_fn("send", |cx: Cx, strip: Strip, name: &str| {
        send(&cx, strip, name, &Dynamic::from(1.0))
    });
    engine.register_fn("send", |cx: Cx, strip: Strip, name: &str, x: Dynamic| {
        send(&cx, strip, name, &x)
    });
    engine.register_fn("mute", |cx: Cx, strip: Strip| set(&cx, strip, |mix| mix.mute = true));
    engine.register_fn("solo", |cx: Cx, strip: Strip| set(&cx, strip, |mix| mix.solo = true));
    engine.register_fn("mute", |cx: Cx, s: Strip, on: bool| set(&cx, s, |mix| mix.mute = on));
    engine.register_fn("solo", |cx: Cx, s: Strip, on: bool| set(&cx, s, |mix| mix.solo = on));
    engine.register_fn("quant", |cx: Cx, strip: Strip, x: Dynamic| {
        timing(&cx, strip, "quant", QUANT, &x, |track, n| track.quant = Some(n))
    });
    engine.register_fn("fade", |cx: Cx, strip: Strip, x: Dynamic| {
        timing(&cx, strip, "fade", FADE, &x, |track, n| track.fade = Some(n))
    });
    for name in ["colour", "color"] {
        engine.register_fn(name, |cx: Cx, strip: Strip, text: &str| colour(&cx, strip, text));
    }
}

/// One number or signal for a strip.
fn value(build: &mut Build, what: &str, param: Param, x: &Dynamic, place: &Place) -> Option<Arg> {
    bind(build, what, &[param], std::slice::from_ref(x), 0, place).remove(param.name)
}

fn level(
    cx: &Cx,
    strip: Strip,
    what: &str,
    param: Param,
    x: &Dynamic,
    change: impl FnOnce(&mut Mix, Arg),
) -> Strip {
    with(cx, |build, place| {
        if let Some(arg) = value(build, what, param, x, &place) {
            change(mix_of(build, strip), arg);
        }
    });
    strip
}

/// A number sets the fader; a signal goes through a node, for decibels must become a ratio.
fn gain_db(cx: Cx, strip: Strip, x: Dynamic) -> Strip {
    with(&cx, |build, place| match value(build, "gain_db", GAIN_DB, &x, &place) {
        Some(Arg::Number(db)) => mix_of(build, strip).gain = Arg::Number(db_to_gain(db)),
        Some(arg) => {
            let node = Node::new("gain_db", Vec::new()).with("gain_db", arg);
            let fx = Fx::Node(Box::new(Node { place: place.clone(), ..node }));
            add_fx(build, strip, &fx.into(), &place);
        }
        None => {}
    });
    strip
}

fn send(cx: &Cx, strip: Strip, bus: &str, x: &Dynamic) -> Strip {
    with(cx, |build, place| {
        let level = value(build, "send", LEVEL, x, &place).unwrap_or(Arg::Number(1.0));
        mix_of(build, strip).sends.push(Send { bus: bus.to_string(), level, place });
    });
    strip
}

/// `#rrggbb`.
fn colour(cx: &Cx, strip: Strip, text: &str) -> Strip {
    with(cx, |build, place| {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match (strip, number) {
            (Strip::Track(i), Some(n)) => {
                let [_, red, green, blue] = n.to_be_bytes();
                build.session.tracks[i].colour = Some([red, green, blue]);
            }
            (Strip::Bus(_), _) => {
                build.report(Diagnostic::error("`colour` is for tracks, not for buses", place));
            }
            (_, None) => {
                let error = Diagnostic::error(format!("\"{text}\" is no colour"), place);
                build.report_at(error.hint("six digits: `.colour(\"#ff8800\")`"), Site::Index(0));
            }
        }
    });
    strip
}

fn timing(
    cx: &Cx,
    strip: Strip,
    what: &str,
    param: Param,
    x: &Dynamic,
    change: impl FnOnce(&mut Track, f64),
) -> Strip {
    with(cx, |build, place| {
        let number = value(build, what, param, x, &place);
        match (strip, number) {
            (Strip::Track(i), Some(Arg::Number(n))) => change(&mut build.session.tracks[i], n),
            (Strip::Bus(_), _) => build
                .report(Diagnostic::error(format!("`{what}` is for tracks, not for buses"), place)),
            _ => {}
        }
    });
    strip
}
