//! Plugins: `plugin("ZamDelay").set("Time", 250)`, `plugins()`, `params(plugin)`.

use super::args::{bind, describe, text};
use super::build::{Build, Fallible, Site, number, with};
use super::entries::{Entry, entry};
use super::operators::fail;
use super::pattern::values::{Role, kept};
use super::value::{Failed, Fx, Signal, Strip};
use crate::diag::Diagnostic;
use crate::nodes::plugin::{KIND, NORMALISED, NOTES, PLAIN};
use crate::session::plugin::Description;
use crate::session::{Arg, Command, Node, NodeId, OnChange};
use crate::units::Place;
use rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the plugins that a script names, by what it calls them.
pub type Known = BTreeMap<String, Option<Arc<Description>>>;

/// Binds them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("plugin", |cx: Cx, name: &str| plugin(&cx, name, &[]));
    engine.register_fn("plugin", |cx: Cx, name: &str, options: Map| {
        plugin(&cx, name, &[options.into()])
    });
    engine.register_fn("set", |cx: Cx, fx: Fx, name: &str, value: Dynamic| {
        parameter(&cx, fx, PLAIN, name, &value)
    });
    engine.register_fn("norm", |cx: Cx, fx: Fx, name: &str, value: Dynamic| {
        parameter(&cx, fx, NORMALISED, name, &value)
    });
    engine.register_fn("preset", |cx: Cx, fx: Fx, path: &str| file(&cx, fx, "preset", path));
    engine
        .register_fn("automation", |cx: Cx, fx: Fx, path: &str| file(&cx, fx, "automation", path));
    engine.register_fn("program", |cx: Cx, fx: Fx, which: Dynamic| program(&cx, fx, &which));
    engine.register_fn("on_change", |cx: Cx, name: &str, run: FnPtr| {
        let run = kept(&cx, &run, Role::Change);
        with(&cx, |build, _| build.session.changes.push(OnChange { plugin: name.into(), run }));
    });
    engine.register_fn("plugins", |cx: Cx| all(&cx));
    engine.register_fn("params", |cx: Cx, fx: Fx| params(&cx, &fx));
    engine.register_fn("params", |cx: Cx, name: &str| {
        with(&cx, |build, at| build.commands.push((Command::Params(name.into()), at)));
    });
    engine.register_fn("reload", |cx: Cx, name: &str| {
        with(&cx, |build, at| build.commands.push((Command::Reload(name.into()), at)));
    });
    engine.register_fn("save_state", |cx: Cx, name: &str, path: &str| {
        with(&cx, |build, at| {
            super::perform::inside(build, path, &at);
            build.commands.push((Command::SaveState(name.into(), path.into()), at));
        });
    });
}

/// An effect that is a plugin; one that is not installed lets sound through.
fn plugin(cx: &Cx, name: &str, options: &[Dynamic]) -> Fx {
    with(cx, |build, place| {
        let kind = crate::nodes::find(KIND).map_or(&[][..], |kind| kind.params);
        let options_of = kind.get(1..).unwrap_or_default();
        let args = bind(build, KIND, options_of, options, 1, &place);
        let mut node = Node { args, place: place.clone(), ..Node::new(KIND, Vec::new()) };
        node.args.insert("name".into(), Arg::Text(name.into()));
        identify(build, &mut node);
        Fx::Node(Box::new(node))
    })
}

/// Writes into a node of a plugin which one it is, as far as that is known here.
pub fn identify(build: &mut Build, node: &mut Node) {
    let name = node.text("name").unwrap_or_default().to_string();
    for own in crate::nodes::plugin::IDENTITY {
        node.args.remove(own);
    }
    let Some(d) = known(build, &name, &node.place) else { return };
    let called = Some(("called", d.name.clone())).filter(|(_, called)| *called != name);
    let identity = [
        ("format", d.format.prefix().to_string()),
        ("path", d.path.to_string_lossy().into_owned()),
        ("id", d.id.clone()),
    ];
    for (key, text) in identity.into_iter().chain(called) {
        node.args.insert(key.into(), Arg::Text(text));
    }
}

/// The plugin that is called so; says so, once, if it is not there.
fn known(build: &mut Build, name: &str, place: &Place) -> Option<Arc<Description>> {
    if let Some(known) = build.plugins.get(name) {
        return known.clone();
    }
    let begin = std::time::Instant::now();
    let found = build.world.plugin(name);
    build.aside += begin.elapsed();
    let found = match found {
        Ok(description) => Some(description),
        Err((message, hint)) => {
            let hint = format!(
                "{hint} Until it is there, sound passes through, and an instrument is silent."
            );
            let warning = Diagnostic::warning(message, place.clone()).hint(hint.trim_start());
            build.report_at(warning, Site::Index(0));
            None
        }
    };
    build.plugins.insert(name.to_string(), found.clone());
    found
}

/// The node of an effect that is a plugin.
fn node<'a>(fx: &'a mut Fx, what: &str) -> Fallible<&'a mut Node> {
    match fx.last().filter(|node| node.kind == KIND) {
        Some(node) => Ok(node),
        None => fail(format!(
            "`.{what}()` is for plugins\n\
             an effect takes its values when it is made, `lowpass(#{{cutoff: 800}})`; \
             `param(\"track/lowpass.cutoff\").set(800)` sets one by its path"
        )),
    }
}

fn parameter(cx: &Cx, mut fx: Fx, how: char, name: &str, value: &Dynamic) -> Fallible<Fx> {
    let node = node(&mut fx, if how == PLAIN { "set" } else { "norm" })?;
    with(cx, |build, place| {
        let wanted = node.text("name").unwrap_or_default().to_string();
        let description = build.plugins.get(&wanted).cloned().flatten();
        let Some(arg) = argument(build, how, name, value, &place) else { return };
        let Some(name) = checked(build, description.as_deref(), (how, name, &arg), &place) else {
            return;
        };
        for other in [PLAIN, NORMALISED] {
            node.args.remove(&format!("{other}{name}"));
        }
        node.args.insert(format!("{how}{name}"), arg);
    });
    Ok(fx)
}

/// What a parameter is set to, or a report.
fn argument(build: &mut Build, how: char, name: &str, x: &Dynamic, place: &Place) -> Option<Arg> {
    if let Some(signal) = x.clone().try_cast::<Signal>() {
        return Some(Arg::signal(signal.0));
    }
    let words = || text(x).filter(|_| how == PLAIN).map(Arg::Text);
    let found = number(x).filter(|x| x.is_finite()).map(Arg::Number).or_else(words);
    if let Some(arg) = found.or_else(|| x.as_bool().ok().map(Arg::Flag)) {
        return Some(arg);
    }
    if !x.is::<Failed>() {
        let message = format!("\"{name}\" cannot be set to {}", describe(x));
        let hint = "a number in the plugin's unit, a text as it writes it (\"4:1\"), or a signal";
        build.report_at(Diagnostic::error(message, place.clone()).hint(hint), Site::Index(1));
    }
    None
}

/// The parameter's own name; complains if there is none, and warns of values that are out of its range.
fn checked(
    build: &mut Build,
    description: Option<&Description>,
    (how, name, arg): (char, &str, &Arg),
    place: &Place,
) -> Option<String> {
    let Some(d) = description else { return Some(name.to_string()) };
    let index = match d.find_parameter(name) {
        Ok(index) => index,
        Err((message, hint)) => {
            let error = Diagnostic::error(message, place.clone()).hint(hint);
            build.report_at(error, Site::Index(0));
            return None;
        }
    };
    let p = &d.parameters[index as usize];
    let alike = d.numbered(name);
    if alike.len() > 1 && d.parameter(name).is_none() {
        let names: Vec<&str> =
            alike.iter().map(|&i| d.parameters[i as usize].name.as_str()).collect();
        let message = format!("`{}` has {}; \"{}\" is set", d.name, names.join(", "), p.name);
        let warning = Diagnostic::warning(message, place.clone());
        build.report_at(warning.hint("name the one that is meant"), Site::Index(0));
    }
    let (low, high) = if how == PLAIN { (p.lowest, p.highest) } else { (0.0, 1.0) };
    if let Arg::Number(x) = arg
        && !(low..=high).contains(x)
    {
        let gap = if p.unit.is_empty() { "" } else { " " };
        let message =
            format!("\"{}\" of `{}` goes from {low} to {high}{gap}{}", p.name, d.name, p.unit);
        let warning = Diagnostic::warning(message, place.clone());
        let hint = format!("{x} acts as {}", x.max(low).min(high));
        build.report_at(warning.hint(hint), Site::Index(1));
    }
    // Of several that share a name only the first can be called by it.
    let own = d.parameter(&p.name) == Some(index);
    Some(if own { p.name.clone() } else { format!("#{index}") })
}

/// A preset, or an automation.
fn file(cx: &Cx, mut fx: Fx, what: &str, path: &str) -> Fallible<Fx> {
    let node = node(&mut fx, what)?;
    with(cx, |build, place| match build.world.asset(path) {
        Ok(()) => {
            node.args.insert(what.into(), Arg::Text(path.into()));
        }
        Err(why) => {
            let error = Diagnostic::error(format!("no {what}: {why}"), place);
            build.report_at(error, Site::Index(0));
        }
    });
    Ok(fx)
}

fn program(cx: &Cx, mut fx: Fx, which: &Dynamic) -> Fallible<Fx> {
    let node = node(&mut fx, "program")?;
    let number = number(which).filter(|n| *n >= 0.0 && n.fract() == 0.0);
    match number.map(Arg::Number).or_else(|| text(which).map(Arg::Text)) {
        Some(arg) => {
            node.args.insert("program".into(), arg);
        }
        None if which.is::<Failed>() => {}
        None => with(cx, |build, place| {
            let message = format!("a program cannot be {}", describe(which));
            let hint = "its name, or its number from 0 on: `.program(\"Warm\")`";
            build.report_at(Diagnostic::error(message, place).hint(hint), Site::Index(0));
        }),
    }
    Ok(fx)
}

/// The plugins of this machine, as maps.
fn all(cx: &Cx) -> Array {
    let begin = std::time::Instant::now();
    let all = with(cx, |build, _| build.world.clone()).plugins();
    with(cx, |build, _| build.aside += begin.elapsed());
    let map = |d: &crate::session::plugin::Summary| {
        let mut map = Map::new();
        map.insert("name".into(), d.name.clone().into());
        map.insert("format".into(), d.format.prefix().into());
        map.insert("vendor".into(), d.vendor.clone().into());
        map.insert("id".into(), d.id.clone().into());
        map.insert("instrument".into(), d.instrument.into());
        map.insert("parameters".into(), (d.parameters as rhai::INT).into());
        Dynamic::from(map)
    };
    all.iter().map(map).collect()
}

/// The parameters of a plugin, as maps.
fn params(cx: &Cx, fx: &Fx) -> Fallible<Array> {
    let mut fx = fx.clone();
    let name = node(&mut fx, "params")?.text("name").unwrap_or_default().to_string();
    let known = with(cx, |build, _| build.plugins.get(&name).cloned().flatten());
    let Some(description) = known else { return Ok(Array::new()) };
    let open = description.parameters.iter().zip(0..).filter(|(p, _)| p.open());
    let map = |(p, index): (&crate::session::plugin::Parameter, rhai::INT)| {
        let mut map = Map::new();
        map.insert("index".into(), index.into());
        map.insert("name".into(), p.name.clone().into());
        map.insert("unit".into(), p.unit.clone().into());
        map.insert("lowest".into(), p.lowest.into());
        map.insert("highest".into(), p.highest.into());
        map.insert("default".into(), p.default.into());
        map.insert("steps".into(), rhai::INT::from(p.steps).into());
        Dynamic::from(map)
    };
    Ok(open.map(map).collect())
}

/// Puts MIDI effects before what plays a track, behind those that are there.
pub fn before(build: &mut Build, source: NodeId, strip: Strip, fx: &Fx, place: &Place) {
    let chain = match fx {
        Fx::Series(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    for fx in chain {
        let (Fx::Node(node), Strip::Track(_)) = (fx, strip) else {
            let error = Diagnostic::error("a MIDI effect is a plugin, on a track", place.clone());
            let hint = "track(\"keys\", synth).midi_fx(plugin(\"Arpeggiator\"))";
            return build.report_at(error.hint(hint), Site::Index(0));
        };
        let mut node = (**node).clone();
        let nodes = &mut build.session.nodes;
        if let Some(last) = nodes[source.0 as usize].args.remove(NOTES) {
            node.args.insert(NOTES.into(), last);
        }
        let id = build.session.add(node);
        build.session.nodes[source.0 as usize].args.insert(NOTES.into(), Arg::signal(id));
    }
}

/// The source and the end of a chain that begins with a plugin, as a track's: an instrument, or an effect without
/// input. `None` if something else begins it.
pub fn source(build: &mut Build, fx: &Fx, place: &Place) -> Option<(NodeId, NodeId)> {
    match fx {
        Fx::Node(node) if node.kind == KIND => {
            let id = build.session.add((**node).clone());
            Some((id, id))
        }
        Fx::Series(all) => {
            let (first, rest) = all.split_first()?;
            let (source, end) = source(build, first, place)?;
            Some((source, rest.iter().fold(end, |end, fx| build.apply(fx, end, place))))
        }
        Fx::Scale(fx, by) => {
            let (source, end) = source(build, fx, place)?;
            let node = super::operators::math_node("mul", end, by.clone());
            Some((source, build.add(node, place)))
        }
        _ => None,
    }
}

const GROUP: &str = "Plugins";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["norm"],
        GROUP,
        "plugin.norm(name, value)",
        "Sets a parameter of a plugin by a value from 0 to 1, or drives it by such a signal.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").norm(\"Feedback\", 0.3));",
    ),
    entry(
        &["preset"],
        GROUP,
        "plugin.preset(file)",
        "Begins with a preset: a `.vstpreset`, or a state that `save_state` wrote.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").preset(\"hall.wav\"));",
    ),
    entry(
        &["automation"],
        GROUP,
        "plugin.automation(file)",
        "Moves parameters of a plugin along the piece, as a JSON file says: a value, or keyframes at frames (\"1000\"), \
         seconds (\"1.5s\") or parts of its length (\"50%\"), with straight lines between them.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").automation(\"hall.wav\"));",
    ),
    entry(
        &["on_change"],
        GROUP,
        "on_change(\"track/plugin\", |c| ..)",
        "Calls a function when a plugin that plays changes something of itself. `c.kind` is \"value\" (with `name`, `value` \
         in the plugin's unit, `text`), \"gesture\" (`name`, `begins`), \"values\" (a program, say), \"parameters\" (names, \
         ranges or buses), \"latency\", or \"ended\" (`text`). A text that it returns is shown; a map may have \
         `say`, and `run`: code that joins what plays. It runs on the control side, after the sound.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamCompX2\").key(\"glue\")); \
         on_change(\"glue\", |c| if c.kind == \"ended\" { #{run: \"reload(\\\"glue\\\");\"} });",
    ),
    entry(
        &["midi_fx"],
        GROUP,
        "track.midi_fx(plugin)",
        "Lets the notes of a track, from patterns and from hands, go through a plugin that sends notes (an arpeggiator, \
         a chord maker) to what plays it; several go in their order.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate)).midi_fx(plugin(\"Arpeggiator\")).play(\"c3 e3\");",
    ),
    entry(
        &["program"],
        GROUP,
        "plugin.program(which)",
        "Begins with a factory program, by its name or its number from 0 on.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").program(2));",
    ),
    entry(
        &["plugins"],
        GROUP,
        "plugins()",
        "The plugins of this machine: a list of maps with name, format, vendor, id, instrument, parameters.",
        "for p in plugins() { print(p.name); }",
    ),
];

/// Of those that are asked of the performance.
pub const COMMANDS: &[Entry] = &[
    entry(
        &["params"],
        super::perform::LIVE,
        "params(plugin), params(\"track/plugin\")",
        "The parameters of a plugin: a list of maps with index, name, unit, lowest, highest, default, steps. With the \
         path of one that plays (or its key) it shows what they are now, in the plugin's own words.",
        "for p in params(plugin(\"ZamDelay\")) { print(p.name); }",
    ),
    entry(
        &["save_state"],
        super::perform::LIVE,
        "save_state(\"track/plugin\", file)",
        "Saves all that makes a plugin that plays sound as it does; `.preset(file)` begins with it. The path may be its \
         key alone. Written whole or not at all.",
        "save_state(\"glue\", \"glue.state\");",
    ),
    entry(
        &["reload"],
        super::perform::LIVE,
        "reload(\"track/plugin\")",
        "Starts a plugin anew with what it was set to last: after it has crashed, for example.",
        "reload(\"glue\");",
    ),
];
