//! Instruments: `instrument(|v| ..)` and its voices, `kit(#{..})`; and how signals are put side by side.

use super::args::{bind, check, describe, text};
use super::build::{Build, Fallible, Site, number, with};
use super::operators::fail;
use super::value::{Failed, Fx, Signal, Voice};
use crate::diag::{Diagnostic, nearest};
use crate::nodes::{Param, ParamKind};
use crate::session::{Arg, Instrument, Node, NodeId, Recipe};
use crate::units::Place;
use rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};

/// What a voice knows without being asked for by `param`.
const INPUTS: [&str; 4] = ["freq", "gate", "velocity", "note"];

/// Options of `instrument`.
pub const OPTIONS: &[Param] = &[
    Param::number("voices", "", (1.0, 256.0), 16.0, "Notes that can sound at once.").fixed(),
    Param::number("bend", "semitones", (0.0, 96.0), 2.0, "Range of the pitch bend.").fixed(),
    Param::number("glide", "s", (0.0, 30.0), 0.0, "Time from one pitch to the next.").fixed(),
    Param::other("mono", ParamKind::Flag, "", "Only one note at a time."),
    Param::other("legato", ParamKind::Flag, "", "With mono: joined notes keep one envelope."),
];

/// The default of `v.param(name, default)`.
const DEFAULT: Param =
    Param::number("default", "", (-1e9, 1e9), 0.0, "Value of notes that say nothing of it.")
        .fixed();

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("instrument", |cx: Cx, voice: FnPtr| instrument(&cx, &voice, &[]));
    engine.register_fn("instrument", |cx: Cx, voice: FnPtr, options: Map| {
        instrument(&cx, &voice, &[options.into()])
    });
    engine.register_indexer_get(|cx: Cx, voice: &mut Voice, name: &str| leaf(&cx, *voice, name));
    engine.register_fn("param", |cx: Cx, voice: Voice, name: &str| {
        parameter(&cx, voice, name, &Dynamic::from(0.0))
    });
    engine.register_fn("param", |cx: Cx, voice: Voice, name: &str, default: Dynamic| {
        parameter(&cx, voice, name, &default)
    });
    engine.register_fn("kit", |cx: Cx, sounds: Map| with(&cx, |b, at| kit(b, &sounds, &at)));
    engine.register_fn("stack", |cx: Cx, parts: Array| stack(&cx, &parts));
    engine.register_fn("split", |parts: Array| split(&parts));
    engine.register_fn("dry", || Fx::Dry);
    engine.register_fn("follow", |cx: Cx, track: &str| follow(&cx, track, &[]));
    engine.register_fn("follow", |cx: Cx, track: &str, options: Dynamic| {
        follow(&cx, track, &[options])
    });
    engine.register_fn("tap", |cx: Cx, track: &str| with(&cx, |b, at| tap(b, track, &at)));
}

/// Calls the closure once, with a voice whose inputs are nodes, and keeps the graph that it returns.
fn instrument(cx: &Cx, closure: &FnPtr, options: &[Dynamic]) -> Fallible<Dynamic> {
    let (index, given) = with(cx, |build, place| {
        let given = bind(build, "instrument", OPTIONS, options, 1, &place);
        let fixed = |name: &str| match given.get(name) {
            Some(Arg::Number(n)) => *n,
            _ => OPTIONS.iter().find(|p| p.name == name).map_or(0.0, |p| p.default),
        };
        let flag = |name: &str| given.get(name) == Some(&Arg::Flag(true));
        build.session.instruments.push(Instrument {
            voice: NodeId(0),
            voices: fixed("voices") as u32,
            bend: fixed("bend"),
            glide: fixed("glide"),
            mono: flag("mono"),
            legato: flag("legato"),
            params: Vec::new(),
        });
        (build.session.instruments.len() - 1, given)
    });
    drop(given);
    let out: Dynamic = closure.call_within_context(cx, (Voice(index),))?;
    with(cx, |build, place| {
        let voice = match (out.clone().try_cast::<Signal>(), number(&out)) {
            (Some(signal), _) => signal.0,
            _ if out.is::<Failed>() => return Ok(Dynamic::from(Failed)),
            _ => {
                return fail(format!(
                    "the closure of an instrument must return a signal, not {}\n\
                     its last expression is what sounds, and ends without a semicolon",
                    describe(&out)
                ));
            }
        };
        build.session.instruments[index].voice = voice;
        let node = Node::new("instrument", Vec::new()).with("index", Arg::Number(index as f64));
        Ok(Dynamic::from(Signal(build.add(node, &place))))
    })
}

/// `v.freq` and its like.
fn leaf(cx: &Cx, voice: Voice, name: &str) -> Dynamic {
    with(cx, |build, place| {
        if !INPUTS.contains(&name) {
            let near = nearest(name, INPUTS);
            let near = near.map(|n| format!("did you mean `v.{n}`? ")).unwrap_or_default();
            let message = format!("a voice has no `{name}`");
            let hint = format!(
                "{near}It has: {}; a parameter of your own is `v.param(\"{name}\", 0.5)`",
                INPUTS.join(", ")
            );
            build.report(Diagnostic::error(message, place).hint(hint));
            return Dynamic::from(Failed);
        }
        input(build, voice, name, &place).into()
    })
}

/// The node for input `name` of a voice; the same each time.
fn input(build: &mut Build, voice: Voice, name: &str, place: &Place) -> Signal {
    let key = (voice.0, name.to_string());
    if let Some(&id) = build.leaves.get(&key) {
        return Signal(id);
    }
    let node = Node::new("voice", Vec::new()).with("input", Arg::Text(name.to_string()));
    let id = build.add(node, place);
    build.leaves.insert(key, id);
    Signal(id)
}

/// `v.param("cutoff", 1200)`: what a pattern can set note by note.
fn parameter(cx: &Cx, voice: Voice, name: &str, default: &Dynamic) -> Signal {
    with(cx, |build, place| {
        let site = Site::Index(1);
        let value = check(build, "param", &DEFAULT, default, (&place, &site));
        let value = if let Some(Arg::Number(n)) = value { n } else { 0.0 };
        let params = &mut build.session.instruments[voice.0].params;
        if !INPUTS.contains(&name) && !params.iter().any(|(n, _)| n == name) {
            params.push((name.to_string(), value));
        }
        input(build, voice, name, &place)
    })
}

/// `kit(#{bd: .., sn: .., choke: [["hh", "oh"]]})`: sounds by name; those of one choke group cut each other.
fn kit(build: &mut Build, sounds: &Map, place: &Place) -> Signal {
    let (mut names, mut inputs, mut chokes) = (Vec::new(), Vec::new(), Vec::new());
    let mut files: Vec<(String, Recipe)> = Vec::new();
    for (name, value) in sounds {
        if name == "choke" {
            chokes = value.read_lock::<Array>().map(|a| a.clone()).unwrap_or_default();
        } else if let Some(signal) = value
            .clone()
            .try_cast::<Signal>()
            .filter(|s| build.session.node(s.0).kind == "instrument")
        {
            names.push(name.to_string());
            inputs.push(signal.0);
        } else if let Some(sound) = super::sound::of(value) {
            names.push(name.to_string());
            files.push((name.to_string(), sound));
        } else if !super::sound::lost(value) {
            let (what, found) = (format!("the sound `{name}` of a kit"), describe(value));
            let message = format!("{what} must be an instrument or a sound, not {found}");
            let hint =
                format!("a recorded sound is named by its file: kit(#{{{name}: \"{name}.wav\"}})");
            let error = Diagnostic::error(message, place.clone()).hint(hint);
            build.report_at(error, Site::Option(name.to_string()));
        }
    }
    let mut groups = Vec::new();
    for group in &chokes {
        let members: Vec<String> = match group.read_lock::<Array>() {
            Some(list) => list.iter().filter_map(text).collect(),
            None => {
                text(group).iter().flat_map(|t| t.split_whitespace()).map(String::from).collect()
            }
        };
        for wrong in members.iter().filter(|m| !names.contains(m)) {
            let near = nearest(wrong, names.iter().map(String::as_str));
            let hint = near.map(|n| format!("did you mean \"{n}\"?"));
            let hint = hint.unwrap_or_else(|| format!("its sounds: {}", names.join(", ")));
            let message = format!("the kit has no sound \"{wrong}\" to choke");
            let error = Diagnostic::error(message, place.clone()).hint(hint);
            build.report_at(error, Site::Option("choke".into()));
        }
        groups.push(members.join(" "));
    }
    let node = if files.is_empty() {
        Node::new("kit", inputs)
            .with("sounds", Arg::Text(names.join(" ")))
            .with("chokes", Arg::Text(groups.join("; ")))
    } else {
        if !inputs.is_empty() {
            let message = "a kit is made of instruments, or of recorded sounds, not of both";
            let hint = "make two kits, and two tracks with the same pattern";
            build.report(Diagnostic::error(message, place.clone()).hint(hint));
        }
        Node::new("sampler", Vec::new())
            .with("path", Arg::Text(Recipe::Several(files).text()))
            .with("choke", Arg::Text(groups.join(", ")))
    };
    Signal(build.add(node, place))
}

/// `stack([a, b])`: the sum of signals, or effects side by side.
fn stack(cx: &Cx, parts: &Array) -> Fallible<Dynamic> {
    if parts.iter().any(|p| p.is::<Fx>()) {
        return split(parts).map(Dynamic::from);
    }
    if parts.iter().any(|p| p.is::<Failed>()) {
        return Ok(Dynamic::from(Failed));
    }
    if parts.iter().any(|p| p.is::<crate::pattern::Pattern>() || p.is_string()) {
        return super::pattern::stack(cx, parts);
    }
    with(cx, |build, place| {
        let mut inputs = Vec::new();
        for part in parts {
            match part.clone().try_cast::<Signal>() {
                Some(signal) => inputs.push(signal.0),
                None => {
                    let message =
                        format!("`stack` takes signals or effects, not {}", describe(part));
                    return fail(format!("{message}\nfor example `stack([saw(110), saw(165)])`"));
                }
            }
        }
        Ok(Signal(build.mix(&inputs, &place)).into())
    })
}

/// `split([fx, fx])`: one input through several effects side by side.
fn split(parts: &Array) -> Fallible<Fx> {
    let mut all = Vec::new();
    for part in parts {
        match part.clone().try_cast::<Fx>() {
            Some(fx) => all.push(fx),
            None => {
                let message = format!("`split` takes effects, not {}", describe(part));
                return fail(format!(
                    "{message}\nfor example `split([dry(), reverb() * 0.3])`; a sound goes in by `|>`"
                ));
            }
        }
    }
    Ok(Fx::Mix(all))
}

/// The output of the track called `track`, which may stand further below.
fn tap(build: &mut Build, track: &str, place: &Place) -> Signal {
    let node = Node::new("tap", Vec::new()).with("track", Arg::Text(track.to_string()));
    Signal(build.add(node, place))
}

/// `follow("drums")`: the envelope of a track.
fn follow(cx: &Cx, track: &str, options: &[Dynamic]) -> Signal {
    with(cx, |build, place| {
        let params = crate::nodes::find("envelope_follower").map_or(&[][..], |k| k.params);
        let args = bind(build, "follow", params, options, 1, &place);
        let input = tap(build, track, &place).0;
        let node = Node { args, ..Node::new("envelope_follower", vec![input]) };
        Signal(build.add(node, &place))
    })
}
