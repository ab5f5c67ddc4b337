//! Tracks, buses and the master: `track(name, source)`, `bus(name, fx)`, `master(fx)` and their methods.

mod mix;

use super::args::{describe, text};
use super::build::{Build, Fallible, Setting, Site, number, with};
use super::operators::fail;
use super::value::{Failed, Fx, ParamPath, Signal, Strip};
use crate::diag::{Diagnostic, nearest};
use crate::pattern::Pattern;
use crate::session::track::Strip as Mix;
use crate::session::{Arg, Bus, Node, NodeId, Track};
use crate::units::Place;
use rhai::{Dynamic, Engine, NativeCallContext as Cx};

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("track", |cx: Cx, name: &str, source: Dynamic| track(&cx, name, &source));
    engine.register_fn("track", |cx: Cx, name: &str| existing(&cx, name));
    engine.register_fn("bus", |cx: Cx, name: &str, fx: Dynamic| bus(&cx, name, &fx));
    engine.register_fn("bus", |cx: Cx, name: &str| bus(&cx, name, &Fx::Dry.into()));
    engine.register_fn("master", |cx: Cx, fx: Dynamic| master(&cx, &fx));

    engine.register_fn("play", |cx: Cx, strip: Strip, pattern: Dynamic| {
        with(&cx, |b, at| play(b, strip, &pattern, &at));
        strip
    });
    engine.register_fn("fx", |cx: Cx, strip: Strip, fx: Dynamic| {
        with(&cx, |b, at| add_fx(b, strip, &fx, &at));
        strip
    });
    engine.register_fn("midi_fx", |cx: Cx, strip: Strip, fx: Fx| {
        with(&cx, |b, at| {
            let source = source_of(b, strip);
            super::plugin::before(b, source, strip, &fx, &at);
        });
        strip
    });
    engine.register_fn("output", |cx: Cx, strip: Strip, name: &str| {
        with(&cx, |b, at| b.outputs.push((name.to_string(), at)));
        set(&cx, strip, |mix| mix.output = Some(name.to_string()))
    });
    engine.register_fn("key", |cx: Cx, strip: Strip, name: &str| {
        with(&cx, |b, at| {
            let source = source_of(b, strip);
            name_node(b, source, name, &at);
        });
        strip
    });
    engine.register_fn("param", |cx: Cx, strip: Strip, path: &str| {
        with(&cx, |b, _| ParamPath(format!("{}/{path}", name_of(b, strip))))
    });
    engine.register_fn("param", |path: &str| ParamPath(path.to_string()));
    engine.register_fn("set", |cx: Cx, path: ParamPath, value: Dynamic| setting(&cx, path, &value));
    keys(engine);
    mix::register(engine);
}

/// `.key("x")` on signals and effects.
fn keys(engine: &mut Engine) {
    engine.register_fn("key", |cx: Cx, signal: Signal, name: &str| {
        with(&cx, |b, at| name_node(b, signal.0, name, &at));
        signal
    });
    engine.register_fn("key", |cx: Cx, fx: Fx, name: &str| -> Fallible<Fx> {
        let mut fx = fx;
        let key = with(&cx, |b, at| valid_key(b, name, &at));
        match fx.last() {
            Some(node) => node.key = key,
            None => {
                return fail(
                    "a key names one effect, and this is several side by side\n\
                     put `.key()` on the one that is meant",
                );
            }
        }
        Ok(fx)
    });
}

fn name_node(build: &mut Build, id: NodeId, name: &str, place: &Place) {
    let key = valid_key(build, name, place);
    build.session.nodes[id.0 as usize].key = key;
}

/// Keys and names are parts of paths: the characters that divide these are refused.
fn valid_key(build: &mut Build, name: &str, place: &Place) -> Option<String> {
    if name.is_empty() || name.contains(['/', '.']) {
        let message = format!("\"{name}\" cannot be a key");
        let error = Diagnostic::error(message, place.clone());
        let hint = "a key has no `/` and no `.`, which divide the parts of a path";
        build.report_at(error.hint(hint), Site::Index(0));
        return None;
    }
    Some(name.to_string())
}

fn track(cx: &Cx, name: &str, source: &Dynamic) -> Strip {
    with(cx, |build, place| {
        if let Some(fx) = source.clone().try_cast::<Fx>()
            && let Some((source, end)) = super::plugin::source(build, &fx, &place)
        {
            let strip = add_track(build, name, source, &place);
            *output_of(build, strip) = end;
            return strip;
        }
        let id = match source.clone().try_cast::<Signal>() {
            Some(signal) => signal.0,
            None => {
                if !source.is::<Failed>() {
                    let message = format!(
                        "the source of a track must be a sound or an instrument, not {}",
                        describe(source)
                    );
                    let hint = "for example `track(\"bass\", saw(55) * 0.2)`";
                    build.report_at(
                        Diagnostic::error(message, place.clone()).hint(hint),
                        Site::Index(1),
                    );
                }
                build.add(Node::new("mix", Vec::new()), &place)
            }
        };
        add_track(build, name, id, &place)
    })
}

/// Adds the track `name` with the source `id`; complains if it cannot be called so.
pub fn add_track(build: &mut Build, name: &str, id: NodeId, place: &Place) -> Strip {
    declare(build, name, place);
    build.session.tracks.push(Track::new(name, id, id, place.clone()));
    Strip::Track(build.session.tracks.len() - 1)
}

/// Complains if `name` cannot be the name of one more track or bus.
fn declare(build: &mut Build, name: &str, place: &Place) {
    let session = &build.session;
    let tracks = session.tracks.iter().map(|t| (&t.name, &t.place));
    let buses = session.buses.iter().map(|b| (&b.name, &b.place));
    let first = tracks.chain(buses).find(|(n, _)| *n == name).map(|(_, p)| p.clone());
    if let Some(first) = first {
        let message = format!("there are two tracks or buses called \"{name}\"");
        let error = Diagnostic::error(message, place.clone())
            .relate("the first is here", first)
            .hint(format!("give one another name; `track(\"{name}\")` returns the first one"));
        build.report_at(error, Site::Index(0));
    } else if name.is_empty() || name.contains('/') {
        let error = Diagnostic::error(format!("\"{name}\" cannot be a name"), place.clone());
        build.report_at(error.hint("names have at least one character and no `/`"), Site::Index(0));
    }
}

fn existing(cx: &Cx, name: &str) -> Dynamic {
    with(cx, |build, place| {
        let tracks = &build.session.tracks;
        if let Some(i) = tracks.iter().position(|t| t.name == name) {
            return Dynamic::from(Strip::Track(i));
        }
        let names: Vec<&str> = tracks.iter().map(|t| t.name.as_str()).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => {
                "`track(name)` returns a track that stands above; `track(name, source)` makes one"
                    .to_string()
            }
        };
        let message = format!("there is no track \"{name}\" so far");
        build.report_at(Diagnostic::error(message, place).hint(hint), Site::Index(0));
        Dynamic::from(Failed)
    })
}

fn bus(cx: &Cx, name: &str, fx: &Dynamic) -> Strip {
    with(cx, |build, place| {
        declare(build, name, &place);
        let output = build.add(Node::new("input", Vec::new()), &place);
        let strip = Mix::default();
        build.session.buses.push(Bus { name: name.into(), output, strip, place: place.clone() });
        let strip = Strip::Bus(build.session.buses.len() - 1);
        add_fx(build, strip, fx, &place);
        strip
    })
}

fn master(cx: &Cx, fx: &Dynamic) {
    with(cx, |build, place| {
        build.once("master", &place);
        if let Some(fx) = effect(build, fx, &place) {
            let input = build.add(Node::new("input", Vec::new()), &place);
            build.session.master = Some(build.apply(&fx, input, &place));
        }
    });
}

/// Adds a pattern, or mini-notation, to what plays the track.
fn play(build: &mut Build, strip: Strip, value: &Dynamic, place: &Place) {
    let error = |message: String| Diagnostic::error(message, place.clone());
    let Strip::Track(index) = strip else {
        let hint = "patterns play tracks; a bus only passes on what is sent to it";
        return build.report(error("a bus cannot play".to_string()).hint(hint));
    };
    let pattern = match (value.clone().try_cast::<Pattern>(), text(value)) {
        (Some(pattern), _) => pattern,
        (None, Some(_)) => match super::pattern::notation(build, value, place) {
            Ok(pattern) => pattern,
            Err(why) => {
                let at = build.place_of(&why);
                let site = if at.is_some() { Site::Call } else { Site::Index(0) };
                let place = at.unwrap_or_else(|| place.clone());
                return build.report_at(Diagnostic::error(why.message, place), site);
            }
        },
        _ if value.is::<Failed>() => return,
        _ => {
            let message = format!("`play` takes a pattern, not {}", describe(value));
            let hint = "for example `.play(\"bd*4\")` or `.play(note(\"c2 eb2\"))`";
            return build.report_at(error(message).hint(hint), Site::Index(0));
        }
    };
    build.played.push((pattern.clone(), place.clone()));
    build.session.tracks[index].plays.push(pattern);
}

/// The effect in `value`, or a report.
fn effect(build: &mut Build, value: &Dynamic, place: &Place) -> Option<Fx> {
    let fx = value.clone().try_cast::<Fx>();
    if fx.is_none() && !value.is::<Failed>() {
        let message =
            format!("this must be an effect or a chain of effects, not {}", describe(value));
        let hint = "for example `lowpass(800) |> drive(0.3)`, without anything on the left";
        build.report(Diagnostic::error(message, place.clone()).hint(hint));
    }
    fx
}

fn add_fx(build: &mut Build, strip: Strip, fx: &Dynamic, place: &Place) {
    if let Some(fx) = effect(build, fx, place) {
        let input = *output_of(build, strip);
        let out = build.apply(&fx, input, place);
        *output_of(build, strip) = out;
    }
}

fn output_of(build: &mut Build, strip: Strip) -> &mut NodeId {
    match strip {
        Strip::Track(i) => &mut build.session.tracks[i].output,
        Strip::Bus(i) => &mut build.session.buses[i].output,
    }
}

fn source_of(build: &mut Build, strip: Strip) -> NodeId {
    match strip {
        Strip::Track(i) => build.session.tracks[i].source,
        Strip::Bus(i) => build.session.buses[i].output,
    }
}

fn name_of(build: &Build, strip: Strip) -> &str {
    match strip {
        Strip::Track(i) => &build.session.tracks[i].name,
        Strip::Bus(i) => &build.session.buses[i].name,
    }
}

fn mix_of(build: &mut Build, strip: Strip) -> &mut Mix {
    match strip {
        Strip::Track(i) => &mut build.session.tracks[i].strip,
        Strip::Bus(i) => &mut build.session.buses[i].strip,
    }
}

fn set(cx: &Cx, strip: Strip, change: impl FnOnce(&mut Mix)) -> Strip {
    with(cx, |build, _| change(mix_of(build, strip)));
    strip
}

fn setting(cx: &Cx, path: ParamPath, value: &Dynamic) -> ParamPath {
    with(cx, |build, place| {
        let arg = match value.clone().try_cast::<Signal>() {
            Some(signal) => Some(Arg::signal(signal.0)),
            None => number(value).map(Arg::Number).or_else(|| text(value).map(Arg::Text)),
        };
        match arg.or_else(|| value.as_bool().ok().map(Arg::Flag)) {
            Some(value) => build.settings.push(Setting { path: path.0.clone(), value, place }),
            None if value.is::<Failed>() => {}
            None => {
                let message = format!("a parameter cannot be set to {}", describe(value));
                let error = Diagnostic::error(message, place);
                let hint = "a number, a signal, or what the parameter takes when it is made";
                build.report_at(error.hint(hint), Site::Index(0));
            }
        }
    });
    path
}
