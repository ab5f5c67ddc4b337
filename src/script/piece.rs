//! What is said once about a whole piece: `title tempo meter swing length_bars seed arg`.

use super::args::{bind, describe, list, text};
use super::build::{Build, Length, Site, number, with};
use crate::diag::Diagnostic;
use crate::nodes::Param;
use crate::session::tempo::TempoPoint;
use crate::session::{Arg, Meter, TempoMap};
use crate::units::Place;
use rhai::{Dynamic, Engine, NativeCallContext as Cx};

const BPM: Param =
    Param::number("bpm", "bpm", (1.0, 2000.0), 120.0, "Quarter notes in a minute.").fixed();
const SWING: &[Param] = &[
    Param::number("amount", "", (0.0, 1.0), 0.0, "How late every second unit is; 1 is half of it.")
        .fixed(),
    Param::number("unit", "beats", (0.0625, 4.0), 0.5, "Length of the swung unit.").fixed(),
];
const METER: &[Param] = &[
    Param::number("beats", "", (1.0, 64.0), 4.0, "Beats in a bar.").fixed(),
    Param::number("unit", "", (1.0, 64.0), 4.0, "Note value of a beat; 4 is a quarter note.")
        .fixed(),
];
const LENGTH: Param =
    Param::number("length", "", (0.0, 1_000_000.0), 0.0, "How long the piece is.").fixed();
const SEED: Param =
    Param::number("seed", "", (0.0, 9_007_199_254_740_992.0), 0.0, "Seed of all randomness.")
        .fixed();

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("title", |cx: Cx, name: &str| {
        with(&cx, |b, at| {
            b.once("title", &at);
            b.session.title = Some(name.to_string());
        });
    });
    engine.register_fn("tempo", |cx: Cx, x: Dynamic| with(&cx, |b, at| tempo(b, &x, false, &at)));
    engine.register_fn("tempo_ramp", |cx: Cx, x: Dynamic| {
        with(&cx, |b, at| tempo(b, &x, true, &at));
    });
    engine.register_fn("meter", |cx: Cx, beats: Dynamic, unit: Dynamic| {
        with(&cx, |b, at| meter(b, &[beats, unit], &at));
    });
    engine.register_fn("swing", |cx: Cx, x: Dynamic| with(&cx, |b, at| swing(b, &[x], &at)));
    engine.register_fn("swing", |cx: Cx, x: Dynamic, unit: Dynamic| {
        with(&cx, |b, at| swing(b, &[x, unit], &at));
    });
    engine.register_fn("length_bars", |cx: Cx, x: Dynamic| {
        with(&cx, |b, at| length(b, "length_bars", &x, Length::Bars, &at));
    });
    engine.register_fn("length_beats", |cx: Cx, x: Dynamic| {
        with(&cx, |b, at| length(b, "length_beats", &x, Length::Beats, &at));
    });
    engine.register_fn("seed", |cx: Cx, x: Dynamic| {
        with(&cx, |b, at| {
            b.once("seed", &at);
            if let Some(n) = fixed(b, "seed", SEED, &x, &at) {
                b.session.seed = n as u64;
            }
        });
    });
    engine.register_fn("arg", arg);
    engine
        .register_fn("exists", |cx: Cx, path: &str| with(&cx, |b, _| b.world.asset(path).is_ok()));
}

fn fixed(build: &mut Build, what: &str, param: Param, x: &Dynamic, at: &Place) -> Option<f64> {
    match bind(build, what, &[param], std::slice::from_ref(x), 0, at).remove(param.name) {
        Some(Arg::Number(n)) => Some(n),
        _ => None,
    }
}

fn tempo(build: &mut Build, x: &Dynamic, ramp: bool, at: &Place) {
    build.once("tempo", at);
    let (lo, hi) = BPM.range;
    if x.is_array() {
        let numbers = list(x).filter(|n| !n.is_empty() && n.len().is_multiple_of(2));
        let rows: Vec<&[f64]> = numbers.iter().flat_map(|n| n.chunks(2)).collect();
        let good = |r: &&&[f64]| r[0].is_finite() && r[0] >= 0.0 && (lo..=hi).contains(&r[1]);
        if rows.is_empty() || rows.iter().filter(good).count() < rows.len() {
            let message = "a list of tempi must hold [beat, bpm] pairs, bpm from 1 to 2000";
            let error = Diagnostic::error(message, at.clone());
            return build.report_at(error.hint("tempo([[0, 124], [32, 132]])"), Site::Index(0));
        }
        let points = rows.iter().map(|r| TempoPoint { beat: r[0], bpm: r[1], ramp }).collect();
        build.session.tempo = TempoMap::new(points);
    } else if let Some(bpm) = fixed(build, "tempo", BPM, x, at) {
        build.session.tempo = TempoMap::constant(bpm);
    }
}

fn meter(build: &mut Build, args: &[Dynamic], at: &Place) {
    build.once("meter", at);
    let given = bind(build, "meter", METER, args, 0, at);
    if let (Some(Arg::Number(beats)), Some(Arg::Number(unit))) =
        (given.get("beats"), given.get("unit"))
    {
        if beats.fract() != 0.0 || !(*unit as u32).is_power_of_two() || unit.fract() != 0.0 {
            let error = Diagnostic::error(format!("{beats}/{unit} is not a meter"), at.clone());
            return build
                .report(error.hint("whole numbers; the lower is 1, 2, 4, 8, 16, 32 or 64"));
        }
        build.session.meter = Meter { beats: *beats as u32, unit: *unit as u32 };
    }
}

fn swing(build: &mut Build, args: &[Dynamic], at: &Place) {
    build.once("swing", at);
    let given = bind(build, "swing", SWING, args, 0, at);
    if let Some(Arg::Number(n)) = given.get("amount") {
        build.session.swing = *n;
    }
    if let Some(Arg::Number(n)) = given.get("unit") {
        build.session.swing_unit = *n;
    }
}

fn length(build: &mut Build, what: &str, x: &Dynamic, unit: fn(f64) -> Length, at: &Place) {
    build.once("length", at);
    if let Some(n) = fixed(build, what, LENGTH, x, at) {
        build.length = Some(unit(n));
    }
}

/// `arg(name, default)`: what the user set, as a value of the default's type.
fn arg(cx: Cx, name: &str, default: Dynamic) -> Dynamic {
    with(&cx, |build, at| {
        let given = build.world.argument(name);
        let value = match &given {
            None => Some(default.clone()),
            Some(t) if number(&default).is_some() => parse_number(t, &default),
            Some(t) if default.is_bool() => t.parse().ok().map(Dynamic::from_bool),
            Some(t) => Some(Dynamic::from(t.clone())),
        };
        let value = value.unwrap_or_else(|| {
            let wanted = if default.is_bool() { "true or false" } else { "a number" };
            let given = given.as_deref().unwrap_or_default();
            let message = format!("the argument {name} is set to \"{given}\" and must be {wanted}");
            let hint = format!("its default is {}", describe(&default));
            build.report(Diagnostic::error(message, at).hint(hint));
            default.clone()
        });
        let kept = number(&value)
            .map(Arg::Number)
            .or_else(|| value.as_bool().ok().map(Arg::Flag))
            .or_else(|| text(&value).map(Arg::Text));
        if let Some(kept) = kept {
            build.session.arguments.insert(name.to_string(), kept);
        }
        value
    })
}

/// The number in `text`: an integer if it looks like one and the default is one.
fn parse_number(text: &str, default: &Dynamic) -> Option<Dynamic> {
    if let (true, Ok(i)) = (default.is_int(), text.trim().parse::<i64>()) {
        return Some(Dynamic::from_int(i));
    }
    text.trim().parse::<f64>().ok().filter(|x| x.is_finite()).map(Dynamic::from_float)
}
