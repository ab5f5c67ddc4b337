//! Controllers that move parameters: `map(74, "acid/lowpass.cutoff", 200, 8000, "exp")`, `unmap`, `learn`.

use super::args::{bind, describe, text};
use super::build::{Build, Site, number, with};
use super::entries::{Entry, entry};
use super::path::{self, Spot};
use super::plugin::Known;
use super::value::{Failed, Signal};
use crate::diag::{Diagnostic, nearest};
use crate::nodes::table::Curve;
use crate::nodes::{Param, ParamKind};
use crate::session::{Arg, Command, Mapping, Node, NodeId, Port, Session};
use crate::units::{Controller, Place, Taper, Turning};
use rhai::{Dynamic, Engine, FuncRegistration, INT, ImmutableString, NativeCallContext as Cx};
use std::any::TypeId;
use std::collections::BTreeSet;

/// Controllers that one script can listen to.
const MOST: usize = 256;

/// What follows the target.
const PARAMS: &[Param] = &[
    Param::number("lo", "", (-1e9, 1e9), 0.0, "Value at the lower end.").fixed(),
    Param::number("hi", "", (-1e9, 1e9), 1.0, "Value at the upper end.").fixed(),
    Param::other("curve", ParamKind::Text, "", "linear, exp, log, or stepped(n)."),
    Param::number("channel", "", (0.0, 16.0), 0.0, "MIDI channel 1 to 16; 0 hears all.").fixed(),
    Param::other("port", ParamKind::Text, "", "A part of the port's name; all if not given."),
    Param::other("turning", ParamKind::Choice(Turning::NAMES), "absolute", "How the knob speaks."),
    Param::other(
        "takeover",
        ParamKind::Flag,
        "true",
        "It takes over only when it meets the value.",
    ),
    Param::number("priority", "", (-100.0, 100.0), 0.0, "Lower ones cannot take away.").fixed(),
    Param::other("feedback", ParamKind::Text, "", "Port that is told the position."),
];

/// A mapping as the script says it; done when all tracks are known.
#[derive(Clone, Debug)]
pub struct Wanted {
    mapping: Mapping,
    ends: Option<(f64, f64)>,
    taper: Option<Taper>,
}

/// Binds them.
pub fn register(engine: &mut Engine) {
    let (any, name) = (TypeId::of::<Dynamic>(), TypeId::of::<ImmutableString>());
    for first in [TypeId::of::<INT>(), TypeId::of::<Signal>()] {
        for more in 0..=4 {
            let types = [&[first, name][..], &vec![any; more]].concat();
            engine.register_raw_fn("map", types, |cx, args| {
                let args: Vec<Dynamic> = args.iter().map(|a| (**a).clone()).collect();
                with(&cx, |build, at| map(build, &args, &at));
                Ok(())
            });
        }
    }
    for more in 0..=3 {
        let types = [&[name][..], &vec![any; more]].concat();
        engine.register_raw_fn("learn", types, |cx, args| {
            let args: Vec<Dynamic> = args.iter().map(|a| (**a).clone()).collect();
            with(&cx, |build, at| learn(build, &args, &at));
            Ok(())
        });
    }
    FuncRegistration::new("unmap").register_into_engine(engine, |cx: Cx| unmap(&cx, None, None));
    engine.register_fn("unmap", |cx: Cx, cc: INT| {
        unmap(&cx, Controller::named("cc", cc as f64), None);
    });
    engine.register_fn("unmap", |cx: Cx, target: &str| unmap(&cx, None, Some(target)));
    engine.register_fn("unmap", |cx: Cx, cc: INT, target: &str| {
        unmap(&cx, Controller::named("cc", cc as f64), Some(target));
    });
    engine.register_fn("unmap", |cx: Cx, signal: Signal| {
        let found = with(&cx, |build, _| source(&build.session, signal.0));
        if let Some((controller, ..)) = found {
            unmap(&cx, Some(controller), None);
        }
    });
    engine.register_fn("stepped", |n: INT| format!("stepped({n})"));
}

/// Controller, channel and port of a signal that is one.
fn source(session: &Session, id: NodeId) -> Option<(Controller, u8, String)> {
    let node = session.node(id);
    let number = |name: &str| match node.args.get(name) {
        Some(Arg::Number(x)) => Some(*x),
        _ => None,
    };
    let controller = Controller::named(&node.kind, number("number").unwrap_or(1.0))?;
    let port = node.text("port").unwrap_or_default().to_string();
    Some((controller, number("channel").unwrap_or(0.0) as u8, port))
}

fn map(build: &mut Build, args: &[Dynamic], place: &Place) {
    let heard = match number(&args[0]) {
        Some(n) => Controller::named("cc", n).map(|c| (c, 0, String::new())),
        None => args[0].clone().try_cast::<Signal>().and_then(|s| source(&build.session, s.0)),
    };
    let Some((controller, channel, port)) = heard else {
        let message = format!("`map` takes a controller, not {}", describe(&args[0]));
        let hint = "a number from 0 to 127, or cc14(1), nrpn(300), bend(), pressure() as they are";
        let error = Diagnostic::error(message, place.clone()).hint(hint);
        return build.report_at(error, Site::Index(0));
    };
    if let Some(mut wanted) = wanted(build, "map", controller, &args[1..], place) {
        if channel != 0 {
            wanted.mapping.channel = channel;
        }
        if !port.is_empty() {
            wanted.mapping.port = port;
        }
        build.maps.push(wanted);
    }
}

/// Reads `target, lo, hi, curve, options`.
fn wanted(
    build: &mut Build,
    what: &str,
    controller: Controller,
    args: &[Dynamic],
    place: &Place,
) -> Option<Wanted> {
    let target = text(&args[0])?;
    let skip = if what == "map" { 2 } else { 1 };
    let given = bind(build, what, PARAMS, &args[1..], skip, place);
    if args[1..].iter().any(Dynamic::is::<Failed>) {
        return None;
    }
    let number = |name: &str| match given.get(name) {
        Some(Arg::Number(x)) => Some(*x),
        _ => None,
    };
    let word = |name: &str| match given.get(name) {
        Some(Arg::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let taper = match word("curve").as_str() {
        "" => None,
        curve => match Taper::read(curve) {
            Some(taper) => Some(taper),
            None => {
                let message = format!(
                    "`curve` of `{what}` must be linear, exp, log or stepped(n), not \"{curve}\""
                );
                let near = nearest(curve, ["linear", "exp", "log", "stepped(8)"]);
                let hint = near.map_or("stepped(8) has eight values".to_string(), |n| {
                    format!("did you mean \"{n}\"?")
                });
                let error = Diagnostic::error(message, place.clone()).hint(hint);
                build.report_at(error, Site::Index(skip + 2));
                return None;
            }
        },
    };
    let ends = match (number("lo"), number("hi")) {
        (Some(lo), Some(hi)) => Some((lo, hi)),
        (None, None) => None,
        _ => {
            let message = format!("`{what}` needs both ends of the range, or none");
            let hint = format!("{what}(.., {target:?}, 0, 1)");
            build.report(Diagnostic::error(message, place.clone()).hint(hint));
            return None;
        }
    };
    let mapping = Mapping {
        channel: number("channel").unwrap_or(0.0) as u8,
        port: word("port"),
        turning: Turning::named(&word("turning")).unwrap_or_default(),
        takeover: given.get("takeover") != Some(&Arg::Flag(false)),
        priority: number("priority").unwrap_or(0.0) as i32,
        feedback: word("feedback"),
        place: place.clone(),
        ..Mapping::new(controller, &target)
    };
    Some(Wanted { mapping, ends, taper })
}

fn learn(build: &mut Build, args: &[Dynamic], place: &Place) {
    if let Some(wanted) = wanted(build, "learn", Controller::Cc(0), args, place) {
        build.learns.push(wanted);
    }
}

fn unmap(cx: &Cx, controller: Option<Controller>, target: Option<&str>) {
    with(cx, |build, _| {
        let stays = |mapping: &Mapping| {
            controller.is_some_and(|c| c != mapping.controller)
                || target.is_some_and(|t| t != mapping.target)
        };
        build.maps.retain(|wanted| stays(&wanted.mapping));
        // Those of a rig that was loaded above.
        build.session.maps.retain(stays);
    });
}

/// Puts a knob before every parameter that is mapped, and settles the ranges.
pub fn finish(build: &mut Build) {
    for wanted in std::mem::take(&mut build.maps) {
        if let Some(mapping) = settle(build, wanted, 1)
            && take_over(build, &mapping)
        {
            build.session.maps.push(mapping);
        }
    }
    for wanted in std::mem::take(&mut build.learns) {
        if let Some(mapping) = settle(build, wanted, 0) {
            let line = mapping.script();
            let rest = line.strip_prefix("map(0, ").unwrap_or_default().to_string();
            let place = mapping.place.clone();
            build.commands.push((Command::Learn(mapping.target, rest), place));
        }
    }
    ports(&mut build.session);
    count(build);
}

/// Checks the target, which is argument `site` of the call, and fills in what the script does not say.
fn settle(build: &mut Build, wanted: Wanted, site: usize) -> Option<Mapping> {
    let Wanted { mut mapping, ends, taper } = wanted;
    let (target, place) = (mapping.target.clone(), mapping.place.clone());
    let at = Site::Index(site);
    let declared = match declared(&mut build.session, &build.plugins, &target) {
        Ok(declared) => declared,
        Err((message, hint)) => {
            if !build.lost.contains(target.split('/').next().unwrap_or_default()) {
                build.report_at(Diagnostic::error(message, place).hint(hint), at);
            }
            return None;
        }
    };
    let (range, exponential) = declared;
    let (lo, hi) = ends.unwrap_or(range);
    if ends.is_some() && (lo.min(hi) < range.0 || lo.max(hi) > range.1) {
        let message = format!("{target:?} goes from {} to {}", range.0, range.1);
        let hint = "the knob does nothing beyond that";
        build.report_at(Diagnostic::warning(message, place.clone()).hint(hint), at);
    }
    let usual = if exponential && lo > 0.0 && hi > 0.0 { Taper::Exp } else { Taper::Linear };
    mapping.taper = taper.unwrap_or(if ends.is_none() { usual } else { Taper::Linear });
    if mapping.taper == Taper::Exp && (lo <= 0.0 || hi <= 0.0) {
        let message = format!("an exponential curve cannot go from {lo} to {hi}");
        let hint = "both ends must be above 0; \"linear\" and \"log\" may go through it";
        build.report(Diagnostic::error(message, place).hint(hint));
        return None;
    }
    mapping.ends = (lo, hi);
    Some(mapping)
}

/// The range of the parameter or knob called `target`, and whether it goes in even ratios.
fn declared(
    session: &mut Session,
    known: &Known,
    target: &str,
) -> Result<((f64, f64), bool), (String, String)> {
    if !target.contains('/') {
        let knobs: Vec<&str> = session.nodes.iter().filter_map(knob).collect();
        if knobs.contains(&target) {
            return Ok(((0.0, 1.0), false));
        }
        let hint = match nearest(target, knobs) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "a parameter has a path, such as \"acid/lowpass.cutoff\"; `knob(name, value)` makes a name".into(),
        };
        return Err((format!("there is no knob called \"{target}\""), hint));
    }
    match path::get(session, known, target)?.0 {
        Spot::Fader if target.ends_with("/pan") => Ok(((-1.0, 1.0), false)),
        Spot::Fader => Ok(((0.0, 1.0), false)),
        Spot::Node(_, param) if param.kind == ParamKind::Number => {
            Ok((param.range, param.curve == Curve::Exponential))
        }
        Spot::Plugin(_, _, parameter) => {
            Ok((parameter.map_or((0.0, 1.0), |p| (p.lowest, p.highest)), false))
        }
        Spot::Node(id, param) => {
            let message = format!("`{}` of `{}` cannot move", param.name, session.node(id).kind);
            Err((message, format!("it is fixed when the piece is built: {}", param.doc)))
        }
    }
}

/// The name of a knob.
fn knob(node: &Node) -> Option<&str> {
    node.text("name").filter(|_| node.kind == "knob")
}

/// Puts a knob before a parameter, if there is none yet. False if the path leads nowhere.
fn take_over(build: &mut Build, mapping: &Mapping) -> bool {
    let target = &mapping.target;
    if !target.contains('/') {
        return true;
    }
    let (session, known) = (&mut build.session, &build.plugins);
    let Ok((spot, value)) = path::get(session, known, target) else { return false };
    if let Some(Arg::Node(driver)) = &value
        && knob(session.node(driver.signal)) == Some(target)
    {
        return true;
    }
    let own = value.unwrap_or(Arg::Number(match spot {
        Spot::Node(_, param) => param.default,
        Spot::Plugin(_, _, parameter) => parameter.map_or(0.0, |p| p.default),
        Spot::Fader => 1.0,
    }));
    // The key hides it from reports, as nobody wrote it.
    let node = Node { key: Some(format!("~{target}")), ..Node::new("knob", Vec::new()) };
    let node = node.with("name", Arg::Text(target.clone())).with("value", own);
    let id = build.add(node, &mapping.place);
    path::set(&mut build.session, &build.plugins, target, Arg::signal(id)).is_ok()
}

/// Opens the ports that controllers come from.
fn ports(session: &mut Session) {
    let heard = |node: &Node| {
        let kinds = ["cc", "cc14", "nrpn", "rpn", "bend", "pressure"];
        kinds
            .contains(&node.kind.as_str())
            .then(|| node.text("port").unwrap_or_default().to_string())
    };
    let nodes = session.nodes.iter().filter_map(heard);
    let names: BTreeSet<String> =
        nodes.chain(session.maps.iter().map(|m| m.port.clone())).collect();
    for name in names {
        // Any port will do where none is named; one that we make is known by its own name.
        let open = |port: &Port| name.is_empty() || port.name == name;
        if !session.ports.iter().any(open) {
            session.ports.push(Port::named(&name));
        }
    }
}

/// Complains of more controllers than can be listened to.
fn count(build: &mut Build) {
    let nodes = 0..build.session.nodes.len() as u32;
    let found: BTreeSet<(Controller, u8, String)> =
        nodes.filter_map(|id| source(&build.session, NodeId(id))).collect();
    if found.len() > MOST {
        let message =
            format!("{} controllers are listened to; there is room for {MOST}", found.len());
        build.report(Diagnostic::error(message, Place::default()).hint("let some of them go"));
    }
}

const GROUP: &str = "MIDI controllers";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["map"],
        GROUP,
        "map(cc, target, lo, hi, curve, #{..}), cc(74).map(target, lo, hi, curve, #{..})",
        "Lets a MIDI controller move a parameter (its path as in `param`, also gain, pan and sends) or a `knob`, from `lo` \
         to `hi` (its whole range if not given). `curve` is linear, exp (even ratios), log (fast at first) or \
         stepped(n). It takes over only when it meets the value, so that nothing jumps; `takeover: false` lets it jump. \
         A value that is edited in the script holds until the knob meets it again. Of several controllers of one \
         parameter the last one moved holds it, unless it has a lower `priority`. Options: channel, port, takeover, \
         priority, feedback (port of a motor fader), turning for endless encoders (twos_complement, binary_offset, \
         sign_bit). What a knob has come to survives every edit.",
        "track(\"acid\", saw(110)).fx(lowpass(800)); map(74, \"acid/lowpass.cutoff\", 200, 8000, \"exp\"); \
         cc14(1).map(\"acid/gain\", 0, 1);",
    ),
    entry(
        &["unmap"],
        GROUP,
        "unmap(cc), unmap(target), unmap(cc, target), unmap()",
        "Takes back what `map` has said above: of a controller, of a parameter, of both, or all of it.",
        "track(\"acid\", saw(110)).fx(lowpass(800)); map(74, \"acid/lowpass.cutoff\"); unmap(74);",
    ),
    entry(
        &["stepped"],
        GROUP,
        "stepped(n)",
        "A curve for `map` with n values.",
        "track(\"a\", saw(110)).fx(bitcrush()); map(20, \"a/bitcrush.bits\", 4, 16, stepped(13));",
    ),
];
