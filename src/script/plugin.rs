//! Plugins: `plugin("ZamDelay").set("Time", 250)`, `plugins()`, `params(plugin)`.

mod lists;
mod pages;
mod parameters;

pub use pages::{COMMANDS, ENTRIES};

use self::lists::{all, params};
use self::parameters::parameter;
use super::args::{bind, describe, text};
use super::build::{Build, Fallible, Site, number, with};
use super::operators::fail;
use super::pattern::values::{Role, kept};
use super::stopwatch::Stopwatch;
use super::value::{Failed, Fx, Strip};
use crate::diag::Diagnostic;
use crate::nodes::plugin::{KIND, NORMALISED, NOTES, PLAIN};
use crate::session::plugin::Description;
use crate::session::{Arg, Command, Node, NodeId, OnChange};
use crate::units::Place;
use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext as Cx};
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
    let begin = Stopwatch::start();
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
